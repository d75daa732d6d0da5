"""Erasure in ClickHouse: the text goes, the leaf stays where it is in its tree, and every proof still verifies.

A row is replaced by one at the same position that has the canonical leaf in place of key, headers, body and salt, and a
higher seal, so that no writer can bring the old one back. Then the old rows leave the files. Each step may be repeated,
and a run that was cut off is finished by the next.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from answerable_events.message import Record
from answerable_trail.client import INSERT_SETTINGS, Trail
from answerable_trail.connection import Connection, open_connection
from answerable_trail.encoding import ERASED_COLUMNS, erased_block
from answerable_trail.errors import TrailRefused
from answerable_trail.identity import NIL, Identity, numbered
from answerable_trail.leaves import SALT_BYTES, leaf_bytes, leaf_of
from answerable_trail.merkle import leaf_hash
from answerable_trail.reading import listed, standing_query, text, trace_row
from answerable_trail.rows import ERASED, ErasedRow, Position, Row, Seal, TraceRow
from answerable_trail.searching import Searched, search
from answerable_trail.texts import own_texts, quoted_texts

Request = tuple[str, UUID]

DOOMED: Mapping[str, str] = {
    "events": "erased_leaf = '' AND (tenant, request_id, epoch, topic, partition, offset) IN "
    "(SELECT tenant, request_id, epoch, topic, partition, offset FROM trace.events WHERE erased_leaf != '')",
    "requests": "(tenant, request_id) IN (SELECT tenant, request_id FROM trace.events WHERE erased_leaf != '') "
    "AND (asker != '' OR question != '' OR answer != '' OR notEmpty(`passages.label`))",
}
"""Every table that holds text of requests or documents, and which of its rows have to go. Views hold nothing."""

TEXTLESS = {
    "leaves": "salted hashes", "nodes": "hashes of leaves", "claims": "tokens", "checkpoints": "what was signed",
    "migrations": "the schema", "probes": "random ids", "retention": "decisions of operators",
    "holds": "decisions of operators", "expired": "positions",
}  # fmt: skip
"""Tables that hold none, and what they hold."""

_HURRY = {
    "old_parts_lifetime": 1,
    # The files in their place are durable before they go: ClickHouse keeps them so long because else those are not.
    "min_rows_to_fsync_after_merge": 1,
    "min_compressed_bytes_to_fsync_after_merge": 1,
}

_REQUESTS_AT_ONCE = 200
_LOOK_AGAIN_S = 0.5
_FILES_GONE_WITHIN = timedelta(minutes=10)
_STATEMENT_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be erased: whole requests (and what ties a document's events together), and single illegible rows."""

    requests: tuple[Request, ...]
    mentions: str = ""
    """Condition for rows that are filed under no request, as `Eraser.of_subject` gives it."""


@dataclass(slots=True)
class Blanked:
    """What became of the rows of a selection."""

    positions: int = 0
    """Rows that lost their text, or would."""
    refused: set[Position] = field(default_factory=set)
    """Left alone: the row is not what its leaf hash is over, so it is evidence of an edit; or it has no seal at all."""
    already: int = 0
    newest: dict[str, datetime] = field(default_factory=dict)
    """By topic, when the last of the records was written to the log."""
    events: set[Request] = field(default_factory=set)
    """Tenant and event id of each."""
    own: set[str] = field(default_factory=set)
    quoted: set[str] = field(default_factory=set)


