"""Runs a service: verify, join the groups, keep house, drain.

Start order: declared routes are checked, dependencies answer a real round trip, only then is the first message taken.
Stop order: nothing new is taken, running work ends within `drain`, finished work is committed, the groups are left.
"""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from answerable_events.message import Record
from answerable_events.topics import MIB, Topic
from answerable_runtime.batch import BatchSink
from answerable_runtime.budget import FailureCount
from answerable_runtime.delivery import Harness, deliver
from answerable_runtime.log import Member, Partition, Sink, Subscription
from answerable_runtime.routes import Route
from answerable_runtime.service import Service, Watch, require_declared
from answerable_runtime.window import Window

_log = structlog.get_logger(__name__)

_RETRIES_WAITING = 256
"""Messages of a retry topic mostly sleep; they get a window of their own, so that few of them hold back no new ones."""


class WindowSink:
    """Feeds the windows of one route: its topic's, and its retry topic's."""

    def __init__(self, route: Route, harness: Harness, drain: timedelta) -> None:
        self._drain = drain
        self._closed = False
        failures = FailureCount(route.budget)

        async def work(record: Record) -> None:
            await deliver(record, route, harness, failures)

        self.windows = {
            route.topic.name: Window(work, limit=route.concurrency),
            route.topic.retry: Window(work, limit=_RETRIES_WAITING),
        }
        self.member: Member | None = None

    async def assigned(self, partitions: Collection[Partition], member: Member) -> None:  # noqa: ARG002 - protocol
        self.member = member

    async def revoked(self, partitions: Collection[Partition], member: Member) -> None:
        for window in self.windows.values():
            await window.release(partitions, member, within=self._drain)

    async def receive(self, records: Sequence[Record], member: Member) -> None:  # noqa: ARG002 - protocol
        if self._closed:
            return
        for topic, window in self.windows.items():
            window.offer([record for record in records if record.topic == topic])
        for window in self.windows.values():
            await window.room()

    async def keep_house(self) -> None:
        """Commit, and surface a broken window."""
        for window in self.windows.values():
            if self.member is not None:
                await window.commit(self.member)
            if window.broken is not None:
                raise window.broken

    async def drain(self) -> None:
        self._closed = True
        await asyncio.gather(*(window.drain(self.member, within=self._drain) for window in self.windows.values()))


@dataclass(frozen=True, slots=True)
class WatchSink:
    """Feeds a watcher."""

    watch: Watch

    async def assigned(self, partitions: Collection[Partition], member: Member) -> None: ...

    async def revoked(self, partitions: Collection[Partition], member: Member) -> None: ...

    async def receive(self, records: Sequence[Record], member: Member) -> None:  # noqa: ARG002 - protocol
        await self.watch.watcher(records)


@dataclass(slots=True)
class Vitals:
    """What /livez judges by."""

    progressed_at: datetime
    lag: int = 0
    assigned: int = 0
    failed: bool = False

    def alive(self, now: datetime, patience: timedelta) -> bool:
        """Progress within `patience`, or nothing to do."""
        return not self.failed and (self.lag == 0 or now - self.progressed_at < patience)


