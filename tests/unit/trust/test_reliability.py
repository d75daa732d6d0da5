"""Measures of a confidence, against their definitions."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_trust.reliability import aurc, auroc, brier, calibration_error, diagram
from answerable_trust.risk import Judged

SOME = [Judged(0.9, correct=True), Judged(0.8, correct=False), Judged(0.3, correct=True), Judged(0.1, correct=False)]
JUDGED = st.lists(st.builds(Judged, st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0]), st.booleans()), min_size=1, max_size=30)


def test_measures_of_a_few_answers_are_those_worked_out_by_hand():
    assert auroc(SOME) == pytest.approx(3 / 4)
    assert brier(SOME) == pytest.approx((0.01 + 0.64 + 0.49 + 0.01) / 4)
    assert aurc(SOME) == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)
    assert calibration_error(SOME) == pytest.approx((0.1 + 0.8 + 0.7 + 0.1) / 4)
    assert [(one.low, one.answers) for one in diagram(SOME)] == [(0.1, 1), (0.3, 1), (0.8, 1), (0.9, 1)]


@given(JUDGED)
def test_auroc_counts_pairs(judged):
    right = [one.confidence for one in judged if one.correct]
    wrong = [one.confidence for one in judged if not one.correct]
    pairs = [(a > b) + (a == b) / 2 for a in right for b in wrong]
    assert auroc(judged) == (pytest.approx(sum(pairs) / len(pairs)) if pairs else None)


@given(JUDGED)
def test_the_order_of_the_file_does_not_matter(judged):
    shuffled = random.Random(1).sample(judged, len(judged))
    assert aurc(shuffled) == pytest.approx(aurc(judged))
    assert calibration_error(shuffled) == pytest.approx(calibration_error(judged))


def test_full_confidence_is_in_the_last_bin():
    assert diagram([Judged(1.0, correct=True)])[0].low == 0.9
