"""Which snapshot a question gets."""

import asyncio
from datetime import UTC, datetime, timedelta

from answerable_runtime.clock import Clock
from answerable_runtime.snapshots import Snapshots

SECOND = timedelta(seconds=1)


class Moving:
    """A clock that a test moves, and an index whose snapshots count how often they were read."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        self.reads = 0

    async def read(self, tenant: str) -> str:
        self.reads += 1
        number = self.reads
        await asyncio.sleep(0.001 / number)
        return f"{tenant}@{number}"

    def snapshots(self) -> Snapshots:
        return Snapshots(self.read, every=SECOND, clock=Clock(now=lambda: self.now))


async def test_a_snapshot_serves_until_its_time_is_over():
    moving = Moving()
    snapshots = moving.snapshots()
    assert [await snapshots.current("acme"), await snapshots.current("acme")] == ["acme@1", "acme@1"]
    moving.now += 0.9 * SECOND
    assert await snapshots.current("acme") == "acme@1"
    moving.now += 0.1 * SECOND
    assert await snapshots.current("acme") == "acme@2"


async def test_a_clock_that_is_set_back_does_not_keep_a_snapshot_for_ever():
    moving = Moving()
    snapshots = moving.snapshots()
    await snapshots.current("acme")
    moving.now -= 3600 * SECOND
    assert await snapshots.current("acme") == "acme@2"


async def test_questions_at_the_same_time_share_one_reading():
    moving = Moving()
    snapshots = moving.snapshots()
    assert set(await asyncio.gather(*(snapshots.current("acme") for _ in range(20)))) == {"acme@1"}


async def test_tenants_have_snapshots_of_their_own():
    moving = Moving()
    snapshots = moving.snapshots()
    assert [await snapshots.current("acme"), await snapshots.current("norvik")] == ["acme@1", "norvik@2"]


async def test_a_snapshot_that_is_gone_is_replaced_once_however_many_questions_find_out():
    moving = Moving()
    snapshots = moving.snapshots()
    gone = await snapshots.current("acme")
    assert set(await asyncio.gather(*(snapshots.replace("acme", gone) for _ in range(5)))) == {"acme@2"}
    assert moving.reads == 2


async def test_a_failed_reading_is_not_remembered():
    failures = [OSError()]

    async def read(tenant: str) -> str:
        if failures:
            raise failures.pop()
        return f"{tenant}@1"

    snapshots = Snapshots(read, every=SECOND, clock=Clock())
    [failed] = await asyncio.gather(snapshots.current("acme"), return_exceptions=True)
    assert isinstance(failed, OSError)
    assert await snapshots.current("acme") == "acme@1"
