from typing import Any

import numpy as np
import pytest

from answerable_models.coefficients import FeatureNames, load_coefficients, read_coefficients
from answerable_models.errors import InvalidEntry
from answerable_models.extractive import FEATURES

NAMES = FeatureNames(("a", "b"), ("a", "b", "c"), ("x",), ("x", "y"))


def data() -> dict[str, Any]:
    return {
        "version": "t-1",
        "embedder": "e",
        "lexical": {"rank": {"b": 2.0, "a": 1.0}, "answer": {"x": 3.0}, "intercept": -1.0, "threshold": 0.4},
        "embedded": {
            "rank": {"a": 1.0, "b": 2.0, "c": 3.0},
            "answer": {"x": 3.0, "y": 4.0},
            "intercept": -2.0,
            "threshold": 0.5,
        },
    }


def test_coefficients_are_ordered_by_feature_and_not_by_file():
    read = read_coefficients(data(), NAMES)
    assert np.array_equal(read.shortlist, [1.0, 2.0])
    assert np.array_equal(read.embedded.answer, [3.0, 4.0])
    assert (read.lexical.intercept, read.embedded.threshold) == (-1.0, 0.5)


@pytest.mark.parametrize("rank", [{"a": 1.0}, {"a": 1.0, "b": 1.0, "z": 1.0}])
def test_a_missing_or_unknown_coefficient_is_refused(rank):
    broken = data()
    broken["lexical"]["rank"] = rank
    with pytest.raises(InvalidEntry):
        read_coefficients(broken, NAMES)


def test_any_changed_number_changes_the_revision():
    changed = data()
    changed["embedded"]["threshold"] = 0.51
    assert read_coefficients(changed, NAMES).revision != read_coefficients(data(), NAMES).revision


def test_the_packaged_file_fits_the_features():
    packaged = load_coefficients(FEATURES)
    assert packaged.embedder == "all-MiniLM-L6-v2-int8"
    assert 0 < packaged.embedded.threshold < 1
