"""The ceiling for audit: whole records from Kafka into a bare ClickHouse table, with nothing but aiokafka and HTTP.

Inserts overlap with fetching, offsets are committed after the insert, and the table keeps the same bytes as durably as
the trace does (key, headers and body, fsync); it has no hashes, no derived columns, no views and no key by request.
"""

import asyncio
import functools
import struct
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import clickhouse_connect
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from answerable_runtime.settings import RuntimeSettings

_TABLE = """
CREATE TABLE bench.raw (topic LowCardinality(String), partition UInt16, offset UInt64, time DateTime64(3, 'UTC'),
                        key String, headers Array(Tuple(String, String)), body String)
ENGINE = MergeTree ORDER BY (topic, partition, offset)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
"""
_COLUMNS = ["topic", "partition", "offset", "time", "key", "headers", "body"]
_NUMBERS = struct.Struct("<HQq")
_BATCH = 5_000


async def drain_raw(settings: RuntimeSettings, clickhouse_url: str, topics: Sequence[str], total: int) -> float:
    """Events per second over the last nine tenths of a backlog of `total`."""
    parts = urlsplit(clickhouse_url)
    client = await clickhouse_connect.get_async_client(
        host=parts.hostname, port=parts.port, username=parts.username, password=parts.password or "", compress=False
    )
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=settings.bootstrap_servers,
        group_id="bench.raw",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await client.command("CREATE DATABASE IF NOT EXISTS bench")
    await client.command("DROP TABLE IF EXISTS bench.raw SYNC")
    await client.command(_TABLE)
    await consumer.start()
    try:
        return await _drain(consumer, client, total)
    finally:
        await consumer.stop()
        await client.close()


async def _drain(consumer: AIOKafkaConsumer, client: object, total: int) -> float:
    done, begun, last = 0, None, asyncio.create_task(asyncio.sleep(0))
    taken = 0
    while taken < total:
        batches = await consumer.getmany(timeout_ms=100, max_records=_BATCH)
        records = [record for batch in batches.values() for record in batch]
        if not records:
            continue
        taken += len(records)
        block = _row_binary(records)
        await last
        done = taken - len(records)
        if begun is None and done >= total / 10:
            begun = (time.perf_counter(), done)
        last = asyncio.create_task(_store(consumer, client, block, batches))
    await last
    assert begun is not None, "it was over before it could be measured: the backlog is too small"
    return (total - begun[1]) / (time.perf_counter() - begun[0])


async def _store(
    consumer: AIOKafkaConsumer, client: object, block: bytes, batches: dict[TopicPartition, list[ConsumerRecord]]
) -> None:
    await client.raw_insert("bench.raw", _COLUMNS, block, fmt="RowBinary")  # type: ignore[attr-defined]
    await consumer.commit({place: records[-1].offset + 1 for place, records in batches.items() if records})


def _row_binary(records: Sequence[ConsumerRecord]) -> bytes:
    parts: list[bytes] = []
    for record in records:
        topic, key, body = record.topic.encode(), record.key or b"", record.value
        parts += (
            _length(len(topic)), topic, _NUMBERS.pack(record.partition, record.offset, record.timestamp),
            _length(len(key)), key, _length(len(record.headers)),
        )  # fmt: skip
        for name, value in record.headers:
            encoded = name.encode()
            parts += (_length(len(encoded)), encoded, _length(len(value)), value)
        parts += (_length(len(body)), body)
    return b"".join(parts)


@functools.cache
def _length(number: int) -> bytes:
    """LEB128."""
    more = number >= 0x80
    return bytes((number % 0x80 + 0x80,)) + _length(number // 0x80) if more else bytes((number,))
