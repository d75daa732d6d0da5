"""Reading the log outside any group: bounds, ranges, committed offsets."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as Place
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from answerable_events.message import Record
from answerable_events.topics import every_topic
from answerable_runtime.errors import BrokerUnavailable
from answerable_runtime.kafka_connection import connection, milliseconds
from answerable_runtime.log import Partition
from answerable_runtime.settings import RuntimeSettings

UNAVAILABLE = (KafkaError, OSError, TimeoutError)
LARGEST_MESSAGE = max(topic.max_message_bytes for topic in every_topic()) + 64 * 1024

_STALLED = timedelta(seconds=30)


class KafkaReader:
    """Opens a consumer for each question it is asked; for start-up, checks and operators, not for streams."""

    def __init__(self, settings: RuntimeSettings, client_id: str) -> None:
        self._settings = settings
        self._client_id = client_id

    async def bounds(self, partitions: Collection[Partition]) -> Mapping[Partition, tuple[int, int]]:
        """First offset and next offset to be written."""
        places = [Place(*partition) for partition in partitions]
        async with self._consumer() as consumer:
            first, end = await asyncio.gather(consumer.beginning_offsets(places), consumer.end_offsets(places))
            ends = end | await _high_water(
                consumer, {place: end[place] for place in places if end[place] > first[place]}
            )
        return {(place.topic, place.partition): (first[place], ends[place]) for place in places}

    async def committed(self, group: str, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        async with self._consumer(group) as consumer:
            offsets = [(partition, await consumer.committed(Place(*partition))) for partition in partitions]
        return {partition: offset for partition, offset in offsets if offset is not None}

    async def read(self, ranges: Mapping[Partition, tuple[int, int]]) -> AsyncIterator[Record]:
        """Records of offset ranges, end exclusive; what retention deleted is skipped.

        Raises:
            BrokerUnavailable: no progress for 30 s.
        """
        ends = {Place(*partition): end for partition, (first, end) in ranges.items() if first < end}
        if not ends:
            return
        async with self._consumer() as consumer:
            consumer.assign(list(ends))
            for place in ends:
                consumer.seek(place, ranges[place.topic, place.partition][0])
            while open_places := [place for place, end in ends.items() if await consumer.position(place) < end]:
                batches = await consumer.getmany(*open_places, timeout_ms=milliseconds(_STALLED.total_seconds()))
                if not batches:
                    raise BrokerUnavailable("reading the log makes no progress")
                for place, records in batches.items():
                    for raw in records:
                        if raw.offset < ends[place]:
                            yield record_of(raw)

    @asynccontextmanager
    async def _consumer(self, group: str | None = None) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=milliseconds(self._settings.kafka_fetch_wait.total_seconds()),
            max_partition_fetch_bytes=LARGEST_MESSAGE,
            **connection(self._settings, self._client_id),
        )
        try:
            await consumer.start()
            yield consumer
        except UNAVAILABLE as error:
            raise BrokerUnavailable(f"reading the log: {type(error).__name__}") from None
        finally:
            await consumer.stop()


async def _high_water(consumer: AIOKafkaConsumer, ends: Mapping[Place, int]) -> dict[Place, int]:
    """The ends as a fetch reports them: Tansu's ListOffsets stops at the first record of the last batch."""
    if not ends:
        return {}
    consumer.assign(list(ends))
    for place, end in ends.items():
        consumer.seek(place, end - 1)
    missing = set(ends)
    while missing:
        if not await consumer.getmany(*missing, timeout_ms=milliseconds(_STALLED.total_seconds())):
            raise BrokerUnavailable("reading the log makes no progress")
        missing = {place for place in ends if consumer.highwater(place) is None}
    return {place: max(end, consumer.highwater(place) or 0) for place, end in ends.items()}


def record_of(raw: ConsumerRecord) -> Record:
    """Our value for what aiokafka fetched; a missing body (tombstone) or header value is an empty one."""
    headers = tuple((name, value or b"") for name, value in raw.headers)
    return Record(raw.topic, raw.partition, raw.offset, raw.timestamp, raw.key, raw.value or b"", headers)
