"""Looks for holes in the trace on a schedule, and says so as a metric."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from answerable_runtime.clock import Clock
from answerable_runtime.metrics import Metrics
from answerable_trail.client import Trail
from answerable_trail.errors import TrailError

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def checking(trail: Trail, metrics: Metrics, clock: Clock, *, every: timedelta) -> AsyncIterator[None]:
    """Check while the block runs."""
    task = asyncio.create_task(_check_for_ever(trail, metrics, clock, every))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _check_for_ever(trail: Trail, metrics: Metrics, clock: Clock, every: timedelta) -> None:
    while True:
        try:
            holes = await trail.holes()
        except TrailError as error:
            _log.warning("completeness not checked", exception=type(error).__name__)
        else:
            metrics.trace_holes.set(sum(hole.last_missing - hole.first_missing + 1 for hole in holes))
            metrics.trace_checked.set(clock.now().timestamp())
            for hole in holes[:20]:
                _log.error("hole in the trace", topic=hole.topic, partition=hole.partition, epoch=hole.epoch,
                           first=hole.first_missing, last=hole.last_missing)  # fmt: skip
        await clock.sleep(every.total_seconds())
