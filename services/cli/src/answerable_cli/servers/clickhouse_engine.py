"""The ClickHouse engine inside this process (chDB): one data folder, many connections, two kinds of caller.

A connection costs 0.1 ms, so every statement gets a new one: nothing that one request sets can reach another.

What may not be done is held by the engine itself where it can be:

* `users.xml` grants files, URLs, S3 and other sources to nobody: `file()`, `url()`, `INSERT INTO FUNCTION file` fail.
* The database `default` is turned from chDB's overlay, in which every path is a table, into an ordinary one.
* Readers run with `readonly = 1`, set before their statement, which no later setting can lift.

Three things get past that, each found by trying, and are refused here before the statement runs: `INTO OUTFILE` and
`KILL` (readers may only run what the engine's parser calls READ_ONLY), and the scalar function `file`.
"""

import contextlib
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from answerable_cli.servers.clickhouse_sql import (
    Insert,
    first_keyword,
    mentions,
    output_format,
    quoted_name,
    set_statement,
)
from answerable_cli.servers.errors import DataFolderInvalidError, QueryError
from answerable_cli.servers.folders import locked

VERSION = "26.9"
READER_TIME = timedelta(seconds=60)
_READER_SETTINGS = frozenset(
    {
        "date_time_output_format", "join_use_nulls", "max_block_size", "max_execution_time", "max_result_rows",
        "max_threads", "output_format_json_quote_64bit_integers", "result_overflow_mode", "session_timezone",
    }
)  # fmt: skip
_FORBIDDEN_FUNCTION = "file"
_SYNTAX_ERROR, _READONLY, _ACCESS_DENIED, _NOT_IMPLEMENTED, _UNKNOWN_SETTING = 62, 164, 497, 48, 115
_ERROR_CODE = re.compile(r"Code: (\d+)\.")
# Formats whose chunks can be sent one after another; the others have a head and a tail.
STREAMED_FORMATS = frozenset({"Native", "TabSeparated", "TSV", "CSV", "RowBinary", "JSONEachRow"})

_CONFIG = """<clickhouse>
  <user_directories><users_xml><path>{users}</path></users_xml></user_directories>
  <access_control_improvements><table_engines_require_grant>true</table_engines_require_grant></access_control_improvements>
  <logger><level>none</level></logger>
</clickhouse>
"""
# Every engine that keeps its rows here; those that reach files, URLs or other databases are not granted.
_TABLE_ENGINES = (
    "MergeTree", "ReplacingMergeTree", "SummingMergeTree", "AggregatingMergeTree", "CollapsingMergeTree",
    "VersionedCollapsingMergeTree", "Memory", "Null", "Set", "Join", "Log", "TinyLog", "Buffer", "Merge", "Dictionary",
)  # fmt: skip
_USERS = """<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users><default>
    <password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
    <grants><query>GRANT SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE DICTIONARY,
      CREATE TEMPORARY TABLE, CREATE FUNCTION, DROP, DROP FUNCTION, UNDROP TABLE, TRUNCATE, OPTIMIZE, KILL QUERY,
      SYSTEM, dictGet, CHECK ON *.*</query>{engines}</grants>
  </default></users>
</clickhouse>
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement and what it runs with."""

    sql: bytes
    writer: bool
    database: str | None = None
    default_format: str = "TabSeparated"
    settings: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    only_reads: bool = False  # a writer that used GET


@dataclass(frozen=True, slots=True)
class Outcome:
    """The bytes of a result in `format`, and the figures of X-ClickHouse-Summary."""

    format: str
    body: bytes = b""
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    elapsed_ns: int = 0


