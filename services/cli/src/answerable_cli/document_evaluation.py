"""What `answerable eval documents` does: read each file of a manifest as ingestion does, and look for its snippets."""

import gzip
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from rich.progress import track

from answerable_cli.errors import FAILURE, RELEASED, UsageRefused
from answerable_cli.output import note, notes, print_json, print_table
from answerable_events.documents import DocumentSubmitted
from answerable_ingestion.main import limits_of
from answerable_ingestion.reading import read
from answerable_ingestion.settings import IngestionSettings
from answerable_knowledge.errors import ParserUnavailable, Reason, Unreadable
from answerable_knowledge.isolation import ParseLimits, Parsers

Outcome = Literal["read", "rejected", "crashed", "missing"]
_MANIFESTS = ("manifest.jsonl", "manifest.jsonl.gz")


@dataclass(frozen=True, slots=True)
class Expected:
    """A file, and what must be found in it."""

    file: str
    path: Path
    snippets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files to read; `broken` are the numbers of the lines that name none."""

    files: tuple[Expected, ...]
    broken: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file. `reason` says why it was rejected, or what crashed."""

    expected: Expected
    outcome: Outcome
    seconds: float
    reason: str | None = None
    missing: tuple[str, ...] = ()
    document: dict[str, Any] | None = None

    @property
    def is_complete(self) -> bool:
        return self.outcome == "read" and not self.missing


def evaluate_documents(folder: Path, *, as_json: bool, predictions: Path | None) -> int:
    """Measure, print, and return the exit code."""
    manifest = load_manifest(folder)
    results = list(read_all(manifest.files, limits_of(IngestionSettings()), progress=not as_json))
    if predictions:
        _write(predictions, results)
    figures = summarise(manifest, results)
    if as_json:
        print_json(figures)
    else:
        _show(figures, results)
    clean = not (manifest.broken or figures["crashes"] or figures["missing_files"])
    return RELEASED if clean else FAILURE


