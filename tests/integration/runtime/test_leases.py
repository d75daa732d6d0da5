"""Leases in a real store."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from answerable_cli.servers.process import Server
from answerable_runtime.errors import LeasesUnavailable
from answerable_runtime.leases import Lease, Leases

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 24, 12, 0, 0, 123_000, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def leases(redis: Server) -> AsyncIterator[Leases]:
    opened = Leases(redis.url)
    yield opened
    await opened.close()


async def test_one_holds_it_and_may_extend_it_and_others_wait(leases: Leases) -> None:
    key = str(uuid4())
    assert await leases.take(key, "maud", NOW, lasts=MINUTE) == Lease("maud", NOW)
    assert await leases.take(key, "olle", LATER, lasts=MINUTE) is None
    assert await leases.take(key, "maud", LATER, lasts=MINUTE) == Lease("maud", NOW)  # since when, it remembers
    assert await leases.held([key, str(uuid4())]) == [Lease("maud", NOW), None]
    assert await leases.held([]) == []


async def test_only_the_holder_gives_it_back(leases: Leases) -> None:
    key = str(uuid4())
    await leases.take(key, "maud", NOW, lasts=MINUTE)
    assert not await leases.release(key, "olle")
    assert await leases.release(key, "maud")
    assert not await leases.release(key, "maud")
    assert await leases.take(key, "olle", LATER, lasts=MINUTE) == Lease("olle", LATER)


async def test_it_ends_by_itself(leases: Leases) -> None:
    key = str(uuid4())
    await leases.take(key, "maud", NOW, lasts=timedelta(milliseconds=50))
    await asyncio.sleep(0.2)
    assert await leases.take(key, "olle", LATER, lasts=MINUTE) == Lease("olle", LATER)


async def test_of_many_who_take_it_at_once_one_gets_it(leases: Leases) -> None:
    key = str(uuid4())
    taken = await asyncio.gather(*(leases.take(key, f"r{number}", NOW, lasts=MINUTE) for number in range(50)))
    assert sum(lease is not None for lease in taken) == 1


@pytest.mark.parametrize("holder", ["", "åsa.brännström", "0" * 14, "a\nb"])
async def test_a_holder_may_be_called_anything(leases: Leases, holder: str) -> None:
    key = str(uuid4())
    assert await leases.take(key, holder, NOW, lasts=MINUTE) == Lease(holder, NOW)
    assert await leases.release(key, holder)


async def test_a_store_that_is_down_is_said_to_be() -> None:
    leases = Leases("redis://127.0.0.1:1/0", timeout=timedelta(milliseconds=200))
    with pytest.raises(LeasesUnavailable):
        await leases.take("any", "maud", NOW, lasts=MINUTE)
    with pytest.raises(LeasesUnavailable):
        await leases.held(["any"])
    await leases.close()
