"""Every example is a message that its consumers can take, and says the same after a round trip."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest

from answerable_events.body import Ancestor, RequestBody
from answerable_events.codec import Event, Producer, dataschema, decode, encode
from answerable_events.identity import event_id
from answerable_events.message import Record
from answerable_events.requests import DraftGenerated, VerdictDecided
from answerable_events.reviews import ReviewCompleted, ReviewRefused
from answerable_events.topics import Topic, event_types, every_topic
from tests.support.examples import LOGGED_AT, Example, every_example, example, examples_for, homes, topic_named

SCHEMAS = Path(__file__).parents[2] / "schemas"
PRODUCER = Producer(source="/tests", id="tests-1", sequence=3)
EVENTS = event_types()
HOMES = list(homes())
READERS = [(name, topic) for topic in every_topic() for name in topic.consumers]
COMPARED: tuple[object, ...] = (None, "", [], {})
"""What a field may be when its writer left it out."""


def home_of(one: Example) -> Topic:
    return next(topic for topic in every_topic() if EVENTS[one.event_type] in topic.events)


def read(one: Example) -> Event[Any]:
    return decode(one.record(home_of(one)), home_of(one))


@pytest.mark.parametrize("event_type", EVENTS)
def test_every_event_type_has_a_minimal_and_a_fuller_example(event_type: str) -> None:
    own = [one for one in every_example() if one.event_type == event_type]
    assert len(own) >= 2
    assert all(one.name.startswith(event_type.removesuffix(".v1") + "/v1/") for one in own)


def test_an_example_of_each_type_sets_every_field_that_the_type_has() -> None:
    unset = {
        (event.TYPE, name)
        for event in EVENTS.values()
        for name in event.model_fields
        if not any(name in one.body for one in every_example() if one.event_type == event.TYPE)
    }
    uninteresting = {(event.TYPE, "ancestors") for event in EVENTS.values()}
    assert unset <= uninteresting


@pytest.mark.parametrize(("topic", "one"), HOMES, ids=[f"{topic.name}-{one}" for topic, one in HOMES])
def test_an_example_decodes_on_every_topic_that_carries_its_type(topic: Topic, one: Example) -> None:
    event = decode(one.record(topic), topic)
    assert (event.body.TYPE, str(event.id), event.body.subject) == (one.event_type, one.headers["ce_id"], one.key)


@pytest.mark.parametrize(("consumer", "topic"), READERS, ids=[f"{name}-{topic.name}" for name, topic in READERS])
def test_every_consumer_finds_examples_of_all_that_it_may_receive(consumer: str, topic: Topic) -> None:
    received = {decode(one.record(topic), topic).body.TYPE for one in examples_for(topic.name)}
    assert received == {event.TYPE for event in topic.events}
    assert all(consumer in schema_of(event_type)["x-consumers"] for event_type in received)


@pytest.mark.parametrize("one", every_example(), ids=str)
def test_an_example_satisfies_the_published_schema(one: Example) -> None:
    validator = jsonschema_rs.validator_for(schema_of(one.event_type), validate_formats=True)
    assert [error.message for error in validator.iter_errors(one.body)] == []


@pytest.mark.parametrize("one", every_example(), ids=str)
def test_an_example_means_the_same_after_decoding_and_encoding(one: Example) -> None:
    topic = home_of(one)
    event = read(one)
    message = encode(event.body, topic=topic, producer=PRODUCER, now=LOGGED_AT, identity=event.id)
    again = decode(Record(topic.name, 0, 0, 0, message.key, message.value, message.headers), topic)
    assert again.body == event.body
    assert again.id == event.id
    validator = jsonschema_rs.validator_for(schema_of(one.event_type), validate_formats=True)
    assert validator.is_valid(json.loads(message.value))


@pytest.mark.parametrize("one", every_example(), ids=str)
def test_what_the_encoder_writes_loses_no_field_of_the_example(one: Example) -> None:
    message = encode(read(one).body, topic=home_of(one), producer=PRODUCER, now=LOGGED_AT)
    written = json.loads(message.value)
    assert {name for name, value in one.body.items() if value not in COMPARED} <= set(written)


@pytest.mark.parametrize("one", every_example(), ids=str)
def test_an_example_has_the_id_that_the_runtime_would_give_it(one: Example) -> None:
    body = read(one).body
    expected = event_id(body.correlation_id, body.tenant, body.TYPE)
    if isinstance(body, ReviewCompleted | ReviewRefused):
        expected = event_id(body.ancestors[-1].event_id, body.tenant, body.TYPE)
    elif isinstance(body, RequestBody) and not body.ONCE:
        message = encode(body, topic=home_of(one), producer=PRODUCER, now=LOGGED_AT)
        expected = UUID(dict(message.headers)["ce_id"].decode())
    assert UUID(one.headers["ce_id"]) == expected


@pytest.mark.parametrize("one", every_example(), ids=str)
def test_the_ancestors_of_an_example_are_examples_with_the_hash_of_their_bytes(one: Example) -> None:
    known = {read(other).as_ancestor for other in every_example()}
    ancestors: tuple[Ancestor, ...] = read(one).body.ancestors
    assert set(ancestors) <= known


@pytest.mark.parametrize("one", every_example(), ids=str)
def test_labels_and_evidence_of_an_example_point_into_its_passages(one: Example) -> None:
    body = read(one).body
    if isinstance(body, DraftGenerated):
        labels = {passage.label for passage in body.passages}
        assert {label for sentence in body.sentences for label in sentence.citations} <= labels
    if isinstance(body, VerdictDecided):
        assert {citation.label for citation in body.citations} >= {
            spot.label for check in body.checks for spot in check.evidence
        }
        assert all(spot.start < spot.end for check in body.checks for spot in check.evidence)


def test_a_request_id_from_an_idempotency_key_is_among_the_examples() -> None:
    versions = {UUID(one.body["request_id"]).version for one in examples_for("questions")}
    assert versions == {5, 7}


def test_the_full_example_names_its_schema() -> None:
    one = example("question.asked/full")
    assert one.headers["ce_dataschema"] == schema_of(one.event_type)["$id"] == dataschema(EVENTS[one.event_type])


def test_asking_for_a_topic_that_does_not_exist_is_refused() -> None:
    with pytest.raises(LookupError):
        topic_named("question")


def schema_of(event_type: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / "events" / f"{event_type}.json").read_text("utf-8"))
    return schema
