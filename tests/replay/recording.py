"""The real services on one folder: documents in, questions answered with contexts, documents changed."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry

from answerable_events.message import Message, Record
from answerable_events.topics import CONTEXTS, DOCUMENTS
from answerable_ingestion import main as ingestion
from answerable_ingestion.settings import IngestionSettings
from answerable_knowledge.index import Index
from answerable_models.embedding import HashingEmbedder
from answerable_retrieval import main as retrieval
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime.metrics import Metrics
from answerable_runtime.service import Service
from answerable_runtime.testing import run

PATIENCE_S = 3_600
TENANT = "norvik"


@dataclass(frozen=True)
class Site:
    """Ingestion and retrieval on one folder, with an embedder that needs no model."""

    folder: Path
    writer: Service
    reader: Service

    @property
    def index(self) -> Index:
        index: Index = self.writer.deps.index
        return index

    async def write(self, messages: Sequence[Message]) -> None:
        """Have documents ingested; every one has to be taken."""
        broker = await run([self.writer], messages, patience=PATIENCE_S)
        assert not broker.records(DOCUMENTS.dead_letters), "a document was given up"

    async def ask(self, questions: Sequence[Message]) -> list[Record]:
        """The contexts, as they would be on record."""
        broker = await run([self.reader], questions, patience=PATIENCE_S)
        contexts = broker.records(CONTEXTS.name)
        assert len(contexts) == len(questions), "a question got no context"
        return contexts

    def bytes_on_disk(self) -> int:
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())


@asynccontextmanager
async def site(folder: Path) -> AsyncIterator[Site]:
    embedder, metrics = HashingEmbedder(), Metrics(CollectorRegistry())
    async with (
        ingestion.build(IngestionSettings(index_path=folder), metrics, embedder=embedder) as writer,
        retrieval.build(RetrievalSettings(index_path=folder), metrics, embedder=embedder) as reader,
    ):
        yield Site(folder, writer, reader)


@dataclass(frozen=True)
class Latencies:
    """Of single searches, one after the other, in milliseconds."""

    quiet_p50: float
    quiet_p99: float
    busy_p50: float
    busy_p99: float
    reorganised_times: int


async def measure_compaction(opened: Site, questions: Sequence[Message], changes: Sequence[Message]) -> Latencies:
    """Searches while nothing happens, and while documents are changed and the table is reorganised without a pause."""
    quiet = await _timed(opened, questions)
    stop = asyncio.Event()
    times = 0

    async def reorganise() -> None:
        nonlocal times
        while not stop.is_set():
            for name in opened.index.upkeep.tables():
                times += await asyncio.to_thread(opened.index.upkeep.retire, name, timedelta(days=400))

    async def change() -> None:
        await opened.write(changes)

    working = [asyncio.create_task(reorganise()), asyncio.create_task(change())]
    busy = await _timed(opened, questions)
    stop.set()
    await asyncio.gather(*working)
    return Latencies(*_percentiles(quiet), *_percentiles(busy), times)


async def _timed(opened: Site, questions: Sequence[Message]) -> list[float]:
    found = []
    for question in questions:
        begun = time.perf_counter()
        await opened.ask([question])
        found.append((time.perf_counter() - begun) * 1000)
    return found


def _percentiles(values: Sequence[float]) -> tuple[float, float]:
    return statistics.median(values), sorted(values)[int(0.99 * len(values))]
