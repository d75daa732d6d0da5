"""Builders of events about documents as they arrive."""

from base64 import b64encode
from datetime import UTC, datetime
from uuid import uuid4

from answerable_events.body import EventBody
from answerable_events.codec import Producer, encode
from answerable_events.documents import AccessChanged, DocumentSubmitted, DocumentWithdrawn, GroupChanged
from answerable_events.message import Message
from answerable_events.topics import DOCUMENTS

UPSTREAM = Producer(source="/tests/upstream", id="tests", sequence=1)
MORNING = datetime(2026, 11, 24, 8, tzinfo=UTC)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def submitted(
    document_id: str = "leave.md", content: str | bytes = "Everyone has 27 days.", **changes: object
) -> Message:
    """A `document.submitted` message: version 1, readable by staff."""
    data = content.encode() if isinstance(content, str) else content
    fields: dict[str, object] = {
        "tenant": "norvik",
        "version": 1,
        "filename": document_id.rpartition("/")[2],
        "content": b64encode(data),
        "readers": ("group:staff",),
        "submitted_at": MORNING,
    }
    return _message(DocumentSubmitted.model_validate({"document_id": document_id, **fields, **changes}))


def withdrawn(document_id: str = "leave.md", at: datetime = NOON) -> Message:
    return _message(DocumentWithdrawn(tenant="norvik", document_id=document_id, withdrawn_at=at))


def access(*readers: str, document_id: str = "leave.md", at: datetime = NOON, denied: tuple[str, ...] = ()) -> Message:
    return _message(
        AccessChanged(tenant="norvik", document_id=document_id, readers=readers, denied=denied, changed_at=at)
    )


def group(name: str, *members: str, at: datetime = NOON) -> Message:
    return _message(GroupChanged(tenant="norvik", group=name, members=members, changed_at=at))


def _message(body: EventBody) -> Message:
    return encode(body, topic=DOCUMENTS, producer=UPSTREAM, now=datetime.now(UTC), identity=uuid4())