class Engine:
    """Open engine; its methods block, may be called from any thread, and do not wait for each other."""

    def __init__(self, folder: Path, config: Path) -> None:
        self._chdb = _load()
        self._address = f"{folder}?config-file={quote(str(config))}"
        # The engine shuts down with its last connection: this one holds it open.
        self._anchor = self._connect()
        _make_default_database_ordinary(self._anchor, folder)
        self.timezone = self._anchor.query("SELECT timezone()", "TSV").data().strip()
        self.version = self._anchor.query("SELECT version()", "TSV").data().strip()

    def run(self, statement: Statement) -> Outcome:
        """Run a statement and return its whole result. Raises QueryError."""
        with self._prepared(statement) as connection:
            result = connection.query(
                statement.sql.decode(), statement.default_format, params=dict(statement.parameters)
            )
            return _outcome(result, output_format(statement.sql) or statement.default_format)

    def stream(self, statement: Statement) -> Iterator[bytes]:
        """The result, chunk by chunk, in one of STREAMED_FORMATS. Raises QueryError, also between chunks."""
        with self._prepared(statement) as connection:
            handle = connection.send_query(
                statement.sql.decode(), statement.default_format, params=dict(statement.parameters)
            )
            try:
                while (chunk := connection.streaming_fetch_result(handle)) is not None and chunk.rows_read() > 0:
                    yield chunk.bytes()
            except GeneratorExit:
                connection.streaming_cancel_query(handle)
                raise

    def insert(self, statement: Statement, insert: Insert, chunks: Iterator[bytes]) -> Outcome:
        """Write `insert.data` and then `chunks`; returns when all of it is in the table. Raises QueryError.

        Nothing is written when it fails, up to the size of one block (a million rows).
        """
        if not statement.writer or statement.only_reads:
            raise _refusal(_READONLY, "this connection only reads")
        with self._connection() as connection:
            _apply(connection, statement.database, dict(statement.settings))
            handle = connection.send_insert(insert.head, insert.format)
            try:
                if insert.data:
                    connection.insert_append(handle, insert.data)
                for chunk in chunks:
                    connection.insert_append(handle, chunk)
            except BaseException:
                connection.insert_cancel(handle)
                raise
            return _outcome(connection.insert_done(handle), insert.format)

    def close(self) -> None:
        """End the statements that still run, and the engine with them."""
        self._anchor.query("KILL QUERY WHERE query_id != queryID() ASYNC", "Null")
        self._anchor.close()

    @contextlib.contextmanager
    def _prepared(self, statement: Statement) -> Iterator[Any]:
        with self._connection() as connection:
            _check(connection, statement)
            settings = dict(statement.settings)
            if not statement.writer:
                settings = {**_reader_settings(settings), "readonly": "1"}
            _apply(connection, statement.database, settings)
            yield connection

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Any]:
        connection = self._connect()
        try:
            yield connection
        except RuntimeError as error:  # what the engine raises for everything
            raise _query_error(str(error)) from None
        finally:
            connection.close()

    def _connect(self) -> Any:
        return self._chdb.connect(self._address)


@contextlib.contextmanager
def opened(data: Path) -> Iterator[Engine]:
    """The engine on the folder `data`, for the block.

    Raises DataFolderInUseError when another process (or this one) has it open, DataFolderInvalidError for a folder
    made by something else. A process can have one folder open at a time.
    """
    data = data.absolute()
    with locked(data):
        users = data / "users.xml"
        engines = "".join(f"<query>GRANT TABLE ENGINE ON {name}</query>" for name in _TABLE_ENGINES)
        users.write_text(_USERS.format(engines=engines))
        config = data / "config.xml"
        config.write_text(_CONFIG.format(users=users))
        folder = data / "engine"
        folder.mkdir(exist_ok=True)
        engine = Engine(folder, config)
        try:
            yield engine
        finally:
            engine.close()


def _load() -> Any:
    """The engine's extension module, whose public wrapper passes neither bytes nor settings. Importing takes 0.5 s."""
    module = importlib.import_module("chdb._chdb")
    # Importing it has replaced this process's handlers of crash signals with its own.
    module.reset_signal_handlers()
    module.set_signal_handlers_enabled(0)
    return module


