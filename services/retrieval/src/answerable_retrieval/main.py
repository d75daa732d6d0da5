"""Retrieval as a service."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from answerable_events.requests import ContextRetrieved, QuestionAsked
from answerable_events.topics import QUESTIONS
from answerable_knowledge.errors import IndexCorrupt, SnapshotGone
from answerable_knowledge.index import Index
from answerable_models.embedders import load_embedder, space_of
from answerable_models.embedding import Embedder
from answerable_models.errors import ModelUnavailable
from answerable_retrieval.handlers import Deps, on_question_asked
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime.clock import Clock
from answerable_runtime.launch import launch
from answerable_runtime.logs import configure
from answerable_runtime.metrics import Metrics
from answerable_runtime.routes import Route
from answerable_runtime.service import Service
from answerable_runtime.snapshots import Snapshots
from answerable_runtime.threads import run_on, threads


@asynccontextmanager
async def build(
    settings: RetrievalSettings,
    metrics: Metrics,  # noqa: ARG001 - every service is built the same way; the runtime measures all there is here
    *,
    embedder: Embedder | None = None,
) -> AsyncIterator[Service]:
    """Retrieval with its index, its model and its threads; `embedder` in place of the one of the settings."""
    async with AsyncExitStack() as stack:
        workers = await stack.enter_async_context(threads(settings.retrieval_threads, "retrieval"))
        embedding = await stack.enter_async_context(threads(1, "retrieval-embedding"))
        model = await run_on(embedding, load_embedder, settings.embedder) if embedder is None else embedder
        index = await asyncio.to_thread(
            Index.open,
            settings.index_path,
            dimensions=model.dimensions,
            embedder=space_of(model),
            storage=settings.index_options,
        )
        clock = Clock()
        deps = Deps(
            index=index,
            embedder=model,
            snapshots=Snapshots(
                partial(_snapshot, index, workers), every=settings.retrieval_snapshot_every, clock=clock
            ),
            workers=workers,
            embedding=embedding,
            limit=settings.retrieval_limit,
            max_tokens=settings.retrieval_max_tokens,
            clock=clock,
        )
        yield Service(
            name="retrieval",
            routes=(_route(settings),),
            deps=deps,
            verify=partial(_verify, deps),
            ready={"index": partial(_answers, index)},
        )


def _route(settings: RetrievalSettings) -> Route:
    return Route(
        topic=QUESTIONS,
        handlers={QuestionAsked: on_question_asked},
        outputs=(ContextRetrieved,),
        transient=(SnapshotGone, ModelUnavailable),
        concurrency=settings.concurrency,
        timeout=settings.retrieval_timeout,
    )


async def _snapshot(index: Index, workers: Executor, tenant: str) -> str:
    return await run_on(workers, index.snapshot, tenant)


async def _verify(deps: Deps) -> None:
    await asyncio.to_thread(deps.index.verify)
    await run_on(deps.embedding, deps.embedder.embed, ["Is the model there?"])


async def _answers(index: Index) -> bool:
    try:
        await asyncio.to_thread(index.verify)
    except IndexCorrupt:
        return False
    return True


def main() -> None:
    """Run retrieval alone, with settings from the environment."""
    settings = RetrievalSettings()
    configure(settings.log_level)
    asyncio.run(launch({"retrieval": partial(build, settings)}, settings))
