import pytest

from answerable_cli.servers.clickhouse_sql import (
    Insert,
    first_keyword,
    mentions,
    output_format,
    quoted_name,
    set_statement,
    split_insert,
)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (b"INSERT INTO t FORMAT CSV\n1,a", Insert("INSERT INTO t ", "CSV", b"1,a")),
        (b"insert into t (a, b) format JSONEachRow {}", Insert("insert into t (a, b) ", "JSONEachRow", b"{}")),
        (b"INSERT INTO t FORMAT Native\r\n\x00\xff'", Insert("INSERT INTO t ", "Native", b"\x00\xff'")),
        (b"INSERT INTO t VALUES (1, 'x')", Insert("INSERT INTO t ", "Values", b" (1, 'x')")),
        (b"INSERT INTO t (values, format) VALUES (1)", Insert("INSERT INTO t (values, format) ", "Values", b" (1)")),
        (b"INSERT INTO `a FORMAT b` FORMAT TSV\n", Insert("INSERT INTO `a FORMAT b` ", "TSV", b"")),
        (b"-- FORMAT CSV\nINSERT INTO t /* VALUES */ FORMAT TSV\n1",
         Insert("-- FORMAT CSV\nINSERT INTO t /* VALUES */ ", "TSV", b"1")),
        (b"INSERT INTO t SETTINGS a=1 FORMAT CSV\n\n1", Insert("INSERT INTO t SETTINGS a=1 ", "CSV", b"\n1")),
        (b"INSERT INTO t", Insert("INSERT INTO t", "Values", b"")),
        (b"INSERT INTO format VALUES (1)", Insert("INSERT INTO format ", "Values", b" (1)")),
        (b"INSERT INTO t SELECT 1 FORMAT CSV", None),
        (b"INSERT INTO t WITH 1 AS x SELECT x", None),
        (b"INSERT INTO t FROM INFILE 'x' FORMAT CSV", None),
        (b"SELECT 'INSERT INTO t FORMAT CSV'", None),
        (b"", None),
    ],
)  # fmt: skip
def test_an_insert_is_split_where_its_data_begins(sql: bytes, expected: Insert | None) -> None:
    assert split_insert(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (b"SELECT 1 FORMAT JSON", "JSON"),
        (b"SELECT 1 format JSONEachRow ;", "JSONEachRow"),
        (b"SELECT 1 FORMAT CSV SETTINGS max_threads = 1", "CSV"),
        (b"SELECT 'x FORMAT CSV'", None),
        (b"SELECT 1 -- FORMAT CSV", None),
    ],
)
def test_the_format_is_the_one_of_the_trailing_clause(sql: bytes, expected: str | None) -> None:
    assert output_format(sql) == expected


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [
        ("SELECT file('/x')", True),
        ("SELECT `file`('/x')", True),
        ("SELECT * APPLY file FROM t", True),
        ("SELECT arrayMap(file, ['/x'])", True),
        ("SELECT --1, file('/x')", True),
        ("SELECT t.file FROM t", False),
        ("SELECT ' file ' AS filename", False),
        ("SELECT `a'b`, ' file ', \"c'd\"", False),
    ],
)
def test_a_name_is_mentioned_only_unqualified_and_outside_text(canonical: str, expected: bool) -> None:
    assert mentions(canonical, "file") is expected


def test_settings_are_quoted_and_their_names_checked() -> None:
    assert set_statement({"a": "1", "b_2": "it's \\ here"}) == r"SET a = '1', b_2 = 'it\'s \\ here'"
    with pytest.raises(ValueError, match="x = 1, readonly"):
        set_statement({"x = 1, readonly": "0"})


def test_names_and_keywords() -> None:
    assert quoted_name("a`b\\") == "`a\\`b\\\\`"
    assert first_keyword(b" /* x */ select 1") == b"SELECT"
    assert first_keyword(b"(select 1)") == b""
