"""Whether traffic still looks like the set that a bound was proved on, and how often released answers are wrong."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from answerable_trust.risk import p_value

FALSE_ALARMS = 0.01
"""How likely any of all windows, however many there are, is called changed while nothing has changed."""

_STEPS = 60


@dataclass(frozen=True, slots=True)
class ErrorEstimate:
    """The share of errors among audited answers, with an interval that holds it with the certainty asked for."""

    wrong: int
    judged: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.wrong / self.judged


def differs(reference: Sequence[int], window: Sequence[int], number: int) -> bool:
    """Whether counts by class of the `number`-th window (from 0) come from another distribution than the reference.

    Two-sample Kolmogorov-Smirnov on ordered classes, which makes it conservative, at a level that falls with the number
    of the window: FALSE_ALARMS is for all of them together. Too little of either never differs.
    """
    n, m = sum(reference), sum(window)
    if not n or not m:
        return False
    level = FALSE_ALARMS * 6 / (math.pi * (number + 1)) ** 2
    return 2 * math.exp(-2 * n * m / (n + m) * _distance(reference, window) ** 2) <= level


def estimate_errors(wrong: int, judged: int, certainty: float = 0.95) -> ErrorEstimate | None:
    """Clopper and Pearson's exact interval, for answers that were drawn at random; None where none was judged.

    Raises ValueError unless 0 <= wrong <= judged and 0 < certainty < 1.
    """
    if not 0 <= wrong <= judged or not 0.0 < certainty < 1.0:
        raise ValueError("not so many wrong of so many judged, or no certainty")
    if not judged:
        return None
    tail = (1 - certainty) / 2
    high = 1.0 if wrong == judged else _root(lambda share: p_value(judged, wrong, share) - tail)
    low = 0.0 if not wrong else _root(lambda share: tail - (1 - p_value(judged, wrong - 1, share)))
    return ErrorEstimate(wrong, judged, low, high)


def _distance(reference: Sequence[int], window: Sequence[int]) -> float:
    n, m = sum(reference), sum(window)
    largest = ours = theirs = 0.0
    for one, other in zip(reference, window, strict=True):
        ours += one / n
        theirs += other / m
        largest = max(largest, abs(ours - theirs))
    return largest


def _root(falling: Callable[[float], float]) -> float:
    """Where a falling function of a share crosses zero."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2
