"""What the trace holds about documents: versions, readers in force, and what became of them."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from answerable_cli.documents import Known
from answerable_cli.errors import CliError
from answerable_cli.rules import Details
from answerable_events.deadletters import DeadLettered
from answerable_events.documents import (
    AccessChanged,
    DocumentIndexed,
    DocumentRejected,
    DocumentRemoved,
    DocumentSubmitted,
    DocumentWithdrawn,
    GroupChanged,
)
from answerable_events.identity import document_correlation
from answerable_trail.client import Trail
from answerable_trail.reading import listed, literal

RECORD_WITHIN = timedelta(seconds=30)
"""How long the record may be behind the log."""

_AT_ONCE = 500  # ids in one statement, which stays below ClickHouse's 256 KiB
_PAUSE_S = 0.2

_MOMENTS = ("valid_from", "valid_until", "review_by")
_DETAILS = ("owner", "title", "collection", *_MOMENTS, "supersedes", "encoding_hint")
"""Fields of Details after readers and denied, in their order."""

_DOCUMENT_TYPES = (
    DocumentSubmitted.TYPE,
    DocumentWithdrawn.TYPE,
    DocumentIndexed.TYPE,
    DocumentRejected.TYPE,
    DocumentRemoved.TYPE,
    AccessChanged.TYPE,
)

_SUBMITTED = f"""
SELECT request_id, type, event_id, JSONExtractInt(body, 'version') AS version, erased_leaf != '' AS erased,
       multiIf(type = '{DocumentIndexed.TYPE}', JSONExtractString(body, 'content_sha256'),
               type = '{DocumentSubmitted.TYPE}',
               lower(hex(SHA256(base64Decode(JSONExtractString(body, 'content'))))), '') AS sha256,
       JSONExtractString(body, 'reason') AS reason,
       JSONExtract(body, 'readers', 'Array(String)') AS readers,
       JSONExtract(body, 'denied', 'Array(String)') AS denied,
       [{", ".join(f"JSONExtractString(body, '{name}')" for name in _DETAILS)}] AS details
FROM trace.events
WHERE tenant = %s AND topic IN ('documents', 'knowledge') AND request_id IN %s AND type IN %s
ORDER BY log_time, topic, epoch, offset
LIMIT 1 BY epoch, topic, partition, offset
"""  # noqa: S608 - a constant of ours; filled in by `literal` and `listed`

_GIVEN_UP = f"""
SELECT base64Decode(JSONExtractString(arrayFirst(h -> JSONExtractString(h, 'name') = 'ce_id',
                                                 JSONExtractArrayRaw(body, 'headers')), 'value')) AS id
FROM trace.events
WHERE tenant = {{tenant:String}} AND topic = 'documents-dlq' AND type = '{DeadLettered.TYPE}'
"""  # noqa: S608 - a constant of ours

_OF_COLLECTION = f"""
SELECT subject,
       argMaxIf(JSONExtractString(body, 'collection'), (epoch, offset), type = '{DocumentSubmitted.TYPE}')
           AS collection,
       maxIf((epoch, offset + 1), type = '{DocumentSubmitted.TYPE}') AS submitted,
       maxIf((epoch, offset + 1), type = '{DocumentWithdrawn.TYPE}') AS withdrawn
FROM trace.events
WHERE tenant = {{tenant:String}} AND topic = 'documents' AND erased_leaf = ''
    AND type IN ('{DocumentSubmitted.TYPE}', '{DocumentWithdrawn.TYPE}')
GROUP BY subject
HAVING (collection = {{collection:String}} OR startsWith(collection, concat({{collection:String}}, '/')))
    AND submitted > withdrawn
ORDER BY subject
"""  # noqa: S608 - a constant of ours

_GROUPS = f"""
SELECT subject, argMax(JSONExtract(body, 'members', 'Array(String)'), (log_time, epoch, offset)) AS members
FROM trace.events
WHERE tenant = {{tenant:String}} AND topic = 'documents' AND type = '{GroupChanged.TYPE}'
GROUP BY subject
ORDER BY subject
"""  # noqa: S608 - a constant of ours

_LAST = """
SELECT topic, partition, (max((epoch, offset)) AS last).2 AS offset
FROM trace.events
WHERE topic IN {topics:Array(String)}
GROUP BY topic, partition
"""

_LISTED = f"""
SELECT subject, type, JSONExtractInt(body, 'version') AS version, JSONExtractString(body, 'reason') AS reason,
       JSONExtractInt(body, 'passages') AS passages, JSONExtract(body, 'readers', 'Array(String)') AS readers,
       JSONExtract(body, 'denied', 'Array(String)') AS denied,
       JSONExtractString(body, 'owner') AS owner, JSONExtractString(body, 'title') AS title,
       JSONExtractString(body, 'valid_until') AS valid_until