def load_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder; `file` is relative to the folder, or to `files` in it.

    Raises:
        UsageRefused: there is none, or it cannot be read.
    """
    path = next((folder / name for name in _MANIFESTS if (folder / name).is_file()), None)
    if path is None:
        raise UsageRefused(
            f"{folder} holds no {' or '.join(_MANIFESTS)}",
            'write one line for each file: {"file": "a.pdf", "expected_contains": ["a snippet"]}',
        )
    try:
        data = path.read_bytes()
        lines = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig").split("\n")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UsageRefused(f"{path} cannot be read", "it must be UTF-8 text, or that packed with gzip") from error
    files: list[Expected] = []
    broken: list[int] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            entry = _entry(line, folder)
            files += [entry] if entry else []
            broken += [] if entry else [number]
    if not files:
        raise UsageRefused(f"{path} names no file", 'each line is an object with "file" and "expected_contains"')
    return Manifest(tuple(files), tuple(broken))


def read_all(files: Sequence[Expected], limits: ParseLimits, *, progress: bool = False) -> Iterator[Result]:
    """Read the files one after another, in a process as ingestion uses it."""
    shown = track(files, "reading", console=notes(), disable=not progress, transient=True)
    with Parsers(1, limits) as parsers:
        yield from (_read(expected, parsers) for expected in shown)


def summarise(manifest: Manifest, results: Sequence[Result]) -> dict[str, Any]:
    """The figures of a run."""
    asked = [result for result in results if result.expected.snippets]
    seconds = sorted(result.seconds for result in results)
    return {
        "files": len(results),
        "files_with_snippets": len(asked),
        "files_complete": sum(result.is_complete for result in asked),
        "snippets": sum(len(result.expected.snippets) for result in asked),
        "snippets_found": sum(len(result.expected.snippets) - len(result.missing) for result in asked),
        "files_read": sum(result.outcome == "read" for result in results),
        "rejections": dict(Counter(str(result.reason) for result in results if result.outcome == "rejected")),
        "crashes": sum(result.outcome == "crashed" for result in results),
        "missing_files": [result.expected.file for result in results if result.outcome == "missing"],
        "broken_lines": list(manifest.broken),
        "seconds_p50": _quantile(seconds, 0.5),
        "seconds_p99": _quantile(seconds, 0.99),
        "incomplete": [_shortfall(result) for result in asked if not result.is_complete],
    }


def reduced(text: str) -> str:
    """What is compared: letters and digits."""
    return "".join(character for character in text if character.isalnum())


def _entry(line: str, folder: Path) -> Expected | None:
    try:
        entry = json.loads(line)
        name, snippets = entry["file"], entry.get("expected_contains") or []
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    fits = isinstance(name, str) and name and isinstance(snippets, list)
    if not fits or "\0" in name or not all(isinstance(snippet, str) for snippet in snippets):
        return None
    path = folder / name
    return Expected(name, path if path.exists() else folder / "files" / name, tuple(snippets))


def _read(expected: Expected, parsers: Parsers) -> Result:
    started = time.perf_counter()
    done: Callable[..., Result] = lambda outcome, **more: Result(  # noqa: E731 - each end states the time
        expected, outcome, time.perf_counter() - started, **{"missing": expected.snippets, **more}
    )
    try:
        if expected.path.stat().st_size > parsers.limits.max_bytes:
            return done("rejected", reason=Reason.TOO_LARGE)
        reading = read(_submitted(expected), parsers)
    except OSError:
        return done("missing")
    except Unreadable as error:
        crashed = error.reason == Reason.CRASHED
        return done("crashed" if crashed else "rejected", reason=error.detail if crashed else error.reason)
    except ParserUnavailable as error:
        return done("crashed", reason=f"no reader: {error}")
    parsed = reading.parsed
    found = [reduced(f"{parsed.title}\n{text}") for text in (parsed.verbatim, parsed.text)]
    missing = tuple(snippet for snippet in expected.snippets if not any(reduced(snippet) in text for text in found))
    document = {
        "title": parsed.title,
        "text": parsed.verbatim,
        "media_type": parsed.media_type,
        "encoding": parsed.encoding,
        "language": parsed.language,
        "notes": parsed.notes,
        "passages": [{"text": passage.text, "locator": passage.locator} for passage in reading.passages],
    }
    return done("read", missing=missing, document=document)


def _submitted(expected: Expected) -> DocumentSubmitted:
    return DocumentSubmitted.model_construct(
        tenant="evaluation",
        document_id=expected.file,
        version=1,
        filename=expected.path.name,
        content=expected.path.read_bytes(),
        submitted_at=datetime.now(UTC),
    )


def _shortfall(result: Result) -> dict[str, Any]:
    file, outcome, reason = result.expected.file, result.outcome, result.reason
    return {"file": file, "outcome": outcome, "reason": reason, "missing": result.missing}


def _quantile(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 4) if ordered else 0.0


def _write(path: Path, results: Sequence[Result]) -> None:
    try:
        with path.open("w", encoding="utf-8") as stream:
            for result in results:
                line: dict[str, Any] = {
                    "file": result.expected.file,
                    "outcome": result.outcome,
                    "reason": result.reason,
                }
                line |= {"missing": result.missing, **(result.document or {})}
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
    except OSError as error:
        raise UsageRefused(f"{path} cannot be written", "name a file in a folder that is there") from error


def _show(figures: dict[str, Any], results: Sequence[Result]) -> None:
    print_table(
        ("file", "outcome", "reason", "snippets not found"),
        [
            (result.expected.file, result.outcome, result.reason, len(result.missing) or None)
            for result in results
            if result.outcome != "read" or result.missing
        ],
    )
    note(f"complete: {figures['files_complete']} of {figures['files_with_snippets']} files with snippets")
    note(f"snippets: {figures['snippets_found']} of {figures['snippets']}")
    rejected = ", ".join(f"{count} {reason}" for reason, count in figures["rejections"].items())
    note(f"rejected: {rejected or 'none'}; crashed: {figures['crashes']}; missing: {len(figures['missing_files'])}")
    note(f"seconds a file: {figures['seconds_p50']:.3f} (p50), {figures['seconds_p99']:.3f} (p99)")
    if figures["broken_lines"]:
        note(f"broken lines of the manifest: {', '.join(map(str, figures['broken_lines'][:20]))}")
