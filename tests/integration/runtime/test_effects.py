"""The effect store behaves the same in memory and on a real Redis, and a store that is down is an empty one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from answerable_cli.servers.process import Server
from answerable_events.message import Message
from answerable_runtime.effects import EffectStore, MemoryEffects, RedisEffects

MESSAGES = (
    Message("contexts", b"k", b"\x00\xff body", (("ce_id", b"1"), ("odd", b"\xfe")), 3),
    Message("contexts", None, b"", (), None),
)


@pytest.fixture(params=["memory", "redis"])
async def store(request: pytest.FixtureRequest, redis: Server) -> AsyncIterator[EffectStore]:
    if request.param == "memory":
        yield MemoryEffects()
        return
    effects = RedisEffects(redis.url, keep=timedelta(minutes=1))
    yield effects
    await effects.close()


async def test_a_result_comes_back_byte_for_byte(store: EffectStore) -> None:
    key = str(uuid4())
    await store.put(key, MESSAGES)
    assert tuple(await store.get(key) or ()) == MESSAGES


async def test_no_output_is_a_result_too(store: EffectStore) -> None:
    key = str(uuid4())
    await store.put(key, ())
    found = await store.get(key)
    assert found is not None
    assert len(found) == 0


async def test_the_first_result_stays(store: EffectStore) -> None:
    key = str(uuid4())
    await store.put(key, MESSAGES[:1])
    await store.put(key, MESSAGES)
    assert tuple(await store.get(key) or ()) == MESSAGES[:1]


async def test_an_unknown_key_has_no_result(store: EffectStore) -> None:
    assert await store.get(str(uuid4())) is None
    assert await store.check()


async def test_a_store_that_is_down_remembers_nothing_and_raises_nothing() -> None:
    effects = RedisEffects("redis://127.0.0.1:1/0", keep=timedelta(minutes=1))
    await effects.put("k", MESSAGES)
    assert await effects.get("k") is None
    assert not await effects.check()
    await effects.close()


async def test_many_at_once_keep_apart_what_belongs_to_whom(store: EffectStore) -> None:
    keys = [str(uuid4()) for _ in range(200)]
    results = {key: (Message("contexts", key.encode(), key.encode(), (), 0),) for key in keys}
    await asyncio.gather(*(store.put(key, results[key]) for key in keys))
    found = await asyncio.gather(*(store.get(key) for key in [*keys, "absent"]))
    assert [tuple(each or ()) for each in found] == [*results.values(), ()]


async def test_a_caller_that_gives_up_does_not_hold_up_the_others(store: EffectStore) -> None:
    key = str(uuid4())
    given_up = asyncio.create_task(store.get(key))
    await asyncio.sleep(0)
    given_up.cancel()
    await store.put(key, MESSAGES)
    assert tuple(await store.get(key) or ()) == MESSAGES
