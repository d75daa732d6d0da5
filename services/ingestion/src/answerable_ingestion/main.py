"""Ingestion as a service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from answerable_events.documents import (
    AccessApplied,
    AccessChanged,
    DocumentIndexed,
    DocumentRejected,
    DocumentRemoved,
    DocumentSubmitted,
    DocumentWithdrawn,
    GroupApplied,
    GroupChanged,
)
from answerable_events.topics import DOCUMENTS
from answerable_ingestion.adding import Additions
from answerable_ingestion.handlers import (
    Deps,
    on_access_changed,
    on_document_submitted,
    on_document_withdrawn,
    on_group_changed,
)
from answerable_ingestion.settings import IngestionSettings
from answerable_ingestion.versions import Retention, retiring
from answerable_knowledge.errors import IndexCorrupt, ParserUnavailable, WriteFailed
from answerable_knowledge.index import Index
from answerable_knowledge.isolation import File, ParseLimits, Parsers
from answerable_models.embedders import load_embedder, space_of
from answerable_models.embedding import Embedder
from answerable_models.errors import ModelUnavailable
from answerable_runtime.clock import Clock
from answerable_runtime.launch import launch
from answerable_runtime.logs import configure
from answerable_runtime.metrics import Metrics
from answerable_runtime.routes import Route
from answerable_runtime.service import Service
from answerable_runtime.threads import run_on, threads


@asynccontextmanager
async def build(
    settings: IngestionSettings, metrics: Metrics, *, embedder: Embedder | None = None
) -> AsyncIterator[Service]:
    """Ingestion with its index, its model and its threads; `embedder` in place of the one of the settings."""
    async with AsyncExitStack() as stack:
        parsers = Parsers(settings.document_parsers, limits_of(settings))
        stack.push_async_callback(asyncio.to_thread, parsers.close)  # after the threads that use it
        workers = await stack.enter_async_context(threads(settings.ingestion_concurrency, "ingestion"))
        embedding = await stack.enter_async_context(threads(1, "ingestion-embedding"))
        model = await run_on(embedding, load_embedder, settings.embedder) if embedder is None else embedder
        index = await asyncio.to_thread(
            Index.open,
            settings.index_path,
            dimensions=model.dimensions,
            embedder=space_of(model),
            storage=settings.index_options,
        )
        deps = Deps(
            index=index,
            additions=Additions(index, workers),
            embedder=model,
            workers=workers,
            embedding=embedding,
            parsers=parsers,
            metrics=metrics,
            clock=Clock(),
            snapshot_every=settings.retrieval_snapshot_every,
        )
        yield Service(
            name="ingestion",
            routes=(_route(settings),),
            deps=deps,
            verify=partial(_verify, deps),
            ready={"index": partial(_answers, deps.index)},
            serve=lambda _: retiring(deps.index.upkeep, retention_of(settings), deps.clock),
        )


def limits_of(settings: IngestionSettings) -> ParseLimits:
    """What the settings allow a document."""
    return ParseLimits(
        timeout=settings.document_parse_timeout,
        memory_bytes=settings.document_parse_memory_bytes,
        max_bytes=settings.document_max_bytes,
        max_passages=settings.document_max_passages,
    )


def retention_of(settings: IngestionSettings) -> Retention:
    """How long the settings keep versions of the index."""
    return Retention(settings.index_versions_kept, settings.index_upkeep_every)


def _route(settings: IngestionSettings) -> Route:
    return Route(
        topic=DOCUMENTS,
        handlers={
            DocumentSubmitted: on_document_submitted,
            DocumentWithdrawn: on_document_withdrawn,
            AccessChanged: on_access_changed,
            GroupChanged: on_group_changed,
        },
        outputs=(DocumentIndexed, DocumentRejected, DocumentRemoved, AccessApplied, GroupApplied),
        transient=(WriteFailed, ModelUnavailable, ParserUnavailable),
        concurrency=settings.ingestion_concurrency,
        timeout=settings.ingestion_timeout,
    )


async def _verify(deps: Deps) -> None:
    await asyncio.to_thread(deps.index.verify, writable=True)
    await run_on(deps.embedding, deps.embedder.embed, ["Is the model there?"])
    await run_on(deps.workers, deps.parsers.read, File(b"Can documents be read?", "start.txt"))


async def _answers(index: Index) -> bool:
    try:
        await asyncio.to_thread(index.verify, writable=True)
    except IndexCorrupt:
        return False
    return True


def main() -> None:
    """Run ingestion alone, with settings from the environment."""
    settings = IngestionSettings()
    configure(settings.log_level)
    asyncio.run(launch({"ingestion": partial(build, settings)}, settings))
