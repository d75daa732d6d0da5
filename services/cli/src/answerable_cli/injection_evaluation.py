"""What `answerable eval injection` does: screen each text as validation screens cited passages, and compare."""

import gzip
import json
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import track

from answerable_cli.errors import RELEASED, UsageRefused
from answerable_cli.output import note, notes, print_json
from answerable_trust.injection import rate, screen
from answerable_trust.intrusion import Suspect

_FORM = 'each line is an object with "id", "text" and "label"'
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
    """Measure, print, and return the exit code. Raises UsageRefused."""
    rows = load_rows(file)
    results = [_screen(row) for row in track(rows, "screening", console=notes(), disable=as_json, transient=True)]
    if predictions:
        _write(predictions, results)
    figures = summarise(results)
    if as_json:
        print_json(figures)
    else:
        _show(figures)
    return RELEASED


def load_rows(file: Path) -> list[Row]:
    """The rows of a JSON Lines file, packed with gzip where its name ends so.

    Raises:
        UsageRefused: it cannot be read, has no row, or a line is no row; the line is named.
    """
    try:
        data = file.read_bytes()
        lines = (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8-sig").split("\n")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise UsageRefused(f"{file} cannot be read", "it must be UTF-8 text, or that packed with gzip") from error
    rows = [_row(line, f"{file}, line {number}") for number, line in enumerate(lines, start=1) if line.strip()]
    if not rows:
        raise UsageRefused(f"{file} holds no row", _FORM)
    return rows


def summarise(results: Sequence[Screened]) -> dict[str, Any]:
    """The figures of a run. A share of nothing is null."""
    attacks = [one for one in results if one.row.is_attack]
    benign = [one for one in results if not one.row.is_attack]
    found, alarms = sum(one.is_reported for one in attacks), sum(one.is_reported for one in benign)
    seconds = sorted(one.seconds for one in results)
    return {
        "rows": len(results),
        "attacks": len(attacks),
        "benign": len(benign),
        "recall": _share(found, len(attacks)),
        "fpr": _share(alarms, len(benign)),
        "precision": _share(found, found + alarms),
        "f1": _share(2 * found, found + alarms + len(attacks)),
        "auroc": _auroc([one.score for one in attacks], [one.score for one in benign]),
        "blocking_recall": _share(sum(one.blocks for one in attacks), len(attacks)),
        "blocking_fpr": _share(sum(one.blocks for one in benign), len(benign)),
        "seconds_p50": round(seconds[len(seconds) // 2], 6),
        "seconds_max": round(seconds[-1], 6),
    }


def _row(line: str, place: str) -> Row:
    try:
        entry = json.loads(line)
        name, text, label = entry["id"], entry["text"], entry["label"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageRefused(f"{place}: no object with id, text and label", _FORM) from error
    if not isinstance(text, str) or not isinstance(name, str | int):
        raise UsageRefused(f"{place}: id or text is no text", _FORM)
    if not isinstance(label, str | int) or label not in _LABELS:
        raise UsageRefused(f"{place}: unknown label", f"a label is one of {', '.join(map(str, _LABELS))}")
    return Row(str(name), text, _LABELS[label])


def _screen(row: Row) -> Screened:
    started = time.perf_counter()
    suspects = tuple(screen(row.text))
    seconds = time.perf_counter() - started
    return Screened(row, rate(row.text), suspects, seconds)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Probability that an attack scores above a benign text, ties counted half."""
    if not positive or not negative:
        return None
    ranked = sorted([(score, True) for score in positive] + [(score, False) for score in negative])
    above, below, at = 0.0, 0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        ups = sum(is_attack for _, is_attack in ranked[at:end])
        downs = end - at - ups
        above += ups * (below + downs / 2)
        below, at = below + downs, end
    return round(above / (len(positive) * len(negative)), 4)


def _write(path: Path, results: Sequence[Screened]) -> None:
    """Places, no texts: the file may be shown around."""
    try:
        with path.open("w", encoding="utf-8") as stream:
            for one in results:
                line = {
                    "id": one.row.id,
                    "label": "injection" if one.row.is_attack else "benign",
                    "predicted": "injection" if one.is_reported else "benign",
                    "blocks": one.blocks,
                    "score": round(one.score, 6),
                    "spans": [[suspect.start, suspect.end, round(suspect.score, 6)] for suspect in one.suspects],
                }
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
    except OSError as error:
        raise UsageRefused(f"{path} cannot be written", "name a file in a folder that is there") from error


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
