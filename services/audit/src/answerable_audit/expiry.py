"""Removes on a schedule what has been kept long enough, and says so: a metric, a log line for each table.

One instance does, the one that checks the record as well; on a connection of its own, as a statement may take an hour.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import partial

import structlog

from answerable_audit.rounds import rounds
from answerable_runtime.clock import Clock
from answerable_runtime.metrics import Metrics
from answerable_trail.client import connect
from answerable_trail.errors import TrailError
from answerable_trail.retention import STATEMENT_WITHIN, Removal, enforce

_log = structlog.get_logger(__name__)

LOOKS_AFTER = timedelta(minutes=10)
"""How long after a start, and how often from then on, it is asked whether a run is due. One that failed is."""

Owner = Callable[[], Awaitable[bool]]
Enforce = Callable[[datetime], Awaitable[Sequence[Removal]]]


async def enforce_at(url: str, now: datetime) -> Sequence[Removal]:
    """Once, on a connection for this run. Raises TrailError."""
    async with connect(url, statement_timeout=STATEMENT_WITHIN) as trail:
        return await enforce(trail, now)


class Expiry:
    """Enforces retention once every so often."""

    def __init__(self, run: Enforce, metrics: Metrics, clock: Clock, *, every: timedelta) -> None:
        self._run = run
        self._metrics = metrics
        self._clock = clock
        self._every = every
        self._due: datetime | None = None

    async def look(self, owner: Owner) -> None:
        """Enforce if it is due and for this instance to do; what fails stays due."""
        if self._due is not None and self._clock.now() < self._due:
            return
        try:
            if await owner():
                self._note(await self._run(self._clock.now()))
                self._due = self._clock.now() + self._every
        except TrailError as error:
            self._metrics.retention_runs.labels("failed").inc()
            _log.error("retention not enforced", exception=type(error).__name__)

    def _note(self, removals: Sequence[Removal]) -> None:
        self._metrics.retention_runs.labels("done").inc()
        for removal in removals:
            self._metrics.retention_removed.labels(removal.table).inc(removal.rows)
            _log.info("expired", tenant=removal.tenant, table=removal.table, rows=removal.rows)


def expiring(expiry: Expiry, clock: Clock, owner: Owner, *, every: timedelta) -> AbstractAsyncContextManager[None]:
    """Look while the block runs; never, when `every` is nothing."""
    return rounds(partial(expiry.look, owner), clock, every=min(every, LOOKS_AFTER))
