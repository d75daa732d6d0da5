"""What `answerable eval support` does: judge claims against evidence as validation does, and compare with labels."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import track

from answerable_cli.errors import RELEASED, CliError, UsageRefused
from answerable_cli.output import note, notes, print_json
from answerable_cli.row_files import read_rows, write_rows
from answerable_models.errors import ModelError
from answerable_models.registry import parse_entries
from answerable_models.support.port import SupportScorer, Use
from answerable_models.support.scorers import load_scorer
from answerable_trust.reliability import auroc, calibration_error
from answerable_trust.risk import Judged

_FORM = '{"id": "a", "evidence": ["Leave is 25 days."], "claim": "Leave is 25 days.", "supported": true}'
_LENGTHS = 5
"""Claims are compared with others of their length: so many groups of equal size."""
_MILLISECONDS = 1000.0


@dataclass(frozen=True, slots=True)
class Row:
    """A claim with its evidence, and whether it is supported. `group` tells kinds of rows apart in the figures."""

    id: str
    evidence: tuple[str, ...]
    claim: str
    supported: bool
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """What the scorer says about a row, and the CPU seconds that it took."""

    row: Row
    score: float
    seconds: float


def evaluate_support(
    file: Path, *, use: Use, scorer_id: str, models: Path | None, as_json: bool, predictions: Path | None
) -> int:
    """Measure, print, and return the exit code."""
    rows = read_rows(file, _row, _FORM)
    scorer = open_scorer(scorer_id, models)
    shown = track(rows, "judging", console=notes(), disable=as_json, transient=True)
    results = asyncio.run(judge(scorer, shown, use))
    if predictions:
        write_rows(predictions, (_predicted(one, scorer.threshold(use)) for one in results))
    figures = {"scorer": scorer.name, "revision": scorer.revision, "use": use}
    figures |= summarise(results, scorer.threshold(use))
    if as_json:
        print_json(figures)
    else:
        _show(figures)
    return RELEASED


def open_scorer(scorer_id: str, models: Path | None) -> SupportScorer:
    """The scorer of that name. Raises UsageRefused where there is none, or its registry cannot be read."""
    try:
        entries = parse_entries(models.read_text(encoding="utf-8")) if models else None
        return load_scorer(scorer_id, entries)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageRefused(f"{models} cannot be read", "name a registry of models, as inference reads it") from error
    except ModelError as error:
        raise UsageRefused(f"no such scorer: {error}", "take trees, or an openai entry of the file --models") from error


async def judge(scorer: SupportScorer, rows: Iterable[Row], use: Use) -> list[Scored]:
    """Each row in turn. Raises CliError where a model that judges fails."""
    results = []
    for row in rows:
        started = time.process_time()
        try:
            score = await scorer.score(row.claim, row.evidence, use)
        except ModelError as error:
            raise CliError(f"row {row.id}: the model failed: {error}", "try again, or another scorer") from error
        results.append(Scored(row, score, time.process_time() - started))
    return results


def summarise(results: Sequence[Scored], threshold: float) -> dict[str, Any]:
    """The figures of a run, and those of each group. What needs both labels is null without."""
    milliseconds = sorted(one.seconds * _MILLISECONDS for one in results)
    groups = defaultdict(list)
    for one in results:
        if one.row.group is not None:
            groups[one.row.group].append(one)
    return {
        **measured(results, threshold),
        "cpu_ms_p50": round(milliseconds[len(milliseconds) // 2], 3),
        "cpu_ms_p95": round(milliseconds[int(len(milliseconds) * 0.95)], 3),
        "groups": {name: measured(members, threshold) for name, members in sorted(groups.items())},
    }


def measured(results: Sequence[Scored], threshold: float) -> dict[str, Any]:
    """How well scores order rows, how well the threshold cuts them, and how far they are probabilities."""
    answers = [Judged(one.score, correct=one.row.supported) for one in results]
    return {
        "rows": len(results),
        "supported": sum(one.row.supported for one in results),
        "auroc": _rounded(auroc(answers)),
        "auroc_length_matched": _rounded(length_matched_auroc(results)),
        "threshold": round(threshold, 6),
        "balanced_accuracy": _rounded(balanced_accuracy(answers, threshold)),
        "balanced_accuracy_best": _rounded(best_balanced_accuracy(answers)),
        "calibration_error": _rounded(calibration_error(answers)),
    }


def length_matched_auroc(results: Sequence[Scored]) -> float | None:
    """AUROC among claims of like length: five groups of equal size by words, weighted by their pairs of unlike labels.

    A scorer that only knows that long claims are seldom supported gets 0.5 here.
    """
    ordered = sorted(results, key=lambda one: (len(one.row.claim.split()), one.row.id))
    size = max(-(-len(ordered) // _LENGTHS), 1)
    total, pairs = 0.0, 0
    for start in range(0, len(ordered), size):
        members = ordered[start : start + size]
        found = auroc([Judged(one.score, correct=one.row.supported) for one in members])
        right = sum(one.row.supported for one in members)
        if found is not None:
            total += found * right * (len(members) - right)
            pairs += right * (len(members) - right)
    return total / pairs if pairs else None


def balanced_accuracy(answers: Sequence[Judged], threshold: float) -> float | None:
    """Mean of the shares of supported claims that pass and of unsupported ones that do not."""
    right = [answer.confidence >= threshold for answer in answers if answer.correct]
    wrong = [answer.confidence < threshold for answer in answers if not answer.correct]
    return (sum(right) / len(right) + sum(wrong) / len(wrong)) / 2 if right and wrong else None


def best_balanced_accuracy(answers: Sequence[Judged]) -> float | None:
    """What the best threshold for these very labels would reach."""
    right = sum(answer.correct for answer in answers)
    wrong = len(answers) - right
    if not right or not wrong:
        return None
    best, passed, refused = 0.5, right, 0
    ordered = sorted(answers, key=lambda answer: answer.confidence)
    for place, answer in enumerate(ordered):
        passed -= answer.correct
        refused += not answer.correct
        if place + 1 == len(ordered) or ordered[place + 1].confidence > answer.confidence:
            best = max(best, (passed / right + refused / wrong) / 2)
    return best


def _row(row: Mapping[str, Any]) -> Row:
    name, evidence, claim = row["id"], row["evidence"], row["claim"]
    supported, group = row["supported"], row.get("group")
    texts = [evidence] if isinstance(evidence, str) else evidence
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise TypeError
    if not isinstance(claim, str) or not isinstance(supported, bool) or not isinstance(name, str | int):
        raise TypeError
    return Row(str(name), tuple(texts), claim, supported, None if group is None else str(group))


def _predicted(one: Scored, threshold: float) -> dict[str, Any]:
    """No texts: the file may be shown around."""
    return {
        "id": one.row.id,
        "supported": one.row.supported,
        "predicted": one.score >= threshold,
        "score": round(one.score, 6),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _show(figures: Mapping[str, Any]) -> None:
    note(f"{figures['scorer']} {figures['revision']}, texts read as {figures['use']}")
    for name, one in (("", figures), *figures["groups"].items()):
        note(f"{name or 'all'}: {one['rows']} rows, {one['supported']} supported")
        note(f"  AUROC {_plain(one['auroc'])}, among claims of like length {_plain(one['auroc_length_matched'])}")
        accuracy, best = _plain(one["balanced_accuracy"]), _plain(one["balanced_accuracy_best"])
        note(f"  balanced accuracy at {one['threshold']:.2f}: {accuracy} (at best {best})")
        note(f"  calibration error {_plain(one['calibration_error'])}")
    note(f"CPU a row: {figures['cpu_ms_p50']:.1f} ms (p50), {figures['cpu_ms_p95']:.1f} ms (p95)")


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
