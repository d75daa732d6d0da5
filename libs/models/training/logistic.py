"""Logistic models fitted by Newton's method with an L2 penalty: small, exact, the same on every run."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Loss = Callable[[Array], tuple[float, Array, Array]]
"""Coefficients to (loss, gradient, curvature)."""

STEPS = 50
TOLERANCE = 1e-6
SHORTEST_STEP = 1e-6


def fit_logistic(
    rows: Array, labels: Array, weights: Array, l2: float, offset: Array | None = None
) -> tuple[Array, float]:
    """Coefficients and intercept of a weighted logistic regression; the intercept is not penalised.

    `offset` is added to the log-odds of each row: what is known of it already.
    """
    known = np.zeros(len(rows)) if offset is None else offset
    design = np.column_stack([rows, np.ones(len(rows))])
    penalty = np.diag([l2] * rows.shape[1] + [1e-9])

    def loss(beta: Array) -> tuple[float, Array, Array]:
        logits = design @ beta + known
        chance = 1 / (1 + np.exp(-logits))
        cost = float(weights @ (np.logaddexp(0, logits) - labels * logits) + beta @ penalty @ beta / 2)
        slope = design.T @ (weights * (chance - labels)) + penalty @ beta
        curve = (design * (weights * chance * (1 - chance))[:, None]).T @ design + penalty
        return cost, slope, curve

    beta = _minimise(loss, design.shape[1])
    return beta[:-1], float(beta[-1])


def fit_choice(cases: Sequence[tuple[Array, NDArray[np.bool_], float]], l2: float) -> Array:
    """Coefficients that put the right rows of each case above its other rows (conditional logit).

    A case is (rows, which of them are right, weight); cases without a right row, or without a wrong one, teach nothing.
    """
    useful = [(rows, right / right.sum(), weight) for rows, right, weight in cases if right.any() and not right.all()]
    width = useful[0][0].shape[1]

    def loss(beta: Array) -> tuple[float, Array, Array]:
        cost, slope, curve = l2 * float(beta @ beta) / 2, l2 * beta, l2 * np.eye(width)
        for rows, target, weight in useful:
            logits = rows @ beta
            top = logits.max()
            powers = np.exp(logits - top)
            total = powers.sum()
            share = powers / total
            mean = share @ rows
            cost += weight * float(top + np.log(total) - target @ logits)
            slope = slope + weight * (mean - target @ rows)
            curve += weight * ((rows * share[:, None]).T @ rows - np.outer(mean, mean))
        return cost, slope, curve

    return _minimise(loss, width)


def _minimise(loss: Loss, width: int) -> Array:
    """Newton steps, halved until they pay: a full step may overshoot far from the optimum."""
    beta = np.zeros(width)
    cost, slope, curve = loss(beta)
    for _ in range(STEPS):
        step, length = np.linalg.solve(curve, slope), 1.0
        tried = loss(beta - step)
        while tried[0] > cost and length > SHORTEST_STEP:
            length /= 2
            tried = loss(beta - length * step)
        beta = beta - length * step
        cost, slope, curve = tried
        if np.abs(length * step).max() < TOLERANCE:
            break
    return beta


def auroc(positive: Array, negative: Array) -> float:
    """Probability that a positive scores above a negative, ties counted half."""
    both = np.concatenate([positive, negative])
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n = len(positive)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * len(negative)))
