"""From verdicts on questions whose answers are known to a certificate."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from answerable_cli.calibration import Aim, Known, Label, Seen, known, label_of, normalised, propose, set_sha256, tenths
from answerable_events.requests import CheckResult, DraftSentence
from answerable_trust.values import Policy
from answerable_validation.judging import judge
from answerable_validation.rules import Rules
from tests.support.drafts import draft, question

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AIM = Aim("norvik", 0.1, 0.1)
LEAVE = Known("q1", "How many days of annual leave do I have?", ("27 days",))
VERDICT = judge(draft(), Rules(Policy(0.75)), NOW, frozenset())
WRONG = DraftSentence(text="Everyone has 28 days.", citations=(1,))
GOOD = tuple(Label(f"q{number}", 0.9, correct=True) for number in range(60))


def test_an_answer_is_right_when_it_holds_a_wording_as_whole_words() -> None:
    assert label_of(LEAVE, VERDICT) == Label("q1", VERDICT.confidence, correct=True)
    assert label_of(Known("q1", "", ("7 days",)), VERDICT) == Label("q1", VERDICT.confidence, correct=False)
    assert label_of(Known("q1", "", ("none", "the 27 Days")), VERDICT) == Label("q1", VERDICT.confidence, correct=True)
    assert label_of(Known("q1", "", ()), VERDICT) == Label("q1", VERDICT.confidence, correct=False)


@pytest.mark.parametrize(
    "verdict",
    [
        judge(draft(()), Rules(Policy(0.75)), NOW, frozenset()),
        judge(
            draft((DraftSentence(text="Everyone has 28 days.", citations=(1,)),)), Rules(Policy(0.75)), NOW, frozenset()
        ),
        judge(draft(question=question(consequential=True)), Rules(Policy(0.75)), NOW, frozenset()),
        VERDICT.model_copy(update={"checks": ()}),
        VERDICT.model_copy(update={"checks": (CheckResult(name="access", version=1, passed=False, score=0.0),)}),
    ],
    ids=["not known", "a check failed", "consequential", "no checks", "no access"],
)
def test_where_confidence_does_not_decide_there_is_no_label(verdict: Any) -> None:
    assert label_of(LEAVE, verdict) is None


def test_a_proposal_says_what_it_was_proved_on() -> None:
    labels = (*GOOD, Label("bad", 0.4, correct=False))
    found = propose(Seen(labels, 5, {"model": "m"}, (0.31, 0.39, 1.0)), AIM, NOW)
    assert found is not None
    assert (found.labelled, found.released, found.wrong) == (61, 61, 1)
    assert (found.abstained, found.configuration, found.expires_at) == (5, {"model": "m"}, NOW + timedelta(days=90))
    assert (found.confidences[4], found.confidences[9], sum(found.confidences)) == (1, 60, 61)
    assert (found.similarities[3], found.similarities[9]) == (2, 1)
    assert found.set_sha256 == set_sha256(reversed(labels)) != set_sha256(GOOD)


def test_the_same_labels_propose_the_same_certificate_and_others_another() -> None:
    first = propose(Seen(GOOD, 5, {"model": "m"}), AIM, NOW)
    again = propose(Seen(GOOD, 5, {"model": "m"}), AIM, NOW + timedelta(hours=1))
    other = propose(Seen(GOOD, 5, {"model": "n"}), AIM, NOW)
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.certificate_id == again.certificate_id != other.certificate_id


def test_too_few_labels_propose_nothing() -> None:
    assert propose(Seen(GOOD[:38], 0, {}), AIM, NOW) is None
    assert propose(Seen(GOOD[:39], 0, {}), AIM, NOW) is not None


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1", "question": " ", "answers": ["a"]},
        {"id": "1", "question": "Q?", "answerable": True},
        {"id": "1", "question": "Q?", "answerable": False, "answers": ["a"]},
        {"id": "1", "question": "Q?", "answerable": "yes", "answers": ["a"]},
        {"id": "1", "question": 7, "answers": ["a"]},
    ],
    ids=str,
)
def test_what_is_no_such_question_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        known(row)


def test_a_question_without_answers_is_one_that_the_documents_do_not_answer() -> None:
    assert known({"id": 3, "question": "Q?"}) == known({"id": "3", "question": "Q?", "answerable": False})


def test_wordings_are_compared_as_squad_does() -> None:
    assert normalised("  The 27 Days, of an  annual leave. ") == "27 days of annual leave"


def test_one_belongs_to_the_last_tenth() -> None:
    assert tenths((0.0, 0.05, 0.1, 0.95, 1.0, -1.0)) == (3, 1, 0, 0, 0, 0, 0, 0, 0, 2)


def test_labels_of_released_answers_prove_nothing_below_what_was_released() -> None:
    found = propose(Seen(GOOD, 0, {"model": "m"}, released_from=0.8), AIM, NOW)
    assert found is not None
    assert (found.threshold, found.released, found.confidences) == (0.8, 60, ())
    mixed = (*GOOD, *(Label(f"low{number}", 0.82, correct=False) for number in range(30)))
    strict = propose(Seen(mixed, 0, {"model": "m"}, released_from=0.8), AIM, NOW)
    assert strict is not None
    assert strict.threshold > 0.82
    assert (strict.released, strict.wrong) == (60, 0)
