"""One hop: a window route that answers each question with one event, beside a bare aiokafka loop.

Both read and write JSON of about 2 KB, wait for the acknowledgement and commit afterwards. The bare loop checks
nothing, derives no ids, keeps no order by key and remembers no results; it is what one would write first.

Throughput is of a backlog, over its last nine tenths. Latency is from publishing a question to seeing its output, at a
rate at which nothing queues.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from answerable_events.topics import CONTEXTS, QUESTIONS
from answerable_runtime.settings import RuntimeSettings
from tests.bench.figures import Measured, Scale, beside, quantile
from tests.bench.rates import sustained_rate
from tests.bench.servers import broker, fill, run_service, send
from tests.bench.traffic import questions
from tests.support.stages import stage

THROUGHPUT_AIM = "ratio >= 0.5"
LATENCY_AIM = "ratio <= 1.5"
_PADDING = 1_500
_CONCURRENCY = 64
_PER_SECOND = 50
_WARM_UP = 20  # messages whose latency is not counted
_FOLLOWED_WITHIN_S = 30


@dataclass(slots=True)
class Finished:
    """How many outputs were acknowledged."""

    count: int = 0


Way = Callable[[RuntimeSettings], AbstractAsyncContextManager[Callable[[], float]]]
"""Runs a hop on these settings; gives how many messages it has finished."""


async def measure(scale: Scale) -> Measured:
    rounds, backlog, sample = scale.of(3, 1), scale.of(6_000, 2_000), scale.of(200, 60)
    ways: Mapping[str, Way] = {"harness": _harness, "bare": _bare}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    latencies: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        for name in list(ways)[:: -1 if turn % 2 else 1]:
            async with broker(concurrency=_CONCURRENCY) as settings:
                rates[name].append(await _throughput(settings, ways[name], backlog))
                latencies[name].append(await _p50_ms(settings, ways[name], sample))
    figures = {
        "hop": beside(rates["harness"], rates["bare"], "events/s", THROUGHPUT_AIM),
        "hop_latency_p50": beside(latencies["harness"], latencies["bare"], "ms", LATENCY_AIM),
    }
    note = f"{backlog} questions waiting, {_CONCURRENCY} in flight; latency at {_PER_SECOND}/s; {rounds} turns"
    return Measured(figures, note, {"events_per_second": rates, "p50_ms": latencies})


async def _throughput(settings: RuntimeSettings, way: Way, backlog: int) -> float:
    await fill(settings, questions(backlog, datetime.now(UTC), padding=_PADDING))
    async with way(settings) as finished:
        return await sustained_rate(backlog, finished)


async def _p50_ms(settings: RuntimeSettings, way: Way, sample: int) -> float:
    """Median of publish to output, for messages at a steady rate."""
    messages = list(questions(sample + _WARM_UP, datetime.now(UTC), padding=_PADDING))
    published: dict[bytes, float] = {}
    seen: dict[bytes, float] = {}
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers, acks="all")
    consumer = AIOKafkaConsumer(
        CONTEXTS.name,
        bootstrap_servers=settings.bootstrap_servers,
        auto_offset_reset="latest",
        fetch_max_wait_ms=round(settings.kafka_fetch_wait.total_seconds() * 1000),
    )
    async with way(settings), producer, consumer:
        await consumer.seek_to_end()
        follower = asyncio.create_task(_follow(consumer, seen, {m.key for m in messages if m.key}))
        begun = time.perf_counter()
        for number, message in enumerate(messages):
            await asyncio.sleep(max(0.0, begun + number / _PER_SECOND - time.perf_counter()))
            published[message.key or b""] = time.perf_counter()
            await send(producer, message)
        async with asyncio.timeout(_FOLLOWED_WITHIN_S):
            await follower
    counted = [m.key or b"" for m in messages[_WARM_UP:]]
    return 1000 * quantile([seen[key] - published[key] for key in counted], 0.5)


async def _follow(consumer: AIOKafkaConsumer, seen: dict[bytes, float], wanted: set[bytes]) -> None:
    while len(seen) < len(wanted):
        batches = await consumer.getmany(timeout_ms=1000)
        now = time.perf_counter()
        for records in batches.values():
            for record in records:
                if record.key in wanted:
                    seen.setdefault(record.key, now)


@asynccontextmanager
async def _harness(settings: RuntimeSettings) -> AsyncIterator[Callable[[], float]]:
    async with run_service(stage(concurrency=settings.concurrency), settings) as runner:
        counter = runner.harness.metrics.messages.labels("retrieval", QUESTIONS.name, "done")
        yield lambda: sum(sample.value for sample in counter._samples() if sample.name == "_total")


@asynccontextmanager
async def _bare(settings: RuntimeSettings) -> AsyncIterator[Callable[[], float]]:
    servers, finished = settings.bootstrap_servers, Finished()
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", max_batch_size=256 * 1024)
    consumer = AIOKafkaConsumer(
        QUESTIONS.name,
        bootstrap_servers=servers,
        group_id="answerable.retrieval",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=round(settings.kafka_fetch_wait.total_seconds() * 1000),
    )
    async with producer, consumer:
        loop = asyncio.create_task(_transform_for_ever(consumer, producer, finished))
        try:
            yield lambda: finished.count
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)


async def _transform_for_ever(consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, finished: Finished) -> None:
    while True:
        batches = await consumer.getmany(timeout_ms=1000, max_records=500)
        records = [record for batch in batches.values() for record in batch]
        sent = [
            await producer.send(
                CONTEXTS.name, _transform(r.value), key=r.key, partition=r.partition, headers=list(r.headers)
            )
            for r in records
        ]
        await asyncio.gather(*sent)
        if records:
            await consumer.commit({place: batch[-1].offset + 1 for place, batch in batches.items() if batch})
        finished.count += len(records)


def _transform(body: bytes) -> bytes:
    question = json.loads(body)
    return json.dumps({"request_id": question["request_id"], "question": question, "passages": []}).encode()
