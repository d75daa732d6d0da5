"""Monotone gradient-boosted trees by LightGBM, and the same trees as plain lists of numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TREES = 300
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.04,
    "num_leaves": 8,
    "min_data_in_leaf": 40,
    "lambda_l2": 1.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "max_bin": 63,
    "seed": 7,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


def fit_trees(
    rows: NDArray[np.float64], labels: NDArray[np.bool_], weights: NDArray[np.float64], directions: Sequence[int]
) -> Any:
    """A LightGBM booster: log-odds of support, monotone in each feature as `directions` say. The same on every run."""
    import lightgbm  # noqa: PLC0415 - of the dependency group "training", which nothing else needs

    data = lightgbm.Dataset(rows, labels.astype(np.float64), weight=weights)
    return lightgbm.train(PARAMETERS | {"monotone_constraints": list(directions)}, data, TREES)


def exported(booster: Any) -> dict[str, list[float]]:
    """The trees as `answerable_models.support.trees.read_trees` reads them."""
    found: dict[str, list[float]] = {name: [] for name in ("roots", "feature", "threshold", "left", "right", "value")}
    for tree in booster.dump_model()["tree_info"]:
        found["roots"].append(len(found["feature"]))
        _add(tree["tree_structure"], found)
    return found


def _add(node: dict[str, Any], found: dict[str, list[float]]) -> int:
    """Append a node and all below it; its place."""
    place = len(found["feature"])
    is_leaf = "leaf_value" in node
    found["feature"].append(-1 if is_leaf else node["split_feature"])
    found["threshold"].append(0.0 if is_leaf else node["threshold"])
    found["value"].append(node["leaf_value"] if is_leaf else 0.0)
    found["left"].append(0)
    found["right"].append(0)
    if not is_leaf:
        assert node["decision_type"] == "<="
        found["left"][place] = _add(node["left_child"], found)
        found["right"][place] = _add(node["right_child"], found)
    return place
