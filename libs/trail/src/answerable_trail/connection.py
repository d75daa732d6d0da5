"""ClickHouse over HTTP: one pooled client, its failures sorted into `TrailUnavailable` and `TrailRefused`.

The kind of a failure is taken from the driver's exception type and ClickHouse's numeric error code, never from a text.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from answerable_trail.errors import QueryInvalid, TrailError, TrailRefused, TrailUnavailable
from answerable_trail.rows import Table

PASSING_CODES = frozenset(
    {
        159,  # TIMEOUT_EXCEEDED
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        225,  # NO_ZOOKEEPER
        236,  # ABORTED
        241,  # MEMORY_LIMIT_EXCEEDED
        242,  # TABLE_IS_READ_ONLY: the replica has lost its coordinator
        243,  # NOT_ENOUGH_SPACE
        252,  # TOO_MANY_PARTS
        279,  # ALL_CONNECTION_TRIES_FAILED
        285,  # TOO_FEW_LIVE_REPLICAS
        286,  # UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
        319,  # UNKNOWN_STATUS_OF_INSERT
        394,  # QUERY_WAS_CANCELLED
        439,  # CANNOT_SCHEDULE_TASK
        473,  # DEADLOCK_AVOIDED
        999,  # KEEPER_EXCEPTION
        1002,  # UNKNOWN_EXCEPTION
    }
)
"""ClickHouse's error codes that mean "not now"."""

POOL_SIZE = 8
_EXACT = {"String": "bytes", "FixedString": "bytes"}
_SCHEMES = ("http", "https")


class Connection:
    """Statements in, results out. Safe to use from many tasks at once."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def command(self, sql: str) -> None:
        """Run a statement without a result."""
        with _sorted_failures():
            await self._client.command(sql)

    async def select(self, sql: str, parameters: Mapping[str, object] | None = None, *, exact: bool = False) -> Table:
        """Run a query; with `exact`, text columns come as the bytes that are stored."""
        formats = _EXACT if exact else None
        with _sorted_failures():
            result = await self._client.query(sql, parameters=dict(parameters or {}) or None, query_formats=formats)
        return _table(result)

    async def pick(self, sql: str) -> Table:
        """Run a query for a few rows that the primary key finds, exactly: on one thread, where the user may say so.
        Others would be started for nothing, which takes longer than the rows.
        """
        threads = self._client.server_settings.get("max_threads")
        settings = {"max_threads": 1} if threads is not None and not threads.readonly else None
        with _sorted_failures():
            result = await self._client.query(sql, query_formats=_EXACT, settings=settings)
        return _table(result)

    async def ask(self, sql: str, parameters: Mapping[str, object] | None = None) -> Table:
        """Run a query that a person wrote. Raises QueryInvalid, with ClickHouse's words, where others are refused."""
        with _sorted_failures(quoted=True):
            result = await self._client.query(sql, parameters=dict(parameters or {}) or None)
        return _table(result)

    async def insert(
        self, table: str, columns: Sequence[str], block: bytes, settings: Mapping[str, str | int] | None = None
    ) -> None:
        """Write a block in Native format; returns when ClickHouse has stored it."""
        with _sorted_failures():
            await self._client.raw_insert(
                table, column_names=list(columns), insert_block=block, settings=dict(settings or {}), fmt="Native"
            )


@asynccontextmanager
async def open_connection(url: str, *, statement_timeout: timedelta) -> AsyncIterator[Connection]:
    """Connect to `http[s]://user:password@host:port`.

    Raises TrailUnavailable when nobody answers, TrailRefused for wrong credentials, ValueError for an unusable URL.
    """
    import clickhouse_connect  # noqa: PLC0415 - slow, and the pure parts of this package do without

    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError("the ClickHouse URL has to read http[s]://user:password@host:port")
    with _sorted_failures():
        client = await clickhouse_connect.get_async_client(
            interface=parts.scheme,
            host=parts.hostname,
            port=parts.port or (8443 if parts.scheme == "https" else 8123),
            username=unquote(parts.username or "") or None,
            password=unquote(parts.password or ""),
            compress=False,  # the trace compresses columns itself; between services and ClickHouse it only costs time
            connect_timeout=min(statement_timeout.total_seconds(), 10),
            send_receive_timeout=statement_timeout.total_seconds(),
            connector_limit=POOL_SIZE,
            connector_limit_per_host=POOL_SIZE,
            query_retries=0,  # whoever calls decides what is tried again
            tz_mode="aware",
            show_clickhouse_errors="scrub",
        )
    try:
        yield Connection(client)
    finally:
        await client.close()


def _table(result: Any) -> Table:
    return Table(tuple(result.column_names), tuple(tuple(row) for row in result.result_rows))


@contextmanager
def _sorted_failures(*, quoted: bool = False) -> Iterator[None]:
    """Turn the driver's exceptions into this package's."""
    from clickhouse_connect.driver.exceptions import ClickHouseError  # noqa: PLC0415 - see open_connection

    try:
        yield
    except ClickHouseError as error:
        raise _sorted_failure(error, quoted=quoted) from None


def _sorted_failure(error: Exception, *, quoted: bool) -> TrailError:
    from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError  # noqa: PLC0415 - see above

    code, name = getattr(error, "code", None), getattr(error, "name", None)
    # Without a code it was not ClickHouse that answered, but a connection, a proxy or a load balancer.
    nobody_answered = code is None and (isinstance(error, OperationalError) or type(error) is DatabaseError)
    if nobody_answered or code in PASSING_CODES:
        return TrailUnavailable(f"ClickHouse cannot be used now (code {code or 'none'})")
    if quoted:
        return QueryInvalid(str(error))
    return TrailRefused(f"ClickHouse refused: code {code or 'none'} {name or type(error).__name__}")
