"""Whose record it is and what it is: four columns of its row, and part of its leaf."""

import re
from typing import NamedTuple
from uuid import UUID

from answerable_events.claims import claimed_request_id_text, claimed_tenant, uuid_text
from answerable_events.message import Record

NIL = UUID(int=0)
"""Stands in the record for an id that is missing or illegible."""

_NIL = str(NIL)
_UNNUMBERED = ("", 0)
_NUMBER = re.compile(r"[1-9][0-9]{0,19}")
_LARGEST = 2**64 - 1
_PRODUCER_CHARACTERS = 128


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


def numbered(record: Record) -> tuple[str, int]:
    """Which run of one of this system's own services wrote it, and as its how many'th message; else ("", 0)."""
    if not record.header_text("ce_source").startswith("/answerable/"):
        return _UNNUMBERED
    number = record.header_text("ce_producerseq")
    producer = record.header_text("ce_producerid")[:_PRODUCER_CHARACTERS]
    if not producer or not _NUMBER.fullmatch(number) or int(number) > _LARGEST:
        return _UNNUMBERED
    return producer, int(number)
