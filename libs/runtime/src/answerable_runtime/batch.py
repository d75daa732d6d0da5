"""The batch loop: poll, store, await durability, publish what is due, commit. For audit.

While one batch is stored, what follows from the one before is published and committed; both happen in the order of the
log. What a batch handler publishes leaves the system, so a publish that was not confirmed is never simply repeated: the
handler loads its state again, which reads the log to its end, and only what is then still due goes out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog

from answerable_events.message import Message, Record
from answerable_events.topics import Topic
from answerable_runtime.clock import Clock
from answerable_runtime.errors import BrokerUnavailable, StateOutdated
from answerable_runtime.log import Log, Member, Partition

_log = structlog.get_logger(__name__)

_LONGEST_PAUSE = timedelta(seconds=5)
StoredT = TypeVar("StoredT")
ResultT = TypeVar("ResultT")


class BatchHandler(Protocol[StoredT]):
    """What stores records and knows which messages are due because of them.

    `load` and `store` never run at the same time; `store` runs while earlier batches are noted and published.
    """

    async def load(self, partitions: Collection[Partition], log: Log) -> None:
        """Forget everything and load the state of these partitions; called before the first batch of an assignment."""

    def is_outdated(self, records: Sequence[Record]) -> bool:
        """Whether these records show that the state has to be loaded again before they are stored."""

    async def store(self, records: Sequence[Record]) -> StoredT:
        """Return once the records are durable, with what `note` needs. Storing a record again changes nothing."""

    def note(self, records: Sequence[Record], stored: StoredT) -> None:
        """Draw conclusions from durable records: batches in the order of the log, and after a `load` perhaps again."""

    async def due(self, now: datetime) -> Sequence[Message]:
        """Messages that have to go out now; asked again they are the same until `published`."""

    def published(self, messages: Sequence[Message]) -> None:
        """The broker confirmed these."""


@dataclass(frozen=True, slots=True)
class BatchRoute:
    """All records of many topics, in batches, through one handler."""

    topics: tuple[Topic, ...]
    handler: BatchHandler[Any]
    transient: tuple[type[Exception], ...]
    """Exception types of the handler's libraries that mean "try again"; the batch is repeated until it succeeds."""
    max_records: int = 5_000
    tick: timedelta = timedelta(milliseconds=500)
    """How often `due` is asked when no records come."""
    worst_case: timedelta = timedelta(minutes=5)


class BatchSink:
    """Drives a `BatchRoute`."""

    def __init__(self, route: BatchRoute, log: Log, clock: Clock) -> None:
        self._route = route
        self._handler = route.handler
        self._log = log
        self._clock = clock
        self._storing = asyncio.Lock()
        self._settling = asyncio.Lock()
        self._waiting: list[Record] = []
        self._room = asyncio.Event()
        self._taking = False
        self._last: asyncio.Task[None] | None = None
        self._partitions: frozenset[Partition] = frozenset()
        self._loaded = False
        self._loads = 0
        self.received = 0
        self.member: Member | None = None
        self.committed: dict[Partition, int] = {}

    async def assigned(self, partitions: Collection[Partition], member: Member) -> None:
        # Loading waits for the first use: the store may be down, and a rebalance must not hang on it.
        self.member = member
        self._partitions = frozenset(partitions)
        self._loaded = False

    async def revoked(self, partitions: Collection[Partition], member: Member) -> None:  # noqa: ARG002 - protocol
        self._waiting.clear()  # nothing of it is committed: it comes again, to whoever owns the partitions then
        self._room.set()
        await self._all_settled()
        async with self._settling:
            self._partitions -= frozenset(partitions)
            self._loaded = False
            self.committed = {place: mark for place, mark in self.committed.items() if place in self._partitions}

    async def receive(self, records: Sequence[Record], member: Member) -> None:
        """Take records at once, so that the next are fetched meanwhile: the more wait, the larger the next batch."""
        self._waiting += [record for record in records if (record.topic, record.partition) in self._partitions]
        self._take(member)
        while len(self._waiting) > self._route.max_records and not self._broken:
            self._room.clear()
            await self._room.wait()

    async def tick(self) -> None:
        """Let time pass: deadlines fall due without records. Raises what broke a batch."""
        if self._broken and self._last is not None:
            self._last.result()
        if self._partitions:
            await self._patiently(partial(self._settle, (), 0, None))

    @property
    def _broken(self) -> bool:
        return self._last is not None and self._last.done() and self._last.exception() is not None

    async def drain(self, *, within: timedelta) -> None:
        """Finish the batches in flight, or abandon them: they are not committed and come again."""
        self._waiting.clear()
        self._room.set()
        if self._last is not None:
            _, late = await asyncio.wait((self._last,), timeout=within.total_seconds())
            for task in late:
                task.cancel()

    def _take(self, member: Member) -> None:
        """Begin the next batch, unless one is still being stored."""
        if self._waiting and not self._taking and not self._broken:
            batch, self._waiting = self._waiting[: self._route.max_records], self._waiting[self._route.max_records :]
            self._room.set()
            self._taking = True
            self._last = asyncio.create_task(self._carry(batch, member, self._last))

    async def _carry(self, records: Sequence[Record], member: Member, before: asyncio.Task[None] | None) -> None:
        try:
            if self._loaded and self._handler.is_outdated(records):
                if before is not None:
                    await before
                self._loaded = False
            loads, stored = await self._patiently(partial(self._store, records))
            if before is not None:
                await before
        finally:
            self._taking = False
        self._take(member)
        await self._patiently(partial(self._settle, records, loads, stored))
        await self._commit(records, member)
        self.received += len(records)

    async def _all_settled(self) -> None:
        while self._last is not None and not self._last.done():
            await self._last

    async def _patiently(self, step: Callable[[], Awaitable[ResultT]]) -> ResultT:
        pause = 0.1
        while True:
            try:
                return await step()
            except (BrokerUnavailable, StateOutdated) as error:
                _log.warning("loading the state again before the next try", exception=type(error).__name__)
                self._loaded = False
            except self._route.transient as error:
                _log.warning("store unavailable, trying again", exception=type(error).__name__)
            await self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE.total_seconds())

    async def _store(self, records: Sequence[Record]) -> tuple[int, object]:
        """Under which state, and what the handler needs of it."""
        async with self._storing:
            await self._require_state()
            return self._loads, await self._handler.store(records)

    async def _settle(self, records: Sequence[Record], loads: int, stored: object) -> None:
        """What was stored under a state that is gone is stored again: somebody else may have written since."""
        async with self._settling:
            if not self._loaded or (records and loads != self._loads):
                async with self._storing:
                    await self._require_state()
                    if records and loads != self._loads:
                        stored = await self._handler.store(records)
            if records:
                self._handler.note(records, stored)
            messages = await self._handler.due(self._clock.now())
            if messages:
                await self._log.publish(messages)
                self._handler.published(messages)

    async def _require_state(self) -> None:
        if not self._loaded:
            await self._handler.load(self._partitions, self._log)
            self._loaded = True
            self._loads += 1

    async def _commit(self, records: Sequence[Record], member: Member) -> None:
        offsets: dict[Partition, int] = {}
        for record in records:
            offsets[record.topic, record.partition] = record.offset + 1
        try:
            if offsets:
                await member.commit(offsets)
        except BrokerUnavailable:
            _log.warning("commit not confirmed", partitions=len(offsets))
        self.committed |= offsets
