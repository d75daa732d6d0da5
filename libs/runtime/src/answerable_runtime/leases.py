"""Leases in Redis or Valkey: somebody has something before them, and until the lease ends nobody else takes it.

A courtesy between people, not a guarantee: what counts is decided by the log, in which the first one wins. So a store
that lost its leases costs somebody's time and never an outcome.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from answerable_runtime.errors import LeasesUnavailable

PREFIX = "answerable:lease:"

_TAKE = """
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 15) ~= ARGV[1] then return false end
if not held then held = ARGV[2] .. ARGV[1] end
redis.call('SET', KEYS[1], held, 'PX', ARGV[3])
return held
"""
"""A value is 14 digits of milliseconds since when, and the holder. Whoever holds it already extends it."""

_RELEASE = """
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 15) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
_DIGITS = 14


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds it, and since when."""

    holder: str
    since: datetime


class Leases:
    """Leases of one store. Every method raises LeasesUnavailable when it does not answer."""

    def __init__(self, url: str, *, timeout: timedelta = timedelta(seconds=1)) -> None:
        from redis.asyncio import Redis  # noqa: PLC0415 - only services with leases load the client

        seconds = timeout.total_seconds()
        self._client: Redis = Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds)

    async def take(self, key: str, holder: str, now: datetime, *, lasts: timedelta) -> Lease | None:
        """The lease, new or extended; None while somebody else holds it."""
        since = f"{int(now.timestamp() * 1000):0{_DIGITS}d}"
        milliseconds = str(max(1, int(lasts.total_seconds() * 1000)))
        return _lease(await self._run(self._client.eval(_TAKE, 1, PREFIX + key, holder, since, milliseconds)))

    async def held(self, keys: Sequence[str]) -> list[Lease | None]:
        """By key, in order."""
        found = await self._run(self._client.mget([PREFIX + key for key in keys])) if keys else []
        return [_lease(value) for value in found]

    async def release(self, key: str, holder: str) -> bool:
        """Whether it was the holder's to give back."""
        return bool(await self._run(self._client.eval(_RELEASE, 1, PREFIX + key, holder)))

    async def close(self) -> None:
        await self._client.aclose()

    @staticmethod
    async def _run(command: Any) -> Any:
        from redis.exceptions import RedisError  # noqa: PLC0415 - see __init__

        try:
            return await command
        except (RedisError, OSError, TimeoutError) as error:
            raise LeasesUnavailable(type(error).__name__) from None


def _lease(value: bytes | None) -> Lease | None:
    if not value or not value[:_DIGITS].isdigit():
        return None
    since = datetime.fromtimestamp(int(value[:_DIGITS]) / 1000, UTC)
    return Lease(value[_DIGITS:].decode("utf-8", "replace"), since)
