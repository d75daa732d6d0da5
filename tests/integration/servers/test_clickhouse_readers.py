"""Whoever comes without the token only reads, and reads only what is in the database."""

import http.client
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from answerable_cli.servers.clickhouse_http import WRITER
from answerable_cli.servers.process import Server
from tests.integration.servers.test_clickhouse_http import send, write
from tests.support.servers import TOKEN

pytestmark = pytest.mark.integration

READONLY, ACCESS_DENIED = "164", "497"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file on the server's disk."""
    path = tmp_path / "secret.txt"
    path.write_text("a,secret\n")
    return path


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE x (a Int8) ENGINE = Memory",
        "CREATE TEMPORARY TABLE x (a Int8)",
        "CREATE FUNCTION f AS x -> x",
        "INSERT INTO {table} VALUES (1)",
        "INSERT INTO {table} SELECT 1",
        "INSERT INTO {table} FROM INFILE '{file}' FORMAT CSV",
        "INSERT INTO FUNCTION file('{file}', 'CSV', 'a Int8') SELECT 1",
        "ALTER TABLE {table} DELETE WHERE 1",
        "DELETE FROM {table} WHERE 1",
        "TRUNCATE TABLE {table}",
        "DROP TABLE {table}",
        "DETACH TABLE {table}",
        "OPTIMIZE TABLE {table}",
        "RENAME TABLE {table} TO other",
        "KILL QUERY WHERE 1",
        "SYSTEM DROP MARK CACHE",
        "SELECT 1 INTO OUTFILE '{file}.out'",
        "EXPLAIN SELECT 1 INTO OUTFILE '{file}.out'",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT 1 SETTINGS max_execution_time = 0",
        "SELECT * FROM (SELECT * FROM executable('id', 'TSV', 'a String') SETTINGS readonly = 0)",
        "SET readonly = 0",
        "SELECT 1; DROP TABLE {table}",
        "/* SELECT */ DROP TABLE {table}",
        "SELECT * FROM file('{file}', 'CSV')",
        "SELECT * FROM view(SELECT * FROM file('{file}', 'CSV'))",
        "SELECT * FROM loop(file('{file}', 'CSV'))",
        "SELECT * FROM merge('default', 'x') UNION ALL SELECT * FROM file('{file}', 'CSV')",
        "SELECT * FROM `{file}`",
        "SELECT * FROM '{file}'",
        "DESCRIBE TABLE file('{file}', 'CSV')",
        "SELECT file('{file}')",
        "SELECT `file`('{file}')",
        "SELECT `fil\\x65`('{file}')",
        "SELECT \"file\"('{file}')",
        "SELECT file/**/('{file}')",
        "SELECT -(-length(file('{file}')))",
        "SELECT * APPLY(file) FROM (SELECT '{file}')",
        "SELECT * APPLY(x -> file(x)) FROM (SELECT '{file}')",
        "SELECT arrayMap(file, ['{file}'])",
        "SELECT arrayMap({{f:Identifier}}, ['{file}'])",
        "WITH x -> file(x) AS f SELECT f('{file}')",
        "SHOW TABLES WHERE file('{file}') != ''",
        "EXPLAIN SELECT file('{file}')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a Int8')",
        "DESCRIBE TABLE url('http://127.0.0.1:1/', 'CSV')",
        "SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'CSV', 'a Int8')",
        "SELECT * FROM remote('127.0.0.1:1', system.one)",
        "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
        "SELECT * FROM sqlite('{file}', 't')",
        "SELECT * FROM executable('id', 'TSV', 'a String')",
        "SELECT * FROM Python(engine)",
        "BACKUP DATABASE default TO File('{file}')",
        "GRANT ALL ON *.* TO default",
        "CREATE USER eve",
    ],
)
def test_a_reader_is_refused(clickhouse: Server, secret: Path, sql: str) -> None:
    write(clickhouse.url, "CREATE TABLE IF NOT EXISTS kept (a Int64) ENGINE = MergeTree ORDER BY a")
    write(clickhouse.url, "TRUNCATE TABLE kept")
    write(clickhouse.url, "INSERT INTO kept VALUES (7)")
    statement = sql.format(table="kept", file=secret)
    by_get: dict[str, Any] = {"query": statement}
    for method, parameters, body in (("POST", {}, statement), ("GET", by_get, "")):
        for user in ("analyst", "default"):
            status, headers, text = send(clickhouse.url, body, method, user=user, param_f="file", **parameters)
            assert status >= 400, text
            assert int(headers["X-ClickHouse-Exception-Code"]) > 0
            assert b"secret\n" not in text
    assert write(clickhouse.url, "SELECT * FROM kept") == b"7\n"
    assert secret.read_text() == "a,secret\n"
    assert [path.name for path in secret.parent.iterdir()] == ["secret.txt"]


