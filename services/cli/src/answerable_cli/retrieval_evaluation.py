"""What `answerable eval retrieval` does: ingest a corpus, ask its queries, compare the rankings with judgements.

Documents go through the handler of ingestion, questions through that of retrieval, which is what is timed. What is
judged is the ranking behind it, to a depth of a hundred documents, which no context has: a document stands where the
best of its passages does.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from prometheus_client import CollectorRegistry

from answerable_cli.collection import Collection, Entry
from answerable_cli.relevance import Quality, mean, quality
from answerable_events.codec import Event
from answerable_events.documents import DocumentRejected, DocumentSubmitted
from answerable_events.requests import Asker, Question
from answerable_ingestion import handlers as ingestion
from answerable_ingestion.main import build as build_ingestion
from answerable_ingestion.settings import IngestionSettings
from answerable_knowledge.entries import Query
from answerable_knowledge.questions import searched
from answerable_models.embedding import Embedder
from answerable_retrieval import handlers as retrieval
from answerable_retrieval.contexts import asker_principals
from answerable_retrieval.main import build as build_retrieval
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime.metrics import Metrics

TENANT = "evaluation"
READERS = "readers"
_DEPTH = 100
_DEEPEST = 16 * _DEPTH
"""Passages looked at for the sake of a hundred documents."""

_NO_ID = UUID(int=0)

Advance = Callable[[str, int], None]
"""Told which work went on by how much: `documents` or `queries`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The ranking of one query: documents and their scores, best first; and how long its context took."""

    query: str
    ranking: tuple[tuple[str, float], ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured on a collection."""

    quality: Quality
    answers: tuple[Answer, ...]
    embedder: str
    passages: int
    rejected: dict[str, int]
    ingestion_seconds: float

    def latency_ms(self, share: float) -> float:
        """The time below which this share of the queries was answered."""
        ordered = sorted(answer.seconds for answer in self.answers)
        return round(1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)], 2)

    def as_json(self, collection: Collection) -> dict[str, Any]:
        return {
            "ndcg10": round(self.quality.ndcg10, 5),
            "recall10": round(self.quality.recall10, 5),
            "recall100": round(self.quality.recall100, 5),
            "mrr10": round(self.quality.mrr10, 5),
            "latency_p50_ms": self.latency_ms(0.5),
            "latency_p99_ms": self.latency_ms(0.99),
            "queries": len(self.answers),
            "documents": collection.size,
            "passages": self.passages,
            "split": collection.split,
            "embedder": self.embedder,
            "ingestion_seconds": round(self.ingestion_seconds, 1),
            "documents_rejected": self.rejected,
            "queries_unknown": collection.queries_unknown,
            "relevant_documents_unknown": collection.relevant_unknown,
        }


async def evaluate(collection: Collection, embedder: Embedder | None, folder: Path, advance: Advance) -> Evaluation:
    """Build an index of the collection in the folder, and ask. Without an embedder: that of the settings."""
    async with AsyncExitStack() as stack:
        settings, metrics = {"index_path": folder}, Metrics(CollectorRegistry())
        reading = IngestionSettings.model_validate(settings)
        service = await stack.enter_async_context(build_ingestion(reading, metrics, embedder=embedder))
        writing: ingestion.Deps = service.deps
        begun = time.perf_counter()
        rejected, passages = await ingest_entries(collection.entries(), writing, reading.ingestion_concurrency, advance)
        seconds = time.perf_counter() - begun
        finding = build_retrieval(RetrievalSettings.model_validate(settings), metrics, embedder=writing.embedder)
        deps: retrieval.Deps = (await stack.enter_async_context(finding)).deps
        snapshot = await deps.snapshots.current(TENANT)
        names = [entry.id for entry in collection.entries()]
        answers = []
        for query, text in collection.queries.items():
            answers.append(await _ask(query, text, snapshot, deps, names))
            advance("queries", 1)
    judged = [quality([name for name, _ in one.ranking], collection.qrels[one.query]) for one in answers]
    space = retrieval.embedder_of(deps)
    return Evaluation(mean(judged), tuple(answers), space, passages, dict(rejected), seconds)


async def ingest_entries(
    entries: Iterable[Entry], deps: ingestion.Deps, at_once: int, advance: Advance
) -> tuple[Counter[str], int]:
    """Documents that were rejected, by reason, and how many passages the others have."""
    rejected: Counter[str] = Counter()
    passages = 0
    for part in _parts(enumerate(entries), at_once):
        for [outcome] in await asyncio.gather(*(ingestion.on_document_submitted(_event(*one), deps) for one in part)):
            if isinstance(outcome, DocumentRejected):
                rejected[outcome.reason] += 1
            else:
                passages += outcome.passages  # type: ignore[attr-defined] # the only other outcome is DocumentIndexed
        advance("documents", len(part))
    return rejected, passages


def _event(number: int, entry: Entry) -> Event[DocumentSubmitted]:
    """The document as its owner would hand it over: a text file, named by its id where it has no title."""
    now = datetime.now(UTC)
    body = DocumentSubmitted.model_construct(
        tenant=TENANT,
        document_id=str(number),
        version=1,
        filename=f"{entry.id}.txt",
        media_type="text/plain",
        content=(entry.text.strip() or entry.title).encode(),
        title=entry.title,
        readers=(f"group:{READERS}",),
        submitted_at=now,
    )
    return Event(body, _NO_ID, "/answerable/eval", now, "", None)


async def _ask(query: str, text: str, snapshot: str, deps: retrieval.Deps, names: Sequence[str]) -> Answer:
    now = datetime.now(UTC)
    question = Question(
        request_id=_NO_ID,
        tenant=TENANT,
        text=text,
        asker=Asker(subject="evaluation", groups=(READERS,)),
        asked_at=now,
    )
    begun = time.perf_counter()
    await retrieval.find_context(question, snapshot, now, deps)
    seconds = time.perf_counter() - begun
    [vector] = await asyncio.to_thread(deps.embedder.embed, [searched(question.text)])
    principals = asker_principals(question.asker)
    asked = Query(TENANT, searched(question.text), vector, principals, snapshot, _DEPTH, now)
    found = await asyncio.to_thread(_ranking, deps, asked)
    return Answer(query, tuple((names[int(number)], score) for number, score in found), seconds)


def _ranking(deps: retrieval.Deps, query: Query) -> list[tuple[str, float]]:
    """Documents by the best of their passages."""
    while True:
        hits = deps.index.search(query).hits
        best: dict[str, float] = {}
        for hit in hits:
            best.setdefault(hit.document_id, hit.scores["fused"])
        if len(best) >= _DEPTH or len(hits) < query.limit or query.limit >= _DEEPEST:
            return list(best.items())[:_DEPTH]
        query = replace(query, limit=2 * query.limit)


def _parts(entries: Iterable[tuple[int, Entry]], size: int) -> Iterator[list[tuple[int, Entry]]]:
    remaining = iter(entries)
    while part := list(islice(remaining, size)):
        yield part
