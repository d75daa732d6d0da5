"""Messages that were given up: how one is wrapped, and how it goes back."""

from dataclasses import dataclass
from datetime import datetime

from answerable_events.claims import claimed_request_id, claimed_tenant
from answerable_events.codec import Producer, encode
from answerable_events.deadletters import DeadLettered, OriginalHeader
from answerable_events.identity import event_id
from answerable_events.message import Message, Record
from answerable_events.topics import RETRY_SUFFIX, Topic, dead_letter_topic

ATTEMPT_HEADER = "answerable_attempt"
NOT_BEFORE_HEADER = "answerable_not_before"
RUNTIME_HEADERS = frozenset({ATTEMPT_HEADER, NOT_BEFORE_HEADER})


@dataclass(frozen=True, slots=True)
class Death:
    """Why a message was given up."""

    reason: str
    exception_type: str | None
    attempts: int


def bury(record: Record, death: Death, *, topic: Topic, producer: Producer, now: datetime) -> Message:
    """The dead letter of a record. Its id follows from where the record stands, so a redelivery buries it once."""
    tenant, request_id = claimed_tenant(record), claimed_request_id(record)
    body = DeadLettered(
        tenant=tenant,
        stage=producer.source.rsplit("/", 1)[-1],
        reason=death.reason,
        exception_type=death.exception_type,
        attempts=death.attempts,
        request_id=request_id,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=_encoded(record.key),
        value=_encoded(record.value),
        headers=tuple(OriginalHeader(name=name, value=_encoded(value)) for name, value in record.headers),
        dead_at=now,
    )
    place = f"{DeadLettered.TYPE}/{record.topic}/{record.partition}/{record.offset}/{record.timestamp_ms}"
    return encode(
        body,
        topic=dead_letter_topic(topic),
        producer=producer,
        now=now,
        identity=event_id(body.correlation_id, tenant, place),
        partition=record.partition,
    )


def exhume(body: DeadLettered) -> Message:
    """The original message, for its topic, with the same ids; a retry starts anew."""
    return Message(
        topic=body.topic.removesuffix(RETRY_SUFFIX),
        key=body.key,
        value=body.value,
        headers=tuple((header.name, header.value) for header in body.headers if header.name not in RUNTIME_HEADERS),
        partition=body.partition,
    )


def _encoded(data: bytes | None) -> bytes | None:
    """Base64, which the model decodes: `Base64Bytes` takes the encoded form."""
    import base64  # noqa: PLC0415

    return None if data is None else base64.b64encode(data)
