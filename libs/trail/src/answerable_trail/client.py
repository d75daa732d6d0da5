"""The record as the audit service, the gateway and the command line use it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from answerable_trail import migrations, queries, reading
from answerable_trail.connection import Connection, open_connection
from answerable_trail.encoding import COLUMNS, batches, native_block
from answerable_trail.errors import TrailRefused
from answerable_trail.inspecting import Inspector
from answerable_trail.recomputing import Recomputation
from answerable_trail.rows import Conflict, Count, Hole, LastPosition, RequestState, Row, Table, TraceRow
from answerable_trail.trees import TreeStore

DEFAULT_TIMEOUT = timedelta(seconds=30)
"""For one statement; ten times what the largest block takes."""

MAX_BATCH_ROWS = 10_000
MAX_BATCH_BYTES = 32 * 1024 * 1024
"""Of bodies in one insert: a second of ClickHouse's time, and a bounded part of its memory and of ours."""

_INSERTS_IN_FLIGHT = 2  # one is built and sent while the other is written

_REQUESTS_PER_QUERY = 1_000  # keeps the statement below ClickHouse's 256 KiB

INSERT_SETTINGS: Mapping[str, str | int] = {
    "async_insert": 0,  # on by default in some versions: it answers before data is on disk
    "optimize_on_insert": 0,  # merging within the block costs a tenth; reads do it anyway
    "max_partitions_per_insert_block": 0,  # producers set timestamps: a block of odd ones must not be refused for ever
}


