"""The statements by which the trace is read, and their results as values. No I/O.

None of them uses FINAL: a record that was written twice has the same content twice, so one of each position is taken.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from answerable_events.deadletters import DeadLettered
from answerable_events.message import EPOCH
from answerable_events.requests import QuestionAsked, VerdictDecided
from answerable_events.reviews import ReviewCompleted
from answerable_trail.identity import NIL
from answerable_trail.rows import Conflict, Hole, Position, RequestState, Seal, StateEvent, TraceRow

BODIES_LOADED = (QuestionAsked.TYPE, VerdictDecided.TYPE, ReviewCompleted.TYPE, DeadLettered.TYPE)
"""What the gate has to read."""

_MILLISECONDS = "toUnixTimestamp64Milli"
_ROW_COLUMNS = f"""tenant, request_id, epoch, topic, partition, offset, {_MILLISECONDS}(log_time) AS log_time_ms,
       event_id, type, lower(hex(body_sha256)) AS sha256, body, headers, key,
       {_MILLISECONDS}(recorded_at) AS recorded_ms, leaf_index, leaf_hash, salt, seal, erased_leaf"""
"""What `trace_row` takes."""

_LATEST = datetime.max.replace(tzinfo=UTC)
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def literal(value: str | int | UUID) -> str:
    """A value as ClickHouse writes it in a statement."""
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def listed(values: Iterable[str | int | UUID]) -> str:
    return "(" + ", ".join(literal(value) for value in values) + ")"


def state_query(requests: Collection[tuple[str, UUID]]) -> str:
    keys = ", ".join(listed(key) for key in requests)
    return f"""
SELECT tenant, request_id, event_id, type, lower(hex(body_sha256)) AS sha256, epoch, topic, partition, offset,
       {_MILLISECONDS}(log_time) AS log_time_ms, if(type IN {listed(BODIES_LOADED)}, body, '') AS loaded_body,
       leaf_index, leaf_hash, salt, seal
FROM trace.events
WHERE (tenant, request_id) IN ({keys})
ORDER BY seal DESC
LIMIT 1 BY epoch, topic, partition, offset
"""  # noqa: S608 - `literal` quotes what is put in


def states(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[str, UUID], RequestState]:
    """Rows of `state_query` by request."""
    grouped: dict[tuple[str, UUID], list[tuple[StateEvent, bytes]]] = {}
    for tenant, request, event, kind, sha256, epoch, topic, partition, offset, log_ms, body, *seal in rows:
        position = Position(epoch, text(topic), partition, offset)
        entry = StateEvent(text(kind), event, text(sha256), position, moment(log_ms), Seal(*seal))
        grouped.setdefault((text(tenant), request), []).append((entry, body))
    return {key: _state(entries) for key, entries in grouped.items()}


def _state(entries: list[tuple[StateEvent, bytes]]) -> RequestState:
    entries.sort(key=lambda entry: precedence(entry[0].position))
    bodies: dict[str, bytes] = {}
    for event, body in entries:
        if event.type in BODIES_LOADED:
            bodies.setdefault(event.type, body)
    return RequestState(tuple(event for event, _ in entries), bodies)


def precedence(position: Position) -> tuple[int, str, int, int]:
    """Order in which copies of an event count: earliest epoch first, `x` before `x-retry`, lowest offset first."""
    return position.epoch, position.topic, position.partition, position.offset


def rows_query(tenant: str | None, request_id: UUID) -> str:
    of_tenant = "" if tenant is None else f"tenant = {literal(tenant)} AND "
    return f"""
SELECT {_ROW_COLUMNS}
FROM trace.events
WHERE {of_tenant}request_id = {literal(request_id)}
ORDER BY epoch, log_time, topic, partition, offset, seal DESC, recorded_at DESC
LIMIT 1 BY tenant, epoch, topic, partition, offset
"""  # noqa: S608 - `literal` quotes what is put in


def stored_rows_query(where: str) -> str:
    """Every stored row, repeated ones too, in the order of the primary key. `where`: a condition, quoted already."""
    return f"""
SELECT {_ROW_COLUMNS}
FROM trace.events
WHERE {where}
ORDER BY tenant, request_id, epoch, topic, partition, offset
"""  # noqa: S608 - whoever calls quotes what is put in


def standing_query(condition: str) -> str:
    """Rows under a condition, of each position the one that counts, which may be erased."""
    return f"""
SELECT {_ROW_COLUMNS}
FROM trace.events
WHERE {condition}
ORDER BY seal DESC, recorded_at DESC
LIMIT 1 BY tenant, request_id, epoch, topic, partition, offset
"""  # noqa: S608 - whoever calls quotes what is put in


def trace_row(row: tuple[Any, ...]) -> TraceRow:
    """A row of `_ROW_COLUMNS`."""
    tenant, request, epoch, topic, partition, offset, log_ms, event, kind, sha256, body, headers, key = row[:13]
    recorded_ms, *seal, erased_leaf = row[13:]
    return TraceRow(
        tenant=text(tenant),
        request_id=request,
        position=Position(epoch, text(topic), partition, offset),
        log_time=moment(log_ms),
        log_time_ms=log_ms,
        event_id=event,
        type=text(kind),
        body_sha256=text(sha256),
        body=body,
        headers=tuple(_header(pair) for pair in headers),
        key=key,
        recorded_at=moment(recorded_ms),
        seal=Seal(*seal),
        erased_leaf=text(erased_leaf),
    )


def open_requests_query(partitions: Collection[int], since: datetime) -> str:
    """Two steps: what began since then, then without those that ended, which the primary key finds."""
    return f"""
