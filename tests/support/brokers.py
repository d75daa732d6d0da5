"""One face for the in-process double and for real brokers, so that one behaviour suite runs on all of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client import CollectorRegistry

from answerable_events.message import Message, Record
from answerable_events.topics import PARTITIONS, every_topic
from answerable_runtime.delivery import Harness
from answerable_runtime.effects import EffectStore, MemoryEffects
from answerable_runtime.kafka import KafkaLog
from answerable_runtime.kafka_topics import create_topics
from answerable_runtime.log import Log
from answerable_runtime.memory import MemoryBroker, MemoryLog
from answerable_runtime.metrics import Metrics
from answerable_runtime.runner import Runner
from answerable_runtime.service import Service
from answerable_runtime.settings import RuntimeSettings


@dataclass
class Bench:
    """A broker with fresh topics, and services run against it."""

    connect: Callable[[], Log]
    upstream: Log
    start: dict[tuple[str, int], int] = field(default_factory=dict)
    """Where each partition stood when the test began: a real broker is shared by the tests of a session."""

    async def publish(self, *messages: Message) -> None:
        await self.upstream.publish(messages)

    async def records(self, topic: str) -> list[Record]:
        """What the test brought into a topic."""
        places = [(topic, number) for number in range(PARTITIONS)]
        bounds = await self.upstream.bounds(places)
        ranges = {place: (self.start.get(place, bounds[place][0]), bounds[place][1]) for place in places}
        return [record async for record in self.upstream.read(ranges)]

    async def wait_for(self, topic: str, number: int, *, seconds: float = 30) -> list[Record]:
        """The records of a topic once there are at least `number`."""
        async with asyncio.timeout(seconds):
            while len(found := await self.records(topic)) < number:
                await asyncio.sleep(0.02)
        return found

    async def committed(self, group: str, topic: str) -> int:
        """Messages of the test in `topic` that a group has committed."""
        places = [(topic, number) for number in range(PARTITIONS)]
        offsets = await self.upstream.committed(group, places)
        return sum(max(0, offset - self.start.get(place, 0)) for place, offset in offsets.items())

    @asynccontextmanager
    async def running(
        self, service: Service, *, effects: EffectStore | None = None, drain: timedelta = timedelta(seconds=5)
    ) -> AsyncIterator["Running"]:
        """The service while the block runs, then stopped as SIGTERM stops it; `drain=0` abandons what is running."""
        harness = Harness(
            service=service.name,
            instance=str(uuid4()),
            log=self.connect(),
            effects=effects or MemoryEffects(),
            metrics=Metrics(CollectorRegistry()),
            deps=service.deps,
            draw=lambda: 0.0,
        )
        runner = Runner(service, harness, drain=drain, house_keeping=timedelta(milliseconds=20))
        stop = asyncio.Event()
        task = asyncio.create_task(runner.run(stop))
        try:
            yield Running(runner, task)
        finally:
            stop.set()
            await asyncio.wait([task])
            await task


@dataclass(frozen=True)
class Running:
    runner: Runner
    task: asyncio.Task[None]


@asynccontextmanager
async def bench(kind: str, url: str | None) -> AsyncIterator[Bench]:
    """`kind` is double, tansu or kafka."""
    if kind == "double":
        broker = MemoryBroker()
        yield Bench(connect=lambda: MemoryLog(broker), upstream=MemoryLog(broker))
        return
    settings = broker_settings(kind, url or "")
    await create_topics(settings)
    upstream = KafkaLog(settings, client_id="upstream")
    await upstream.start(())
    try:
        found = Bench(connect=lambda: KafkaLog(settings, client_id="service"), upstream=upstream)
        places = [(topic.name, number) for topic in every_topic() for number in range(PARTITIONS)]
        found.start = {place: end for place, (_, end) in (await upstream.bounds(places)).items()}
        for group in ("answerable.retrieval", "answerable.audit"):
            await _skip_the_past(settings, group, found.start)
        yield found
    finally:
        await upstream.stop()


async def _skip_the_past(settings: RuntimeSettings, group: str, ends: Mapping[tuple[str, int], int]) -> None:
    """Commit the ends for a group under test: messages that an earlier test left are not this one's."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers, group_id=group, enable_auto_commit=False)
    past = {TopicPartition(*place): end for place, end in ends.items() if end}
    await consumer.start()
    try:
        consumer.assign(list(past))
        if past:
            await consumer.commit(past)
    finally:
        await consumer.stop()


def broker_settings(kind: str, url: str) -> RuntimeSettings:
    wait = timedelta(milliseconds=10 if kind == "tansu" else 500)
    return RuntimeSettings(kafka_brokers=url, kafka_fetch_wait=wait)


def sent_to(records: Sequence[Record], message: Message) -> list[Record]:
    return [record for record in records if record.key == message.key]