class Trail:
    """The record. Every method raises TrailUnavailable or TrailRefused."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.trees = TreeStore(connection)
        self.inspector = Inspector(connection)
        self.recomputation = Recomputation(connection, self.trees)

    async def migrate(self) -> None:
        """Bring the schema to this release; may be repeated, by several processes at once. Raises MigrationChanged."""
        await migrations.migrate(self._connection, migrations.migrations())

    async def verify(self) -> None:
        """Write a row and read it back: the schema is there, writing works, and so does reading.

        Raises TrailRefused when a migration is missing or the row does not come back, MigrationChanged.
        """
        await migrations.require_migrated(self._connection, migrations.migrations())
        probe = reading.literal(uuid4())
        await self._connection.command(f"INSERT INTO trace.probes (id) VALUES ({probe})")  # noqa: S608 - a UUID
        found = await self._connection.select(f"SELECT 1 FROM trace.probes WHERE id = {probe}")  # noqa: S608 - same
        if not found.rows:
            raise TrailRefused("a row that was just written cannot be read")

    async def append(self, rows: Sequence[Row]) -> None:
        """Record rows. When it returns they are on disk; when it raises, any part of them may be.

        The same rows may be appended again, alone or with others: the position is the key. Of two rows for a record the
        one with the higher token counts.
        """
        in_flight: deque[asyncio.Task[None]] = deque()
        try:
            for batch in batches(rows, max_rows=MAX_BATCH_ROWS, max_bytes=MAX_BATCH_BYTES):
                block = native_block(batch)
                insert = self._connection.insert("trace.events", COLUMNS, block, INSERT_SETTINGS)
                in_flight.append(asyncio.create_task(insert))
                await asyncio.sleep(0)  # lets it be sent while the next block is built
                if len(in_flight) == _INSERTS_IN_FLIGHT:
                    await in_flight.popleft()
            while in_flight:
                await in_flight.popleft()
        finally:
            for task in in_flight:
                task.cancel()
            await asyncio.gather(*in_flight, return_exceptions=True)

    async def positions(self) -> dict[tuple[str, int], LastPosition]:
        """The newest recorded position of each (topic, partition): highest epoch, highest offset in it."""
        ends = _rows(await self._connection.select(reading.ENDS_QUERY))
        if not ends:
            return {}
        found = _rows(await self._connection.select(reading.known_by_query(ends)))
        marks = {(topic, partition): (event, log_time_ms) for topic, partition, event, log_time_ms in found}
        return {
            (topic, partition): LastPosition(epoch, offset, marks.get((topic, partition)))
            for topic, partition, epoch, offset in ends
        }

    async def load(self, requests: Collection[tuple[str, UUID]]) -> dict[tuple[str, UUID], RequestState]:
        """What is recorded of each of these (tenant, request id); an empty state where there is nothing.

        One query for every thousand of them.
        """
        wanted = list(dict.fromkeys(requests))
        found: dict[tuple[str, UUID], RequestState] = {key: RequestState() for key in wanted}
        for start in range(0, len(wanted), _REQUESTS_PER_QUERY):
            some = wanted[start : start + _REQUESTS_PER_QUERY]
            table = await self._connection.pick(reading.state_query(some))
            found |= reading.states(table.rows)
        return found

    async def open_requests(self, partitions: Collection[int], since: datetime) -> list[tuple[str, UUID]]:
        """Requests without an outcome whose question (or its dead letter) was recorded since then in these partitions.

        `since` is compared with ClickHouse's clock, not with timestamps of the log, which upstream may set.
        """
        if not partitions:
            return []
        table = await self._connection.select(reading.open_requests_query(partitions, since))
        return [(tenant, request) for tenant, request in _rows(table)]

    async def request(self, tenant: str | None, request_id: UUID) -> list[TraceRow]:
        """All records of a request, oldest first; without a tenant, of every tenant that chose this id."""
        table = await self._connection.pick(reading.rows_query(tenant, request_id))
        return [reading.trace_row(row) for row in table.rows]

    async def unfinished_documents(self, epochs: Mapping[int, int]) -> list[TraceRow]:
        """Document events that a lost log took with it before ingestion answered them, oldest first.

        `epochs`: current epoch of each partition of `documents`.
        """
        if not any(epochs.values()):
            return []
        table = await self._connection.select(reading.unfinished_documents_query(epochs), exact=True)
        return [reading.trace_row(row) for row in table.rows]

    async def requests_since(self, since: datetime, tenant: str | None, *, limit: int) -> list[tuple[str, UUID]]:
        """Requests whose question was recorded since then, by ClickHouse's clock; at most `limit` of them."""
        table = await self._connection.select(reading.requests_since_query(since, tenant, limit))
        return [(owner, request) for owner, request in _rows(table)]

    async def holes(self) -> list[Hole]:
        """Offsets that are missing, counted from 0 in every incarnation of a partition."""
        return (await self.offset_problems())[0]

    async def conflicts(self) -> list[Conflict]:
        """Positions recorded with more than one content."""
        return (await self.offset_problems())[1]

    async def offset_problems(self) -> tuple[list[Hole], list[Conflict]]:
        """Both, in one scan of the record."""
        query = queries.named_query("completeness")
        return reading.offset_problems(_rows(await self._connection.select(query.sql, query.bind({}))))

    async def counts(self) -> list[Count]:
        """How much is recorded of each incarnation of each partition."""
        return [Count(*row) for row in _rows(await self._connection.select(reading.COUNTS_QUERY))]

    async def query(self, sql: str, *, parameters: Mapping[str, object] | None = None) -> Table:
        """Run a query; `{name:Type}` placeholders take the parameters. Raises QueryInvalid."""
        return await self._connection.ask(sql, parameters)

    async def named_query(self, name: str, *, parameters: Mapping[str, object] | None = None) -> Table:
        """Run a query of schemas/clickhouse/queries. Raises QueryUnknown, QueryInvalid."""
        query = queries.named_query(name)
        return await self._connection.ask(query.sql, query.bind(parameters or {}))


@asynccontextmanager
async def connect(url: str, *, statement_timeout: timedelta = DEFAULT_TIMEOUT) -> AsyncIterator[Trail]:
    """The record behind `http[s]://user:password@host:port`, database `trace`.

    Raises TrailUnavailable, TrailRefused (wrong credentials), ValueError (unusable URL).
    """
    async with open_connection(url, statement_timeout=statement_timeout) as connection:
        yield Trail(connection)


def _rows(table: Table) -> list[tuple[Any, ...]]:
    return list(table.rows)
