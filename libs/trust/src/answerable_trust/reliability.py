"""How well a confidence tells right answers from wrong ones, and how far its values are to be believed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from answerable_trust.risk import Judged

_BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers with a confidence from `low` up to `low` + 0.1."""

    low: float
    answers: int
    confidence: float
    """Their mean confidence."""
    correct: float
    """The share of them that is right."""


def auroc(answers: Sequence[Judged]) -> float | None:
    """How often a right answer has more confidence than a wrong one, ties half; None without both."""
    right = sum(answer.correct for answer in answers)
    wrong = len(answers) - right
    if not right or not wrong:
        return None
    ordered = sorted(answers, key=lambda answer: answer.confidence)
    ranks, start = 0.0, 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and ordered[end].confidence == ordered[start].confidence:
            end += 1
        ranks += sum(answer.correct for answer in ordered[start:end]) * (start + 1 + end) / 2
        start = end
    return (ranks - right * (right + 1) / 2) / (right * wrong)


def brier(answers: Sequence[Judged]) -> float:
    """Mean squared distance between confidence and outcome: 0 is best."""
    return sum((answer.confidence - answer.correct) ** 2 for answer in answers) / len(answers)


def aurc(answers: Sequence[Judged]) -> float:
    """Share of errors among the released, mean over all coverages (Geifman and El-Yaniv, 2017): 0 is best.

    Answers of one confidence are released together, so that their order in the file does not matter.
    """
    ordered = sorted(answers, key=lambda answer: -answer.confidence)
    total, released, wrong = 0.0, 0, 0.0
    while released < len(ordered):
        end = released
        while end < len(ordered) and ordered[end].confidence == ordered[released].confidence:
            end += 1
        share = sum(not answer.correct for answer in ordered[released:end]) / (end - released)
        for count in range(released + 1, end + 1):
            wrong += share
            total += wrong / count
        released = end
    return total / len(ordered)


def diagram(answers: Sequence[Judged]) -> tuple[Bin, ...]:
    """The reliability diagram: ten bins of one width, those without answers left out."""
    bins: list[list[Judged]] = [[] for _ in range(_BINS)]
    for answer in answers:
        bins[min(_BINS - 1, int(answer.confidence * _BINS))].append(answer)
    return tuple(
        Bin(
            number / _BINS,
            len(members),
            sum(answer.confidence for answer in members) / len(members),
            sum(answer.correct for answer in members) / len(members),
        )
        for number, members in enumerate(bins)
        if members
    )


def calibration_error(answers: Sequence[Judged]) -> float:
    """Expected calibration error over the bins of the diagram: 0 is best."""
    return sum(abs(one.confidence - one.correct) * one.answers for one in diagram(answers)) / len(answers)
