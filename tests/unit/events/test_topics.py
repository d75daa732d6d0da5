"""The topology: what travels where, written by whom, read by whom."""

import pytest

from answerable_events.answers import AnswerFailed, AnswerReleased, AnswerWithheld
from answerable_events.body import EventBody
from answerable_events.deadletters import DeadLettered
from answerable_events.requests import QuestionAsked
from answerable_events.topics import (
    ANSWERS,
    PARTITIONS,
    TOPICS,
    Topic,
    consumers_of,
    event_types,
    every_topic,
    processed,
    topic_of,
)

SERVICES = {"ingestion", "retrieval", "inference", "validation", "audit", "gateway", "cli"}
PARTIES = SERVICES | {"upstream"}
BY_NAME = {topic.name: topic for topic in every_topic()}


def subtypes(event: type[EventBody]) -> set[type[EventBody]]:
    return {event, *(found for narrower in event.__subclasses__() for found in subtypes(narrower))}


def test_every_event_type_that_is_defined_travels_on_some_topic() -> None:
    defined = {event for event in subtypes(EventBody) if "TYPE" in vars(event)}
    assert defined == set(event_types().values())


@pytest.mark.parametrize("event", event_types().values(), ids=lambda event: event.TYPE)
def test_an_event_type_has_exactly_one_home(event: type[EventBody]) -> None:
    homes = [topic for topic in TOPICS if event in topic.events]
    if event is DeadLettered:
        assert homes == []
        with pytest.raises(LookupError):
            topic_of(event)
    else:
        assert homes == [topic_of(event)]


@pytest.mark.parametrize("event_type", event_types())
def test_a_type_is_named_for_subject_action_and_version(event_type: str) -> None:
    vendor, product, subject, action, version = event_type.split(".")
    assert (vendor, product, version) == ("io", "answerable", "v1")
    assert subject.islower()
    assert action.islower()


@pytest.mark.parametrize("topic", list(every_topic()), ids=lambda topic: topic.name)
def test_a_topic_has_writers_and_readers_that_exist_and_audit_among_the_readers(topic: Topic) -> None:
    assert set(topic.producers) <= PARTIES
    assert set(topic.consumers) <= PARTIES
    assert topic.producers
    assert "audit" in topic.consumers
    assert topic.events


def test_topic_names_are_unique() -> None:
    assert len(BY_NAME) == len(list(every_topic()))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_companions_exist_exactly_where_a_service_tries_again_or_gives_up(topic: Topic) -> None:
    assert (topic.retry in BY_NAME) == topic.retried
    assert (topic.dead_letters in BY_NAME) == processed(topic)
    assert processed(topic) or not topic.retried


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic.retried], ids=lambda topic: topic.name)
def test_a_retry_topic_carries_the_same_and_belongs_to_the_service_that_retries(topic: Topic) -> None:
    retry = BY_NAME[topic.retry]
    service = topic.consumers[0]
    assert service in SERVICES - {"audit"}
    assert (retry.events, retry.max_message_bytes) == (topic.events, topic.max_message_bytes)
    assert (retry.producers, retry.consumers) == ((service,), (service, "audit"))


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if processed(topic)], ids=lambda topic: topic.name)
def test_a_dead_letter_holds_the_largest_message_of_its_topic_in_base64(topic: Topic) -> None:
    dead = BY_NAME[topic.dead_letters]
    assert dead.events == (DeadLettered,)
    assert dead.max_message_bytes > topic.max_message_bytes * 4 / 3 + 64 * 1024
    assert dead.retention > topic.retention


def test_answers_are_written_by_audit_only_and_are_the_only_outcomes() -> None:
    assert ANSWERS.producers == ("audit",)
    outcomes = {AnswerReleased, AnswerWithheld, AnswerFailed}
    assert [topic.name for topic in every_topic() if outcomes & set(topic.events)] == ["answers"]


def test_partition_counts_are_equal_because_a_request_keeps_its_number() -> None:
    """There is one constant, not a field of the topic; a field would have to be compared here."""
    assert PARTITIONS > 0
    assert "partitions" not in Topic.__dataclass_fields__


def test_the_consumers_of_an_event_include_those_of_its_retries() -> None:
    assert consumers_of(QuestionAsked) == ("audit", "retrieval")
    assert consumers_of(DeadLettered) == ("audit",)
    assert consumers_of(AnswerReleased) == ("audit", "gateway", "upstream")
