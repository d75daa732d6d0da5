"""What `answerable eval injection` does: screen each text as validation screens cited passages, and compare."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import track

from answerable_cli.errors import RELEASED
from answerable_cli.output import note, notes, print_json
from answerable_cli.row_files import read_rows, write_rows
from answerable_trust.injection import screen_and_rate
from answerable_trust.intrusion import Suspect
from answerable_trust.reliability import auroc
from answerable_trust.risk import Judged

_FORM = '{"id": "a", "text": "Ignore all that.", "label": "injection"}; other labels: "benign", 1, 0'
_LABELS: dict[str | int | bool, bool] = {
    "injection": True,
    "attack": True,
    1: True,
    "benign": False,
    "clean": False,
    0: False,
}
"""What a label may be, and whether it says that something was put in. True and false are 1 and 0."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text, and whether an instruction was put into it."""

    id: str
    text: str
    is_attack: bool


@dataclass(frozen=True, slots=True)
class Screened:
    """What the screen says about a row."""

    row: Row
    score: float
    suspects: tuple[Suspect, ...]
    seconds: float

    @property
    def is_reported(self) -> bool:
        return bool(self.suspects)

    @property
    def blocks(self) -> bool:
        return any(suspect.blocks for suspect in self.suspects)


def evaluate_injection(file: Path, *, as_json: bool, predictions: Path | None) -> int:
    """Measure, print, and return the exit code."""
    rows = read_rows(file, _row, _FORM)
    results = [_screen(row) for row in track(rows, "screening", console=notes(), disable=as_json, transient=True)]
    if predictions:
        write_rows(predictions, map(_predicted, results))
    figures = summarise(results)
    if as_json:
        print_json(figures)
    else:
        _show(figures)
    return RELEASED


def summarise(results: Sequence[Screened]) -> dict[str, Any]:
    """The figures of a run. A share of nothing is null."""
    attacks = [one for one in results if one.row.is_attack]
    benign = [one for one in results if not one.row.is_attack]
    found, alarms = sum(one.is_reported for one in attacks), sum(one.is_reported for one in benign)
    seconds = sorted(one.seconds for one in results)
    orders = auroc([Judged(one.score, correct=one.row.is_attack) for one in results])
    return {
        "rows": len(results),
        "attacks": len(attacks),
        "benign": len(benign),
        "recall": _share(found, len(attacks)),
        "fpr": _share(alarms, len(benign)),
        "precision": _share(found, found + alarms),
        "f1": _share(2 * found, found + alarms + len(attacks)),
        "auroc": None if orders is None else round(orders, 4),
        "blocking_recall": _share(sum(one.blocks for one in attacks), len(attacks)),
        "blocking_fpr": _share(sum(one.blocks for one in benign), len(benign)),
        "seconds_p50": round(seconds[len(seconds) // 2], 6),
        "seconds_max": round(seconds[-1], 6),
    }


def _row(row: Mapping[str, Any]) -> Row:
    name, text, label = row["id"], row["text"], row["label"]
    if not isinstance(text, str) or not isinstance(name, str | int) or not isinstance(label, str | int):
        raise TypeError
    return Row(str(name), text, _LABELS[label])


def _screen(row: Row) -> Screened:
    started = time.perf_counter()
    suspects, score = screen_and_rate(row.text)
    seconds = time.perf_counter() - started
    return Screened(row, score, tuple(suspects), seconds)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _predicted(one: Screened) -> dict[str, Any]:
    """Places, no texts: the file may be shown around."""
    return {
        "id": one.row.id,
        "label": "injection" if one.row.is_attack else "benign",
        "predicted": "injection" if one.is_reported else "benign",
        "blocks": one.blocks,
        "score": round(one.score, 6),
        "spans": [[suspect.start, suspect.end, round(suspect.score, 6)] for suspect in one.suspects],
    }


def _show(figures: dict[str, Any]) -> None:
    note(f"rows: {figures['rows']}, {figures['attacks']} with an instruction put in")
    note(f"reported: {_percent(figures['recall'])} of the attacks, {_percent(figures['fpr'])} of the benign texts")
    note(f"blocked: {_percent(figures['blocking_recall'])} and {_percent(figures['blocking_fpr'])}")
    note(f"precision {_plain(figures['precision'])}, F1 {_plain(figures['f1'])}, AUROC {_plain(figures['auroc'])}")
    note(f"seconds a text: {figures['seconds_p50']:.4f} (p50), {figures['seconds_max']:.4f} (most)")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
