"""Audit as a service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from uuid import uuid4

import structlog

from answerable_audit.completeness import checking
from answerable_audit.gate import Gate
from answerable_audit.release import Releaser
from answerable_audit.settings import AuditSettings
from answerable_events.topics import every_topic
from answerable_runtime.batch import BatchRoute
from answerable_runtime.clock import Clock
from answerable_runtime.launch import launch
from answerable_runtime.log import Log
from answerable_runtime.logs import configure
from answerable_runtime.metrics import Metrics
from answerable_runtime.service import Service
from answerable_trail.client import Trail, connect
from answerable_trail.errors import TrailError, TrailUnavailable

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def build(settings: AuditSettings, metrics: Metrics) -> AsyncIterator[Service]:
    """Audit with its connection to the record."""
    clock = Clock()
    async with connect(settings.clickhouse_url.get_secret_value()) as trail:
        gate = Gate(
            trail,
            metrics,
            Releaser(metrics, instance=str(uuid4())),
            margin=settings.audit_margin,
            horizon=settings.audit_horizon,
            clock=clock,
        )

        async def verify() -> None:
            await trail.migrate()
            await trail.verify()

        def serve(_: Log) -> AbstractAsyncContextManager[None]:
            return checking(trail, metrics, clock, every=settings.audit_check_every)

        yield Service(
            name="audit",
            batch=BatchRoute(
                topics=tuple(every_topic()),
                handler=gate,
                transient=(TrailUnavailable,),
                max_records=settings.audit_batch,
            ),
            verify=verify,
            serve=serve,
            ready={"trail": partial(_answers, trail)},
        )


async def _answers(trail: Trail) -> bool:
    try:
        await trail.query("SELECT 1")
    except TrailError:
        return False
    return True


def main() -> None:
    """Run audit alone, with settings from the environment."""
    settings = AuditSettings()
    configure(settings.log_level)
    asyncio.run(launch({"audit": partial(build, settings)}, settings))
