"""Trees as arrays, calibration, and files that are neither."""

import importlib.util
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_models.errors import InvalidEntry
from answerable_models.support.calibration import Calibration, fit_calibration, read_calibration
from answerable_models.support.tree_scorer import TreeScorer, packaged_weights
from answerable_models.support.trees import read_trees

# x0 <= 0.5 ? (x1 <= 2 ? 1 : 2) : 4; then always 0.25
SMALL = {
    "roots": [0, 5],
    "feature": [0, 1, -1, -1, -1, -1],
    "threshold": [0.5, 2.0, 0, 0, 0, 0],
    "left": [1, 2, 0, 0, 0, 0],
    "right": [4, 3, 0, 0, 0, 0],
    "value": [0, 0, 1.0, 2.0, 4.0, 0.25],
}


@pytest.mark.parametrize(("row", "score"), [((0.5, 2.0), 1.25), ((0.5, 2.1), 2.25), ((0.6, 0.0), 4.25)])
def test_a_row_goes_left_up_to_the_threshold(row, score):
    assert read_trees(SMALL, 2).score(np.array(row)) == score


@pytest.mark.parametrize(
    "change",
    [
        {"left": [0, 2, 0, 0, 0, 0]},  # a circle
        {"left": [9, 2, 0, 0, 0, 0]},
        {"feature": [2, 1, -1, -1, -1, -1]},
        {"roots": []},
        {"roots": [6]},
        {"value": [0, 0, math.nan, 2, 4, 1]},
        {"value": [0, 0, 1]},
        {"threshold": ["x", 2, 0, 0, 0, 0]},
    ],
)
def test_what_is_no_tree_is_refused(change):
    with pytest.raises(InvalidEntry):
        read_trees(SMALL | change, 2)


def test_a_missing_list_is_refused():
    with pytest.raises(InvalidEntry):
        read_trees({name: values for name, values in SMALL.items() if name != "value"}, 2)


@pytest.mark.skipif(
    importlib.util.find_spec("lightgbm") is None, reason="lightgbm is not here: uv sync --group training"
)
def test_numpy_walks_the_trees_as_the_trainer_does(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))
    from libs.models.training.boosting import exported, fit_trees  # noqa: PLC0415 - only with lightgbm

    rng = np.random.default_rng(5)
    rows = rng.random((400, 6)).round(2)
    labels = rows[:, 0] + rows[:, 1] * rows[:, 2] > 0.8
    booster = fit_trees(rows, labels, np.ones(400), [1, 1, 0, 0, -1, 0])
    trees = read_trees(exported(booster), 6)
    expected = booster.predict(rows, raw_score=True)
    assert np.allclose([trees.score(row) for row in rows], expected, rtol=0, atol=1e-12)
    higher = rows + np.array([0.3, 0, 0, 0, 0, 0])
    assert all(trees.score(high) >= trees.score(row) for high, row in zip(higher, rows, strict=True))


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_calibration_keeps_the_order_of_scores(one, other):
    calibration = Calibration(1.3, -0.4, 0.6)
    low, high = (calibration.probability(score) for score in sorted((one, other)))
    assert 0.0 <= low <= high <= 1.0


def test_a_fit_finds_the_odds_and_the_threshold_between():
    scores = [-2.0, -1.0, -0.5, 0.5, 1.0, 2.0] * 20
    supported = [False, False, True, False, True, True] * 20
    fitted = fit_calibration(scores, supported)
    assert fitted.slope > 0
    assert fitted.probability(0.0) == pytest.approx(0.5, abs=1e-6)
    assert fitted.probability(-0.75) <= fitted.threshold <= fitted.probability(0.75)


def test_a_fit_follows_the_weights():
    scores, supported = [0.0, 1.0, 2.0, 3.0], [False, True, False, True]
    strict = fit_calibration(scores, supported, [1, 1, 9, 9]).threshold
    lenient = fit_calibration(scores, supported, [9, 9, 1, 1])
    assert lenient.probability(0.0) < lenient.threshold < lenient.probability(1.0)
    assert strict > lenient.threshold


@pytest.mark.parametrize("supported", [[True, True], [False, False], []])
def test_one_label_fits_nothing(supported):
    with pytest.raises(ValueError, match="supported and unsupported"):
        fit_calibration([0.1] * len(supported), supported)


def test_scores_that_turn_round_are_refused():
    with pytest.raises(ValueError, match="fall"):
        fit_calibration([0, 1, 2, 3], [True, True, False, False])


@pytest.mark.parametrize(
    "data",
    [{}, {"slope": 0, "intercept": 0, "threshold": 0.5}, {"slope": 1, "intercept": 0, "threshold": 2},
     {"slope": math.inf, "intercept": 0, "threshold": 0.5}, {"slope": "a", "intercept": 0, "threshold": 0.5}],
)  # fmt: skip
def test_a_broken_calibration_is_refused(data):
    with pytest.raises(InvalidEntry):
        read_calibration(data)


@pytest.mark.parametrize("damage", ["features", "vectors", "trees", "uses"])
def test_weights_of_another_version_are_refused(damage):
    data = json.loads(packaged_weights())
    data[damage] = ["x"] if damage == "features" else "x" if damage == "vectors" else {}
    with pytest.raises(InvalidEntry):
        TreeScorer(content=json.dumps(data).encode())
    with pytest.raises(InvalidEntry):
        TreeScorer(content=b"no JSON")
