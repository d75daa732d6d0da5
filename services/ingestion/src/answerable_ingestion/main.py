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
)
from answerable_events.topics import DOCUMENTS
from answerable_ingestion.handlers import Deps, on_access_changed, on_document_submitted, on_document_withdrawn
from answerable_ingestion.reading import Limits
from answerable_ingestion.settings import IngestionSettings
from answerable_knowledge.errors import IndexCorrupt, WriteFailed
from answerable_knowledge.index import Index
from answerable_models.embedding import Embedder, MiniLmEmbedder
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
    """Ingestion with its index, its model and its threads; `embedder` in place of MiniLM where one is given."""
    async with AsyncExitStack() as stack:
        workers = await stack.enter_async_context(threads(settings.ingestion_concurrency, "ingestion"))
        embedding = await stack.enter_async_context(threads(1, "ingestion-embedding"))
        model = await run_on(embedding, MiniLmEmbedder) if embedder is None else embedder
        deps = Deps(
            index=await asyncio.to_thread(Index.open, settings.index_path, dimensions=model.dimensions),
            embedder=model,
            workers=workers,
            embedding=embedding,
            limits=Limits(settings.document_max_bytes, settings.document_max_passages, settings.document_parse_timeout),
            metrics=metrics,
            clock=Clock(),
        )
        yield Service(
            name="ingestion",
            routes=(_route(settings),),
            deps=deps,
            verify=partial(_verify, deps),
            ready={"index": partial(_answers, deps.index)},
        )


def _route(settings: IngestionSettings) -> Route:
    return Route(
        topic=DOCUMENTS,
        handlers={
            DocumentSubmitted: on_document_submitted,
            DocumentWithdrawn: on_document_withdrawn,
            AccessChanged: on_access_changed,
        },
        outputs=(DocumentIndexed, DocumentRejected, DocumentRemoved, AccessApplied),
        transient=(WriteFailed, ModelUnavailable),
        concurrency=settings.ingestion_concurrency,
        timeout=settings.ingestion_timeout,
    )


async def _verify(deps: Deps) -> None:
    await asyncio.to_thread(deps.index.verify, writable=True)
    await run_on(deps.embedding, deps.embedder.embed, ["Is the model there?"])


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
