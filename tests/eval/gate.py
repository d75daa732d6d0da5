"""Whether the proved threshold keeps its word: drawn again and again from answers that people judged."""

import random
from collections import defaultdict
from collections.abc import Sequence

from answerable_cli.gate_evaluation import best_coverage
from answerable_cli.results import Figure
from answerable_trust.risk import THRESHOLDS, Judged, Watch, bound_risk
from tests.bench.figures import quantile
from tests.eval.judged import DATA, rows

ANSWERS = "calibration/qa_eval_nq"
ALPHAS, SIZES, DELTA = (0.01, 0.05, 0.1), (100, 300, 1000), 0.1
_DRAWN = 1000
_STREAMS, _BEFORE, _DRIFTED = 500, 300, 0.2


def measure() -> dict[str, Figure]:
    """Figures on the shared answers; none where they are absent."""
    if not (DATA / f"{ANSWERS}.jsonl.gz").is_file():
        return {}
    answers = judged()
    figures = {}
    worst = 0.0
    for alpha in ALPHAS:
        best = best_coverage(answers, alpha)
        for size in SIZES:
            broken, coverage = _drawn_again(answers, alpha, size)
            worst = max(worst, broken)
            name = f"coverage_{alpha:.0%}_{size}".replace("%", "")
            figures[name] = Figure(round(coverage, 4), "released, mean", None, round(best, 4))
    return {
        "bound_violations": Figure(worst, "of 1,000 draws, worst cell", f"<= {DELTA}"),
        **figures,
        "drift_labels_p95": Figure(_labels_until_revoked(0.05, 0.05), "labels until a drift is seen", "<= 200"),
    }


def judged() -> list[Judged]:
    """Each answer with a confidence that needs no label: how far the other systems' answers to its question agree."""
    by_question = defaultdict(list)
    for row in rows(ANSWERS):
        by_question[row["id"]].append((frozenset(row["answer"].lower().split()), bool(row["correct"])))
    return [
        Judged(_agreement(words, [other for n, (other, _) in enumerate(given) if n != place]), correct)
        for given in by_question.values()
        for place, (words, correct) in enumerate(given)
    ]


def _agreement(words: frozenset[str], others: Sequence[frozenset[str]]) -> float:
    """Mean overlap of words with the smaller one of both; 0 without others."""
    shares = [len(words & other) / max(1, min(len(words), len(other))) for other in others]
    return sum(shares) / len(shares) if shares else 0.0


def _drawn_again(answers: Sequence[Judged], alpha: float, size: int) -> tuple[float, float]:
    """Share of draws whose threshold has more errors than `alpha` among all answers, and the mean coverage there."""
    rng = random.Random(f"{alpha} {size}")
    ordered = {}
    for threshold in THRESHOLDS:
        released = [answer for answer in answers if answer.confidence >= threshold]
        wrong = sum(not answer.correct for answer in released)
        ordered[threshold] = (wrong / len(released) if released else 0.0, len(released) / len(answers))
    broken, coverage = 0, 0.0
    for _ in range(_DRAWN):
        bound = bound_risk(rng.choices(answers, k=size), alpha, DELTA)
        risk, share = (0.0, 0.0) if bound is None else ordered[bound.threshold]
        broken += risk > alpha
        coverage += share
    return broken / _DRAWN, coverage / _DRAWN


def _labels_until_revoked(alpha: float, delta: float) -> float:
    """After a good time, until errors that became four times as frequent are seen; in 95 of 100 streams."""
    rng = random.Random(1)
    good = [Watch(alpha, delta).after(rng.random() < alpha for _ in range(_BEFORE)) for _ in range(_STREAMS)]
    return quantile([_labels(watch, rng) for watch in good if not watch.is_broken], 0.95)


def _labels(watch: Watch, rng: random.Random) -> float:
    started = watch.labels
    while not watch.is_broken:
        watch = watch.after([rng.random() < _DRIFTED])
    return watch.labels - started
