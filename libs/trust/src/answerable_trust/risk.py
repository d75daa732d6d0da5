"""Which confidence is enough: a threshold above which answers are wrong at most so often, proved on labelled answers.

Learn then Test (Angelopoulos, Bates, Candès, Jordan, Lei, "Learn then Test", 2021) for the share of errors among what
is released. Each threshold of a list that was fixed before has a hypothesis, "more than `alpha` of what is released at
it is wrong", with an exact binomial p-value. Thresholds are tested downwards from a few starts, each with its part of
`delta`, until one is not rejected. Nothing is assumed of how confidence and errors go together; only that the labelled
answers are drawn like those that the threshold is for. Pure.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

THRESHOLDS = tuple(step / 50 for step in range(50, -1, -1))
"""From 1 to 0, fixed: a list that is chosen by looking at the labels proves nothing."""

STARTS = (0.96, 0.9, 0.8, 0.6, 0.3, 0.0)
"""One alone would not do: at a high one little is released, and a test of little rejects nothing and ends there."""

_MOST_CAPITAL = 1e300


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer with the confidence that it was given, in [0, 1], and whether it was right."""

    confidence: float
    correct: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """At or above `threshold`, at most `alpha` of the answers are wrong; said wrongly with probability `delta` at most.

    Of the `judged` answers that prove it `released` lie there, and `wrong` of those are wrong.
    """

    threshold: float
    alpha: float
    delta: float
    judged: int
    released: int
    wrong: int


def bound_risk(answers: Sequence[Judged], alpha: float, delta: float) -> Bound | None:
    """The lowest threshold that is proved; None where none is, so that nothing may be released on these answers.

    Raises ValueError unless 0 < alpha < 1, 0 < delta < 1 and every confidence is in [0, 1].
    """
    _require_shares(alpha, delta)
    counts = list(_counts(answers))
    proved: set[int] = set()
    for start in (THRESHOLDS.index(each) for each in STARTS):
        for place in range(start, len(THRESHOLDS)):
            if p_value(*counts[place], alpha) > delta / len(STARTS):
                break
            proved.add(place)
    if not proved:
        return None
    released, wrong = counts[max(proved)]
    return Bound(THRESHOLDS[max(proved)], alpha, delta, len(answers), released, wrong)


def p_value(released: int, wrong: int, alpha: float) -> float:
    """How likely so few would be wrong if a share of `alpha` or more were: P(Bin(released, alpha) <= wrong), exact."""
    terms = (
        math.lgamma(released + 1)
        - math.lgamma(k + 1)
        - math.lgamma(released - k + 1)
        + k * math.log(alpha)
        + (released - k) * math.log1p(-alpha)
        for k in range(wrong + 1)
    )
    return min(1.0, math.fsum(map(math.exp, terms)))


def fewest_answers(alpha: float, delta: float) -> int:
    """So many released answers, none of them wrong, are needed at least to prove anything."""
    _require_shares(alpha, delta)
    return math.ceil(math.log(delta / len(STARTS)) / math.log1p(-alpha))


@dataclass(frozen=True, slots=True)
class Watch:
    """Whether what is released has become worse than `alpha`, asked after every label. A value: `after` gives the next.

    Capital that is bet on errors (an e-process: Waudby-Smith and Ramdas, "Estimating means of bounded random variables
    by betting", 2024). While at most `alpha` are wrong it ever reaches `1 / delta` with probability `delta` at most,
    however long one looks. A part of the capital is laid out anew at every label, so that a long good time does not use
    up what a later change is found with.
    """

    alpha: float
    delta: float
    capital: tuple[float, ...] = (0.0,) * 4
    labels: int = 0

    def after(self, wrong: Iterable[bool]) -> "Watch":
        """With more labels of released answers, True where one was wrong."""
        capital, labels = self.capital, self.labels
        for each in wrong:
            labels += 1
            fresh = 1 / (labels * (labels + 1))  # of one in all; what is left in hand is 1 / (labels + 1)
            capital = tuple(
                min(_MOST_CAPITAL, (one + fresh) * (1 + stake * (each - self.alpha)))
                for one, stake in zip(capital, self._stakes, strict=True)
            )
        return Watch(self.alpha, self.delta, capital, labels)

    @property
    def is_broken(self) -> bool:
        """Whether the labels contradict `alpha`: what was proved does not hold any more."""
        return sum(self.capital) / len(self.capital) + 1 / (self.labels + 1) >= 1 / self.delta

    @property
    def _stakes(self) -> tuple[float, ...]:
        """Shares of what could be bet without ruin: small ones find small changes, large ones find large ones soon."""
        return tuple(share / self.alpha for share in (0.05, 0.15, 0.3, 0.6))


def _counts(answers: Sequence[Judged]) -> Iterator[tuple[int, int]]:
    """How many are released at each threshold, and how many of those are wrong."""
    if not all(0.0 <= answer.confidence <= 1.0 for answer in answers):
        raise ValueError("a confidence does not lie between 0 and 1")
    ordered = sorted(answers, key=lambda answer: -answer.confidence)
    released = wrong = 0
    for threshold in THRESHOLDS:
        while released < len(ordered) and ordered[released].confidence >= threshold:
            wrong += not ordered[released].correct
            released += 1
        yield released, wrong


def _require_shares(alpha: float, delta: float) -> None:
    if not (0.0 < alpha < 1.0 and 0.0 < delta < 1.0):
        raise ValueError("alpha and delta lie between 0 and 1")
