"""Lets old versions of the index go on a schedule; searches and changes go on meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from answerable_knowledge.errors import IndexCorrupt
from answerable_knowledge.upkeep import Upkeep
from answerable_runtime.clock import Clock

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long versions are kept, and how often it is looked which ones have become too old."""

    keep: timedelta
    every: timedelta


@asynccontextmanager
async def retiring(upkeep: Upkeep, retention: Retention, clock: Clock) -> AsyncIterator[None]:
    """While the block runs. Every instance does it: whoever comes second finds nothing left to do."""

    async def for_ever() -> None:
        while True:
            await clock.sleep(retention.every.total_seconds())
            await retire_all(upkeep, retention.keep)

    task = asyncio.create_task(for_ever())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def retire_all(upkeep: Upkeep, keep: timedelta) -> None:
    """Once, one table after the other. What fails is left to the next time."""
    try:
        names = await asyncio.to_thread(upkeep.tables)
        done = [await asyncio.to_thread(upkeep.retire, name, keep) for name in names]
    except IndexCorrupt as error:
        _log.warning("old versions of the index not looked at", exception=type(error).__name__)
    else:
        _log.info("old versions of the index retired", tables=sum(done), left_to_next_time=len(done) - sum(done))
