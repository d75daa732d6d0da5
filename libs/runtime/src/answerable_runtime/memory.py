"""A broker in this process, for tests of handlers and of the runtime itself.

Proven against real brokers by running the same behaviour suite on it. One member per group.
"""

import asyncio
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from answerable_events.message import EPOCH, Message, Record
from answerable_events.topics import PARTITIONS
from answerable_runtime.clock import Clock
from answerable_runtime.errors import BrokerUnavailable
from answerable_runtime.log import Partition, Subscription

_POLL_S = 0.01


class MemoryBroker:
    """The logs and the committed offsets; outlives the `MemoryLog` connections to it as a broker does its clients."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.logs: dict[Partition, list[Record]] = defaultdict(list)
        self.offsets: dict[tuple[str, Partition], int] = {}
        self.down = False
        self.grown = asyncio.Event()

    def append(self, message: Message) -> Record:
        partition = zlib.crc32(message.key or b"") % PARTITIONS if message.partition is None else message.partition
        log = self.logs[message.topic, partition]
        record = Record(
            topic=message.topic,
            partition=partition,
            offset=len(log),
            timestamp_ms=_milliseconds(self.clock.now()),
            key=message.key,
            value=message.value,
            headers=message.headers,
        )
        log.append(record)
        self.grown.set()
        return record

    def records(self, topic: str) -> list[Record]:
        """All records of a topic, by partition and offset."""
        return [record for (name, _), log in sorted(self.logs.items()) if name == topic for record in log]

    def lag(self) -> int:
        """Records that some group has not committed yet."""
        ends = {place: len(log) for place, log in self.logs.items()}
        groups = {group for group, _ in self.offsets}
        topics = {group: {place[0] for g, place in self.offsets if g == group} for group in groups}
        return sum(
            end - self.offsets.get((group, place), 0)
            for group in groups
            for place, end in ends.items()
            if place[0] in topics[group]
        )

    def require_up(self) -> None:
        if self.down:
            raise BrokerUnavailable("the broker is down")


class MemoryMember:
    """A group member; without a group it starts at the end and commits nothing."""

    def __init__(self, broker: MemoryBroker, subscription: Subscription) -> None:
        self._broker = broker
        self._group = subscription.group
        self._assignment = frozenset((topic, number) for topic in subscription.topics for number in range(PARTITIONS))
        if self._group is not None:
            for place in self._assignment:
                broker.offsets.setdefault((self._group, place), 0)
            self.positions = {place: broker.offsets[self._group, place] for place in self._assignment}
        else:
            self.positions = {place: len(broker.logs[place]) for place in self._assignment}

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        self._broker.require_up()
        for place, offset in offsets.items():
            if self._group is not None:
                self._broker.offsets[self._group, place] = offset

    def assignment(self) -> frozenset[Partition]:
        return self._assignment

    def end_offsets(self) -> Mapping[Partition, int]:
        return {place: len(self._broker.logs[place]) for place in self._assignment}

    def fetch(self, limit: int) -> list[Record]:
        """Next records, at most `limit`, partition by partition."""
        taken: list[Record] = []
        for place in sorted(self._assignment):
            fresh = self._broker.logs[place][self.positions[place] :][: limit - len(taken)]
            self.positions[place] += len(fresh)
            taken += fresh
        return taken


class MemoryLog:
    """A connection to a `MemoryBroker`."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._members: list[tuple[MemoryMember, Subscription]] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, subscriptions: Sequence[Subscription]) -> None:
        for subscription in subscriptions:
            member = MemoryMember(self._broker, subscription)
            self._members.append((member, subscription))
            await subscription.sink.assigned(member.assignment(), member)
            self._tasks.append(asyncio.create_task(self._consume(member, subscription)))

    async def _consume(self, member: MemoryMember, subscription: Subscription) -> None:
        while True:
            records = [] if self._broker.down else member.fetch(subscription.max_records)
            if records:
                await subscription.sink.receive(records, member)
                await asyncio.sleep(0)
            else:
                self._broker.grown.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_S):  # wait_for would swallow a cancellation that comes with news
                        await self._broker.grown.wait()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for member, subscription in self._members:
            await subscription.sink.revoked(member.assignment(), member)
        self._tasks, self._members = [], []

    async def kill(self) -> None:
        """End as kill -9 would: nobody is told, nothing is committed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks, self._members = [], []

    async def publish(self, messages: Sequence[Message]) -> None:
        self._broker.require_up()
        for message in messages:
            self._broker.append(message)
        await asyncio.sleep(0)

    async def bounds(self, partitions: Collection[Partition]) -> Mapping[Partition, tuple[int, int]]:
        self._broker.require_up()
        return {place: (0, len(self._broker.logs[place])) for place in partitions}

    async def read(self, ranges: Mapping[Partition, tuple[int, int]]) -> AsyncIterator[Record]:
        self._broker.require_up()
        for place, (first, end) in ranges.items():
            for record in self._broker.logs[place][first:end]:
                yield record

    async def committed(self, group: str, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        self._broker.require_up()
        known = ((place, self._broker.offsets.get((group, place))) for place in partitions)
        return {place: offset for place, offset in known if offset is not None}

    async def check(self) -> None:
        self._broker.require_up()

    async def failed(self) -> BaseException:
        while True:
            for task in self._tasks:
                if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                    return error
            await asyncio.sleep(0.01)


def _milliseconds(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds() * 1000)
