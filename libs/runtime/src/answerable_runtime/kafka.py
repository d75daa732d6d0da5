"""The broker port on Kafka: FastStream runs the consumers, aiokafka produces. Works on Kafka and on Tansu alike.

FastStream's defaults acknowledge before the work is done, so everything that decides about loss is set here explicitly
(README, "Why not the defaults"). The producer is our own: `broker.publish` encodes, and waits one message at a time.
"""

import asyncio
from collections.abc import Collection, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener
from aiokafka import TopicPartition as Place
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.structs import ConsumerRecord
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER
from faststream.security import BaseSecurity, SASLScram512

from answerable_events.message import Message
from answerable_runtime.errors import BrokerUnavailable, StartUpRefused
from answerable_runtime.kafka_connection import connection, milliseconds, tls
from answerable_runtime.kafka_consumer import Consumer
from answerable_runtime.kafka_reader import LARGEST_MESSAGE, UNAVAILABLE, KafkaReader, record_of
from answerable_runtime.log import Partition, Subscription
from answerable_runtime.settings import RuntimeSettings

_log = structlog.get_logger(__name__)

_MAX_POLL_INTERVAL_MS = 30 * 60 * 1000
"""A batch waits for its store as long as that takes; whether a member is stuck is for liveness to say."""


class KafkaMember:
    """A consumer of ours in its group."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        due = {place: offsets[place.topic, place.partition] for place in self._places(offsets)}
        try:
            if due:
                await self._consumer.commit(due)
        except UNAVAILABLE as error:
            raise BrokerUnavailable(f"commit: {type(error).__name__}") from None

    def assignment(self) -> frozenset[Partition]:
        return frozenset((place.topic, place.partition) for place in self._consumer.assignment())

    def end_offsets(self) -> Mapping[Partition, int]:
        marks = ((place, self._consumer.highwater(place)) for place in self._consumer.assignment())
        return {(place.topic, place.partition): mark for place, mark in marks if mark is not None}

    def _places(self, partitions: Collection[Partition]) -> list[Place]:
        owned = self._consumer.assignment()
        return [Place(*partition) for partition in partitions if Place(*partition) in owned]


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells a sink about its partitions."""

    def __init__(self, log: "KafkaLog", subscription: Subscription) -> None:
        self._log = log
        self._sink = subscription.sink
        self.subscriber: Any = None

    async def on_partitions_revoked(self, revoked: Collection[Place]) -> None:
        if revoked and self.subscriber.consumer is not None:
            await self._log.guard(self._sink.revoked(_partitions(revoked), KafkaMember(self.subscriber.consumer)))

    async def on_partitions_assigned(self, assigned: Collection[Place]) -> None:
        await self._log.guard(self._sink.assigned(_partitions(assigned), KafkaMember(self.subscriber.consumer)))


