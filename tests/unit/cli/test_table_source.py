"""Rows of a real SQLite database as documents."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.rules import Details
from answerable_cli.sources.columns import Mark, mark_as_text, mark_from_text
from answerable_cli.sources.items import LARGEST_FILE, Item
from answerable_cli.sources.table import Query, TableSource, database_url, digest_of
from tests.support.sources import STAFF, items, texts, troubles

PASSWORD = "correct-horse"


@pytest.fixture
def database(tmp_path: Path) -> str:
    """Tickets 1 to 3, changed on the first to the third of January."""
    file = tmp_path / "crm.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE tickets (id, title, content, readers, changed)")
        rows = [(n, f"Ticket {n}", f"Pump {n} leaks.", "staff", f"2026-01-0{n}") for n in (1, 2, 3)]
        connection.executemany("INSERT INTO tickets VALUES (?, ?, ?, ?, ?)", rows)
    return f"sqlite:///{file}"


def _change(database: str, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute(statement, values)


def _query(database: str, text: str = "SELECT * FROM tickets", **changes: Any) -> Query:
    return replace(Query(database, text, watermark="changed"), **changes)


def _source(query: Query, since: Mark | None = None) -> TableSource:
    return TableSource(query, "crm/", STAFF, since)


def _said(database: str, columns: str) -> Details:
    """Details of the one document of a query with these columns."""
    query = Query(database, f"SELECT 1 AS id, 'text' AS content, {columns}")
    (entry,) = _source(query).items()
    assert isinstance(entry, Item), entry
    return entry.details


def test_text_columns_stand_one_below_the_other(database: str) -> None:
    assert texts(_source(_query(database, text_columns=("title", "content"))))["crm/2"] == "Ticket 2\n\nPump 2 leaks."


def test_bytes_are_a_file_whose_name_the_query_gives(database: str) -> None:
    query = Query(database, "SELECT 1 AS id, X'255044462D' AS content, 'manual.pdf' AS filename")
    (entry,) = items(_source(query).items()).values()
    assert (entry.filename, entry.read()) == ("manual.pdf", b"%PDF-")


def test_only_rows_from_the_watermark_on_are_read_and_ties_are_not_lost(database: str) -> None:
    first = _source(_query(database))
    assert len(list(first.items())) == 3
    assert first.reached == "2026-01-03"
    _change(database, "INSERT INTO tickets VALUES (4, 'x', 'Late, but of the same day.', 'staff', '2026-01-03')")
    second = _source(_query(database), first.reached)
    assert list(items(second.items())) == ["crm/3", "crm/4"]
    assert set(second.every_id(())) == {"crm/1", "crm/2", "crm/3", "crm/4"}


def test_a_row_without_watermark_is_read_every_time(database: str) -> None:
    _change(database, "UPDATE tickets SET changed = NULL WHERE id = 1")
    source = _source(_query(database), "2026-01-03")
    assert list(items(source.items())) == ["crm/1", "crm/3"]
    assert source.unmarked == 1


@pytest.mark.parametrize(
    "mark", [7, 1.5, "2026", Decimal("1.25"), date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)]
)
def test_a_watermark_is_kept_as_it_is(mark: Mark) -> None:
    assert mark_from_text(mark_as_text(mark)) == mark
    assert type(mark_from_text(mark_as_text(mark))) is type(mark)


def test_a_watermark_is_of_one_query(database: str) -> None:
    assert digest_of(_query(database)) != digest_of(_query(database, "SELECT * FROM tickets WHERE id < 9"))


@pytest.mark.parametrize(
    ("value", "readers"),
    [
        ("'staff, user:ada'", ("group:staff", "user:ada")),
        ("""'["hr", "user:ada"]'""", ("group:hr", "user:ada")),
        ("''", ()),
        ("NULL", ()),
    ],
)
def test_readers_come_from_a_column_and_an_empty_one_means_nobody(
    database: str, value: str, readers: tuple[str, ...]
) -> None:
    assert _said(database, f"{value} AS readers").readers == readers


def test_other_columns_say_what_their_names_mean(database: str) -> None:
    columns = (
        "'user:bob' AS denied, 'me' AS owner, 'Leak' AS title, '2026-01-01' AS valid_from, "
        "'2026-12-31' AS valid_until, '2027-01-01T08:00:00+01:00' AS review_by, 7 AS supersedes, 'cp1252' AS encoding, "
        "5 AS other"
    )
    assert _said(database, columns) == Details(
        readers=("group:staff",),
        denied=("user:bob",),
        owner="me",
        title="Leak",
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_until=datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        review_by=datetime(2027, 1, 1, 7, tzinfo=UTC),
        supersedes="crm/7",
        encoding_hint="cp1252",
    )


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ("id = NULL", ("crm/row 2", "no_id")),
        ("content = ' '", ("crm/2", "no_text")),
        ("readers = '*'", ("crm/2", "column_invalid")),
        ("readers = '[1'", ("crm/2", "column_invalid")),
        (f"content = zeroblob({LARGEST_FILE + 1}) || 'x'", ("crm/2", "too_large")),
        (f"id = '{'x' * 300}'", (f"crm/{'x' * 56}…", "name_too_long")),
    ],
)
def test_a_bad_row_is_told_and_the_others_come(database: str, change: str, trouble: tuple[str, str]) -> None:
    _change(database, f"UPDATE tickets SET {change} WHERE id = 2")
    found = list(_source(_query(database)).items())
    assert troubles(found) == [trouble]
    assert list(items(found)) == ["crm/1", "crm/3"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"text": "SELECT nope FROM tickets"}, "no such column: nope"),
        ({"text": "DELETE FROM tickets"}, "syntax error"),
        ({"id_column": "number"}, "no column number; it has id, title"),
        ({"text_columns": ("body",)}, "no column body"),
        ({"url": "nonsense"}, "no URL of a database"),
        ({"url": "nosuch://host/db"}, "no such kind of database"),
        ({"url": "sqlite:///none.db"}, "not there"),
        ({"url": f"postgresql+psycopg2://ada:{PASSWORD}@host/db"}, "driver psycopg2 is not installed"),
    ],
)
def test_what_the_database_refuses_is_said_with_what_to_do(database: str, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(CliError, match=says) as caught:
        list(_source(_query(database, **changes)).items())
    assert caught.value.hint or "not there" in says
    assert PASSWORD not in f"{caught.value}{caught.value.hint}"


def test_a_query_only_reads(database: str) -> None:
    with pytest.raises(CliError):
        list(_source(_query(database, "SELECT 1) a; DROP TABLE tickets; --")).items())
    assert len(list(_source(_query(database)).items())) == 3


def test_values_that_cannot_be_compared_are_no_watermark(database: str) -> None:
    _change(database, "UPDATE tickets SET changed = 5 WHERE id = 1")
    with pytest.raises(UsageRefused, match="several kinds"):
        list(_source(_query(database)).items())


def test_colons_in_a_query_are_no_parameters(database: str) -> None:
    query = Query(database, "SELECT id, content || ' at 12:30 ::x :y' AS content FROM tickets WHERE id = 1;")
    assert texts(_source(query)) == {"crm/1": "Pump 1 leaks. at 12:30 ::x :y"}


def test_the_place_is_shown_without_what_may_be_secret(database: str) -> None:
    assert _source(_query(f"{database}?timeout=5")).location == database


def test_the_url_may_come_from_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM", "sqlite:///crm.db")
    assert database_url("env:CRM") == database_url("sqlite:///crm.db") == "sqlite:///crm.db"
    with pytest.raises(UsageRefused, match="OTHER is not set"):
        database_url("env:OTHER")
