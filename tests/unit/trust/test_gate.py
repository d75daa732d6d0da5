"""The gate, rule by rule, in the order of its table."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from answerable_trust.checks import CHECKS, run_checks
from answerable_trust.confidence import confidence
from answerable_trust.errors import InvalidPolicyError, TrustError
from answerable_trust.gate import decide
from answerable_trust.values import Case, CheckResult, Passage, Policy, Sentence

TEXT = "The warranty period is 24 months."
GOOD = Case(
    question="How long is the warranty period?",
    answered=True,
    sentences=(Sentence(TEXT, (1,)),),
    passages=(Passage(1, "p1", "d1", "Warranty", TEXT, stale=False, score=1.0),),
    model_probability=None,
    consequential=False,
    now=datetime(2026, 11, 24, tzinfo=UTC),
)
LENIENT = Policy(threshold=0.5, review_below=0.2)
STRICT = Policy(threshold=0.999, review_below=0.2)


def fail(results: tuple[CheckResult, ...], *names: str) -> tuple[CheckResult, ...]:
    return tuple(
        replace(result, passed=False, reason=f"{result.name} failed") if result.name in names else result
        for result in results
    )


def test_a_good_answer_above_the_threshold_is_released_with_the_numbers_it_was_judged_by() -> None:
    results = run_checks(GOOD)
    decision = decide(GOOD, results, LENIENT)
    assert (decision.action, decision.reason, decision.threshold) == ("release", None, 0.5)
    assert decision.confidence == confidence(GOOD, results) > 0.5


def test_what_the_model_does_not_know_is_withheld_whatever_else_holds() -> None:
    case = replace(GOOD, answered=False, consequential=True)
    assert decide(case, run_checks(case), LENIENT).reason == "not_known"


@pytest.mark.parametrize("name", [check.name for check in CHECKS if check.blocking])
def test_a_failed_blocking_check_withholds_with_its_reason_even_a_consequential_answer(name: str) -> None:
    case = replace(GOOD, consequential=True)
    decision = decide(case, fail(run_checks(case), name), LENIENT)
    assert (decision.action, decision.reason) == ("withhold", f"{name} failed")


def test_of_several_failed_checks_the_first_in_the_table_gives_the_reason() -> None:
    results = fail(run_checks(GOOD), CHECKS[-1].name, CHECKS[2].name)
    assert decide(GOOD, tuple(reversed(results)), LENIENT).reason == f"{CHECKS[2].name} failed"


def test_a_failure_that_names_no_reason_gets_that_of_its_row() -> None:
    results = tuple(replace(result, passed=result.name != "supported", reason=None) for result in run_checks(GOOD))
    assert decide(GOOD, results, LENIENT).reason == "unsupported"


@pytest.mark.parametrize("missing", [check.name for check in CHECKS])
def test_a_check_without_a_result_counts_as_failed(missing: str) -> None:
    results = tuple(result for result in run_checks(GOOD) if result.name != missing)
    assert decide(GOOD, results, LENIENT).action == "withhold"


def test_a_result_of_another_version_of_the_check_does_not_count() -> None:
    results = tuple(replace(result, version=result.version + 1) for result in run_checks(GOOD))
    assert decide(GOOD, results, LENIENT).action == "withhold"


def test_a_consequential_answer_goes_to_a_person_however_sure() -> None:
    case = replace(GOOD, consequential=True)
    decision = decide(case, run_checks(case), Policy(threshold=0.0))
    assert (decision.action, decision.reason) == ("review", "consequential")


@pytest.mark.parametrize(
    ("policy", "action"),
    [
        (STRICT, "review"),
        (Policy(threshold=0.999, review_below=0.998), "withhold"),
        (Policy(threshold=0.999), "withhold"),
    ],
)
def test_an_unsure_answer_is_reviewed_within_the_band_and_withheld_below_it(policy: Policy, action: str) -> None:
    decision = decide(GOOD, run_checks(GOOD), policy)
    assert (decision.action, decision.reason) == (action, "low_confidence")


@pytest.mark.parametrize(
    ("threshold", "review_below"), [(-0.1, None), (1.1, None), (float("nan"), None), (0.5, 1.6), (None, -0.1)]
)
def test_a_policy_whose_numbers_cannot_gate_is_refused(threshold: float | None, review_below: float | None) -> None:
    with pytest.raises(InvalidPolicyError) as error:
        Policy(threshold, review_below)
    assert isinstance(error.value, TrustError)


def test_a_review_bound_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidPolicyError):
        Policy(0.5, float("nan"))


@pytest.mark.parametrize("way", ["review", "withhold"])
def test_without_a_proved_threshold_every_answer_goes_the_way_that_was_chosen(way: str) -> None:
    policy = Policy(None, uncertified="review" if way == "review" else "withhold")
    decision = decide(GOOD, run_checks(GOOD), policy)
    assert (decision.action, decision.reason, decision.threshold) == (way, "not_certified", None)


def test_without_a_proved_threshold_a_failed_check_still_withholds_with_its_own_reason() -> None:
    results = fail(run_checks(GOOD), "supported")
    assert decide(GOOD, results, Policy(None, uncertified="review")).reason == "supported failed"
