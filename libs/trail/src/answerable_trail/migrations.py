"""The schema of the trace, as numbered files that are applied once, in order.

Two processes may migrate at once: every statement may be repeated (`statements` refuses others), so both apply the same
files and both say so. A file that was applied never changes; a new one is added.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from answerable_trail.connection import Connection
from answerable_trail.errors import MigrationChanged, TrailRefused

_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_END_OF_STATEMENT = re.compile(r";[ \t]*(?:\n|\Z)")
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)
_REPEATABLE = re.compile(
    r"CREATE (DATABASE|TABLE|MATERIALIZED VIEW) IF NOT EXISTS\b"
    r"|CREATE OR REPLACE VIEW\b"
    r"|DROP (TABLE|VIEW) IF EXISTS\b"
    r"|ALTER TABLE \S+\s+(ADD (COLUMN|INDEX) IF NOT EXISTS|DROP (COLUMN|INDEX) IF EXISTS|MODIFY|COMMENT)\b"
)
_LEDGER = (
    "CREATE DATABASE IF NOT EXISTS trace",
    """CREATE TABLE IF NOT EXISTS trace.migrations
    (
        number UInt16 COMMENT 'First four digits of the file name',
        name String COMMENT 'Rest of the file name',
        sha256 String COMMENT 'SHA-256 of the file, hexadecimal',
        applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When'
    )
    ENGINE = ReplacingMergeTree ORDER BY (number, sha256)
    SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
    COMMENT 'Which migrations are applied; one number with two checksums is an error'""",
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of schemas/clickhouse."""

    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations() -> tuple[Migration, ...]:
    """Those of this release, in order."""
    folder = resources.files("answerable_trail") / "clickhouse"
    return parse({entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".sql")})


def parse(files: Mapping[str, str]) -> tuple[Migration, ...]:
    """Migrations by file name. Raises ValueError unless the numbers are 1, 2, 3 and so on."""
    found = []
    for file_name, text in sorted(files.items()):
        match = _FILE.fullmatch(file_name)
        if match is None:
            raise ValueError(f"{file_name}: a migration is named NNNN_name.sql")
        found.append(Migration(int(match.group(1)), match.group(2), text))
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise ValueError("migrations are numbered from 0001 without gaps")
    return tuple(found)


def statements(migration: Migration) -> Iterator[str]:
    """The statements of a migration, each ending in a semicolon at the end of a line.

    Raises ValueError for one that may not be repeated.
    """
    for piece in _END_OF_STATEMENT.split(migration.text):
        statement = _COMMENT.sub("", piece).strip()
        if not statement:
            continue
        if not _REPEATABLE.match(statement):
            raise ValueError(f"{migration.number:04}_{migration.name}: not repeatable: {statement.splitlines()[0]}")
        yield statement


async def migrate(connection: Connection, wanted: Sequence[Migration]) -> None:
    """Apply what is not applied yet.

    Raises MigrationChanged, before anything is touched, when one that is applied differs from the one in `wanted`.
    """
    for statement in _LEDGER:
        await connection.command(statement)
    applied = await _applied(connection)
    for migration in pending(wanted, applied):
        for statement in statements(migration):
            await connection.command(statement)
        await connection.command(
            "INSERT INTO trace.migrations (number, name, sha256) "  # noqa: S608 - `parse` checks number and name
            f"VALUES ({migration.number}, '{migration.name}', '{migration.sha256}')"
        )
    pending(wanted, await _applied(connection))


async def require_migrated(connection: Connection, wanted: Sequence[Migration]) -> None:
    """Raises TrailRefused when something is still to be applied, MigrationChanged when something differs."""
    missing = pending(wanted, await _applied(connection))
    if missing:
        raise TrailRefused(f"the trace lacks migration {missing[0].number:04}_{missing[0].name}")


def pending(wanted: Sequence[Migration], applied: Mapping[int, frozenset[str]]) -> list[Migration]:
    """Those not applied yet. Numbers beyond `wanted` are of a later release, which this one can read.

    Raises MigrationChanged.
    """
    for migration in wanted:
        if applied.get(migration.number, frozenset()) - {migration.sha256}:
            raise MigrationChanged(
                f"migration {migration.number:04}_{migration.name} was applied with other content: add a new one"
            )
    return [migration for migration in wanted if migration.number not in applied]


async def _applied(connection: Connection) -> dict[int, frozenset[str]]:
    table = await connection.select("SELECT number, groupUniqArray(sha256) FROM trace.migrations GROUP BY number")
    return {int(str(number)): frozenset(hashes) for number, hashes in table.rows}  # type: ignore[call-overload]
