"""Ordinary ClickHouse clients work against the endpoint."""

import asyncio
import gzip
import http.client
import io
import json
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import clickhouse_connect
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from pyarrow import parquet

from answerable_cli.servers.clickhouse import clickhouse_endpoint
from answerable_cli.servers.clickhouse_http import WRITER
from answerable_cli.servers.errors import DataFolderInUseError, NotReadyError
from answerable_cli.servers.ports import free_port
from answerable_cli.servers.process import Server
from tests.support.servers import TOKEN

pytestmark = pytest.mark.integration

DURABLE = "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"


def connect(url: str, user: str = WRITER, password: str = TOKEN, **options: Any) -> Any:
    parts = urlsplit(url)
    return clickhouse_connect.get_client(
        host=parts.hostname, port=parts.port, username=user, password=password, **options
    )


def send(
    url: str, sql: str | bytes = b"", method: str = "POST", headers: dict[str, str] | None = None, **parameters: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One request as curl would send it: status, headers, body."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request(method, "/?" + urlencode(parameters), sql, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def write(url: str, sql: str | bytes = b"", headers: dict[str, str] | None = None, **parameters: str) -> bytes:
    status, _, body = send(
        url, sql, headers={"X-ClickHouse-User": WRITER, "X-ClickHouse-Key": TOKEN, **(headers or {})}, **parameters
    )
    assert status == 200, body
    return body


@pytest.fixture
def table(clickhouse: Server) -> Iterator[str]:
    """An empty table of two columns in a database of its own."""
    database = f"d{uuid.uuid4().hex}"
    write(clickhouse.url, f"CREATE DATABASE {database}")
    write(clickhouse.url, f"CREATE TABLE {database}.t (a Int64, b String) ENGINE = MergeTree ORDER BY a {DURABLE}")
    yield f"{database}.t"
    write(clickhouse.url, f"DROP DATABASE {database}")


class TestClickhouseConnect:
    def test_rows_of_every_common_type_come_back_as_they_went(self, clickhouse: Server) -> None:
        client = connect(clickhouse.url)
        client.command("CREATE OR REPLACE TABLE kinds (u UUID, m Map(String, String), d DateTime64(6, 'UTC'), "
                       "n Nullable(Float64), l LowCardinality(String), t Array(Tuple(Int8, String)), j JSON) "
                       "ENGINE = MergeTree ORDER BY u")  # fmt: skip
        row = [
            uuid.uuid4(),
            {"k": "ü"},
            datetime(2026, 11, 1, 12, 0, 0, 5, tzinfo=UTC),
            None,
            "low",
            [(1, "x")],
            {"a": 1},
        ]
        summary = client.insert("kinds", [row])
        found = client.query("SELECT * FROM kinds", tz_mode="aware")
        assert summary.written_rows == 1
        assert found.column_names == ("u", "m", "d", "n", "l", "t", "j")
        assert list(found.result_rows[0][:-1]) == row[:-1]
        assert found.summary["read_rows"] == "1"

    async def test_the_asynchronous_client_works_too(self, clickhouse: Server, table: str) -> None:
        parts = urlsplit(clickhouse.url)
        client = await clickhouse_connect.get_async_client(
            host=parts.hostname, port=parts.port, username=WRITER, password=TOKEN
        )
        try:
            await client.insert(table, [[1, "x"], [2, "y"]], column_names=["a", "b"])
            found = await asyncio.gather(*(client.query(f"SELECT b FROM {table} WHERE a = {n}") for n in (1, 2)))
        finally:
            await client.close()
        assert [result.first_row for result in found] == [("x",), ("y",)]

    def test_parameters_are_bound_by_the_engine(self, clickhouse: Server) -> None:
        values = {"s": "it's \\ a\ttab", "n": [1, 2]}
        found = connect(clickhouse.url).query("SELECT {s:String}, {n:Array(Int64)}", parameters=values)
        assert found.first_row == (values["s"], values["n"])

    def test_parameters_too_long_for_a_url_arrive_in_a_form(self, clickhouse: Server) -> None:
        client = connect(clickhouse.url, form_encode_query_params=True)
        assert client.query("SELECT length({s:String})", parameters={"s": "x" * 100_000}).first_row == (100_000,)

    def test_settings_and_database_apply_to_one_request(self, clickhouse: Server, table: str) -> None:
        client = connect(clickhouse.url, database=table.partition(".")[0])
        client.insert("t", [[1, "x"]])
        sql = "SELECT value FROM system.settings WHERE name = 'max_block_size'"
        assert client.query(sql, settings={"max_block_size": 77}).first_row == ("77",)
        assert client.query(sql).first_row != ("77",)

    def test_a_large_result_is_streamed(self, clickhouse: Server) -> None:
        with connect(clickhouse.url).query_row_block_stream("SELECT number FROM numbers(1000000)") as stream:
            assert sum(len(block) for block in stream) == 1_000_000

    def test_errors_carry_the_engines_code_and_words(self, clickhouse: Server) -> None:
        with pytest.raises(DatabaseError, match="UNKNOWN_TABLE") as caught:
            connect(clickhouse.url).query("SELECT * FROM nowhere")
        assert caught.value.code == 60

    @pytest.mark.parametrize("compress", [True, "gzip", "zstd", "lz4", False])
    def test_inserts_arrive_whatever_the_compression(
        self, clickhouse: Server, table: str, compress: bool | str
    ) -> None:
        client = connect(clickhouse.url, compress=compress)
        client.insert(table, [[n, "x" * 50] for n in range(100_000)], column_names=["a", "b"])
        assert client.query(f"SELECT count(), sum(a), min(length(b)) FROM {table}").first_row == (
            100_000,
            4_999_950_000,
            50,
        )


def _arrow() -> bytes:
    sink = io.BytesIO()
    data = pa.table({"a": [1, 2], "b": ["x", "y"]})
    with pa.ipc.new_file(sink, data.schema) as writer:
        writer.write(data)
    return sink.getvalue()


def _parquet() -> bytes:
    sink = io.BytesIO()
    parquet.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), sink)
    return sink.getvalue()