@dataclass(slots=True)
class Runner:
    """One running service."""

    service: Service
    harness: Harness
    drain: timedelta = timedelta(seconds=10)
    house_keeping: timedelta = timedelta(milliseconds=100)
    vitals: Vitals = field(init=False)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    _sinks: list[WindowSink] = field(default_factory=list)
    _batch: BatchSink | None = None
    _finished: int = 0
    _measured: set[Partition] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.vitals = Vitals(progressed_at=self.harness.clock.now())

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set or something breaks.

        Raises:
            StartUpRefused, BrokerUnavailable: could not start.
            TooManyFailures, Exception: what broke it; nothing that was not finished is committed.
        """
        service, log = self.service, self.harness.log
        require_declared(service)
        await service.verify()
        try:
            await log.start(self._subscriptions())
            async with service.serve(log) if service.serve else nullcontext():
                self.harness.metrics.up.labels(service.name).set(1)
                self.started.set()
                _log.info("started", service=service.name, topics=[route.topic.name for route in service.routes])
                await self._until_stopped(stop)
        except BaseException:
            self.vitals.failed = True
            raise
        finally:
            await asyncio.gather(*(sink.drain() for sink in self._sinks))
            if self._batch is not None:
                await self._batch.drain(within=self.drain)
            await log.stop()
            self.harness.metrics.up.labels(service.name).set(0)
            _log.info("stopped", service=service.name)

    @property
    def idle(self) -> bool:
        return all(window.idle for sink in self._sinks for window in sink.windows.values())

    def _subscriptions(self) -> list[Subscription]:
        service = self.service
        subscriptions = []
        for route in service.routes:
            sink = WindowSink(route, self.harness, self.drain)
            self._sinks.append(sink)
            subscriptions.append(
                _subscription((route.topic,), tuple(sink.windows), service.group, sink, 4 * route.concurrency)
            )
        if service.batch is not None:
            self._batch = BatchSink(service.batch, self.harness.log, self.harness.clock)
            names = tuple(topic.name for topic in service.batch.topics)
            subscriptions.append(
                _subscription(service.batch.topics, names, service.group, self._batch, service.batch.max_records)
            )
        return subscriptions + [
            _subscription((watch.topic,), (watch.topic.name,), None, WatchSink(watch), 500) for watch in service.watches
        ]

    async def _until_stopped(self, stop: asyncio.Event) -> None:
        tasks = {asyncio.create_task(stop.wait()), asyncio.create_task(self._keep_house())}
        if self._batch is not None and self.service.batch is not None:
            tasks.add(asyncio.create_task(self._tick(self._batch, self.service.batch.tick)))
        failed = asyncio.create_task(self.harness.log.failed())
        try:
            done, _ = await asyncio.wait({*tasks, failed}, return_when=asyncio.FIRST_COMPLETED)
            if failed in done:
                raise failed.result()
            for task in done:
                task.result()
        finally:
            for task in (*tasks, failed):
                task.cancel()
            await asyncio.gather(*tasks, failed, return_exceptions=True)

    async def _keep_house(self) -> None:
        while True:
            for sink in self._sinks:
                await sink.keep_house()
            self._measure()
            await asyncio.sleep(self.house_keeping.total_seconds())

    @staticmethod
    async def _tick(batch: BatchSink, every: timedelta) -> None:
        while True:
            await asyncio.sleep(every.total_seconds())
            await batch.tick()

    def _measure(self) -> None:
        metrics, name = self.harness.metrics, self.service.name
        lag = assigned = finished = 0
        for sink in self._sinks:
            for topic, window in sink.windows.items():
                metrics.in_flight.labels(name, topic).set(window.running)
                metrics.waiting.labels(name, topic).set(window.waiting)
                finished += sum(window.watermarks().values())
                if sink.member is not None:
                    lag += self._measure_lag(sink.member, window.watermarks(), topic)
            assigned += len(sink.member.assignment()) if sink.member is not None else 0
        if self._batch is not None:
            finished += self._batch.received
            if self._batch.member is not None:
                assigned += len(self._batch.member.assignment())
                lag += self._measure_lag(self._batch.member, self._batch.committed, None)
        now = self.harness.clock.now()
        if finished != self._finished or lag == 0:
            self.vitals.progressed_at = now
            metrics.last_progress.labels(name).set(now.timestamp())
        self._finished, self.vitals.lag, self.vitals.assigned = finished, lag, assigned
        metrics.assigned.labels(name).set(assigned)

    def _measure_lag(self, member: Member, marks: dict[Partition, int], topic: str | None) -> int:
        total = 0
        for place in self._measured - member.assignment():
            if topic is None or place[0] == topic:  # it has another owner now, who reports it
                self.harness.metrics.consumer_lag.remove(self.service.name, place[0], str(place[1]))
                self._measured.discard(place)
        for place, end in member.end_offsets().items():
            if (topic is None or place[0] == topic) and place in marks:
                behind = max(0, end - marks[place])
                self.harness.metrics.consumer_lag.labels(self.service.name, place[0], str(place[1])).set(behind)
                self._measured.add(place)
                total += behind
        return total


def _subscription(
    topics: Sequence[Topic], names: tuple[str, ...], group: str | None, sink: Sink, limit: int
) -> Subscription:
    largest = max(topic.max_message_bytes for topic in topics)
    return Subscription(
        topics=names,
        group=group,
        sink=sink,
        max_records=limit,
        max_message_bytes=max(MIB, largest) + MIB // 16,
    )