class Eraser:
    """Needs a user who may change the trace. Every method raises TrailUnavailable or TrailRefused."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.trail = Trail(connection)

    async def of_subject(self, tenant: str, subject: str) -> Selection:
        """Every request that names this person as its asker, in any of its events, dead letters included.

        By hash, because statements end up in ClickHouse's logs.
        """
        where = _mentions(tenant, subject)
        rows = await self._rows(f"SELECT DISTINCT tenant, request_id FROM trace.events WHERE {where}")  # noqa: S608
        found = sorted((text(owner), request) for owner, request in rows if request != NIL)
        return Selection(tuple(found), where)

    async def quoting(self, tenant: str, document_id: str) -> list[Request]:
        """Requests whose records hold passages of the document."""
        documents = "JSONExtract(body, 'passages', 'Array(Tuple(document_id String))').document_id"
        condition = f"tenant = {listed([tenant])} AND topic IN ('contexts', 'contexts-retry', 'drafts', 'drafts-retry')"
        rows = await self._rows(
            f"SELECT DISTINCT tenant, request_id FROM trace.events WHERE {condition} "  # noqa: S608
            f"AND arrayExists(d -> SHA256(d) = {_sha256(document_id)}, {documents})"
        )
        return sorted((text(owner), request) for owner, request in rows if request != NIL)

    async def still_open(self, requests: Sequence[Request], within: timedelta) -> list[Request]:
        """Those without an outcome of which something was recorded lately: services still work on them."""
        found: list[Request] = []
        for some in _pieces(requests):
            rows = await self._rows(
                f"SELECT tenant, request_id FROM trace.events WHERE (tenant, request_id) IN {_keys(some)} "  # noqa: S608
                "GROUP BY tenant, request_id HAVING countIf(topic = 'answers') = 0 "
                f"AND max(recorded_at) > now64(3, 'UTC') - INTERVAL {round(within.total_seconds())} SECOND"
            )
            found += [(text(owner), request) for owner, request in rows]
        return found

    async def unanswered(self, tenant: str, correlation: UUID, within: timedelta) -> int:
        """Events of a document of lately that ingestion has not answered yet."""
        of_document = f"tenant = {listed([tenant])} AND request_id = {listed([correlation])} AND erased_leaf = ''"
        buried = "arrayFirst(h -> JSONExtractString(h, 'name') = 'ce_id', JSONExtractArrayRaw(body, 'headers'))"
        rows = await self._rows(
            f"SELECT DISTINCT event_id FROM trace.events WHERE {of_document} AND topic = 'documents' "  # noqa: S608
            f"AND recorded_at > now64(3, 'UTC') - INTERVAL {round(within.total_seconds())} SECOND AND event_id NOT IN "
            f"(SELECT arrayJoin(ancestors).event_id FROM trace.events WHERE {of_document} AND topic = 'knowledge') "
            "AND toString(event_id) NOT IN (SELECT tryBase64Decode(JSONExtractString("
            f"{buried}, 'value')) FROM trace.events WHERE {of_document} AND topic = 'documents-dlq')"
        )
        return len(rows)

    async def search(self, texts: Sequence[str]) -> Searched:
        """Where the texts stand in the record, in any spelling."""
        return await search(self._connection, texts)

    async def survey(self, selection: Selection) -> Blanked:
        """What `blank` would do."""
        result = Blanked()
        async for rows in self._standing(selection):
            for row in rows:
                _erased(row, result)
        return result

    async def blank(self, selection: Selection, result: Blanked) -> int:
        """Put an erased row over each row, and note it in `result`; how many. The old ones stay, see `purge`."""
        before = result.positions
        async for rows in self._standing(selection):
            erased = [blank for row in rows if (blank := _erased(row, result)) is not None]
            if erased:
                await self._connection.insert("trace.events", ERASED_COLUMNS, erased_block(erased), INSERT_SETTINGS)
        return result.positions - before

    async def purge(self) -> int:
        """Take every row that an erased one stands over out of the files; how many old files could not be awaited.

        Returns when ClickHouse has deleted the files, or after ten minutes: a query that runs on holds them.
        """
        tables = tuple(DOOMED)
        async with self._hurried(tables):
            await self._delete("events")
            # A refresh that began before read the old rows and may still append them.
            await self._none("SELECT 1 FROM system.view_refreshes WHERE database = 'trace' AND status = 'Running'")
            await self._delete("requests")
            of_tables = f"database = 'trace' AND table IN {listed(tables)} AND NOT active"
            old = await self._rows(f"SELECT name FROM system.parts WHERE {of_tables}")  # noqa: S608
            names = listed([text(name) for (name,) in old] or [""])
            left = f"SELECT name FROM system.parts WHERE {of_tables} AND name IN {names}"  # noqa: S608
            # Starting what runs already wakes the thread that deletes files, which else sleeps half a minute.
            return await self._none(left, *(f"SYSTEM START CLEANUP trace.{table}" for table in tables))

    async def _delete(self, table: str) -> None:
        await self._connection.command(
            f"ALTER TABLE trace.{table} DELETE WHERE {DOOMED[table]} "
            "SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1"
        )
        failed = "SELECT 1 FROM system.mutations WHERE database = 'trace' AND NOT is_done AND latest_fail_reason != ''"
        if await self._rows(failed):
            raise TrailRefused("a mutation that deletes erased rows fails: see system.mutations")

    async def _none(self, query: str, *wake: str) -> int:
        """Wait until the query finds nothing; how much it finds after ten minutes. `wake`: to be run meanwhile."""
        give_up = asyncio.get_running_loop().time() + _FILES_GONE_WITHIN.total_seconds()
        while rows := await self._rows(query):
            if asyncio.get_running_loop().time() > give_up:
                return len(rows)
            await asyncio.sleep(_LOOK_AGAIN_S)
            for statement in wake:
                await self._connection.command(statement)
        return 0

    @asynccontextmanager
    async def _hurried(self, tables: Collection[str]) -> AsyncIterator[None]:
        """Files that were replaced go at once, which else takes ten minutes."""
        settings = ", ".join(f"{name} = {value}" for name, value in _HURRY.items())
        for table in tables:
            await self._connection.command(f"ALTER TABLE trace.{table} MODIFY SETTING {settings}")
        try:
            yield
        finally:
            for table in tables:
                await self._connection.command(f"ALTER TABLE trace.{table} RESET SETTING {', '.join(_HURRY)}")

    async def _standing(self, selection: Selection) -> AsyncIterator[list[TraceRow]]:
        conditions = [f"(tenant, request_id) IN {_keys(some)}" for some in _pieces(selection.requests)]
        if selection.mentions:
            conditions.append(f"request_id = {listed([NIL])} AND {selection.mentions}")
        for condition in conditions:
            yield [trace_row(row) for row in await self._rows(standing_query(condition))]

    async def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list((await self._connection.select(sql, exact=True)).rows)


@asynccontextmanager
async def open_eraser(url: str) -> AsyncIterator[Eraser]:
    """As the user of this URL, who has to be one who may change the trace. Raises what `connect` raises."""
    async with open_connection(url, statement_timeout=_STATEMENT_WITHIN) as connection:
        yield Eraser(connection)


def _erased(row: TraceRow, result: Blanked) -> ErasedRow | None:
    """What is to stand in place of a row; None when that stands there already, or must not."""
    if row.erased_leaf:
        result.already += 1
        return None
    place, seal = row.position, row.seal
    record = Record(place.topic, place.partition, place.offset, row.log_time_ms, row.key, row.body, row.headers)
    identity = Identity(row.tenant, str(row.request_id), str(row.event_id), row.type)
    leaf = leaf_bytes(leaf_of(record, place.epoch, identity, seal.salt))
    if seal.token == 0 or leaf_hash(leaf) != seal.leaf_hash:
        result.refused.add(place)
        return None
    result.positions += 1
    result.newest[place.topic] = max(row.log_time, result.newest.get(place.topic, row.log_time))
    result.events.add((row.tenant, row.event_id))
    result.own |= own_texts(row.body)
    result.quoted |= quoted_texts(row.body)
    empty = replace(record, key=b"", value=b"", headers=())
    blank = Seal(seal.leaf_index, seal.leaf_hash, bytes(SALT_BYTES), seal.token | ERASED)
    return ErasedRow(Row(place.epoch, empty, identity, blank), numbered(record), leaf.decode())


def _mentions(tenant: str, subject: str) -> str:
    """Condition: the row is the tenant's and names the person as asker, in its body or in the body that it buries."""
    message = "if(endsWith(topic, '-dlq'), tryBase64Decode(JSONExtractString(body, 'value')), body)"
    places = ("'asker', 'subject'", "'question', 'asker', 'subject'", "'asker'")
    names = ", ".join(f"JSONExtractString({message}, {place})" for place in places)
    owner, said = listed([tenant]), f"JSONExtractString({message}, 'tenant')"
    return (
        "topic NOT IN ('documents', 'knowledge', 'governance') "
        f"AND (tenant = {owner} OR (tenant = 'unknown' AND {said} = {owner})) "
        f"AND arrayExists(n -> SHA256(n) = {_sha256(subject)}, [{names}])"
    )


def _sha256(name: str) -> str:
    return f"unhex('{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}')"


def _keys(requests: Sequence[Request]) -> str:
    return "(" + ", ".join(listed(request) for request in requests) + ")"


def _pieces(requests: Sequence[Request]) -> Iterator[Sequence[Request]]:
    for start in range(0, len(requests), _REQUESTS_AT_ONCE):
        yield requests[start : start + _REQUESTS_AT_ONCE]
