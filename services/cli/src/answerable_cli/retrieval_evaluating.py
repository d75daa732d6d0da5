"""`answerable eval retrieval` as people see it: progress, a table or JSON, the rankings as a file."""

import asyncio
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from answerable_cli.collection import Collection, load_collection
from answerable_cli.errors import RELEASED, CliError, UsageRefused
from answerable_cli.output import note, notes, print_json, print_table
from answerable_cli.retrieval_evaluation import Advance, Answer, evaluate
from answerable_models.embedders import EmbedderName, load_embedder
from answerable_models.errors import ModelUnavailable

_TREC = (".run", ".trec")


def evaluate_retrieval(
    folder: Path, *, split: str | None, embedder: EmbedderName, as_json: bool, predictions: Path | None
) -> int:
    """Measure, print, and return the exit code."""
    collection = load_collection(folder, split)
    if predictions is not None:
        _write(predictions, ())  # before the work, not after it, is the time to learn that it cannot be written
    try:
        model = load_embedder(embedder)
    except ModelUnavailable as error:
        raise CliError(str(error), "install the package whole, or use --embedder fast") from None
    with TemporaryDirectory(prefix="answerable-eval-") as place, _progress(collection) as advance:
        measured = asyncio.run(evaluate(collection, model, Path(place), advance))
    figures = measured.as_json(collection)
    if predictions is not None:
        _write(predictions, measured.answers)
    if as_json:
        print_json(figures)
    else:
        _show(figures)
    return RELEASED


@contextmanager
def _progress(collection: Collection) -> Iterator[Advance]:
    columns = (TextColumn("{task.description:>9}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=notes(), transient=True) as bars:
        tasks = {
            "documents": bars.add_task("documents", total=collection.size),
            "queries": bars.add_task("queries", total=len(collection.queries)),
        }
        yield lambda work, count: bars.advance(tasks[work], count)


def _write(path: Path, answers: Sequence[Answer]) -> None:
    """One line for each document of each ranking; a file named *.run or *.trec is in the form of trec_eval."""
    try:
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            for answer in answers:
                for rank, (document, score) in enumerate(_strictly_falling(answer.ranking), start=1):
                    if path.suffix in _TREC:
                        stream.write(f"{answer.query} Q0 {document} {rank} {score!r} answerable\n")
                    else:
                        line = {"query": answer.query, "doc": document, "rank": rank, "score": score}
                        stream.write(json.dumps(line) + "\n")
    except OSError as error:
        raise UsageRefused(f"{path} cannot be written", "name a file in a folder that is there") from error


def _strictly_falling(ranking: Sequence[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """Equal scores a hair apart: who sorts by score finds our order again."""
    last = math.inf
    for document, score in ranking:
        last = min(score, math.nextafter(last, -math.inf))
        yield document, last


def _show(figures: dict[str, Any]) -> None:
    names = {
        "ndcg10": "nDCG@10",
        "recall10": "Recall@10",
        "recall100": "Recall@100",
        "mrr10": "MRR@10",
        "latency_p50_ms": "latency p50, ms",
        "latency_p99_ms": "latency p99, ms",
    }
    print_table(("figure", "value"), [(label, figures[name]) for name, label in names.items()])
    note(
        f"{figures['queries']} queries of {figures['split']}, {figures['documents']} documents, "
        f"{figures['passages']} passages; read and embedded in {figures['ingestion_seconds']} s, {figures['embedder']}"
    )
    for name, words in (
        ("queries_unknown", "judged queries are not in queries.jsonl: left out"),
        ("relevant_documents_unknown", "judged documents are not in corpus.jsonl: nothing can find them"),
    ):
        if figures[name]:
            note(f"{figures[name]} {words}")
    for reason, count in figures["documents_rejected"].items():
        note(f"{count} documents were rejected: {reason}")
