"""Our codec and the CloudEvents SDK read each other's Kafka messages."""

from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from answerable_events.codec import Event, Producer, decode, encode
from answerable_events.errors import HeadersInvalid
from answerable_events.message import Message, Record
from answerable_events.topics import QUESTIONS, Topic
from tests.support.examples import Example, example, homes

HOMES = list(homes())
NAMES = [f"{topic.name}-{one}" for topic, one in HOMES]
NOW = datetime(2026, 11, 16, 9, 14, 5, 120_000, tzinfo=UTC)
PRODUCER = Producer(source="/norvik/intranet", id="intranet-7d9f", sequence=12)


def written(topic: Topic, one: Example) -> Message:
    event = decode(one.record(topic), topic)
    return encode(event.body, topic=topic, producer=PRODUCER, now=NOW, cause=event)


def read_by_sdk(message: Message) -> BaseCloudEvent:
    return from_binary_event(KafkaMessage(headers=dict(message.headers), key=message.key, value=message.value))


@pytest.mark.parametrize(("topic", "one"), HOMES, ids=NAMES)
def test_the_sdk_reads_the_attributes_that_we_write(topic: Topic, one: Example) -> None:
    message = written(topic, one)
    found = read_by_sdk(message)
    ours = decode(Record(topic.name, 0, 0, 0, message.key, message.value, message.headers), topic)
    assert (found.get_id(), found.get_source(), found.get_type(), found.get_specversion()) == (
        str(ours.id),
        PRODUCER.source,
        one.event_type,
        "1.0",
    )
    assert found.get_subject() == one.key == found.get_extension("partitionkey")
    assert (found.get_time(), str(found.get_time())[-6:]) == (NOW, "+00:00")
    assert found.get_datacontenttype() == "application/json"
    assert found.get_dataschema() == f"urn:answerable:schema:{one.event_type}"


@pytest.mark.parametrize(("topic", "one"), HOMES, ids=NAMES)
def test_the_sdk_reads_the_extensions_that_we_write(topic: Topic, one: Example) -> None:
    message = written(topic, one)
    found = read_by_sdk(message)
    assert found.get_extension("tenant") == one.body["tenant"]
    assert found.get_extension("correlationid") == str(decode(one.record(topic), topic).body.correlation_id)
    assert found.get_extension("causationid") == one.headers["ce_id"]
    assert (found.get_extension("producerid"), found.get_extension("producerseq")) == ("intranet-7d9f", "12")


@pytest.mark.parametrize(("topic", "one"), HOMES, ids=NAMES)
def test_the_sdk_reads_the_data_that_we_write(topic: Topic, one: Example) -> None:
    message = written(topic, one)
    body = decode(one.record(topic), topic).body
    assert read_by_sdk(message).get_data() == body.model_dump(mode="json", exclude_none=True)


@pytest.mark.parametrize(("topic", "one"), HOMES, ids=NAMES)
def test_the_sdk_reads_the_examples_as_they_stand(topic: Topic, one: Example) -> None:
    record = one.record(topic)
    found = from_binary_event(KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value))
    attributes = {name.removeprefix("ce_") for name in one.headers if name.startswith("ce_")}
    assert found.get_data() in (one.body, one.value)
    assert attributes <= set(found.get_attributes())


@pytest.mark.parametrize(("topic", "one"), HOMES, ids=NAMES)
def test_we_read_what_the_sdk_writes(topic: Topic, one: Example) -> None:
    message = to_binary_event(from_sdk(one), key_mapper=lambda _: one.key.encode())
    assert isinstance(message.key, bytes)
    event = decode(Record(topic.name, 0, 0, 0, message.key, message.value, tuple(message.headers.items())), topic)
    ours = decode(one.record(topic), topic)
    assert summary(event) == (ours.body, ours.id, "/somebody/else", NOW)


def test_what_the_sdk_writes_in_structured_mode_is_refused_as_lacking_headers() -> None:
    message = to_structured_event(from_sdk(example("question.asked/full")))
    with pytest.raises(HeadersInvalid):
        decode(Record("questions", 0, 0, 0, None, message.value, tuple(message.headers.items())), QUESTIONS)


def from_sdk(one: Example) -> CloudEvent:
    attributes = {
        "id": one.headers["ce_id"],
        "source": "/somebody/else",
        "type": one.event_type,
        "specversion": "1.0",
        "time": NOW,
        "datacontenttype": "application/json",
        "tenant": one.headers["ce_tenant"],
    }
    return CloudEvent(attributes=attributes, data=one.body)


def summary(event: Event[Any]) -> tuple[object, ...]:
    return event.body, event.id, event.source, event.time
