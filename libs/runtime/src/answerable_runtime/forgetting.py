"""Takes results of erased requests and documents out of the effect store, for operators.

Unlike `effects` this does raise: what is not deleted must not be reported as deleted.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from answerable_runtime.effects import PREFIX
from answerable_runtime.errors import EffectsUnavailable

if TYPE_CHECKING:
    from redis.asyncio import Redis

_AT_ONCE = 500
_KEY_PARTS = 4
"""service:tenant:root:type, see `delivery`."""

_SNAPSHOT_WITHIN = timedelta(seconds=60)
_LOOK_AGAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class Looked:
    """How many values a search looked at, and the keys of those in which it found something."""

    values: int
    found: tuple[str, ...]


class EffectsEraser:
    """A connection to the effect store. Every method raises EffectsUnavailable."""

    def __init__(self, client: "Redis") -> None:
        self._client = client

    async def forget(self, roots: Collection[tuple[str, UUID]]) -> int:
        """Delete every result of these (tenant, request id or id of a document event); how many there were.

        Where the store keeps snapshots or a log on disk, a new one replaces it before this returns.
        """
        wanted = {(tenant, str(root)) for tenant, root in roots}
        deleted = 0
        with _sorted_failures():
            async for keys in self._keys():
                doomed = [key for key in keys if _root(key) in wanted]
                if doomed:
                    deleted += int(await self._client.unlink(*doomed))
            if deleted:
                await self._replace_files()
        return deleted

    async def holds(self, roots: Collection[tuple[str, UUID]]) -> int:
        """How many results of these are there."""
        wanted = {(tenant, str(root)) for tenant, root in roots}
        with _sorted_failures():
            return sum([sum(_root(key) in wanted for key in keys) async for keys in self._keys()])

    async def search(self, holds_text: Callable[[bytes], bool]) -> Looked:
        """Look through every value that is there, whatever its key."""
        found: list[str] = []
        values = 0
        with _sorted_failures():
            async for keys in self._keys():
                stored: list[Any] = await self._client.mget(keys)
                for key, value in zip(keys, stored, strict=True):
                    values += value is not None
                    if value is not None and holds_text(value):
                        found.append(key.decode("utf-8", "replace"))
        return Looked(values, tuple(found))

    async def _keys(self) -> AsyncIterator[list[Any]]:
        cursor, finished = 0, False
        while not finished:
            cursor, keys = await self._client.scan(cursor, match=f"{PREFIX}*", count=_AT_ONCE)
            finished = cursor == 0
            if keys:
                yield keys

    async def _replace_files(self) -> None:
        """A file on disk still holds what was deleted until the next one is written."""
        persistence: Any = await self._client.info("persistence")
        if persistence.get("aof_enabled"):
            await self._client.bgrewriteaof()
            await self._until(lambda now: not now["aof_rewrite_in_progress"] and not now["aof_rewrite_scheduled"])
        rules: Any = await self._client.config_get("save")
        if rules.get("save"):
            await self._until(lambda now: not now["rdb_bgsave_in_progress"])
            await self._client.bgsave()
            await self._until(lambda now: not now["rdb_bgsave_in_progress"])

    async def _until(self, done: Callable[[Any], bool]) -> None:
        async with asyncio.timeout(_SNAPSHOT_WITHIN.total_seconds()):
            while not done(await self._client.info("persistence")):  # noqa: ASYNC110 - another process
                await asyncio.sleep(_LOOK_AGAIN_S)


@asynccontextmanager
async def open_effects(url: str) -> AsyncIterator[EffectsEraser]:
    """The effect store at this URL."""
    from redis.asyncio import Redis  # noqa: PLC0415 - only operators' commands load it

    client: Redis = Redis.from_url(url, socket_timeout=10, socket_connect_timeout=10)
    try:
        yield EffectsEraser(client)
    finally:
        await client.aclose()


def _root(key: bytes) -> tuple[str, str] | None:
    """Tenant and root of the key of an effect."""
    parts = key.decode("utf-8", "replace").removeprefix(PREFIX).split(":", _KEY_PARTS - 1)
    return (parts[1], parts[2]) if len(parts) == _KEY_PARTS else None


@contextmanager
def _sorted_failures() -> Iterator[None]:
    """Turn what the client raises into EffectsUnavailable."""
    from redis.exceptions import RedisError  # noqa: PLC0415 - see open_effects

    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise EffectsUnavailable(f"the effect store cannot be used: {type(error).__name__}") from None
