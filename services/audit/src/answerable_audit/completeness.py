"""Checks on a schedule whether the record is whole, and says so: a metric, an event, a log line for what is wrong.

One instance does, the one that owns partition 0 of `governance`: several would only say the same several times.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from answerable_events.codec import encode
from answerable_events.governance import OPERATOR, TraceChecked, TraceProblem
from answerable_events.topics import GOVERNANCE, PARTITIONS, every_topic
from answerable_runtime.clock import Clock
from answerable_runtime.errors import BrokerUnavailable
from answerable_runtime.log import Log
from answerable_runtime.metrics import Metrics
from answerable_runtime.numbering import Numbering
from answerable_trail.client import Trail
from answerable_trail.completeness import Depth, Kind, Part, Problem, merged, totals
from answerable_trail.errors import TrailError
from answerable_trail.keys import VerifierKey

_log = structlog.get_logger(__name__)

OWNED = (GOVERNANCE.name, 0)
"""The partition whose owner checks, and on which it says what it found."""

_FIRST_AFTER = timedelta(seconds=15)
"""Until then, what was recorded by an instance that died has been delivered again."""

_SAID_AGAIN_AFTER = timedelta(hours=1)
_NAMED_IN_LOG = 20
_NAMED_IN_EVENT = 100
_LONGEST_PLACE = 256

_CAUGHT_UP_WITHIN = 10_000
"""Records that may wait to be recorded, about two batches, while numbers and manifests can still be judged."""

_SHARE = 0.2
"""Of the time, that computing hashes again takes away from the gate."""

Owner = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often what is checked; the first check of each kind is at the start."""

    every: timedelta = timedelta(seconds=60)
    full_every: timedelta = timedelta(hours=1)
    deep_every: timedelta = timedelta(days=1)


@dataclass(slots=True)
class _Known:
    """What the checks of this instance have found, and what it said of that."""

    findings: dict[Part, tuple[Problem, ...]] = field(default_factory=dict)
    rows: int = 0
    full_at: datetime | None = None
    said: tuple[Problem, ...] | None = None
    said_at: datetime | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(sorted({problem for part in self.findings.values() for problem in part}))


