"""CloudEvents 1.0, Kafka binary mode: attributes in `ce_*` headers, the body as JSON bytes.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
The body is encoded once, by whoever writes the event, and never again: hashes are over those bytes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import ValidationError

from answerable_events.body import Ancestor, EventBody, RequestBody, Value, field_names
from answerable_events.errors import (
    BodyInvalid,
    BodyTooLarge,
    HeadersInvalid,
    TenantMismatch,
    TopicMismatch,
    TypeUnknown,
)
from answerable_events.identity import event_id
from answerable_events.message import Headers, Message, Record
from answerable_events.topics import Topic, event_types

BodyT = TypeVar("BodyT", bound=EventBody, covariant=True)

CONTENT_TYPE = b"application/json"
_REQUIRED = ("ce_id", "ce_source", "ce_type", "ce_specversion", "ce_tenant")
_TYPES = event_types()
_FIELDS = field_names(Value)


@dataclass(frozen=True, slots=True)
class Event(Generic[BodyT]):
    """A decoded event: its body, its attributes, and the hash of its bytes."""

    body: BodyT
    id: UUID
    source: str
    time: datetime
    sha256: str
    traceparent: str | None

    @property
    def as_ancestor(self) -> Ancestor:
        return Ancestor(event_id=self.id, type=self.body.TYPE, sha256=self.sha256)

    @property
    def lineage(self) -> tuple[Ancestor, ...]:
        """What an event that rests on this one names as its ancestors."""
        return (*self.body.ancestors, self.as_ancestor)


@dataclass(frozen=True, slots=True)
class Producer:
    """Who writes: `source` as a URI reference, the id of this run, and the number of the message within it."""

    source: str
    id: str
    sequence: int


def decode(record: Record, topic: Topic) -> Event[EventBody]:
    """Read a record of `topic`.

    Raises:
        UndecodableEvent: one subclass for each reason; the text quotes nothing of the message.
    """
    if len(record.value) > topic.max_message_bytes:
        raise BodyTooLarge(f"{len(record.value)} bytes, {topic.max_message_bytes} allowed on {topic.name}")
    headers = record.header_texts()
    _require_headers(headers)
    body_type = _TYPES.get(headers["ce_type"])
    if body_type is None:
        raise TypeUnknown("ce_type names no event type of this version")
    if body_type not in topic.events:
        raise TopicMismatch(f"{body_type.TYPE} does not belong on {topic.name}")
    try:
        body = body_type.model_validate_json(record.value, strict=True)
    except ValidationError as error:
        where = sorted({_place(problem["loc"]) for problem in error.errors(include_input=False)})
        raise BodyInvalid(f"{body_type.TYPE}: {', '.join(where[:5])}") from None
    _require_agreement(body, record, headers)
    return Event(
        body=body,
        id=UUID(headers["ce_id"]),
        source=headers["ce_source"],
        time=_time(headers.get("ce_time")) or record.time,
        sha256=hashlib.sha256(record.value).hexdigest(),
        traceparent=headers.get("traceparent"),
    )


def encode(
    body: EventBody,
    *,
    topic: Topic,
    producer: Producer,
    now: datetime,
    identity: UUID | None = None,
    cause: Event[EventBody] | None = None,
    causation_id: UUID | None = None,
    partition: int | None = None,
    ordinal: int = 0,
) -> Message:
    """Write an event. Its id is derived unless one is given: for a request see `identity`.

    What has many events of one type, as a document or the reviews of a request, derives it from the content too.
    """
    value = body.model_dump_json(exclude_none=True).encode()
    name = (
        body.TYPE if isinstance(body, RequestBody) and body.ONCE else f"{body.TYPE}/{hashlib.sha256(value).hexdigest()}"
    )
    chosen = identity or event_id(body.correlation_id, body.tenant, name, ordinal)
    texts = {
        "ce_id": str(chosen),
        "ce_source": producer.source,
        "ce_type": body.TYPE,
        "ce_specversion": "1.0",
        "ce_time": _instant(now),
        "ce_subject": body.subject,
        "ce_dataschema": dataschema(type(body)),
        "ce_tenant": body.tenant,
        "ce_correlationid": str(body.correlation_id),
        "ce_causationid": str(cause.id) if cause else str(causation_id or ""),
        "ce_producerid": producer.id,
        "ce_producerseq": str(producer.sequence),
        "traceparent": traceparent(body.correlation_id, chosen, cause.traceparent if cause else None),
    }
    headers: Headers = (
        ("content-type", CONTENT_TYPE),
        *((name, text.encode()) for name, text in texts.items() if text),
    )
    return Message(topic.name, body.subject.encode(), value, headers, partition)


def dataschema(event: type[EventBody]) -> str:
    """The `$id` of the published schema; CloudEvents asks for an absolute URI."""
    return f"urn:answerable:schema:{event.TYPE}"


def traceparent(correlation_id: UUID, identity: UUID, parent: str | None) -> str:
    """W3C trace context of a hop: the trace of the parent, or one that is the request id; the span is the event."""
    parts = (parent or "").split("-")
    known = len(parts) == 4 and len(parts[1]) == 32  # noqa: PLR2004 - fixed by W3C Trace Context
    trace = parts[1] if known else correlation_id.hex
    return f"00-{trace}-{identity.hex[:16]}-01"


def _require_headers(headers: Mapping[str, str]) -> None:
    missing = [name for name in _REQUIRED if not headers.get(name)]
    if missing:
        raise HeadersInvalid(f"missing {', '.join(missing)}")
    if headers["ce_specversion"] != "1.0":
        raise HeadersInvalid("ce_specversion is not 1.0")
    try:
        UUID(headers["ce_id"])
    except ValueError:
        raise HeadersInvalid("ce_id is not a UUID") from None


def _place(location: tuple[int | str, ...]) -> str:
    """Where in the body, in words of the contract only: a key of a map is the message's own text."""
    parts = (str(part) if isinstance(part, int) or part in _FIELDS else "*" for part in location)
    return ".".join(parts) or "body"


def _require_agreement(body: EventBody, record: Record, headers: Mapping[str, str]) -> None:
    """The trace is filed by headers and key, without parsing bodies: so they must say what the body says."""
    if body.tenant != headers["ce_tenant"]:
        raise TenantMismatch("ce_tenant and the body differ")
    if record.key != body.subject.encode():
        raise HeadersInvalid("the message key is not the id of the body")
    if headers.get("ce_correlationid", str(body.correlation_id)).lower() != str(body.correlation_id):
        raise HeadersInvalid("ce_correlationid and the body differ")


def _time(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
        return moment and (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
