"""What is not an event is refused with one typed reason, and nothing else ever escapes the decoder."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answerable_events.codec import Event, decode
from answerable_events.errors import (
    BodyInvalid,
    BodyTooLarge,
    HeadersInvalid,
    TenantMismatch,
    TopicMismatch,
    TypeUnknown,
    UndecodableEvent,
)
from answerable_events.message import Record
from answerable_events.schema import reader_schema
from answerable_events.topics import ANSWERS, DOCUMENTS, QUESTIONS, Topic, every_topic
from tests.support.examples import example, homes

QUESTION = example("question.asked/full")
VALID = QUESTION.record(QUESTIONS)
SECRET = "Helena Varga earns"


def body(**fields: Any) -> bytes:
    return json.dumps({**QUESTION.body, **fields}).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in QUESTION.body.items() if key != name}).encode()


def raw(before: str, after: str) -> bytes:
    """The valid body with a piece of its text replaced, for what json.dumps would never write."""
    text = QUESTION.value.decode()
    assert before in text
    return text.replace(before, after, 1).encode()


def headers(**texts: str | None) -> Record:
    changed = {**QUESTION.headers, **{f"ce_{name}": text for name, text in texts.items()}}
    kept = tuple((name, text.encode()) for name, text in changed.items() if text is not None)
    return replace(VALID, headers=kept)


ASKED_AT = QUESTION.body["asked_at"]
BODIES: dict[str, bytes] = {
    "empty": b"",
    "white space": b"  \n",
    "cut off": QUESTION.value[:-7],
    "trailing text": QUESTION.value + b"}",
    "not UTF-8": QUESTION.value.replace(b"hotel", b"h\xf4tel"),
    "UTF-16": QUESTION.value.decode().encode("utf-16"),
    "null": b"null",
    "a list": b"[" + QUESTION.value + b"]",
    "a text": b'"question"',
    "a number": b"42",
    "a required field is missing": without("text"),
    "a required field is null": body(text=None),
    "question empty": body(text=""),
    "question of white space only": body(text=" \n\t "),
    "question of 8,001 characters": body(text="ä" * 8_001),
    "question of 9,000 characters": body(text="x" * 9_000),
    "NUL in the text": body(text="What\x00?"),
    "escape character in the text": body(text="What\x1b[31m?"),
    "lone surrogate, escaped": raw("What may", "What \\ud800 may"),
    "lone surrogate, encoded": QUESTION.value.replace(b"What may", b"What \xed\xa0\x80 may"),
    "naive time": body(asked_at="2026-11-16T09:14:05"),
    "date without time": body(asked_at="2026-11-16"),
    "time as a number": body(asked_at=1_794_820_445),
    "time at the end of the calendar": body(asked_at="9999-12-31T23:59:59-23:59"),
    "time that is NaN": raw(f'"{ASKED_AT}"', "NaN"),
    "time that is infinite": raw(f'"{ASKED_AT}"', "1e999"),
    "flag as a text": body(consequential="yes"),
    "flag as a number": body(consequential=1),
    "huge integer": raw("false", "9" * 5_000),
    "10,000 lists deep": raw('"groups":', '"groups":' + "[" * 10_000 + "]" * 10_000 + ',"x":'),
    "10,000 objects deep, never closed": b'{"a":' * 10_000,
    "unknown field 10,000 lists deep": raw('"text":', '"x":' + "[" * 10_000 + "]" * 10_000 + ',"text":'),
    "request id no UUID": body(request_id="42"),
    "tenant in capitals": body(tenant="Norvik"),
    "tenant with a path": body(tenant="../etc"),
    "asker without a subject": body(asker={"groups": ["staff"]}),
    "asker named with nothing": body(asker={"subject": ""}),
    "groups not a list": body(asker={"subject": "a", "groups": "staff"}),
}
HEADERS: dict[str, tuple[Record, type[UndecodableEvent]]] = {
    **{
        f"without ce_{name}": (headers(**{name: None}), HeadersInvalid)
        for name in ("id", "source", "type", "specversion", "tenant")
    },
    "no headers": (replace(VALID, headers=()), HeadersInvalid),
    "ce_id empty": (headers(id=""), HeadersInvalid),
    "ce_id not a UUID": (headers(id="42"), HeadersInvalid),
    "ce_id not UTF-8": (replace(VALID, headers=(*VALID.headers, ("ce_id", b"\xff\xfe"))), HeadersInvalid),
    "CloudEvents 0.3": (headers(specversion="0.3"), HeadersInvalid),
    "correlation id of another request": (
        headers(correlationid="0192f0c4-0000-7000-8000-000000000000"),
        HeadersInvalid,
    ),
    "key of another request": (replace(VALID, key=b"0192f0c4-0000-7000-8000-000000000000"), HeadersInvalid),
    "no key": (replace(VALID, key=None), HeadersInvalid),
    "unknown type": (headers(type="io.answerable.question.whispered.v1"), TypeUnknown),
    "unknown version": (headers(type="io.answerable.question.asked.v2"), TypeUnknown),
    "type in capitals": (headers(type="IO.ANSWERABLE.QUESTION.ASKED.V1"), TypeUnknown),
    "wrong tenant": (headers(tenant="sillen"), TenantMismatch),
}


@pytest.mark.parametrize("value", BODIES.values(), ids=BODIES)
def test_a_body_that_breaks_the_contract_is_refused_as_invalid(value: bytes) -> None:
    with pytest.raises(BodyInvalid):
        decode(replace(VALID, value=value), QUESTIONS)


@pytest.mark.parametrize(("record", "reason"), HEADERS.values(), ids=HEADERS)
def test_headers_that_break_the_contract_are_refused(record: Record, reason: type[UndecodableEvent]) -> None:
    with pytest.raises(reason) as refused:
        decode(record, QUESTIONS)
    assert type(refused.value) is reason


@pytest.mark.parametrize("topic", [ANSWERS, DOCUMENTS], ids=lambda topic: topic.name)
def test_an_event_on_a_topic_that_does_not_carry_it_is_refused(topic: Topic) -> None:
    with pytest.raises(TopicMismatch):
        decode(VALID, topic)


def test_a_body_of_more_bytes_than_the_topic_allows_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(BodyTooLarge):
        decode(replace(VALID, value=b"[" * (QUESTIONS.max_message_bytes + 1)), QUESTIONS)


def test_a_body_of_exactly_the_allowed_bytes_is_read() -> None:
    padded = QUESTION.value + b" " * (QUESTIONS.max_message_bytes - len(QUESTION.value))
    assert decode(replace(VALID, value=padded), QUESTIONS).body.subject == QUESTION.key


def test_of_duplicate_keys_the_last_one_counts_and_headers_must_agree_with_it() -> None:
    with pytest.raises(TenantMismatch):
        decode(replace(VALID, value=raw('"tenant":"norvik"', '"tenant":"norvik","tenant":"sillen"')), QUESTIONS)


def test_fields_that_this_version_does_not_know_are_skipped() -> None:
    assert decode(replace(VALID, value=body(mood="calm")), QUESTIONS) is not None


@pytest.mark.parametrize(
    "value",
    [
        body(text=SECRET + "\x00"),
        body(asker={"subject": SECRET, "groups": {SECRET: 1}}),
        body(**{SECRET: 1, "consequential": SECRET}),
        SECRET.encode(),
    ],
)
def test_a_refusal_quotes_nothing_of_the_message(value: bytes) -> None:
    with pytest.raises(UndecodableEvent) as refused:
        decode(replace(VALID, value=value), QUESTIONS)
    assert SECRET not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_refusal_does_not_quote_the_keys_of_a_map() -> None:
    context = example("context.retrieved/full")
    topic = next(topic for topic, one in homes() if one is context)
    value = json.dumps({**context.body, "left_out": {SECRET: 1, "access": "many"}}).encode()
    with pytest.raises(BodyInvalid, match=r"left_out\.\*") as refused:
        decode(replace(context.record(topic), value=value), topic)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "\x00", "9" * 500])
def test_a_time_header_that_cannot_be_read_gives_way_to_the_time_of_the_record(time: str) -> None:
    assert decode(headers(time=time), QUESTIONS).time == VALID.time


@pytest.mark.parametrize("timestamp_ms", [-1, 0, -(2**63), 2**63 - 1])
def test_no_time_stamp_of_a_record_breaks_the_decoder(timestamp_ms: int) -> None:
    assert decode(replace(headers(time=None), timestamp_ms=timestamp_ms), QUESTIONS).time.tzinfo is not None


JUNK = st.one_of(st.binary(max_size=200), st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
TOPICS = list(every_topic())
HOMES = list(homes())


def attempt(record: Record, topic: Topic) -> Event[Any] | None:
    """The event, or None for a refusal; anything else raised fails the test that calls this."""
    try:
        return decode(record, topic)
    except UndecodableEvent as refused:
        str(refused).encode()
        return None


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([*QUESTION.headers, "traceparent", "x"]) | st.text(max_size=9), JUNK), max_size=9
    ),
    JUNK,
    st.none() | JUNK,
    st.integers(-(2**63), 2**63 - 1),
)
def test_arbitrary_bytes_raise_nothing_but_a_refusal(
    found: list[tuple[str, bytes]], value: bytes, key: bytes | None, timestamp_ms: int
) -> None:
    for topic in TOPICS:
        attempt(Record(topic.name, 0, 0, timestamp_ms, key, value, tuple(found)), topic)


@settings(deadline=None)
@given(st.sampled_from(HOMES), st.sampled_from(sorted(QUESTION.headers)), JUNK)
def test_an_arbitrary_header_raises_nothing_but_a_refusal(home: Any, name: str, value: bytes) -> None:
    topic, one = home
    record = one.record(topic)
    attempt(replace(record, headers=(*record.headers, (name, value))), topic)


def paths(value: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([here] if here else []), *(path for key, item in pairs for path in paths(item, (*here, key)))]


def put(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    changed: Any = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = put(value[path[0]], path[1:], new)
    return changed


TIMES = st.sampled_from(["1794820445", "2026-11-16 09:14:05Z", "2026-11-16T09:14Z", "24:00"])
VALIDATORS: dict[str, Callable[[Any], bool]] = {
    event.TYPE: jsonschema_rs.validator_for(reader_schema(event), validate_formats=False).is_valid
    for topic in TOPICS
    for event in topic.events
}


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(HOMES), st.data())
def test_what_the_decoder_takes_the_published_schema_allows(home: Any, data: st.DataObject) -> None:
    topic, one = home
    changed = put(one.body, data.draw(st.sampled_from(paths(one.body))), data.draw(JSON | TIMES))
    event = attempt(replace(one.record(topic), value=json.dumps(changed).encode()), topic)
    if event is not None:
        assert VALIDATORS[event.body.TYPE](changed)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(HOMES), st.data())
def test_an_example_with_bytes_changed_raises_nothing_but_a_refusal(home: Any, data: st.DataObject) -> None:
    topic, one = home
    start = data.draw(st.integers(0, len(one.value)))
    end = data.draw(st.integers(start, min(len(one.value), start + 8)))
    value = one.value[:start] + data.draw(st.binary(max_size=8)) + one.value[end:]
    attempt(replace(one.record(topic), value=value), topic)
