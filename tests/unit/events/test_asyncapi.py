from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from answerable_events.asyncapi import HEADERS, description, document
from answerable_events.codec import Producer, decode, encode
from answerable_events.topics import CONTEXTS, QUESTIONS, Topic, every_topic
from tests.support.examples import every_example, example

SCHEMAS = Path(__file__).parents[3] / "schemas"
FOUND = description()


def follow(reference: str) -> Any:
    if reference.startswith("./"):
        return (SCHEMAS / reference).exists()
    found: Any = FOUND
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [
            *([value["$ref"]] if "$ref" in value else []),
            *(ref for one in value.values() for ref in references(one)),
        ]
    return [ref for one in value for ref in references(one)] if isinstance(value, list) else []


def test_the_text_is_the_description_and_the_same_every_time() -> None:
    assert yaml.safe_load(document()) == FOUND
    assert document() == document()


def test_every_reference_leads_somewhere() -> None:
    assert references(FOUND)
    assert all(follow(reference) for reference in references(FOUND))


@pytest.mark.parametrize("topic", list(every_topic()), ids=lambda topic: topic.name)
def test_a_channel_says_what_the_registry_says(topic: Topic) -> None:
    channel = FOUND["channels"][topic.name]
    settings = channel["bindings"]["kafka"]["topicConfiguration"]
    assert set(channel["messages"]) == {event.TYPE for event in topic.events}
    assert channel["bindings"]["kafka"]["partitions"] == 6
    assert settings["max.message.bytes"] == topic.max_message_bytes
    assert settings["retention.ms"] == topic.retention.total_seconds() * 1000


@pytest.mark.parametrize("topic", list(every_topic()), ids=lambda topic: topic.name)
def test_the_operations_of_a_topic_are_those_of_its_writers_and_readers(topic: Topic) -> None:
    own = {
        (operation["action"], operation["tags"][0]["name"])
        for operation in FOUND["operations"].values()
        if operation["channel"]["$ref"] == f"#/channels/{topic.name}"
    }
    assert own == {*(("send", name) for name in topic.producers), *(("receive", name) for name in topic.consumers)}


def test_every_message_has_a_key_headers_and_a_payload() -> None:
    for message in FOUND["components"]["messages"].values():
        assert message["bindings"]["kafka"]["key"]["type"] == "string"
        assert message["traits"] == [{"$ref": "#/components/messageTraits/cloudevent"}]
        assert message["payload"]["$ref"].endswith(f"{message['name']}.json")


def test_the_headers_described_are_those_that_the_codec_writes() -> None:
    asked = decode(example("question.asked/full").record(QUESTIONS), QUESTIONS)
    context = decode(example("context.retrieved/full").record(CONTEXTS), CONTEXTS)
    message = encode(
        context.body,
        topic=CONTEXTS,
        producer=Producer("/answerable/retrieval", "retrieval-1", 0),
        now=datetime(2026, 11, 16, tzinfo=UTC),
        cause=asked,
    )
    assert set(dict(message.headers)) == set(HEADERS)
    validator = jsonschema_rs.validator_for(headers_schema(), validate_formats=True)
    assert [str(error) for error in validator.iter_errors({k: v.decode() for k, v in message.headers})] == []


def test_the_headers_of_every_example_satisfy_the_description() -> None:
    validator = jsonschema_rs.validator_for(headers_schema(), validate_formats=True)
    assert [one.name for one in every_example() if not validator.is_valid(one.headers)] == []
    assert not validator.is_valid({})


def headers_schema() -> Any:
    return FOUND["components"]["messageTraits"]["cloudevent"]["headers"]
