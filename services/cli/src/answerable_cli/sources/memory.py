"""What is remembered of a source between runs: what was read, by its marker, and how far. Lost, it costs time only.

What was submitted is in the record, and is asked there; this spares reading again what has not changed. Names are kept
as digests, so nothing here tells of a document that is erased.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from answerable_cli.errors import CliError
from answerable_cli.servers.errors import DataFolderInUseError
from answerable_cli.servers.folders import locked

_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (name BLOB PRIMARY KEY, marker TEXT NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_AT_ONCE = 500  # names in one statement


class Memory:
    """Of one source."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def digests(self, markers: Mapping[str, str]) -> dict[str, str]:
        """SHA-256 of the content of each document whose marker is the one that it had when it was read."""
        by_key = {_key(name): name for name in markers}
        keys = list(by_key)
        found: dict[str, str] = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            places = ", ".join("?" * len(some))
            rows = self._database.execute(f"SELECT name, marker, sha256 FROM seen WHERE name IN ({places})", some)  # noqa: S608 - places only
            found |= {by_key[key]: sha256 for key, marker, sha256 in rows if markers[by_key[key]] == marker}
        return found

    def remember(self, seen: Sequence[tuple[str, str, str]]) -> None:
        """Name, marker, SHA-256 of what was read."""
        with self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO seen VALUES (?, ?, ?)",
                [(_key(name), marker, sha256) for name, marker, sha256 in seen],
            )

    def fact(self, name: str) -> str | None:
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
        return None if row is None else str(row[0])

    def set_fact(self, name: str, value: str) -> None:
        with self._database:
            self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", [name, value])


@contextmanager
def memory_of(data: Path, tenant: str, name: str) -> Iterator[Memory]:
    """The memory of a source in the data folder; one run at a time has it.

    Raises:
        CliError: another run has it, or it cannot be opened.
    """
    folder = data / "sources" / f"{tenant}.{name}"
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(folder))
            database = stack.enter_context(closing(sqlite3.connect(folder / "memory.sqlite3", check_same_thread=False)))
            database.executescript(_SCHEMA)
        except DataFolderInUseError:
            raise CliError(f"{name} is being synchronised already", "wait until that is done") from None
        except (OSError, sqlite3.DatabaseError) as error:
            hint = "remove it: it only spares work, and is made anew"
            raise CliError(f"{folder} cannot be used ({type(error).__name__})", hint) from None
        yield Memory(database)


def _key(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=16).digest()
