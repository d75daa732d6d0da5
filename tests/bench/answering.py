"""Question to answer through all services, as `answerable up` runs them: latency with a constant model, and throughput.

Latency is from publishing a question to seeing its record on `answers`, measured by another process; what the stages
add to it is the time between the records that they write, seen by the same observer.
"""

import asyncio
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from answerable_cli.instance import Instance
from answerable_cli.results import Figure
from answerable_events.codec import Producer, encode
from answerable_events.documents import DocumentSubmitted
from answerable_events.message import Message
from answerable_events.requests import Asker, QuestionAsked
from answerable_events.topics import ANSWERS, CONTEXTS, DOCUMENTS, DRAFTS, KNOWLEDGE, QUESTIONS, VERDICTS
from tests.bench.figures import Measured, Scale, quantile, rounded
from tests.bench.rates import sustained_rate
from tests.bench.servers import send
from tests.bench.stack import ANSWER, stack

P50_AIM, P99_AIM = "<= 60", "<= 200"
PER_SECOND = 20
_TENANT = "norvik"
_WARM_UP = 40  # questions that are not counted
_LIMIT_S = 90
_SNAPSHOT_SEEN_S = 3  # retrieval refreshes its snapshot at a fixed cadence
_TOPICS = (QUESTIONS, CONTEXTS, DRAFTS, VERDICTS, ANSWERS)
_STAGES = ("asking", "retrieval", "inference", "validation", "audit")
_UPSTREAM = Producer(source="/bench/upstream", id="bench", sequence=1)
_DOCUMENTS = {
    "leave.md": f"# Annual leave\n\n{ANSWER} Leave is requested from the manager two weeks ahead.\n",
    "travel.md": "# Travel\n\nTrips of less than eight hours are not reimbursed for meals. Keep every receipt.\n",
    "office.md": "# Office\n\nThe office opens at seven in the morning and closes at eight in the evening.\n",
}


@dataclass(slots=True)
class Observer:
    """Sees every record of the request topics, and when."""

    consumer: AIOKafkaConsumer
    producer: AIOKafkaProducer
    seen: dict[tuple[str, bytes], float] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)

    async def ask(self, message: Message) -> float:
        moment = time.perf_counter()
        await send(self.producer, message)
        return moment

    def answered(self) -> int:
        return sum(self.kinds.values())

    async def watch(self) -> None:
        while True:
            batches = await self.consumer.getmany(timeout_ms=1000)
            now = time.perf_counter()
            for place, records in batches.items():
                for record in records:
                    self.seen.setdefault((place.topic, record.key), now)
                    if place.topic == ANSWERS.name:
                        kind = dict(record.headers)["ce_type"].decode()
                        self.kinds[kind] = self.kinds.get(kind, 0) + 1


async def measure_latency(scale: Scale) -> Measured:
    count = PER_SECOND * scale.of(30, 5)
    async with stack(constant=True) as instance, _observing(instance) as observer:
        await _all_at(observer, list(_questions(_WARM_UP)))
        messages = list(_questions(count))
        asked = await _all_at(observer, messages)
    keys = [message.key or b"" for message in messages]
    totals = [1000 * (observer.seen[ANSWERS.name, key] - asked[key]) for key in keys]
    details = {"stages_ms": _stages(observer, asked, keys), "outcomes": observer.kinds}
    figures = {
        "added_latency_p50": Figure(rounded(quantile(totals, 0.5)), "ms", P50_AIM),
        "added_latency_p99": Figure(rounded(quantile(totals, 0.99)), "ms", P99_AIM),
    }
    return Measured(figures, f"{count} questions at {PER_SECOND}/s, constant model, Tansu", details)


async def measure_throughput(scale: Scale) -> Measured:
    count = scale.of(600, 100)
    async with stack(constant=False) as instance, _observing(instance) as observer:
        await _all_at(observer, list(_questions(_WARM_UP)))
        for message in _questions(count):
            await observer.ask(message)
        rate = await sustained_rate(count, lambda: observer.answered() - _WARM_UP)
    note = f"{count} questions at once, extractive model, all services in one process, Tansu"
    return Measured({"questions_per_second": Figure(rounded(rate), "1/s")}, note, {"outcomes": observer.kinds})


async def _all_at(observer: Observer, messages: Sequence[Message]) -> dict[bytes, float]:
    """Ask at PER_SECOND and wait for every outcome; when each was asked."""
    before, asked, begun = observer.answered(), {}, time.perf_counter()
    for number, message in enumerate(messages):
        await asyncio.sleep(max(0.0, begun + number / PER_SECOND - time.perf_counter()))
        asked[message.key or b""] = await observer.ask(message)
    async with asyncio.timeout(_LIMIT_S):
        while observer.answered() < before + len(messages):
            await asyncio.sleep(0.02)
    return asked


def _stages(observer: Observer, asked: dict[bytes, float], keys: Sequence[bytes]) -> dict[str, dict[str, float]]:
    """Milliseconds that each stage added, as the observer saw it."""
    spans: dict[str, list[float]] = {stage: [] for stage in _STAGES}
    for key in keys:
        moments = [asked[key], *(observer.seen.get((topic.name, key)) for topic in _TOPICS)]
        for stage, (before, after) in zip(_STAGES, pairwise(moments), strict=True):
            if before is not None and after is not None:
                spans[stage].append(1000 * (after - before))
    return {
        stage: {"p50": round(quantile(each, 0.5), 1), "p99": round(quantile(each, 0.99), 1)}
        for stage, each in spans.items()
        if each
    }


@asynccontextmanager
async def _observing(instance: Instance) -> AsyncIterator[Observer]:
    """An observer of a stack that knows the documents."""
    consumer = AIOKafkaConsumer(
        KNOWLEDGE.name,
        *(topic.name for topic in _TOPICS),
        bootstrap_servers=instance.kafka_brokers,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=round(1000 * instance.fetch_wait_s),
    )
    producer = AIOKafkaProducer(bootstrap_servers=instance.kafka_brokers, acks="all")
    async with producer, consumer:
        observer = Observer(consumer, producer)
        watching = asyncio.create_task(observer.watch())
        try:
            await _teach(observer)
            yield observer
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def _teach(observer: Observer) -> None:
    for name, text in _DOCUMENTS.items():
        body = DocumentSubmitted(
            tenant=_TENANT,
            document_id=name,
            version=1,
            filename=name,
            content=b64encode(text.encode()),
            readers=("group:staff",),
            submitted_at=datetime.now(UTC),
        )
        await send(observer.producer, encode(body, topic=DOCUMENTS, producer=_UPSTREAM, now=datetime.now(UTC)))
    async with asyncio.timeout(_LIMIT_S):
        while any((KNOWLEDGE.name, name.encode()) not in observer.seen for name in _DOCUMENTS):
            await asyncio.sleep(0.05)
    await asyncio.sleep(_SNAPSHOT_SEEN_S)


def _questions(count: int) -> Iterator[Message]:
    now = datetime.now(UTC)
    for _ in range(count):
        body = QuestionAsked(
            tenant=_TENANT,
            request_id=uuid4(),
            text="How many days of annual leave do employees have?",
            asker=Asker(subject="ada", groups=("staff",)),
            asked_at=now,
            deadline=now + timedelta(minutes=10),
        )
        yield encode(body, topic=QUESTIONS, producer=_UPSTREAM, now=now)
