"""Creates the topics of the registry."""

from collections.abc import Iterable

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from answerable_events.topics import PARTITIONS, Topic, every_topic
from answerable_runtime.errors import BrokerUnavailable, StartUpRefused
from answerable_runtime.kafka_connection import connection
from answerable_runtime.settings import RuntimeSettings

_log = structlog.get_logger(__name__)

_EXISTS = 36  # TOPIC_ALREADY_EXISTS; aiokafka's create_topics reports it instead of raising


async def create_topics(settings: RuntimeSettings, topics: Iterable[Topic] | None = None) -> list[str]:
    """Create what is missing, and return the names of the created topics.

    Raises:
        BrokerUnavailable: no connection.
        StartUpRefused: the broker refused a topic, or one exists with another number of partitions.
    """
    wanted = list(every_topic() if topics is None else topics)
    admin = AIOKafkaAdminClient(**connection(settings, "answerable-admin"))
    try:
        await admin.start()
        answer = await admin.create_topics([_new_topic(topic, settings.kafka_replication) for topic in wanted])
        codes = {entry[0]: entry[1] for entry in answer.topic_errors}
        refused = {name: code for name, code in codes.items() if code not in (0, _EXISTS)}
        if refused:
            raise StartUpRefused(f"the broker refused topics (name: error code): {refused}")
        await _require_partitions(admin, [name for name, code in codes.items() if code == _EXISTS])
    except (KafkaError, OSError) as error:
        raise BrokerUnavailable(f"creating topics: {type(error).__name__}") from None
    finally:
        await admin.close()
    return [name for name, code in codes.items() if code == 0]


async def _require_partitions(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    if not names:
        return
    found = {entry["topic"]: len(entry["partitions"]) for entry in await admin.describe_topics(names)}
    if 0 in found.values():
        raise BrokerUnavailable("another process is creating topics just now")
    wrong = {name: partitions for name, partitions in found.items() if partitions != PARTITIONS}
    if wrong:
        raise StartUpRefused(f"topics must have {PARTITIONS} partitions each, but have: {wrong}")


def _new_topic(topic: Topic, replication: int) -> NewTopic:
    return NewTopic(
        name=topic.name,
        num_partitions=PARTITIONS,
        replication_factor=replication,
        topic_configs={
            "cleanup.policy": "delete",
            "max.message.bytes": str(topic.max_message_bytes + 64 * 1024),  # headers and framing count too
            "retention.ms": str(round(topic.retention.total_seconds() * 1000)),
        },
    )