WITH candidates AS (
    SELECT tenant, request_id
    FROM trace.events
    WHERE topic IN ('questions', 'questions-dlq') AND partition IN {listed(sorted(partitions))}
        AND recorded_at >= fromUnixTimestamp64Milli({milliseconds(since)}, 'UTC')
        AND erased_leaf = '' AND request_id != {literal(NIL)}
    GROUP BY tenant, request_id
)
SELECT tenant, request_id
FROM candidates
WHERE (tenant, request_id) NOT IN (
    SELECT tenant, request_id FROM trace.events
    WHERE topic = 'answers' AND (tenant, request_id) IN (SELECT tenant, request_id FROM candidates)
)
ORDER BY tenant, request_id
"""  # noqa: S608 - numbers only


def requests_since_query(since: datetime, tenant: str | None, limit: int) -> str:
    of_tenant = "" if tenant is None else f"AND tenant = {literal(tenant)}"
    return f"""
SELECT DISTINCT tenant, request_id
FROM trace.events
WHERE topic = 'questions' AND recorded_at >= fromUnixTimestamp64Milli({milliseconds(since)}, 'UTC') {of_tenant}
    AND erased_leaf = '' AND request_id != {literal(NIL)}
ORDER BY tenant, request_id
LIMIT {limit}
"""  # noqa: S608 - `literal` quotes what is put in


def unfinished_documents_query(epochs: Mapping[int, int]) -> str:
    """Of each document event that went with a lost log before ingestion answered it, the first copy.

    `epochs`: current epoch of each partition of `documents`. Ingestion answers with an event that names it as ancestor,
    or with a dead letter that holds its headers; a copy in the current log is under way already.
    """
    lost = " OR ".join(
        f"(partition = {literal(number)} AND epoch < {literal(epoch)})" for number, epoch in epochs.items()
    )
    buried_id = "arrayFirst(h -> JSONExtractString(h, 'name') = 'ce_id', JSONExtractArrayRaw(body, 'headers'))"
    return f"""
SELECT {_ROW_COLUMNS}
FROM trace.events
WHERE topic = 'documents' AND erased_leaf = '' AND ({lost})
    AND event_id NOT IN (SELECT arrayJoin(ancestors).event_id FROM trace.events WHERE topic = 'knowledge')
    AND toString(event_id) NOT IN (
        SELECT base64Decode(JSONExtractString({buried_id}, 'value')) FROM trace.events WHERE topic = 'documents-dlq')
    AND event_id NOT IN (SELECT event_id FROM trace.events WHERE topic = 'documents' AND NOT ({lost}))
ORDER BY epoch, log_time, partition, offset
LIMIT 1 BY tenant, event_id
"""  # noqa: S608 - numbers only


ENDS_QUERY = """
SELECT topic, partition, (max((epoch, offset)) AS last).1 AS last_epoch, last.2 AS last_offset
FROM (
    SELECT topic, partition, epoch, offset FROM trace.events
    UNION ALL
    SELECT topic, partition, epoch, offset FROM trace.expired
)
GROUP BY topic, partition
"""
"""Where each partition ends, in narrow columns only: 0.2 s for ten million records."""


def known_by_query(ends: Iterable[tuple[str, int, int, int]]) -> str:
    """Event and time of the records at these places."""
    return f"""
SELECT topic, partition, event_id, {_MILLISECONDS}(log_time) AS log_time_ms
FROM trace.events
WHERE (topic, partition, epoch, offset) IN ({", ".join(listed(end) for end in ends)})
ORDER BY seal DESC
LIMIT 1 BY topic, partition
"""  # noqa: S608 - `listed` quotes what is put in


COUNTS_QUERY = """
SELECT epoch, topic, partition, uniqExact(offset) AS rows, min(offset) AS first, max(offset) AS last
FROM trace.events
GROUP BY epoch, topic, partition
ORDER BY epoch, topic, partition
"""


def offset_problems(rows: Iterable[tuple[Any, ...]]) -> tuple[list[Hole], list[Conflict]]:
    """Rows of the named query `completeness`."""
    holes: list[Hole] = []
    conflicts: list[Conflict] = []
    for problem, epoch, topic, partition, first, last_or_contents in rows:
        if problem == "missing":
            holes.append(Hole(epoch, topic, partition, first, last_or_contents))
        else:
            conflicts.append(Conflict(Position(epoch, topic, partition, first), last_or_contents))
    return holes, conflicts


def text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode("utf-8", "replace")


def moment(milliseconds_since_1970: int) -> datetime:
    """As a datetime; a producer may set any number, and what datetime cannot hold becomes its first or last moment."""
    try:
        return EPOCH + timedelta(milliseconds=milliseconds_since_1970)
    except OverflowError:
        return _LATEST if milliseconds_since_1970 > 0 else _EARLIEST


def milliseconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(milliseconds=1)


def _header(pair: Any) -> tuple[str, bytes]:
    name, value = pair.values() if isinstance(pair, dict) else pair
    return name.decode("utf-8", "surrogatepass"), value