BODIES = [
    ("CSV", b"1,x\n2,y\n"),
    ("JSONEachRow", b'{"a":1,"b":"x"}\n{"a":2,"b":"y"}'),
    ("RowBinary", b"".join(n.to_bytes(8, "little") + b"\x01" + b for n, b in ((1, b"x"), (2, b"y")))),
    ("Values", b"(1,'x'),(2,'y')"),
    ("Arrow", _arrow()),
    ("Parquet", _parquet()),
]


class TestCurl:
    @pytest.mark.parametrize(("name", "body"), BODIES, ids=[name for name, _ in BODIES])
    def test_data_is_inserted_from_the_body_with_the_statement_in_either_place(
        self, clickhouse: Server, table: str, name: str, body: bytes
    ) -> None:
        write(clickhouse.url, body, query=f"INSERT INTO {table} FORMAT {name}")
        write(clickhouse.url, f"INSERT INTO {table} FORMAT {name}\n".encode() + body)
        assert write(clickhouse.url, f"SELECT a, b FROM {table} ORDER BY a") == b"1\tx\n1\tx\n2\ty\n2\ty\n"

    def test_values_in_the_statement_are_inserted(self, clickhouse: Server, table: str) -> None:
        write(clickhouse.url, f"INSERT INTO {table} (b, a) VALUES ('FORMAT CSV; x', 3)")
        write(clickhouse.url, f"INSERT INTO {table} SELECT a + 1, b FROM {table}")
        assert write(clickhouse.url, f"SELECT * FROM {table} ORDER BY a") == b"3\tFORMAT CSV; x\n4\tFORMAT CSV; x\n"

    def test_the_format_comes_from_clause_header_or_parameter(self, clickhouse: Server) -> None:
        sql = "SELECT 1 AS x"
        assert json.loads(write(clickhouse.url, sql + " FORMAT JSON"))["data"] == [{"x": 1}]
        assert write(clickhouse.url, sql, headers={"X-ClickHouse-Format": "JSONEachRow"}) == b'{"x":1}\n'
        assert write(clickhouse.url, sql, default_format="CSV") == b"1\n"
        assert write(clickhouse.url, sql) == b"1\n"

    def test_the_query_may_be_in_the_url_and_its_parameters_too(self, clickhouse: Server) -> None:
        status, headers, body = send(
            clickhouse.url, method="GET", query="SELECT {x:UInt8} + 1", param_x="4", query_id="mine"
        )
        assert (status, body, headers["X-ClickHouse-Query-Id"]) == (200, b"5\n", "mine")

    def test_a_failed_insert_leaves_nothing_and_says_why(self, clickhouse: Server, table: str) -> None:
        body = b'{"a":1,"b":"x"}\n' * 50_000 + b'{"a":"no number"}\n'
        key = {"X-ClickHouse-User": WRITER, "X-ClickHouse-Key": TOKEN}
        status, headers, text = send(clickhouse.url, body, headers=key, query=f"INSERT INTO {table} FORMAT JSONEachRow")
        assert (status, headers["X-ClickHouse-Exception-Code"]) == (400, "27")
        assert b"CANNOT_PARSE_INPUT" in text
        assert write(clickhouse.url, f"SELECT count() FROM {table}") == b"0\n"

    def test_a_body_that_is_not_what_it_says_is_refused(self, clickhouse: Server, table: str) -> None:
        key = {"X-ClickHouse-User": WRITER, "X-ClickHouse-Key": TOKEN, "Content-Encoding": "gzip"}
        status, _, text = send(clickhouse.url, b"plain", headers=key, query=f"INSERT INTO {table} FORMAT CSV")
        assert (status, b"not gzip" in text) == (500, True)
        write(clickhouse.url, gzip.compress(b"1,x\n"), headers=key, query=f"INSERT INTO {table} FORMAT CSV")

    def test_what_is_not_supported_is_refused_by_name(self, clickhouse: Server) -> None:
        key = {"X-ClickHouse-User": WRITER, "X-ClickHouse-Key": TOKEN}
        assert send(clickhouse.url, "SET max_threads = 1", headers=key)[0] == 501
        assert send(clickhouse.url, "SELECT 1", headers=key, compress="1")[0] == 501
        assert send(clickhouse.url, "SELECT 1; SELECT 2", headers=key)[0] == 400
        assert send(clickhouse.url, "SELEC 1", headers=key)[0] == 400
        assert send(clickhouse.url, b"SELECT '\xff'", headers=key)[0] == 400

    def test_ping_is_answered(self, clickhouse: Server) -> None:
        connection = http.client.HTTPConnection(urlsplit(clickhouse.url).netloc, timeout=5)
        for path in ("/ping", "/replicas_status"):
            connection.request("GET", path)
            assert connection.getresponse().read() == b"Ok.\n"


