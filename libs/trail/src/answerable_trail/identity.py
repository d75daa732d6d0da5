"""Whose record it is and what it is: four columns of its row, and part of its leaf."""

import hashlib
from typing import NamedTuple
from uuid import UUID

from answerable_events.claims import claimed_request_id_text, claimed_tenant, uuid_text
from answerable_events.message import Record

NIL = UUID(int=0)
"""Stands in the record for an id that is missing or illegible."""

_NIL = str(NIL)


class Identity(NamedTuple):
    """Ids as canonical text, nil when illegible. A tuple because there is one for each record."""

    tenant: str
    """Whose record and whose tree; `unknown` when the headers name no tenant, or one that no event may have."""
    request_id: str
    event_id: str
    type: str


def identify(record: Record) -> Identity:
    """Whatever the bytes of a record are, it has an identity."""
    return Identity(
        claimed_tenant(record),
        claimed_request_id_text(record) or _NIL,
        uuid_text(record.header_text("ce_id")) or _NIL,
        record.header_text("ce_type"),
    )


def erased_mark(record: Record) -> str:
    """By what an erased record is known again, hexadecimal; unlike the hash of a body it says nothing about a text."""
    return hashlib.sha256(f"{identify(record).event_id} {record.timestamp_ms}".encode()).hexdigest()
