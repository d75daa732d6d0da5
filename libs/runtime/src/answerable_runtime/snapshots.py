"""The newest snapshot of each tenant at a fixed cadence: requests close in time share it, and looking it up costs them
nothing. Retrieval searches it, validation sees by it whether anything has changed since.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from answerable_runtime.clock import Clock

_TENANTS_REMEMBERED = 1024


@dataclass(slots=True)
class _Pinned:
    """A tenant's snapshot and when it was read; the lock keeps an older reading from replacing a newer one."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    snapshot: str = ""
    read_at: datetime | None = None


class Snapshots:
    """Snapshots of all tenants, each read again when it has served for `every`."""

    def __init__(self, read: Callable[[str], Awaitable[str]], *, every: timedelta, clock: Clock) -> None:
        self._read = read
        self._every = every
        self._clock = clock
        self._pinned: OrderedDict[str, _Pinned] = OrderedDict()

    async def current(self, tenant: str) -> str:
        """The snapshot that questions of this tenant get now."""
        pinned = self._of(tenant)
        async with pinned.lock:
            now = self._clock.now()
            if pinned.read_at is None or not timedelta(0) <= now - pinned.read_at < self._every:
                pinned.snapshot = await self._read(tenant)
                pinned.read_at = now
            return pinned.snapshot

    async def replace(self, tenant: str, gone: str) -> str:
        """The newest snapshot in place of one that is gone."""
        pinned = self._of(tenant)
        if pinned.snapshot == gone:
            pinned.read_at = None
        return await self.current(tenant)

    def _of(self, tenant: str) -> _Pinned:
        pinned = self._pinned.setdefault(tenant, _Pinned())
        self._pinned.move_to_end(tenant)
        if len(self._pinned) > _TENANTS_REMEMBERED:
            self._pinned.popitem(last=False)
        return pinned
