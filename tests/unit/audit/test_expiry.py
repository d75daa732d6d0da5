"""When retention is enforced, and what is said of it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from answerable_audit.expiry import LOOKS_AFTER, Expiry, expiring
from answerable_runtime.clock import Clock
from answerable_runtime.metrics import Metrics
from answerable_trail.errors import TrailUnavailable
from answerable_trail.retention import Removal

DAY = timedelta(days=1)


class Bench:
    """An instance of audit that looks every ten minutes of a clock that runs by itself."""

    def __init__(self, *, every: timedelta = DAY) -> None:
        self.moment = self.begun = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
        self.every = every
        self.owns, self.down_for = True, timedelta(0)
        self.removals: Sequence[Removal] = ()
        self.runs: list[timedelta] = []
        self.metrics = Metrics(CollectorRegistry())
        self.clock = Clock(lambda: self.moment, self.sleep)
        self.expiry = Expiry(self.run, self.metrics, self.clock, every=every)

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    async def run(self, now: datetime) -> Sequence[Removal]:
        if now - self.begun < self.down_for:
            raise TrailUnavailable
        self.runs.append(now - self.begun)
        return self.removals

    async def owner(self) -> bool:
        return self.owns

    async def until(self, moment: timedelta) -> None:
        async with expiring(self.expiry, self.clock, self.owner, every=self.every):
            for _ in range(10_000):
                if self.moment - self.begun > moment:
                    break
                await asyncio.sleep(0)

    def measured(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"answerable_{name}_total", labels)


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_it_is_enforced_soon_after_a_start_and_once_a_day(bench: Bench) -> None:
    await bench.until(timedelta(days=3))
    assert bench.runs == [LOOKS_AFTER + DAY * day for day in range(3)]


async def test_whoever_does_not_own_the_partition_enforces_nothing_until_it_does(bench: Bench) -> None:
    bench.owns = False
    await bench.until(timedelta(hours=30))
    assert bench.runs == []
    bench.owns = True
    await bench.until(timedelta(hours=31))
    assert len(bench.runs) == 1


async def test_a_run_that_failed_is_counted_and_tried_again_ten_minutes_later(bench: Bench) -> None:
    bench.down_for = timedelta(minutes=35)
    await bench.until(DAY)
    assert bench.runs == [4 * LOOKS_AFTER]
    assert bench.measured("retention_runs", result="failed") == 3
    assert bench.measured("retention_runs", result="done") == 1


async def test_what_was_removed_is_counted_by_table(bench: Bench) -> None:
    bench.removals = [Removal("acme", "events", 11), Removal("acme", "requests", 2), Removal("other", "events", 5)]
    await bench.until(timedelta(hours=1))
    assert bench.measured("retention_removed", table="events") == 16
    assert bench.measured("retention_removed", table="requests") == 2


async def test_with_nothing_as_period_it_is_never_enforced() -> None:
    bench = Bench(every=timedelta(0))
    async with expiring(bench.expiry, bench.clock, bench.owner, every=bench.every):
        for _ in range(100):
            await asyncio.sleep(0)
    assert (bench.runs, bench.moment) == ([], bench.begun)


async def test_a_period_shorter_than_ten_minutes_is_kept() -> None:
    bench = Bench(every=timedelta(minutes=1))
    await bench.until(timedelta(minutes=3))
    assert bench.runs == [timedelta(minutes=minute) for minute in (1, 2, 3)]
