"""The broker for people and scripts: publish one event, read and follow topics, look at lag, return dead letters.

Nothing here joins a group, so nothing here takes a message away from a service.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as Place

from answerable_events.body import EventBody
from answerable_events.codec import decode, encode
from answerable_events.deadletters import DeadLettered
from answerable_events.errors import UndecodableEvent
from answerable_events.message import Message, Record
from answerable_events.topics import PARTITIONS, Topic, every_topic, topic_of
from answerable_runtime.clock import Clock
from answerable_runtime.deadletters import exhume
from answerable_runtime.errors import BrokerUnavailable
from answerable_runtime.kafka import KafkaLog
from answerable_runtime.kafka_connection import connection, milliseconds
from answerable_runtime.kafka_reader import LARGEST_MESSAGE, UNAVAILABLE, record_of
from answerable_runtime.log import Partition
from answerable_runtime.numbering import Numbering
from answerable_runtime.settings import RuntimeSettings

SOURCE = "/answerable/cli"
WITHOUT_GROUP = frozenset({"upstream", "gateway"})
"""Consumers of the registry that commit nothing: outside systems, and the gateway, which watches."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter and where it stands."""

    record: Record
    body: DeadLettered


@dataclass(frozen=True, slots=True)
class TopicState:
    """What a topic holds now, and how far its readers are behind."""

    topic: Topic
    bounds: Mapping[int, tuple[int, int]]
    """By partition: first offset, next offset to be written."""
    lag: Mapping[str, int]
    """By consumer group: records that it has not finished."""

    @property
    def records(self) -> int:
        return sum(end - first for first, end in self.bounds.values())


class BrokerClient:
    """A connection for commands. Methods raise BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, settings: RuntimeSettings, log: KafkaLog, clock: Clock, run: UUID) -> None:
        self._settings = settings
        self._log = log
        self._clock = clock
        self._numbering = Numbering(SOURCE, str(run))

    async def publish(self, body: EventBody, *, ordinal: int = 0) -> Message:
        """Publish an event to the topic that carries it, and return once it is acknowledged.

        `ordinal` tells apart events of one type about one thing: the version of a document, the moment of a change.
        """
        topic = topic_of(type(body))
        message = encode(body, topic=topic, producer=self._numbering.next(), now=self._clock.now(), ordinal=ordinal)
        try:
            await self._log.publish([message])
        except BrokerUnavailable:
            self._numbering.begin_again()
            raise
        return message

    async def records(self, topic: Topic, since: datetime | None = None) -> AsyncIterator[Record]:
        """What the topic holds now, partition by partition; with `since`, only what was written from then on."""
        bounds = await self._log.bounds(_partitions([topic]))
        async for record in self._log.read(bounds):
            if since is None or record.time >= since:
                yield record

    @asynccontextmanager
    async def follow(self, *topics: Topic) -> AsyncIterator[AsyncIterator[Record]]:
        """Every record written to the topics after the block was entered, for as long as it lasts."""
        bounds = await self._log.bounds(_partitions(topics))
        consumer = AIOKafkaConsumer(
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=milliseconds(self._settings.kafka_fetch_wait.total_seconds()),
            max_partition_fetch_bytes=LARGEST_MESSAGE,
            **connection(self._settings, "answerable-cli"),
        )
        try:
            await consumer.start()
            consumer.assign([Place(*partition) for partition in bounds])
            for partition, (_, end) in bounds.items():
                consumer.seek(Place(*partition), end)
            yield _endless(consumer)
        except UNAVAILABLE as error:
            raise BrokerUnavailable(f"following the log: {type(error).__name__}") from None
        finally:
            await consumer.stop()

    async def dead_letters(self) -> AsyncIterator[Letter]:
        """Every dead letter that the broker still holds; one that cannot be read itself is left out."""
        topics = {topic.name: topic for topic in every_topic() if topic.events == (DeadLettered,)}
        bounds = await self._log.bounds(_partitions(list(topics.values())))
        async for record in self._log.read(bounds):
            try:
                event = decode(record, topics[record.topic])
            except UndecodableEvent:
                continue
            if isinstance(event.body, DeadLettered):
                yield Letter(record, event.body)

    async def replay(self, letter: Letter) -> Message:
        """Put the original message back on its topic: same bytes, same ids."""
        message = exhume(letter.body)
        await self._log.publish([message])
        return message

    async def topics(self) -> list[TopicState]:
        """Every topic of the registry with its bounds and the lag of each group that reads it."""
        topics = list(every_topic())
        bounds = await self._log.bounds(_partitions(topics))
        groups: dict[str, list[Topic]] = defaultdict(list)
        for topic in topics:
            for consumer in set(topic.consumers) - WITHOUT_GROUP:
                groups[f"answerable.{consumer}"].append(topic)
        lags: dict[str, dict[str, int]] = defaultdict(dict)
        for group, read in groups.items():
            committed = await self._log.committed(group, _partitions(read))
            for topic in read:
                lags[topic.name][group] = _lag(topic, bounds, committed)
        return [
            TopicState(topic, {number: bounds[topic.name, number] for number in range(PARTITIONS)}, lags[topic.name])
            for topic in topics
        ]

    async def bounds(self) -> Mapping[Partition, tuple[int, int]]:
        """First offset and next offset of every partition."""
        return await self._log.bounds(_partitions(list(every_topic())))


@asynccontextmanager
async def connect(settings: RuntimeSettings, *, clock: Clock | None = None) -> AsyncIterator[BrokerClient]:
    """A client of the broker that the settings name.

    Raises:
        BrokerUnavailable: nobody answers there.
    """
    log = KafkaLog(settings, client_id="answerable-cli")
    await log.start([])
    try:
        yield BrokerClient(settings, log, clock or Clock(), uuid4())
    finally:
        await log.stop()


def _partitions(topics: Sequence[Topic]) -> list[Partition]:
    return [(topic.name, number) for topic in topics for number in range(PARTITIONS)]


def _lag(topic: Topic, bounds: Mapping[Partition, tuple[int, int]], committed: Mapping[Partition, int]) -> int:
    """Records after what the group committed; a group that never committed has everything before it."""
    total = 0
    for number in range(PARTITIONS):
        first, end = bounds[topic.name, number]
        total += max(0, end - max(first, committed.get((topic.name, number), first)))
    return total


async def _endless(consumer: AIOKafkaConsumer) -> AsyncIterator[Record]:
    async for raw in consumer:
        yield record_of(raw)
