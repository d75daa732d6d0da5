import pytest

from answerable_trail.errors import MigrationChanged
from answerable_trail.migrations import Migration, migrations, parse, pending, statements


def test_those_of_this_release_are_numbered_and_repeatable() -> None:
    found = migrations()
    assert [migration.number for migration in found] == list(range(1, len(found) + 1))
    assert all(list(statements(migration)) for migration in found)


@pytest.mark.parametrize(
    "names", [["1_x.sql"], ["0001_X.sql"], ["0002_x.sql"], ["0001_a.sql", "0003_b.sql"], ["0001_a.sql", "0001_b.sql"]]
)
def test_badly_numbered_files_are_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match=r"migration"):
        parse(dict.fromkeys(names, ""))


def test_comments_and_semicolons_within_lines_do_not_split_a_statement() -> None:
    text = "-- first; still first\nCREATE TABLE IF NOT EXISTS a (b String COMMENT 'x; y')\n;\n\n-- end\n"
    assert list(statements(Migration(1, "a", text))) == ["CREATE TABLE IF NOT EXISTS a (b String COMMENT 'x; y')"]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE a (b UInt8)",
        "INSERT INTO a VALUES (1)",
        "ALTER TABLE a ADD COLUMN c UInt8",
        "DROP TABLE a",
        "TRUNCATE TABLE a",
    ],
)
def test_a_statement_that_cannot_be_repeated_is_refused(statement: str) -> None:
    with pytest.raises(ValueError, match="not repeatable"):
        list(statements(Migration(1, "a", statement + ";\n")))


ONE, TWO = Migration(1, "a", "x"), Migration(2, "b", "y")


@pytest.mark.parametrize(
    ("applied", "left"),
    [
        ({}, [ONE, TWO]),
        ({1: frozenset({ONE.sha256})}, [TWO]),
        ({1: frozenset({ONE.sha256}), 2: frozenset({TWO.sha256}), 3: frozenset({"later release"})}, []),
    ],
)
def test_what_is_not_applied_is_pending(applied: dict[int, frozenset[str]], left: list[Migration]) -> None:
    assert pending([ONE, TWO], applied) == left


@pytest.mark.parametrize("hashes", [frozenset({"other"}), frozenset({"other", TWO.sha256})])
def test_another_content_under_an_applied_number_is_an_error(hashes: frozenset[str]) -> None:
    with pytest.raises(MigrationChanged, match="0002_b"):
        pending([ONE, TWO], {1: frozenset({ONE.sha256}), 2: hashes})