FROM trace.events
WHERE tenant = {{tenant:String}} AND topic IN ('documents', 'knowledge') AND type IN {listed(_DOCUMENT_TYPES)}
ORDER BY log_time, topic, epoch, offset
LIMIT 1 BY epoch, topic, partition, offset
"""  # noqa: S608 - a constant of ours


@dataclass(slots=True)
class Listed:
    """One document as `knowledge list` shows it."""

    document_id: str
    version: int = 0
    state: str = "submitted"
    """submitted, indexed, rejected: REASON, withdrawn."""
    passages: int | None = None
    readers: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    owner: str | None = None
    title: str | None = None
    valid_until: str | None = None


async def read_known(trail: Trail, tenant: str, document_ids: Collection[str]) -> dict[str, Known]:
    """What was last submitted of each of these documents; absent when nothing ever was."""
    names = {document_correlation(tenant, document_id): document_id for document_id in document_ids}
    ids = list(names)
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(ids), _AT_ONCE):
        some = listed(ids[start : start + _AT_ONCE])
        statement = _SUBMITTED % (literal(tenant), some, listed(_DOCUMENT_TYPES))
        found: Iterable[tuple[Any, ...]] = (await trail.query(statement)).rows
        rows += [(names[row[0]], *row[1:]) for row in found]
    return fold_known(rows)


async def read_given_up(trail: Trail, tenant: str) -> frozenset[str]:
    """Ids of the events about documents that are dead letters."""
    return frozenset(str(row[0]) for row in (await trail.query(_GIVEN_UP, parameters={"tenant": tenant})).rows)


async def read_collection(trail: Trail, tenant: str, collection: str) -> list[str]:
    """Documents of a collection, or of one within it, that are not withdrawn."""
    parameters = {"tenant": tenant, "collection": collection}
    return [str(row[0]) for row in (await trail.query(_OF_COLLECTION, parameters=parameters)).rows]


async def read_groups(trail: Trail, tenant: str) -> dict[str, tuple[str, ...]]:
    """Members of each group as last changed."""
    rows: Iterable[tuple[Any, ...]] = (await trail.query(_GROUPS, parameters={"tenant": tenant})).rows
    return {subject.removeprefix("group:"): tuple(members) for subject, members in rows}


async def await_record(trail: Trail, ends: Mapping[tuple[str, int], int]) -> None:
    """Until the record has what the log had: `ends`, the next offset of each partition.

    Raises:
        CliError: it stays behind.
    """
    deadline = asyncio.get_running_loop().time() + RECORD_WITHIN.total_seconds()
    wanted = {place: end for place, end in ends.items() if end}
    topics = sorted({topic for topic, _ in wanted})
    while wanted:
        rows: Iterable[tuple[Any, ...]] = (await trail.query(_LAST, parameters={"topics": topics})).rows
        last = {(topic, partition): offset for topic, partition, offset in rows}
        if all(last.get(place, -1) + 1 >= end for place, end in wanted.items()):
            return
        if asyncio.get_running_loop().time() > deadline:
            raise CliError("the record is behind the log", "does audit run? `answerable topics` shows its lag")
        await asyncio.sleep(_PAUSE_S)


def fold_known(rows: Iterable[Sequence[Any]]) -> dict[str, Known]:
    """Rows of the record in the order of time: a later change of readers replaces those that were submitted."""
    known: dict[str, Known] = {}
    for name, kind, event_id, version, erased, sha256, reason, readers, denied, details in rows:
        before = known.get(name)
        if erased:
            known[name] = replace(before or Known(0, "", Details()), erased=True)
        elif kind == DocumentSubmitted.TYPE:
            if before is None or version > before.version:
                said = Details(tuple(readers), tuple(denied), *map(_value, _DETAILS, details))
                known[name] = Known(
                    version, sha256, said, "open", event_id=event_id, erased=before is not None and before.erased
                )
        elif before is not None:
            known[name] = _changed(
                before, kind, version, reason, replace(before.details, readers=tuple(readers), denied=tuple(denied))
            )
    return known


def _changed(before: Known, kind: str, version: int, reason: str, access: Details) -> Known:
    """What is known after an event about a document that was submitted."""
    if kind == AccessChanged.TYPE:
        return replace(before, details=access)
    if kind == DocumentWithdrawn.TYPE:
        return replace(before, withdrawn=True)
    if version == before.version and kind == DocumentIndexed.TYPE:
        return replace(before, outcome="indexed")
    if version == before.version and kind == DocumentRejected.TYPE:
        return replace(before, outcome="rejected", reason=reason)
    return before


async def list_documents(trail: Trail, tenant: str) -> list[Listed]:
    """Every document that was ever submitted, in the order of their ids."""
    table = await trail.query(_LISTED, parameters={"tenant": tenant})
    found = fold_listed(table.rows)
    return [found[name] for name in sorted(found)]


def fold_listed(rows: Iterable[Sequence[Any]]) -> Mapping[str, Listed]:
    """Rows of the trace in the order of time."""
    found: dict[str, Listed] = {}
    for subject, kind, version, reason, passages, readers, denied, owner, title, valid_until in rows:
        entry = found.setdefault(subject, Listed(subject))
        if kind == DocumentSubmitted.TYPE and version > entry.version:
            entry.version, entry.state, entry.passages = version, "submitted", None
            entry.readers, entry.denied, entry.title = tuple(readers), tuple(denied), title or None
            entry.owner, entry.valid_until = owner or None, valid_until or None
        elif kind == DocumentIndexed.TYPE and version == entry.version:
            entry.state, entry.passages, entry.title = "indexed", passages, title
        elif kind == DocumentRejected.TYPE and version == entry.version:
            entry.state = f"rejected: {reason}"
        elif kind == AccessChanged.TYPE:
            entry.readers, entry.denied = tuple(readers), tuple(denied)
        elif kind in {DocumentWithdrawn.TYPE, DocumentRemoved.TYPE}:
            entry.state, entry.passages = "withdrawn", None
    return found


def _value(name: str, text: str) -> Any:
    return datetime.fromisoformat(text) if text and name in _MOMENTS else text or None
