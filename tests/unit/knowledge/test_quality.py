"""What findings weigh, what a document says of itself, and what of it the ranking pays for."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_knowledge.quality import (
    MOST_MALUS,
    RULES,
    Card,
    Ledger,
    card_findings,
    caveats,
    factor,
    held_now,
    score,
)
from tests.support.passages import NOW

DAY = timedelta(days=1)
TEXT = ["Employees receive twenty-five days of paid leave in a year, and may carry five of them over."]
SOUND = Card("Leave policy", "hr/leave.pdf", "people", ("group:staff",), NOW + DAY, NOW + DAY)
codes = st.sets(st.sampled_from(sorted(RULES)))


def test_a_document_against_which_nothing_is_found_has_quality_one():
    assert card_findings(SOUND, TEXT, NOW) == ()
    assert Ledger().score(3) == 1.0
    assert score(()) == 1.0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"owner": None}, "no_owner"),
        ({"owner": "  "}, "no_owner"),
        ({"readers": ()}, "no_readers"),
        ({"title": "leave"}, "no_title"),
        ({"title": "Untitled"}, "no_title"),
        ({"review_by": NOW - DAY}, "stale"),
        ({"valid_until": NOW - DAY}, "expired"),
    ],
)
def test_what_is_missing_or_has_run_out_is_found(change, code):
    assert card_findings(replace(SOUND, **change), TEXT, NOW) == (code,)


def test_a_promise_is_broken_after_its_moment_and_not_at_it():
    assert card_findings(replace(SOUND, review_by=NOW, valid_until=NOW), TEXT, NOW) == ()


def test_next_to_no_text_is_found_in_any_script():
    assert card_findings(SOUND, ["Page 1", "Page 2"], NOW) == ("very_short",)
    assert card_findings(SOUND, ["従業員は年間二十五日の有給休暇を取得できます"], NOW) == ()


def test_a_finding_about_one_passage_is_not_held_against_the_others():
    ledger = Ledger(("no_owner",), {1: ("conflict",)})
    assert ledger.codes == ("conflict", "no_owner")
    assert ledger.of_passage(0) == ("no_owner",)
    assert ledger.of_passage(1) == ("conflict", "no_owner")


def test_the_quality_of_a_document_is_the_mean_of_its_passages():
    ledger = Ledger(("no_owner",), {1: ("conflict",)})
    assert score(("no_owner",)) == pytest.approx(0.9)
    assert score(("conflict", "no_owner")) == pytest.approx(0.54)
    assert ledger.score(3) == pytest.approx((0.9 + 0.54 + 0.9) / 3, abs=1e-4)


@given(codes, codes)
def test_more_findings_never_make_a_passage_better(some, more):
    assert 0.0 < score(some | more) <= score(some) <= 1.0


@given(codes)
def test_the_ranking_pays_at_most_the_stated_share(held):
    assert 1.0 - MOST_MALUS <= factor(held) <= 1.0


def test_the_clock_decides_what_is_stale_or_replaced_not_what_was_stored():
    stored = ("conflict", "expired", "stale", "superseded")
    assert held_now(stored, stale=False) == ("conflict",)
    assert held_now(("conflict",), stale=True) == ("conflict", "stale")


def test_a_caveat_is_what_speaks_against_resting_on_a_passage():
    assert caveats(("conflict", "no_owner", "no_title", "of_another_release", "stale")) == ("conflict", "stale")


def test_a_code_of_another_release_weighs_nothing():
    assert score(("of_another_release",)) == 1.0


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_every_finding_says_in_words_what_it_means_and_what_to_do(rule):
    assert 0.0 < rule.weight < 1.0
    assert rule.meaning.endswith(".")
    assert rule.advice.endswith(".")
