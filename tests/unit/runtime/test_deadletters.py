"""Dead letters: nothing of the original is lost, and it can go back."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from answerable_events.codec import Producer, decode
from answerable_events.deadletters import DeadLettered
from answerable_events.message import Message, Record
from answerable_events.topics import QUESTIONS, dead_letter_topic
from answerable_runtime.deadletters import (
    ATTEMPT_HEADER,
    Death,
    bury,
    exhume,
)
from tests.support.questions import asked

NOW = datetime(2026, 11, 24, tzinfo=UTC)
US = Producer("/answerable/retrieval", "r1", 1)
DEATH = Death("body_invalid", "BodyInvalid", 0)


def record(message: Message, *, topic: str = "questions") -> Record:
    return Record(topic, 4, 17, 1_700_000_000_000, message.key, message.value, message.headers)


def letter(source: Record) -> DeadLettered:
    message = bury(source, DEATH, topic=QUESTIONS, producer=US, now=NOW)
    body = decode(
        Record("questions-dlq", 4, 0, 0, message.key, message.value, message.headers), dead_letter_topic(QUESTIONS)
    ).body
    assert isinstance(body, DeadLettered)
    return body


@pytest.mark.parametrize("value", [b"", b"\xff\x00", b"x" * 300_000])
@pytest.mark.parametrize("key", [None, b"", b"\x80"])
def test_bytes_headers_and_place_survive(value: bytes, key: bytes | None) -> None:
    source = Record("questions", 4, 17, 5, key, value, (("odd", b"\xff"), ("odd", b"")))
    body = letter(source)
    assert (body.value, body.key, body.topic, body.partition, body.offset) == (value, key, "questions", 4, 17)
    assert tuple((header.name, header.value) for header in body.headers) == source.headers


def test_the_original_goes_back_as_it_was_and_a_retry_starts_anew() -> None:
    message = asked()
    tried = Message(message.topic, message.key, message.value, (*message.headers, (ATTEMPT_HEADER, b"3")))
    back = exhume(letter(record(tried, topic="questions-retry")))
    assert (back.topic, back.key, back.value, back.headers) == (
        "questions",
        message.key,
        message.value,
        message.headers,
    )


def test_burying_the_same_record_twice_yields_one_event() -> None:
    source = record(asked())
    ids = {dict(bury(source, DEATH, topic=QUESTIONS, producer=US, now=NOW).headers)["ce_id"] for _ in range(2)}
    assert len(ids) == 1


def test_the_letter_belongs_to_the_request_that_the_message_names() -> None:
    request = uuid4()
    assert letter(record(asked(request_id=request))).request_id == request
