"""Results by the event that caused them, so that a redelivery publishes the same bytes instead of working again.

An optimisation that correctness does not rest on: with the store down or flushed, work is repeated and yields events
with the same ids, of which the lowest offset wins. Rejected: a "published" mark that would let a redelivery publish
nothing; it is wrong as soon as the log is lost and the store is not.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import msgpack
import structlog

from answerable_events.message import Message

_log = structlog.get_logger(__name__)

PREFIX = "answerable:effect:"
"""Of every key in Redis; `delivery` says what follows: service, tenant, root, type."""


class EffectStore(Protocol):
    """Remembers results for a while; never raises, a store that is down remembers nothing."""

    async def get(self, key: str) -> Sequence[Message] | None: ...

    async def put(self, key: str, messages: Sequence[Message]) -> None: ...

    async def check(self) -> bool:
        """Whether the store answers."""


class MemoryEffects:
    """Effects of one process, for tests."""

    def __init__(self) -> None:
        self._results: dict[str, tuple[Message, ...]] = {}

    async def get(self, key: str) -> Sequence[Message] | None:
        return self._results.get(key)

    async def put(self, key: str, messages: Sequence[Message]) -> None:
        self._results.setdefault(key, tuple(messages))

    async def check(self) -> bool:
        return True


class RedisEffects:
    """Effects in Redis or Valkey; the first result recorded under a key stays.

    What is asked while a round trip is under way goes out together in the next one: a client that sends each look-up by
    itself costs more than the rest of delivery.
    """

    def __init__(self, url: str, *, keep: timedelta, timeout: timedelta = timedelta(milliseconds=500)) -> None:
        from redis.asyncio import Redis  # noqa: PLC0415 - services without a store do not load the client

        seconds = timeout.total_seconds()
        self._client: Redis = Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds)
        self._keep = keep
        self._gets: list[tuple[str, asyncio.Future[bytes | None]]] = []
        self._puts: list[tuple[str, bytes, asyncio.Future[None]]] = []
        self._sender: asyncio.Task[None] | None = None

    async def get(self, key: str) -> Sequence[Message] | None:
        future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._gets.append((f"{PREFIX}{key}", future))
        self._send_soon()
        stored = await future
        return None if stored is None else _load(stored)

    async def put(self, key: str, messages: Sequence[Message]) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._puts.append((f"{PREFIX}{key}", _dump(messages), future))
        self._send_soon()
        await future

    async def check(self) -> bool:
        try:
            return bool(await self._client.ping())
        except _unavailable():
            return False

    async def close(self) -> None:
        if self._sender is not None:
            await self._sender
        await self._client.aclose()

    def _send_soon(self) -> None:
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send())

    async def _send(self) -> None:
        while self._gets or self._puts:
            gets, self._gets = self._gets, []
            puts, self._puts = self._puts, []
            found: list[bytes | None] = [None] * len(gets)
            try:
                found = await self._round_trip([key for key, _ in gets], [(key, value) for key, value, _ in puts])
            except _unavailable() as error:
                _log.warning("effect store unavailable", exception=type(error).__name__, waiting=len(gets) + len(puts))
            for (_, get), value in zip(gets, found, strict=True):
                if not get.done():
                    get.set_result(value)
            for *_, put in puts:
                if not put.done():
                    put.set_result(None)

    async def _round_trip(self, keys: Sequence[str], values: Sequence[tuple[str, bytes]]) -> list[bytes | None]:
        pipeline = self._client.pipeline(transaction=False)
        if keys:
            pipeline.mget(keys)
        for key, value in values:
            pipeline.set(key, value, nx=True, px=self._keep)
        results = await pipeline.execute()
        return list(results[0]) if keys else []


def _unavailable() -> tuple[type[Exception], ...]:
    from redis.exceptions import RedisError  # noqa: PLC0415 - see RedisEffects

    return (RedisError, OSError, TimeoutError)


def _dump(messages: Sequence[Message]) -> bytes:
    rows = [(m.topic, m.partition, m.key, m.value, m.headers) for m in messages]
    packed: bytes = msgpack.packb(rows)
    return packed


def _load(stored: bytes) -> tuple[Message, ...] | None:
    """None for what another release or somebody else put there: the work is done again."""
    try:
        rows = msgpack.unpackb(stored, use_list=False)
        return tuple(Message(topic, key, value, headers, partition) for topic, partition, key, value, headers in rows)
    except (ValueError, TypeError, msgpack.UnpackException):
        _log.warning("effect is illegible")
        return None
