import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from answerable_events.codec import Event, Producer, decode, encode, traceparent
from answerable_events.documents import DocumentSubmitted, DocumentWithdrawn
from answerable_events.identity import event_id
from answerable_events.message import Message, Record
from answerable_events.topics import CONTEXTS, DOCUMENTS, QUESTIONS
from tests.support.examples import example

NOW = datetime(2026, 11, 16, 10, 14, 5, 120_000, tzinfo=timezone(timedelta(hours=1)))
PRODUCER = Producer(source="/answerable/retrieval", id="retrieval-1", sequence=7)
ASKED = decode(example("question.asked/full").record(QUESTIONS), QUESTIONS)
CONTEXT = decode(example("context.retrieved/full").record(CONTEXTS), CONTEXTS)
TRACE = "0af7651916cd43dd8448eb211c80319c"


def write(event: Event[Any] = CONTEXT, **options: Any) -> Message:
    return encode(event.body, topic=CONTEXTS, producer=PRODUCER, now=NOW, **options)


def texts(message: Message) -> dict[str, str]:
    return {name: value.decode() for name, value in message.headers}


def test_an_event_is_written_with_these_headers_and_no_others() -> None:
    identity = event_id(ASKED.body.correlation_id, "norvik", CONTEXT.body.TYPE)
    assert texts(write(cause=ASKED)) == {
        "content-type": "application/json",
        "ce_id": str(identity),
        "ce_source": "/answerable/retrieval",
        "ce_type": "io.answerable.context.retrieved.v1",
        "ce_specversion": "1.0",
        "ce_time": "2026-11-16T09:14:05.120000Z",
        "ce_subject": ASKED.body.subject,
        "ce_dataschema": "urn:answerable:schema:io.answerable.context.retrieved.v1",
        "ce_tenant": "norvik",
        "ce_correlationid": ASKED.body.subject,
        "ce_causationid": str(ASKED.id),
        "ce_producerid": "retrieval-1",
        "ce_producerseq": "7",
        "traceparent": f"00-{ASKED.body.correlation_id.hex}-{identity.hex[:16]}-01",
    }


def test_an_event_without_a_cause_names_none() -> None:
    assert "ce_causationid" not in texts(write())


def test_the_message_goes_to_the_topic_under_the_subject_as_key() -> None:
    message = write(partition=4)
    assert (message.topic, message.key, message.partition) == ("contexts", CONTEXT.body.subject.encode(), 4)


def test_absent_values_are_left_out_of_the_body() -> None:
    assert b"null" not in write().value


def test_the_same_event_is_written_with_the_same_bytes_whoever_writes_it() -> None:
    other = encode(CONTEXT.body, topic=CONTEXTS, producer=replace(PRODUCER, id="retrieval-2", sequence=0), now=NOW)
    assert (other.value, texts(other)["ce_id"]) == (write().value, texts(write())["ce_id"])


def test_a_given_id_is_kept_and_the_ordinal_tells_derived_ones_apart() -> None:
    given = UUID("0192f0c4-0000-7000-8000-000000000000")
    assert texts(write(identity=given))["ce_id"] == str(given)
    assert texts(write(ordinal=1))["ce_id"] != texts(write())["ce_id"]


def test_the_hash_of_an_event_is_over_the_bytes_that_arrived() -> None:
    record = example("question.asked/full").record(QUESTIONS)
    spaced = replace(record, value=json.dumps(json.loads(record.value), indent=1).encode())
    assert decode(spaced, QUESTIONS).sha256 == hashlib.sha256(spaced.value).hexdigest() != ASKED.sha256


def test_the_lineage_of_an_event_is_its_ancestors_and_itself() -> None:
    assert CONTEXT.lineage == (*CONTEXT.body.ancestors, CONTEXT.as_ancestor)
    assert CONTEXT.body.ancestors == (ASKED.as_ancestor,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-16T09:14:05.12Z", datetime(2026, 11, 16, 9, 14, 5, 120_000, tzinfo=UTC)),
        ("2026-11-16T10:14:05+01:00", datetime(2026, 11, 16, 9, 14, 5, tzinfo=UTC)),
        ("2026-11-16T09:14:05", datetime(2026, 11, 16, 9, 14, 5, tzinfo=UTC)),
        ("soon", datetime(2026, 11, 16, 15, 0, tzinfo=UTC)),
    ],
    ids=["UTC", "offset", "naive counts as UTC", "unreadable: time of the record"],
)
def test_the_time_of_an_event_is_that_of_its_header_in_utc(text: str, expected: datetime) -> None:
    record = example("question.asked/full").record(QUESTIONS)
    event = decode(replace(record, headers=(*record.headers, ("ce_time", text.encode()))), QUESTIONS)
    assert (event.time, event.time.utcoffset()) == (expected, timedelta(0))


def test_header_names_are_read_in_any_case() -> None:
    record = example("question.asked/full").record(QUESTIONS)
    shouted = replace(record, headers=tuple((name.upper(), value) for name, value in record.headers))
    assert decode(shouted, QUESTIONS) == ASKED


def test_a_document_keeps_its_bytes() -> None:
    submitted = decode(example("document.submitted/other_encoding").record(DOCUMENTS), DOCUMENTS)
    message = encode(submitted.body, topic=DOCUMENTS, producer=PRODUCER, now=NOW)
    again = decode(Record("documents", 0, 0, 0, message.key, message.value, message.headers), DOCUMENTS)
    assert isinstance(again.body, DocumentSubmitted)
    assert again.body.content.decode("cp1252").startswith("Kantinen är stängd på fredagar")


@pytest.mark.parametrize(
    ("parent", "trace"),
    [
        (f"00-{TRACE}-b7ad6b7169203331-01", TRACE),
        (None, ASKED.body.correlation_id.hex),
        ("", ASKED.body.correlation_id.hex),
        ("00-short-b7ad6b7169203331-01", ASKED.body.correlation_id.hex),
        ("garbage", ASKED.body.correlation_id.hex),
    ],
)
def test_a_hop_continues_the_trace_of_its_cause_or_starts_that_of_the_request(parent: str | None, trace: str) -> None:
    assert traceparent(ASKED.body.correlation_id, ASKED.id, parent) == f"00-{trace}-{ASKED.id.hex[:16]}-01"


def test_two_versions_of_a_document_are_two_events() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    ids = {
        dict(encode(DocumentWithdrawn(tenant="norvik", document_id="a.md", withdrawn_at=now + timedelta(days=day)),
                    topic=DOCUMENTS, producer=Producer("/x", "x", 1), now=now).headers)["ce_id"]
        for day in (0, 0, 1)
    }  # fmt: skip
    assert len(ids) == 2
