"""What the trace holds about documents: versions, readers in force, and what became of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from answerable_cli.documents import Known
from answerable_cli.manifest import Details
from answerable_events.documents import (
    AccessChanged,
    DocumentIndexed,
    DocumentRejected,
    DocumentRemoved,
    DocumentSubmitted,
    DocumentWithdrawn,
)
from answerable_events.identity import document_correlation
from answerable_trail.client import Trail
from answerable_trail.reading import listed, literal

_AT_ONCE = 500  # ids in one statement, which stays below ClickHouse's 256 KiB

_SUBMITTED = f"""
SELECT subject, type, JSONExtractInt(body, 'version') AS version,
       if(type = '{DocumentSubmitted.TYPE}',
          lower(hex(SHA256(base64Decode(JSONExtractString(body, 'content'))))), '') AS sha256,
       JSONExtract(body, 'readers', 'Array(String)') AS readers,
       JSONExtractString(body, 'owner') AS owner, JSONExtractString(body, 'title') AS title,
       JSONExtractString(body, 'valid_from') AS valid_from, JSONExtractString(body, 'valid_until') AS valid_until,
       JSONExtractString(body, 'supersedes') AS supersedes, JSONExtractString(body, 'encoding_hint') AS encoding_hint
FROM trace.events
WHERE tenant = %s AND topic IN ('documents', 'knowledge') AND request_id IN %s
ORDER BY log_time, epoch, offset
LIMIT 1 BY epoch, topic, partition, offset
"""  # noqa: S608 - a constant of ours; filled in by `literal` and `listed`

_LISTED = """
SELECT subject, type, JSONExtractInt(body, 'version') AS version, JSONExtractString(body, 'reason') AS reason,
       JSONExtractInt(body, 'passages') AS passages, JSONExtract(body, 'readers', 'Array(String)') AS readers,
       JSONExtractString(body, 'owner') AS owner, JSONExtractString(body, 'title') AS title,
       JSONExtractString(body, 'valid_until') AS valid_until
FROM trace.events
WHERE tenant = {tenant:String} AND topic IN ('documents', 'knowledge')
ORDER BY log_time, epoch, offset
LIMIT 1 BY epoch, topic, partition, offset
"""


@dataclass(slots=True)
class Listed:
    """One document as `knowledge list` shows it."""

    document_id: str
    version: int = 0
    state: str = "submitted"
    """submitted, indexed, rejected: REASON, withdrawn."""
    passages: int | None = None
    readers: tuple[str, ...] = ()
    owner: str | None = None
    title: str | None = None
    valid_until: str | None = None


async def read_known(trail: Trail, tenant: str, document_ids: Collection[str]) -> dict[str, Known]:
    """What was last submitted of each of these documents; absent when nothing ever was."""
    ids = [document_correlation(tenant, document_id) for document_id in document_ids]
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(ids), _AT_ONCE):
        some = listed(ids[start : start + _AT_ONCE])
        rows += (await trail.query(_SUBMITTED % (literal(tenant), some))).rows
    return fold_known(rows)


def fold_known(rows: Iterable[Sequence[Any]]) -> dict[str, Known]:
    """Rows of the trace in the order of time: a later change of readers replaces those that were submitted."""
    known: dict[str, Known] = {}
    for subject, kind, version, sha256, readers, owner, title, valid_from, valid_until, supersedes, hint in rows:
        before = known.get(subject)
        if kind == DocumentSubmitted.TYPE:
            if before is not None and version < before.version:
                continue
            details = Details(
                readers=tuple(readers),
                owner=owner or None,
                title=title or None,
                valid_from=_moment(valid_from),
                valid_until=_moment(valid_until),
                supersedes=supersedes or None,
                encoding_hint=hint or None,
            )
            known[subject] = Known(version, sha256, details)
        elif before is not None and kind == AccessChanged.TYPE:
            changed = replace(before.details, readers=tuple(readers))
            known[subject] = replace(before, details=changed)
        elif before is not None and kind == DocumentWithdrawn.TYPE:
            known[subject] = replace(before, withdrawn=True)
        elif before is not None and kind == DocumentRejected.TYPE and version == before.version:
            known[subject] = replace(before, rejected=True)
    return known


async def list_documents(trail: Trail, tenant: str) -> list[Listed]:
    """Every document that was ever submitted, in the order of their ids."""
    table = await trail.query(_LISTED, parameters={"tenant": tenant})
    found = fold_listed(table.rows)
    return [found[name] for name in sorted(found)]


def fold_listed(rows: Iterable[Sequence[Any]]) -> Mapping[str, Listed]:
    """Rows of the trace in the order of time."""
    found: dict[str, Listed] = {}
    for subject, kind, version, reason, passages, readers, owner, title, valid_until in rows:
        entry = found.setdefault(subject, Listed(subject))
        if kind == DocumentSubmitted.TYPE and version > entry.version:
            entry.version, entry.state, entry.passages = version, "submitted", None
            entry.readers, entry.owner, entry.valid_until = tuple(readers), owner or None, valid_until or None
            entry.title = title or None
        elif kind == DocumentIndexed.TYPE and version == entry.version:
            entry.state, entry.passages, entry.title = "indexed", passages, title
        elif kind == DocumentRejected.TYPE and version == entry.version:
            entry.state = f"rejected: {reason}"
        elif kind == AccessChanged.TYPE:
            entry.readers = tuple(readers)
        elif kind in {DocumentWithdrawn.TYPE, DocumentRemoved.TYPE}:
            entry.state, entry.passages = "withdrawn", None
    return found


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