def _make_default_database_ordinary(connection: Any, folder: Path) -> None:
    engine = connection.query("SELECT engine FROM system.databases WHERE name = 'default'", "TSV").data().strip()
    if engine != "Overlay":
        return
    if (
        folder / "metadata" / "default"
    ).exists():  # made with its first table; without it ATTACH does not find the UUID
        steps = ("DETACH DATABASE default", "ATTACH DATABASE default")
    elif any((folder / "data" / "default").glob("*")):
        raise DataFolderInvalidError(f"{folder} was made by another program: choose an empty folder")
    else:
        steps = ("DROP DATABASE default", "CREATE DATABASE default ENGINE = Atomic")
    for step in steps:
        connection.query(step)


def _apply(connection: Any, database: str | None, settings: dict[str, str]) -> None:
    if database:
        connection.query(f"USE {quoted_name(database)}")
    if settings:
        try:
            connection.query(set_statement(settings))
        except ValueError as error:
            raise _refusal(_UNKNOWN_SETTING, f"{error} is not the name of a setting") from None


def _reader_settings(settings: dict[str, str]) -> dict[str, str]:
    for name in settings:
        if name not in _READER_SETTINGS:
            raise _refusal(_READONLY, f"Cannot modify {name!r} setting in readonly mode")
    try:
        asked_s = float(settings.get("max_execution_time") or 0)
    except ValueError:
        asked_s = 0.0
    limit_s = READER_TIME.total_seconds()
    return {**settings, "max_execution_time": str(min(asked_s, limit_s) if asked_s > 0 else limit_s)}


def _check(connection: Any, statement: Statement) -> None:
    sql = statement.sql.decode(errors="replace")
    if first_keyword(statement.sql) in {b"SET", b"USE"}:
        raise _refusal(_NOT_IMPLEMENTED, "there are no sessions here: send settings and database with each request")
    report = connection.classify_query(sql)
    if report["statement_count"] > 1:
        raise _refusal(_SYNTAX_ERROR, "Multi-statements are not allowed")
    kind = report["query_class"].name
    if kind == "UNKNOWN":
        _canonical(connection, sql)  # says what is wrong with it, unless it is new to the classification only
        if statement.writer and not statement.only_reads:
            return
    if statement.writer and not statement.only_reads:
        if kind == "CONTROL" and "outfile" in sql.lower():
            raise _refusal(_ACCESS_DENIED, "files of the server cannot be written")
        return
    if kind != "READ_ONLY":
        raise _refusal(_READONLY, "Cannot execute query in readonly mode")
    if not statement.writer:
        _check_names(connection, sql, statement.parameters)


def _check_names(connection: Any, sql: str, parameters: Mapping[str, str]) -> None:
    lowered = sql.lower()
    if _FORBIDDEN_FUNCTION not in lowered and "\\" not in sql and "identifier" not in lowered:
        return
    canonical = _canonical(connection, sql)
    named_by_parameter = any(value.strip('`" ').lower() == _FORBIDDEN_FUNCTION for value in parameters.values())
    if mentions(canonical, _FORBIDDEN_FUNCTION) or (named_by_parameter and "identifier" in lowered):
        text = "the function file() is not allowed here; a column of that name is written with its table: t.file"
        raise _refusal(_ACCESS_DENIED, text)


def _canonical(connection: Any, sql: str) -> str:
    """The statement as the engine prints it. Raises what the engine raises for a syntax error."""
    return str(connection.query("SELECT formatQuery({q:String})", "TSVRaw", params={"q": _escaped(sql)}).data())


def _escaped(value: str) -> str:
    """The form in which query parameters are read: that of a TabSeparated field."""
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _outcome(result: Any, format_name: str) -> Outcome:
    return Outcome(
        format=format_name,
        body=result.bytes() or b"",
        read_rows=result.storage_rows_read(),
        read_bytes=result.storage_bytes_read(),
        written_rows=result.rows_written(),
        written_bytes=result.bytes_written(),
        elapsed_ns=int(result.elapsed() * 1e9),
    )


def _refusal(code: int, text: str) -> QueryError:
    return QueryError(code, f"Code: {code}. DB::Exception: {text}.")


def _query_error(text: str) -> QueryError:
    found = _ERROR_CODE.search(text)
    return QueryError(int(found.group(1)) if found else 0, text)
