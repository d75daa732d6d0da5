"""Scores to probabilities, by kind of text (Platt, 1999): two numbers and a threshold."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from answerable_models.errors import InvalidEntry

_STEPS = 100
_SETTLED = 1e-10
_STEEPEST = 700.0  # beyond, exp overflows
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Calibration:
    """`slope` is positive, so that the order of scores stays; from `threshold` on a probability passes."""

    slope: float = 1.0
    intercept: float = 0.0
    threshold: float = 0.5

    def probability(self, score: float) -> float:
        """Of a raw score, in log-odds."""
        logit = min(max(self.slope * score + self.intercept, -_STEEPEST), _STEEPEST)
        return 1.0 / (1.0 + math.exp(-logit))


def read_calibration(data: Mapping[str, float]) -> Calibration:
    """From parsed JSON. Raises InvalidEntry where it is none, or would turn the order of scores round."""
    try:
        found = Calibration(float(data["slope"]), float(data["intercept"]), float(data["threshold"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidEntry("a calibration has slope, intercept and threshold") from error
    if not (found.slope > 0 and math.isfinite(found.slope + found.intercept) and 0 <= found.threshold <= 1):
        raise InvalidEntry("a calibration has a positive slope and a threshold from 0 to 1")
    return found


def fit_calibration(
    scores: Sequence[float], supported: Sequence[bool], weights: Sequence[float] | None = None
) -> Calibration:
    """Slope and intercept by logistic regression, both labels weighing the same in all; the threshold that tells
    them apart best (balanced accuracy). Rows weigh 1 each, or as `weights` say.

    Raises:
        ValueError: the rows have one label only, or scores that fall with support.
    """
    raw, held = np.array(scores, dtype=np.float64), np.array(supported, dtype=np.bool_)
    if len(raw) < _FEWEST or held.all() or not held.any():
        raise ValueError("calibration needs supported and unsupported rows")
    # Platt's own targets keep the fit finite where the scores separate the labels.
    targets = np.where(held, (held.sum() + 1) / (held.sum() + 2), 1 / ((~held).sum() + 2))
    given = np.ones(len(raw)) if weights is None else np.array(weights, dtype=np.float64)
    share = np.where(held, given / given[held].sum(), given / given[~held].sum())
    each = share * len(raw) / 2
    design = np.column_stack([raw, np.ones(len(raw))])
    beta = np.zeros(2)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ beta, -_STEEPEST, _STEEPEST)))
        slope = design.T @ (each * (chance - targets)) + 1e-6 * beta
        curve = (design * (each * chance * (1 - chance))[:, None]).T @ design + 1e-6 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        beta -= step
        if np.abs(step).max() < _SETTLED:
            break
    if beta[0] <= 0:
        raise ValueError("these scores fall where support rises")
    fitted = Calibration(float(beta[0]), float(beta[1]))
    likely = [fitted.probability(score) for score in raw.tolist()]
    return Calibration(fitted.slope, fitted.intercept, best_threshold(likely, supported, share.tolist()))


def best_threshold(probabilities: Sequence[float], supported: Sequence[bool], weights: Sequence[float]) -> float:
    """The threshold below which the most weight of unsupported and the least of supported rows lies."""
    order = sorted(zip(probabilities, supported, weights, strict=True))
    best, place, gained = 0.0, order[0][0], 0.0
    for at, (value, held, weight) in enumerate(order):
        if at and order[at - 1][0] < value and gained > best:
            best, place = gained, (value + order[at - 1][0]) / 2
        gained += -weight if held else weight
    return place
