"""Gradient-boosted trees (Friedman, 2001) as plain arrays, walked by numpy: no pickle, no library at run time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from answerable_models.errors import InvalidEntry

_WHOLE, _REAL = ("roots", "feature", "left", "right"), ("threshold", "value")


@dataclass(frozen=True, slots=True)
class Trees:
    """All nodes of all trees in one list. A leaf has feature -1 and its value; any other node has two children.

    A row goes left where its feature is at most the threshold.
    """

    roots: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64]

    def score(self, row: NDArray[np.float64]) -> float:
        """The sum of the leaves that a row of features reaches, in the order of the trees: the same bits everywhere."""
        at = self.roots
        while (inner := self.feature[at] >= 0).any():
            goes_left = row[self.feature[at]] <= self.threshold[at]
            at = np.where(inner, np.where(goes_left, self.left[at], self.right[at]), at)
        return float(sum(self.value[at].tolist()))


def read_trees(data: Mapping[str, Any], features: int) -> Trees:
    """From parsed JSON. Raises InvalidEntry for anything but trees over so many features whose every walk ends."""
    try:
        roots, feature, left, right = (np.array(data[name], dtype=np.int64) for name in _WHOLE)
        threshold, value = (np.array(data[name], dtype=np.float64) for name in _REAL)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidEntry("trees are lists of numbers") from error
    trees = Trees(roots, feature, threshold, left, right, value)
    if not _is_sound(trees, features):
        raise InvalidEntry("these are no trees over the features of this version")
    return trees


def _is_sound(trees: Trees, features: int) -> bool:
    """Children come after their parents, so that no walk turns in a circle."""
    count = len(trees.feature)
    lists = (trees.threshold, trees.left, trees.right, trees.value)
    if any(one.ndim != 1 or len(one) != count for one in lists) or trees.feature.ndim != 1 or not len(trees.roots):
        return False
    inner, places = trees.feature >= 0, np.arange(count)
    return bool(
        np.isfinite(trees.threshold).all()
        and np.isfinite(trees.value).all()
        and (trees.feature < features).all()
        and (trees.roots >= 0).all()
        and (trees.roots < count).all()
        and all(
            (side[inner] > places[inner]).all() and (side[inner] < count).all() for side in (trees.left, trees.right)
        )
    )
