"""The batch loop: poll, store, await durability, publish what is due, commit. For audit.

What a batch handler publishes leaves the system, so a publish that was not confirmed is never simply repeated: the
handler loads its state again, which reads the log to its end, and only what is then still due goes out.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from answerable_events.message import Message, Record
from answerable_events.topics import Topic
from answerable_runtime.clock import Clock
from answerable_runtime.errors import BrokerUnavailable
from answerable_runtime.log import Log, Member, Partition

_log = structlog.get_logger(__name__)

_LONGEST_PAUSE = timedelta(seconds=5)


class BatchHandler(Protocol):
    """What stores records and knows which messages are due because of them."""

    async def load(self, partitions: Collection[Partition], log: Log) -> None:
        """Forget everything and load the state of these partitions; called before the first batch of an assignment."""

    async def store(self, records: Sequence[Record]) -> None:
        """Return once the records are durable. Storing a record again changes nothing."""

    async def due(self, now: datetime) -> Sequence[Message]:
        """Messages that have to go out now; asked again they are the same until `published`."""

    def published(self, messages: Sequence[Message]) -> None:
        """The broker confirmed these."""


@dataclass(frozen=True, slots=True)
class BatchRoute:
    """All records of many topics, in batches, through one handler."""

    topics: tuple[Topic, ...]
    handler: BatchHandler
    transient: tuple[type[Exception], ...]
    """Exception types of the handler's libraries that mean "try again"; the batch is repeated until it succeeds."""
    max_records: int = 5_000
    tick: timedelta = timedelta(milliseconds=500)
    """How often `due` is asked when no records come."""
    worst_case: timedelta = timedelta(minutes=5)


class BatchSink:
    """Drives a `BatchRoute`; one batch or tick at a time."""

    def __init__(self, route: BatchRoute, log: Log, clock: Clock) -> None:
        self._route = route
        self._log = log
        self._clock = clock
        self._lock = asyncio.Lock()
        self._partitions: frozenset[Partition] = frozenset()
        self._loaded = False
        self.received = 0
        self.member: Member | None = None
        self.committed: dict[Partition, int] = {}

    async def assigned(self, partitions: Collection[Partition], member: Member) -> None:
        # Loading waits for the first use: the store may be down, and a rebalance must not hang on it.
        self.member = member
        self._partitions = frozenset(partitions)
        self._loaded = False

    async def revoked(self, partitions: Collection[Partition], member: Member) -> None:  # noqa: ARG002 - protocol
        async with self._lock:  # the batch under way commits first
            self._partitions -= frozenset(partitions)
            self._loaded = False
            self.committed = {place: mark for place, mark in self.committed.items() if place in self._partitions}

    async def receive(self, records: Sequence[Record], member: Member) -> None:
        async with self._lock:
            owned = [record for record in records if (record.topic, record.partition) in self._partitions]
            await self._until_done(owned)
            await self._commit(owned, member)
            self.received += len(owned)

    async def tick(self) -> None:
        """Let time pass: deadlines fall due without records."""
        async with self._lock:
            if self._partitions:
                await self._until_done(())

    async def _until_done(self, records: Sequence[Record]) -> None:
        pause = 0.1
        while True:
            try:
                return await self._once(records)
            except BrokerUnavailable:
                _log.warning("publish not confirmed, reading the log again before the next try")
                self._loaded = False
            except self._route.transient as error:
                _log.warning("store unavailable, trying again", exception=type(error).__name__)
            await self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE.total_seconds())

    async def _once(self, records: Sequence[Record]) -> None:
        handler = self._route.handler
        if not self._loaded:
            await handler.load(self._partitions, self._log)
            self._loaded = True
        if records:
            await handler.store(records)
        messages = await handler.due(self._clock.now())
        if messages:
            await self._log.publish(messages)
            handler.published(messages)

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
