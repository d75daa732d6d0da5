"""Audit, one step of its batch loop at a time: between any two it may die, or sleep while another takes over.

The same calls in the same order as `answerable_runtime.batch.BatchSink` makes them; gate, sealer and record are real.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from prometheus_client import CollectorRegistry

from answerable_audit.gate import Gate, Pace, Stored
from answerable_audit.release import Releaser
from answerable_audit.sealing import Rhythm, Sealer
from answerable_events.message import Message, Record
from answerable_runtime.clock import Clock
from answerable_runtime.errors import BrokerUnavailable, StateOutdated
from answerable_runtime.log import Partition
from answerable_runtime.memory import MemoryBroker, MemoryLog
from answerable_runtime.metrics import Metrics
from answerable_trail.client import Trail
from answerable_trail.connection import Connection
from answerable_trail.errors import TrailUnavailable
from answerable_trail.notes import LogSigner
from answerable_trail.rows import Row

Append = Callable[[Sequence[Row]], Awaitable[None]]
Fault = Callable[[Append, Sequence[Row]], Awaitable[None]]
"""What becomes of one insert instead."""


class Died(Exception):
    """This instance is gone, as by kill -9."""


class FaultyTrail(Trail):
    """A record whose next insert goes as `fault` says."""

    fault: Fault | None = None

    async def append(self, rows: Sequence[Row]) -> None:
        fault, self.fault = self.fault, None
        await (super().append(rows) if fault is None else fault(super().append, rows))


@dataclass(frozen=True, slots=True)
class Site:
    """What instances share."""

    connection: Connection
    broker: MemoryBroker
    clock: Clock
    signer: LogSigner
    rhythm: Rhythm
    pace: Pace


@dataclass(slots=True)
class _Batch:
    records: Sequence[Record]
    stored: Stored
    loads: int
    """Under which state it was stored."""


class UnconfirmedLog(MemoryLog):
    """A log that may write a part and not confirm it."""

    def __init__(self, broker: MemoryBroker) -> None:
        super().__init__(broker)
        self.writes: int | None = None
        """So many of the next messages are written before the broker is gone."""

    async def publish(self, messages: Sequence[Message]) -> None:
        writes, self.writes = self.writes, None
        await super().publish(messages if writes is None else messages[:writes])
        if writes is not None and messages:
            raise BrokerUnavailable


@dataclass(slots=True)
class Instance:
    """One run of audit. `places`: the partitions that it believes to own."""

    site: Site
    name: str
    places: frozenset[Partition]
    commit: Callable[["Instance", Sequence[Record]], None]
    trail: FaultyTrail = field(init=False)
    sealer: Sealer = field(init=False)
    gate: Gate = field(init=False)
    log: UnconfirmedLog = field(init=False)
    positions: dict[Partition, int] = field(init=False)
    loaded: bool = False
    loads: int = 0
    slept_s: float = 0.0
    waiting: deque[_Batch] = field(default_factory=deque)
    """Stored, and not settled yet."""
    asleep: asyncio.Task[None] | None = None
    """A step that it sleeps in."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    storing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """State is not loaded while a batch is stored."""

    def __post_init__(self) -> None:
        self.trail, self.log = FaultyTrail(self.site.connection), UnconfirmedLog(self.site.broker)
        self.sealer = Sealer(self.trail.trees, self.site.signer, self.name, self.site.rhythm, self._monotonic)
        metrics = Metrics(CollectorRegistry())
        releaser = Releaser(metrics, self.name)
        self.gate = Gate(self.trail, self.sealer, releaser, metrics=metrics, pace=self.site.pace, clock=self.site.clock)
        self.positions = {place: self.site.broker.offsets.get(("audit", place), 0) for place in self.places}

    async def take(self, most: int, fault: Fault | None = None) -> None:
        """Store the next records. A fault that raises TrailUnavailable is got over; one that raises Died is not."""
        records = self._fetched(most)
        if not records:
            return
        if self.loaded and self.gate.is_outdated(records):
            while self.waiting:
                await self.settle()
            self.loaded = False
        self.trail.fault = fault
        while True:
            try:
                async with self.storing:
                    await self._require_state()
                    self.waiting.append(_Batch(records, await self.gate.store(records), self.loads))
            except TrailUnavailable:
                continue
            except StateOutdated:
                self.loaded = False
                continue
            return

    async def settle(self, *, writes: int | None = None, commits: bool = True) -> None:
        """Settle the oldest stored batch, or let time pass.

        `writes`: the broker takes so many of the messages, and does not confirm. `commits`: or dies before that.
        """
        batch = self.waiting[0] if self.waiting else None
        self.log.writes = writes
        while True:
            try:
                await self._require_stored(batch)
                if batch is not None:
                    self.gate.note(batch.records, batch.stored)
                messages = await self.gate.due(self.site.clock.now())
                if messages:
                    await self.log.publish(messages)
                    self.gate.published(messages)
            except (StateOutdated, BrokerUnavailable):
                self.loaded = False
                continue
            self.log.writes = None
            if batch is not None and commits:
                self.commit(self, self.waiting.popleft().records)
            return

    async def sleep_in_insert(self, most: int) -> None:
        """Seal the next records and fall asleep before they are inserted, until `wake`."""

        async def sleeping(append: Append, rows: Sequence[Row]) -> None:
            await self.wake.wait()
            await append(rows)

        if self.asleep is None:
            self.wake.clear()
            self.asleep = asyncio.create_task(self.take(most, sleeping))
            while not self.asleep.done() and self.trail.fault is not None:
                await asyncio.sleep(0.001)

    async def awake(self) -> None:
        """End the sleep, and the insert."""
        if self.asleep is not None:
            task, self.asleep = self.asleep, None
            self.wake.set()
            await task

    async def revoked(self, places: frozenset[Partition]) -> None:
        """Finish what was begun and give these partitions away."""
        await self.awake()
        while self.waiting:
            await self.settle()
        self.places -= places
        self.loaded = False

    def rewind(self, place: Partition, offset: int) -> None:
        if place in self.positions:
            self.positions[place] = min(offset, self.positions[place])

    def _monotonic(self) -> float:
        """Seconds that this process counts, those that it slept through as well."""
        return self.site.clock.now().timestamp() + self.slept_s

    def _fetched(self, most: int) -> list[Record]:
        taken: list[Record] = []
        for place in sorted(self.places):
            fresh = self.site.broker.logs[place][self.positions[place] :][: most - len(taken)]
            self.positions[place] += len(fresh)
            taken += fresh
        return taken

    async def _require_state(self) -> None:
        if not self.loaded:
            await self.gate.load(self.places, self.log)
            self.loaded = True
            self.loads += 1

    async def _require_stored(self, batch: _Batch | None) -> None:
        """State is loaded, and the batch stored under it."""
        if not self.loaded or (batch is not None and batch.loads != self.loads):
            self.wake.set()
            async with self.storing:
                await self._require_state()
                if batch is not None and batch.loads != self.loads:
                    batch.stored, batch.loads = await self.gate.store(batch.records), self.loads


def cut(first: int, count: int, end: type[Exception], lose: Callable[[Sequence[Row]], Awaitable[None]]) -> Fault:
    """Of the rows only some are inserted, `lose` takes more away, and then it ends so."""

    async def some(append: Append, rows: Sequence[Row]) -> None:
        start = first % (len(rows) + 1)
        part = rows[start : start + count]
        if part:
            await append(part)
            await lose(part)
        raise end

    return partial(some)