def test_a_slow_query_and_inserts_do_not_hold_up_a_select(clickhouse: Server, table: str) -> None:
    stop = threading.Event()

    def insert() -> None:
        while not stop.is_set():
            write(clickhouse.url, b"1,x\n", query=f"INSERT INTO {table} FORMAT CSV")

    threads = [threading.Thread(target=insert), threading.Thread(target=send, args=(clickhouse.url, "SELECT sleep(3)"))]
    threads.append(threading.Thread(target=write, args=(clickhouse.url, "SELECT sleep(3)")))
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    began = time.monotonic()
    for _ in range(20):
        assert send(clickhouse.url, f"SELECT count() >= 0 FROM {table}")[2] == b"1\n"
    took = time.monotonic() - began
    stop.set()
    for thread in threads:
        thread.join()
    assert took < 2


class TestFolder:
    async def test_a_kill_loses_no_acknowledged_insert(self, tmp_path: Path) -> None:
        port = free_port()
        async with clickhouse_endpoint(tmp_path, port, token=TOKEN, in_thread=False) as first:
            await asyncio.to_thread(
                write, first.url, f"CREATE TABLE t (a Int64) ENGINE = MergeTree ORDER BY a {DURABLE}"
            )
            acknowledged: list[int] = []
            writer = asyncio.create_task(asyncio.to_thread(_insert_until_it_fails, first.url, acknowledged))
            await asyncio.sleep(1)
            assert first.process is not None
            os.kill(first.process.pid, signal.SIGKILL)
            await writer
        async with clickhouse_endpoint(tmp_path, port, token=TOKEN, in_thread=False) as second:
            found = await asyncio.to_thread(write, second.url, "SELECT a FROM t ORDER BY a")
        assert len(acknowledged) > 10
        assert {int(line) for line in found.split()} >= set(acknowledged)

    async def test_a_folder_that_is_open_is_refused(self, tmp_path: Path) -> None:
        async with clickhouse_endpoint(tmp_path, None, token=TOKEN, in_thread=False):
            with pytest.raises(NotReadyError, match="is open in another process"):
                async with clickhouse_endpoint(tmp_path, None, token=TOKEN, in_thread=False):
                    pass
            with pytest.raises(DataFolderInUseError):
                async with clickhouse_endpoint(tmp_path, None, token=TOKEN, in_thread=True):
                    pass

    @pytest.mark.parametrize("in_thread", [True, False])
    async def test_a_stop_does_not_wait_for_a_long_query(self, tmp_path: Path, in_thread: bool) -> None:
        async with clickhouse_endpoint(tmp_path, None, token=TOKEN, in_thread=in_thread) as server:
            endless = asyncio.create_task(
                asyncio.to_thread(send, server.url, "SELECT sum(rand64()) FROM numbers(1e12)")
            )
            await asyncio.sleep(1)
            began = time.monotonic()
        assert time.monotonic() - began < 8
        assert (await endless)[0] == 500
        await asyncio.sleep(0.5)
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("clickhouse")]

    async def test_in_a_thread_it_serves_the_same_and_keeps_its_tables(self, tmp_path: Path) -> None:
        async with clickhouse_endpoint(tmp_path, None, token=TOKEN, in_thread=True) as server:
            assert server.process is None
            await asyncio.to_thread(write, server.url, "CREATE TABLE t (a Int64) ENGINE = MergeTree ORDER BY a")
            await asyncio.to_thread(write, server.url, "INSERT INTO t VALUES (5)")
        async with clickhouse_endpoint(tmp_path, None, token=TOKEN, in_thread=True) as server:
            assert await asyncio.to_thread(write, server.url, "SELECT a FROM t") == b"5\n"


def _insert_until_it_fails(url: str, acknowledged: list[int]) -> None:
    for number in range(100_000):
        try:
            write(url, f"INSERT INTO t VALUES ({number})")
        except (OSError, http.client.HTTPException):
            return
        acknowledged.append(number)
