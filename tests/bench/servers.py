"""The servers that are measured against: real Kafka where it can run, else Tansu; ClickHouse as its own process."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from aiokafka import AIOKafkaProducer

from answerable_events.message import Message
from answerable_runtime.kafka_topics import create_topics
from answerable_runtime.launch import running
from answerable_runtime.metrics import Metrics
from answerable_runtime.runner import Runner
from answerable_runtime.service import Service
from answerable_runtime.settings import RuntimeSettings
from tests.support import servers
from tests.support.servers import TOKEN, start_clickhouse, start_redis

_AT_ONCE = 2_000


def best_broker() -> str:
    """Containers are left out: a network between containers is not what is measured."""
    return servers.KAFKA if servers.can_run_kafka() else servers.TANSU


@asynccontextmanager
async def broker(*, concurrency: int = 16) -> AsyncIterator[RuntimeSettings]:
    """A fresh broker with all topics and a fresh effect store, as settings that reach them."""
    kind = best_broker()
    async with servers.start_broker(kind) as kafka, start_redis() as redis:
        settings = RuntimeSettings(
            kafka_brokers=kafka.url,
            kafka_fetch_wait=timedelta(milliseconds=10 if kind == servers.TANSU else 500),
            redis_url=redis.url,
            concurrency=concurrency,
        )
        await create_topics(settings)
        yield settings


@asynccontextmanager
async def clickhouse() -> AsyncIterator[str]:
    """The URL of a fresh ClickHouse, as a user that may write."""
    async with start_clickhouse() as server:
        yield server.url.replace("http://", f"http://answerable:{TOKEN}@")


@asynccontextmanager
async def run_service(service: Service, settings: RuntimeSettings) -> AsyncIterator[Runner]:
    """A service as its `main` runs it."""

    @asynccontextmanager
    async def build(_: Metrics) -> AsyncIterator[Service]:
        yield service

    async with AsyncExitStack() as stack:
        [runner] = await stack.enter_async_context(running({service.name: build}, settings))
        yield runner


async def fill(settings: RuntimeSettings, messages: Iterable[Message]) -> None:
    """Put messages into their topics, in order within each partition."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers, acks="all", linger_ms=5, max_batch_size=128 * 1024
    )
    await producer.start()
    try:
        sent = []
        for message in messages:
            sent.append(await send(producer, message))
            if len(sent) == _AT_ONCE:
                await asyncio.gather(*sent)
                sent.clear()
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def send(producer: AIOKafkaProducer, message: Message) -> "asyncio.Future[object]":
    future: asyncio.Future[object] = await producer.send(
        message.topic, message.value, key=message.key, partition=message.partition, headers=list(message.headers)
    )
    return future
