"""Audit removes what was kept long enough, by itself."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from answerable_audit.main import build
from answerable_audit.settings import AuditSettings
from answerable_cli.servers.process import Server
from answerable_runtime.memory import MemoryBroker
from answerable_runtime.metrics import Metrics
from answerable_runtime.testing import runner
from answerable_trail.client import Trail
from tests.support.keys import signing_key
from tests.support.requests import flow
from tests.support.settled import age
from tests.support.trail import fresh_trail, with_password

pytestmark = pytest.mark.integration

OLD, YOUNG = uuid4(), uuid4()


async def run_audit(clickhouse: Server, broker: MemoryBroker, metrics: Metrics, *, until: float, every: float) -> None:
    """Audit for so many seconds, or until it has enforced retention."""
    settings = AuditSettings(
        clickhouse_url=with_password(clickhouse.url),
        audit_key_file=signing_key(),
        audit_retention_every=timedelta(seconds=every),
    )
    async with build(settings, metrics) as service:
        running, stop = runner(service, broker), asyncio.Event()
        task = asyncio.create_task(running.run(stop))
        with suppress(TimeoutError):
            async with asyncio.timeout(until):
                while not runs(metrics, "done") and not task.done():
                    await asyncio.sleep(0.05)
        stop.set()
        await task


def runs(metrics: Metrics, result: str) -> float:
    return metrics.registry.get_sample_value("answerable_retention_runs_total", {"result": result}) or 0


async def asked(trail: Trail, clickhouse: Server, broker: MemoryBroker) -> None:
    """A request recorded 401 days ago, and one of today that audit has not read yet."""
    for message in flow(request_id=OLD).messages:
        broker.append(message)
    await run_audit(clickhouse, broker, Metrics(CollectorRegistry()), until=2, every=0)
    await age(trail, timedelta(days=401))
    for message in flow(request_id=YOUNG).messages:
        broker.append(message)


async def test_requests_that_were_kept_long_enough_go_while_audit_runs(clickhouse: Server) -> None:
    metrics, broker = Metrics(CollectorRegistry()), MemoryBroker()
    async with fresh_trail(clickhouse.url) as trail:
        await asked(trail, clickhouse, broker)
        assert len(await trail.request("norvik", OLD)) == 5
        await run_audit(clickhouse, broker, metrics, until=30, every=1)
        assert (runs(metrics, "done"), runs(metrics, "failed")) == (1, 0)
        assert await trail.request("norvik", OLD) == []
        assert len(await trail.request("norvik", YOUNG)) == 5
    removed = metrics.registry.get_sample_value("answerable_retention_removed_total", {"table": "events"})
    assert removed == 5


async def test_a_record_that_cannot_be_changed_is_counted_and_audit_goes_on(clickhouse: Server) -> None:
    metrics, broker = Metrics(CollectorRegistry()), MemoryBroker()
    async with fresh_trail(clickhouse.url) as trail:
        await asked(trail, clickhouse, broker)
        await trail.query("RENAME TABLE trace.holds TO trace.elsewhere")
        try:
            await run_audit(clickhouse, broker, metrics, until=3, every=1)
        finally:
            await trail.query("RENAME TABLE trace.elsewhere TO trace.holds")
        assert runs(metrics, "failed") >= 1
        assert len(await trail.request("norvik", OLD)) == 5
        assert len(await trail.request("norvik", YOUNG)) == 5
