"""`answerable eval answers` as people see it: files in, progress, a table or JSON, the answers as a file."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from answerable_cli.answer_evaluation import (
    Advance,
    Asked,
    Tools,
    asked_of,
    entry_of,
    evaluate,
    predicted,
    summarise,
    unabashed,
)
from answerable_cli.collection import Entry
from answerable_cli.errors import RELEASED, UsageRefused
from answerable_cli.output import note, notes, print_json, print_table
from answerable_cli.row_files import read_rows, write_rows
from answerable_models.embedders import load_embedder
from answerable_models.errors import ModelError
from answerable_models.generation import Generator
from answerable_models.registry import EXTRACTIVE, find, load, parse_entries

_QUESTION = '{"id": "q1", "question": "Who?", "answerable": true, "answers": ["Ada"], "context": "p1"}'
_PASSAGE = '{"id": "p1", "title": "A title", "text": "A text."}'


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which model, and how the results are shown."""

    model: str = EXTRACTIVE.id
    models_file: Path | None = None
    as_json: bool = False
    predictions: Path | None = None


def evaluate_answers(questions: Path, passages: Path | None, wanted: Wanted) -> int:
    """Measure, print, and return the exit code.

    Raises:
        UsageRefused: a file holds no such rows, or there is no such model.
    """
    asked, entries = read(questions, passages)
    if wanted.predictions is not None:
        write_rows(wanted.predictions, ())  # before the work is the time to learn that it cannot be written
    embedder = load_embedder("minilm")
    try:
        known = {EXTRACTIVE.id: EXTRACTIVE}
        known |= parse_entries(wanted.models_file.read_text("utf-8")) if wanted.models_file else {}
        generator: Generator = load(find(known, wanted.model), embedder=embedder)
    except (ModelError, OSError, UnicodeDecodeError) as error:
        raise UsageRefused(f"no model {wanted.model} ({type(error).__name__})", "--models-file names entries") from None
    with TemporaryDirectory(prefix="answerable-eval-") as place, _progress(len(entries), len(asked)) as advance:
        said = asyncio.run(evaluate(asked, entries, Tools(unabashed(generator), embedder), Path(place), advance))
    figures = summarise(said)
    if wanted.predictions is not None:
        write_rows(wanted.predictions, map(predicted, said))
    if wanted.as_json:
        print_json(figures)
    else:
        _show(figures)
    return RELEASED


def read(questions: Path, passages: Path | None) -> tuple[list[Asked], list[Entry]]:
    """Without a file of passages the contexts of the questions are the passages. Raises UsageRefused."""
    if passages is not None:
        entries = read_rows(passages, entry_of, _PASSAGE)
    else:
        contexts = read_rows(questions, lambda row: str(row["context"]), _QUESTION)
        entries = [Entry(f"p{number}", "", text) for number, text in enumerate(dict.fromkeys(contexts), 1)]
    if len({entry.id for entry in entries}) != len(entries):
        raise UsageRefused(f"{passages} has two passages with one id")
    ids = {entry.text: entry.id for entry in entries}
    return read_rows(questions, lambda row: asked_of(row, ids), _QUESTION), entries


@contextmanager
def _progress(passages: int, questions: int) -> Iterator[Advance]:
    columns = (TextColumn("{task.description:>9}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=notes(), transient=True) as bars:
        tasks = {
            "passages": bars.add_task("passages", total=passages),
            "questions": bars.add_task("questions", total=questions),
        }
        yield lambda work, count: bars.advance(tasks[work], count)


def _show(figures: dict[str, Any]) -> None:
    names = {
        "right_sentence": "first sentence holds the answer",
        "retrieved": "its passage was retrieved",
        "precision_at_half": "precision at half coverage",
        "answered": "answerable ones answered",
        "answered_unanswerable": "others answered",
        "precision_answered": "precision of what is answered",
        "f1": "F1 of the first sentence",
        "exact_match": "exact match",
        "citation_precision": "citation precision",
        "abstention_auroc": "abstention AUROC",
        "aurc": "AURC",
        "not_verbatim": "not verbatim",
        "cpu_ms_p50": "CPU p50, ms",
        "cpu_ms_p95": "CPU p95, ms",
    }
    print_table(("figure", "value"), [(label, figures[name]) for name, label in names.items()])
    note(f"{figures['questions']} questions, {figures['answerable']} of them answerable; every one was judged by the")
    note("sentence that the model holds for the best, said or not; `answered` counts what it would say")
