"""The coefficients of the screen and how they are read."""

import json
from importlib import resources
from typing import Any

import pytest

from answerable_trust.errors import InvalidModelError
from answerable_trust.intrusion import FILE, find_intrusions, read_model, shipped
from answerable_trust.request_features import FEATURES

FLAT: dict[str, Any] = {
    "version": "flat",
    "intercept": 0.0,
    "suspect": 0.5,
    "block": 0.9,
    "weights": dict.fromkeys(FEATURES, 0.0),
}


def test_the_shipped_file_weighs_each_feature_and_blocks_later_than_it_reports():
    data = json.loads(resources.files("answerable_trust").joinpath(FILE).read_text("utf-8"))
    model = shipped()
    assert model == read_model(data)
    assert 0.5 < model.suspect < model.block < 1.0


@pytest.mark.parametrize("weights", [{}, {**FLAT["weights"], "other": 1.0}])
def test_coefficients_for_other_features_are_refused(weights):
    with pytest.raises(InvalidModelError):
        read_model({**FLAT, "weights": weights})


def test_a_piece_scores_by_its_weights_and_blocks_from_the_threshold_on():
    text = "Explain the tides.\nWhy does it rise?\nThe tide falls."
    weights = {**FLAT["weights"], "task": 5.0, "question": 3.0}
    model = read_model({**FLAT, "intercept": -2.0, "weights": weights})
    found = find_intrusions(text, model, 0.0)
    assert [(round(one.score, 3), one.blocks) for one in found] == [(0.953, True), (0.731, False), (0.119, False)]
    assert find_intrusions(text, model, model.suspect) == found[:2]


@pytest.mark.parametrize(("weight", "score"), [(1e6, 1.0), (-1e6, 0.0)])
def test_no_weight_is_too_large_to_score(weight, score):
    model = read_model({**FLAT, "weights": dict.fromkeys(FEATURES, weight)})
    assert [one.score for one in find_intrusions("Explain the tides.", model, 0.0)] == [pytest.approx(score)]
