"""Confidence: bounded, monotone, and honest about what it is."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from answerable_trust.checks import run_checks
from answerable_trust.confidence import coefficients, confidence, features
from answerable_trust.values import Case, Passage, Sentence

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


def test_every_coefficient_has_a_feature_and_the_file_says_that_it_was_fitted() -> None:
    assert set(coefficients().weights) == set(features(GOOD, run_checks(GOOD)))
    assert coefficients().calibrated


@pytest.mark.parametrize("name", ["supported", "numbers_agree", "question_answered", "sources_agree"])
def test_a_lower_check_score_lowers_the_confidence(name: str) -> None:
    results = run_checks(GOOD)
    worse = tuple(replace(result, score=0.5) if result.name == name else result for result in results)
    assert confidence(GOOD, worse) < confidence(GOOD, results)


def test_a_surer_model_raises_the_confidence_and_one_that_says_nothing_is_in_the_middle() -> None:
    results = run_checks(GOOD)
    low, none, high = (confidence(replace(GOOD, model_probability=p), results) for p in (0.1, None, 0.9))
    assert 0.0 < low < none < high < 1.0


@pytest.mark.parametrize("probability", [float("nan"), float("inf"), -1.0, 2.0])
def test_an_impossible_model_probability_says_nothing(probability: float) -> None:
    results = run_checks(GOOD)
    assert confidence(replace(GOOD, model_probability=probability), results) == confidence(GOOD, results)


def test_no_answer_has_no_confidence() -> None:
    assert confidence(replace(GOOD, answered=False), run_checks(GOOD)) == 0.0
    assert confidence(replace(GOOD, sentences=()), run_checks(GOOD)) == 0.0
