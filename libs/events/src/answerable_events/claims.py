"""Whose record it is and what it is about, as headers and key say, whatever the bytes are.

Everything that files records uses these: dead letters, the gate, the trace and its proof.
"""

import re
from uuid import UUID

from answerable_events.message import Record

UNKNOWN_TENANT = "unknown"
"""Stands where the message does not legibly say whose it is; no upstream may use it."""

_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def claimed_tenant(record: Record) -> str:
    """The tenant that the headers name, or `unknown`."""
    text = record.header_text("ce_tenant")
    return text if _TENANT.fullmatch(text) else UNKNOWN_TENANT


def claimed_request_id(record: Record) -> UUID | None:
    """The request id from header or key, when one of them is a UUID in its usual form."""
    text = claimed_request_id_text(record)
    return UUID(text) if text else None


def claimed_request_id_text(record: Record) -> str:
    """The same as canonical text, empty when there is none."""
    return uuid_text(record.header_text("ce_correlationid")) or uuid_text(
        (record.key or b"").decode("ascii", "replace")
    )


def uuid_text(text: str) -> str:
    """A UUID in its usual form as canonical text; empty for anything else."""
    return text.lower() if _UUID.fullmatch(text) else ""