class KafkaLog(KafkaReader):
    """A connection to Kafka. Create it inside a running event loop."""

    def __init__(self, settings: RuntimeSettings, *, client_id: str) -> None:
        super().__init__(settings, client_id)
        self._broker = self._make_broker()
        self._producer: AIOKafkaProducer | None = None
        self._failure: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    async def start(self, subscriptions: Sequence[Subscription]) -> None:
        """Connect, and join the groups."""
        self._producer = AIOKafkaProducer(
            acks="all",
            enable_idempotence=False,  # one rejected batch would poison it for good; ids make repeats harmless
            linger_ms=0,
            max_batch_size=256 * 1024,
            max_request_size=LARGEST_MESSAGE,
            **connection(self._settings, self._client_id),
        )
        try:
            await self._producer.start()
            for subscription in subscriptions:
                self._subscribe(subscription)
            await self._broker.connect()
            config = self._broker.config.broker_config
            assert isinstance(config.builder, partial), "FastStream makes consumers in another way now"
            config.builder = partial(Consumer, **config.builder.keywords)
            await self._broker.start()
        except UNAVAILABLE as error:
            await self.stop()
            raise BrokerUnavailable(f"connecting to Kafka: {type(error).__name__}") from None

    async def stop(self) -> None:
        await self._broker.stop()
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None

    async def publish(self, messages: Sequence[Message]) -> None:
        assert self._producer is not None, "not started"
        limit = self._settings.kafka_request_timeout.total_seconds() * 2
        try:
            async with asyncio.timeout(limit):
                sent = [await self._send(message) for message in messages]
                await asyncio.gather(*sent)
        except UNAVAILABLE as error:
            raise BrokerUnavailable(f"publish: {type(error).__name__}") from None

    async def _send(self, message: Message) -> "asyncio.Future[Any]":
        assert self._producer is not None
        future: asyncio.Future[Any] = await self._producer.send(
            message.topic, message.value, key=message.key, partition=message.partition, headers=list(message.headers)
        )
        return future

    async def check(self) -> None:
        assert self._producer is not None, "not started"
        try:
            async with asyncio.timeout(self._settings.kafka_request_timeout.total_seconds()):
                await self._producer.client.fetch_all_metadata()
        except UNAVAILABLE as error:
            raise BrokerUnavailable(f"no answer: {type(error).__name__}") from None

    async def failed(self) -> BaseException:
        return await asyncio.shield(self._failure)

    async def guard(self, call: Coroutine[Any, Any, None]) -> None:
        """Run a sink's method; its error ends the service instead of vanishing in FastStream or the coordinator."""
        try:
            await call
        except BaseException as error:
            if not self._failure.done() and not isinstance(error, asyncio.CancelledError):
                self._failure.set_result(error)
            raise

    def _make_broker(self) -> KafkaBroker:
        settings = self._settings
        return KafkaBroker(
            settings.bootstrap_servers,  # a list: a comma string would be taken for one host
            client_id=self._client_id,
            request_timeout_ms=milliseconds(settings.kafka_request_timeout.total_seconds()),
            security=_security(settings),
            consumer_only=True,
            allow_auto_create_topics=False,
            acks="all",
            graceful_timeout=settings.drain.total_seconds(),
            apply_types=False,
            logger=None,
        )

    def _subscribe(self, subscription: Subscription) -> None:
        listener = _Listener(self, subscription)
        in_group = subscription.group is not None
        subscriber = self._broker.subscriber(
            *subscription.topics,
            group_id=subscription.group,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest" if in_group else "latest",
            batch=True,
            max_records=subscription.max_records,
            batch_timeout_ms=1,  # see Consumer
            listener=listener,
            partition_assignment_strategy=[RangePartitionAssignor],  # partition N of every topic to the same member
            fetch_max_wait_ms=milliseconds(self._settings.kafka_fetch_wait.total_seconds()),
            max_partition_fetch_bytes=subscription.max_message_bytes,
            session_timeout_ms=milliseconds(self._settings.kafka_session_timeout.total_seconds()),
            heartbeat_interval_ms=milliseconds(self._settings.kafka_session_timeout.total_seconds() / 4),
            max_poll_interval_ms=_MAX_POLL_INTERVAL_MS,
            parser=_take_as_it_is,
            decoder=_untouched,
        )
        listener.subscriber = subscriber

        async def receive(batch: tuple[ConsumerRecord, ...]) -> None:
            records = [record_of(raw) for raw in batch]
            await self.guard(subscription.sink.receive(records, KafkaMember(subscriber.consumer)))

        subscriber(receive)
        _require_no_loss(subscriber, subscription)


def _require_no_loss(subscriber: Any, subscription: Subscription) -> None:
    """Refuse to start with a subscriber that could acknowledge before the work is done, or that lost a topic.

    Raises:
        StartUpRefused: says what is wrong.
    """
    arguments = subscriber._connection_args  # noqa: SLF001 - FastStream has no public view of what it will use
    problems = [
        text
        for text, wrong in (
            ("acknowledgement is not manual", subscriber.ack_policy is not AckPolicy.MANUAL),
            ("auto-commit is on", arguments.get("enable_auto_commit", False)),
            (
                "a group must start at the earliest offset",
                subscription.group is not None and arguments.get("auto_offset_reset") != "earliest",
            ),
            ("topics differ", sorted(subscriber.topic_names_for_subscribe) != sorted(subscription.topics)),
        )
        if wrong
    ]
    if problems:
        raise StartUpRefused(f"subscription to {', '.join(subscription.topics)}: {'; '.join(problems)}")


def _security(settings: RuntimeSettings) -> BaseSecurity | None:
    context = tls(settings)
    if settings.kafka_security.startswith("SASL"):
        assert settings.kafka_username is not None
        assert settings.kafka_password is not None
        return SASLScram512(
            username=settings.kafka_username,
            password=settings.kafka_password.get_secret_value(),
            ssl_context=context,
            use_ssl=context is not None,
        )
    return BaseSecurity(ssl_context=context, use_ssl=True) if context else None


def _partitions(places: Collection[Place]) -> list[Partition]:
    return [(place.topic, place.partition) for place in places]


async def _take_as_it_is(batch: Any) -> KafkaMessage:
    """Instead of FastStream's parser, which loses, silently, a batch with a header that is not UTF-8."""
    return KafkaMessage(raw_message=batch, body=batch, consumer=FAKE_CONSUMER)


async def _untouched(message: KafkaMessage) -> Any:
    return message.raw_message
