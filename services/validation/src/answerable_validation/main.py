"""Validation as a service."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from functools import partial

from answerable_events.requests import DraftGenerated, VerdictDecided
from answerable_events.reviews import ReviewCompleted, ReviewRefused, ReviewSubmitted
from answerable_events.topics import DRAFTS, REVIEWS
from answerable_knowledge.errors import IndexCorrupt
from answerable_knowledge.index import Index
from answerable_models.errors import ModelError
from answerable_models.registry import parse_entries
from answerable_models.support.judge_scorer import JudgeScorer
from answerable_models.support.port import SupportScorer
from answerable_models.support.scorers import load_scorer
from answerable_runtime.clock import Clock
from answerable_runtime.errors import StartUpRefused
from answerable_runtime.launch import launch
from answerable_runtime.logs import configure
from answerable_runtime.metrics import Metrics
from answerable_runtime.routes import Route
from answerable_runtime.service import Service
from answerable_runtime.snapshots import Snapshots
from answerable_runtime.threads import run_on, threads
from answerable_trail.certificates import read_signed
from answerable_trail.client import Trail, connect
from answerable_validation.certificates import Certificates
from answerable_validation.handlers import Deps, on_draft_generated, on_review_submitted
from answerable_validation.settings import ValidationSettings

SNAPSHOT_SERVES = timedelta(seconds=1)
"""How late a verdict may notice that access has changed."""


@asynccontextmanager
async def build(settings: ValidationSettings, metrics: Metrics) -> AsyncIterator[Service]:  # noqa: ARG001 - as every build
    """Validation with the index and the record, both of which it only reads."""
    async with (
        threads(settings.validation_threads, "validation") as workers,
        _record(settings) as trail,
        _scoring(settings) as scorer,
    ):
        index = await asyncio.to_thread(Index.open, settings.index_path, storage=settings.index_options)
        clock = Clock()
        certificates = None if trail is None else Certificates(partial(read_signed, trail), clock)
        yield Service(
            name="validation",
            routes=(_route(settings), _reviews(settings)),
            deps=Deps(
                settings.rules_for, certificates, scorer, index, _snapshots(index, workers, clock), workers, clock
            ),
            verify=partial(asyncio.to_thread, index.verify),
            ready={"index": partial(_answers, index)},
        )


def _record(settings: ValidationSettings) -> AbstractAsyncContextManager[Trail | None]:
    url = settings.clickhouse_url
    return nullcontext() if url is None else connect(url.get_secret_value())


def _snapshots(index: Index, workers: Executor, clock: Clock) -> Snapshots:
    async def newest(tenant: str) -> str:
        return await run_on(workers, index.snapshot, tenant)

    return Snapshots(newest, every=SNAPSHOT_SERVES, clock=clock)


def _route(settings: ValidationSettings) -> Route:
    return Route(
        topic=DRAFTS,
        handlers={DraftGenerated: on_draft_generated},
        outputs=(VerdictDecided,),
        transient=(IndexCorrupt, ModelError),
        concurrency=settings.concurrency,
    )


@asynccontextmanager
async def _scoring(settings: ValidationSettings) -> AsyncIterator[SupportScorer]:
    scorer = await asyncio.to_thread(_scorer, settings)
    try:
        yield scorer
    finally:
        if isinstance(scorer, JudgeScorer):
            await scorer.aclose()


def _scorer(settings: ValidationSettings) -> SupportScorer:
    """The scorer of the settings.

    Raises:
        StartUpRefused: there is none of this name, or it cannot judge.
    """
    file = settings.models_file
    try:
        return load_scorer(settings.support_scorer, parse_entries(file.read_text("utf-8")) if file else None)
    except (ModelError, OSError, UnicodeDecodeError) as error:
        raise StartUpRefused(f"support_scorer {settings.support_scorer}: {type(error).__name__}") from None


def _reviews(settings: ValidationSettings) -> Route:
    return Route(
        topic=REVIEWS,
        handlers={ReviewSubmitted: on_review_submitted},
        outputs=(ReviewCompleted, ReviewRefused),
        transient=(IndexCorrupt,),
        concurrency=settings.concurrency,
    )


async def _answers(index: Index) -> bool:
    try:
        await asyncio.to_thread(index.verify)
    except IndexCorrupt:
        return False
    return True


def main() -> None:
    """Run validation alone, with settings from the environment."""
    settings = ValidationSettings()
    configure(settings.log_level)
    asyncio.run(launch({"validation": partial(build, settings)}, settings))