def test_settings_of_a_subquery_lift_nothing(clickhouse: Server) -> None:
    sql = "SELECT x, getSetting('readonly') FROM (SELECT getSetting('readonly') AS x SETTINGS readonly = 0)"
    assert send(clickhouse.url, sql)[2] == b"1\t1\n"


@pytest.mark.parametrize(
    "setting", [{"readonly": "0"}, {"readonly": "2"}, {"max_memory_usage": "0"}, {"allow_ddl": "1"}]
)
def test_a_reader_cannot_send_settings_that_widen_rights(clickhouse: Server, setting: dict[str, Any]) -> None:
    status, headers, _ = send(clickhouse.url, "SELECT 1", **setting)
    assert (status, headers["X-ClickHouse-Exception-Code"]) == (403, READONLY)


def test_a_reader_may_send_harmless_settings_but_not_outstay_the_time_limit(clickhouse: Server) -> None:
    assert send(clickhouse.url, "SELECT number FROM numbers(9)", max_result_rows="3")[0] == 500
    sql = "SELECT value FROM system.settings WHERE name = 'max_execution_time'"
    assert send(clickhouse.url, sql, max_execution_time="5")[2] == b"5\n"
    assert send(clickhouse.url, sql, max_execution_time="9999")[2] == b"60\n"
    assert send(clickhouse.url, sql, max_execution_time="0")[2] == b"60\n"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'file' AS text, x.file FROM (SELECT 1 AS \"a\", 2 AS b) AS x ARRAY JOIN [1] AS c FORMAT Null",
        "SELECT name FROM system.tables WHERE name LIKE '%file%' FORMAT Null",
        "SHOW TABLES",
        "EXPLAIN SELECT 1",
        "WITH 1 AS x SELECT x",
        "SELECT '\\'; DROP TABLE kept'",
    ],
)
def test_a_reader_may_read(clickhouse: Server, sql: str) -> None:
    status, headers, text = send(clickhouse.url, sql)
    # The first one names a column that is not there: past the guard, refused by the engine.
    assert status == 200 or headers["X-ClickHouse-Exception-Code"] == "47", text


@pytest.mark.parametrize("credentials", [(WRITER, ""), (WRITER, "guess"), ("analyst", "guess"), ("root", "")])
def test_wrong_credentials_are_refused(clickhouse: Server, credentials: tuple[str, str]) -> None:
    user, password = credentials
    header = {"X-ClickHouse-User": user, "X-ClickHouse-Key": password}
    for status, headers, _ in (
        send(clickhouse.url, "SELECT 1", headers=header),
        send(clickhouse.url, "SELECT 1", user=user, password=password),
    ):
        assert (status, headers["X-ClickHouse-Exception-Code"]) == (401, "516")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM file('{file}', 'CSV')",
        "CREATE TABLE stolen (a String) ENGINE = File(CSV, '{file}')",
        "INSERT INTO FUNCTION file('{file}.out', 'CSV', 'a Int8') SELECT 1",
        "SELECT 1 INTO OUTFILE '{file}.out'",
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a Int8')",
    ],
)
def test_even_a_writer_reaches_no_file_and_no_url(clickhouse: Server, secret: Path, sql: str) -> None:
    key = {"X-ClickHouse-User": WRITER, "X-ClickHouse-Key": TOKEN}
    status, headers, _ = send(clickhouse.url, sql.format(file=secret), headers=key)
    assert (status, headers["X-ClickHouse-Exception-Code"]) == (403, ACCESS_DENIED)
    assert [path.name for path in secret.parent.iterdir()] == ["secret.txt"]


def test_get_never_writes_even_for_a_writer(clickhouse: Server) -> None:
    status, _, _ = send(clickhouse.url, "", "GET", user=WRITER, password=TOKEN, query="CREATE DATABASE by_get")
    assert status == 403


def test_a_rebound_host_name_is_refused(clickhouse: Server) -> None:
    connection = http.client.HTTPConnection(urlsplit(clickhouse.url).netloc, timeout=5)
    connection.request("GET", "/?query=SELECT%201", headers={"Host": "attacker.example"})
    assert connection.getresponse().status == 400