class Checker:
    """Finds, counts and says. `keys`: of the log, to verify its checkpoints."""

    def __init__(
        self,
        trail: Trail,
        log: Log,
        metrics: Metrics,
        clock: Clock,
        *,
        numbering: Numbering,
        keys: Collection[VerifierKey],
    ) -> None:
        self._trail = trail
        self._log = log
        self._metrics = metrics
        self._clock = clock
        self._numbering = numbering
        self._keys = keys
        self._known = _Known()

    async def check(self, schedule: Schedule) -> None:
        """Once; a full check when one is due. Raises TrailError."""
        now = self._clock.now()
        full_at = self._known.full_at
        full = full_at is None or now - full_at >= schedule.full_every
        caught_up, depth = await self._caught_up(), Depth.FULL if full else Depth.QUICK
        inspection = await self._trail.inspector.inspect(depth, now, caught_up=caught_up)
        if full and caught_up:
            self._known.full_at = now
        self._known.findings = merged(self._known.findings, inspection.findings, inspection.partial)
        self._known.rows = inspection.rows
        self._metrics.trace_checked.set(self._clock.now().timestamp())
        await self._say()

    async def recompute(self) -> None:
        """All hashes of the record once, with rests. What is wrong is said as it is found. Raises TrailError."""
        found: tuple[Problem, ...] = ()
        started = self._clock.now()
        async for page in self._trail.recomputation.run(self._keys):
            if page.problems:
                found += page.problems
                self._known.findings = merged(self._known.findings, {Part.HASHES: page.problems}, {Part.HASHES})
                await self._say()
            spent = (self._clock.now() - started).total_seconds()
            await self._clock.sleep(spent * (1 / _SHARE - 1))
            started = self._clock.now()
        self._known.findings = merged(self._known.findings, {Part.HASHES: found}, ())
        _log.info("all hashes of the trace computed again", problems=len(found))
        await self._say()

    def forget(self) -> None:
        """Somebody else checks from now on, and says what there is to say."""
        self._known = _Known()
        self._measure(())

    async def _caught_up(self) -> bool:
        try:
            bounds = await self._log.bounds(
                [(topic.name, number) for topic in every_topic() for number in range(PARTITIONS)]
            )
        except BrokerUnavailable:
            return False
        last = await self._trail.positions()
        waiting = (end - max(first, last[at].offset + 1 if at in last else 0) for at, (first, end) in bounds.items())
        return sum(max(0, each) for each in waiting) <= _CAUGHT_UP_WITHIN

    def _measure(self, problems: Collection[Problem]) -> None:
        for kind, count in totals(problems).items():
            self._metrics.trace_problems.labels(kind).set(count)
        self._metrics.trace_holes.set(totals(problems)[Kind.OFFSETS])

    async def _say(self) -> None:
        """Measure; log and publish what is new, or was last said long ago."""
        problems, now = self._known.problems, self._clock.now()
        self._measure(problems)
        if self._known.said != problems:
            for problem in problems[:_NAMED_IN_LOG]:
                _log.error("the trace is not whole", kind=problem.kind, place=problem.place, count=problem.count,
                           detail=problem.detail)  # fmt: skip
        elif self._known.said_at is not None and now - self._known.said_at < _SAID_AGAIN_AFTER:
            return
        message = encode(
            trace_checked(problems, self._known.rows, now),
            topic=GOVERNANCE,
            producer=self._numbering.next(),
            now=now,
            partition=OWNED[1],
        )
        try:
            await self._log.publish([message])
        except BrokerUnavailable:
            self._numbering.begin_again()
            _log.warning("what the check found is not published, trying again with the next")
        else:
            self._known.said, self._known.said_at = problems, now


def trace_checked(problems: Collection[Problem], rows: int, now: datetime) -> TraceChecked:
    """The event; of many problems the first."""
    named = sorted(problems)[:_NAMED_IN_EVENT]
    return TraceChecked(
        tenant=OPERATOR,
        complete=not problems,
        records=rows,
        problems=tuple(
            TraceProblem(kind=problem.kind, place=_printable(problem.place), count=problem.count) for problem in named
        ),
        checked_at=now,
    )


@asynccontextmanager
async def checking(checker: Checker, clock: Clock, owner: Owner, schedule: Schedule) -> AsyncIterator[None]:
    """Check while the block runs and `owner` says that it is for this instance to do."""
    tasks = (
        asyncio.create_task(_check_for_ever(checker, clock, owner, schedule)),
        asyncio.create_task(_recompute_for_ever(checker, clock, owner, schedule)),
    )
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _check_for_ever(checker: Checker, clock: Clock, owner: Owner, schedule: Schedule) -> None:
    await clock.sleep(min(schedule.every, _FIRST_AFTER).total_seconds())
    while True:
        try:
            if await owner():
                await checker.check(schedule)
            else:
                checker.forget()
        except TrailError as error:
            _log.warning("completeness not checked", exception=type(error).__name__)
        await clock.sleep(schedule.every.total_seconds())


async def _recompute_for_ever(checker: Checker, clock: Clock, owner: Owner, schedule: Schedule) -> None:
    due: datetime | None = None
    while True:
        await clock.sleep(schedule.every.total_seconds())
        try:
            if not await owner():
                due = None
            elif due is None or clock.now() >= due:
                due = clock.now() + schedule.deep_every
                await checker.recompute()
        except TrailError as error:
            due = None
            _log.warning("hashes of the trace not computed again", exception=type(error).__name__)


def _printable(place: str) -> str:
    """Names of producers are whatever a message says."""
    return "".join(each if each.isprintable() else "?" for each in place)[:_LONGEST_PLACE]
