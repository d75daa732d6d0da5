"""The ledger over a whole tenant: every document, and beside every other. Streams the index; what it has to remember
to compare is in a temporary SQLite file, so memory does not grow with the collection.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from answerable_knowledge.inventory import Inventory
from answerable_knowledge.quality import Card, standing
from answerable_knowledge.report import Report, ledgers
from answerable_knowledge.surroundings import StoredPassage, comparison

Conflicting = Callable[[StoredPassage, StoredPassage], Sequence[tuple[tuple[int, int], tuple[int, int]]]]
"""Where two passages contradict each other: characters from and to, of the first and of the second."""
Progress = Callable[[str, int], None]
"""What is being done, and how many of it are done since the last call."""

_FROM_TEXT = ("mojibake", "ocr_noise", "very_short")
"""Codes that only the text decides: indexing stored them, and no other document changes them."""
_ALL_PAIRS = 12
"""Up to so many documents or passages with a key in common each is compared with each; of more, with its neighbours."""
_AT_ONCE = 500
_EXCERPT = 400

_SCHEMA = """
CREATE TABLE documents (document_id TEXT PRIMARY KEY, version INT, title TEXT, source TEXT, collection TEXT, owner TEXT,
    head_id TEXT, passages INT, content_sha256 TEXT, sketch BLOB, supersedes TEXT, starts REAL, ends REAL, stored TEXT,
    stored_quality REAL) WITHOUT ROWID;
CREATE TABLE scores (document_id TEXT PRIMARY KEY, quality REAL) WITHOUT ROWID;
CREATE TABLE passages (passage_id TEXT PRIMARY KEY, document_id TEXT, stored TEXT) WITHOUT ROWID;
CREATE TABLE alike (key INT, id TEXT);
CREATE TABLE claims (key INT, id TEXT);
CREATE TABLE findings (document_id TEXT, passage_id TEXT, code TEXT, PRIMARY KEY (document_id, passage_id, code))
    WITHOUT ROWID;
CREATE TABLE evidence (document_id TEXT, code TEXT, place TEXT, said TEXT, other_id TEXT, other_place TEXT,
    other_said TEXT);
"""
_INDEXES = """
CREATE INDEX alike_key ON alike (key, id);
CREATE INDEX claims_key ON claims (key, id);
CREATE INDEX documents_sha ON documents (content_sha256);
CREATE INDEX documents_supersedes ON documents (supersedes) WHERE supersedes IS NOT NULL;
CREATE INDEX passages_document ON passages (document_id);
"""
_PAIRS = """
WITH sizes AS (SELECT key, count(*) AS size FROM {table} GROUP BY key HAVING size > 1),
     ordered AS (SELECT id, lag(id) OVER bucket AS before, first_value(id) OVER bucket AS first
                 FROM {table} JOIN sizes USING (key) WHERE size > {most}
                 WINDOW bucket AS (PARTITION BY key ORDER BY id))
SELECT a.id AS one, b.id AS other FROM sizes JOIN {table} a USING (key) JOIN {table} b USING (key)
    WHERE size <= {most} AND a.id < b.id
UNION SELECT before, id FROM ordered WHERE before IS NOT NULL AND before < id
UNION SELECT first, id FROM ordered WHERE first < id
ORDER BY 1, 2
"""
_SUPERSEDED = """
INSERT OR IGNORE INTO findings SELECT old.document_id, '', 'superseded' FROM documents new
    JOIN documents old ON old.document_id = new.supersedes
    WHERE new.document_id != old.document_id AND new.starts <= :now AND new.ends >= :now
"""
_MISSING = """
INSERT OR IGNORE INTO findings SELECT document_id, '', 'supersedes_missing' FROM documents
    WHERE supersedes IS NOT NULL AND supersedes NOT IN (SELECT document_id FROM documents)
"""
_CYCLES = """
WITH RECURSIVE way (start, at, steps) AS (
    SELECT document_id, supersedes, 1 FROM documents WHERE supersedes IS NOT NULL
    UNION SELECT start, supersedes, steps + 1 FROM way JOIN documents ON document_id = at
        WHERE supersedes IS NOT NULL AND at != start AND steps < 64)
INSERT OR IGNORE INTO findings SELECT start, '', 'supersedes_cycle' FROM way WHERE at = start
"""
_NOT_IN_FORCE = """
SELECT document_id FROM documents WHERE starts > :now OR ends < :now
    OR document_id IN (SELECT document_id FROM findings WHERE code = 'superseded')
"""
_CLAIMS = """
SELECT one, other FROM ({pairs}) JOIN passages a ON a.passage_id = one JOIN passages b ON b.passage_id = other
    JOIN documents d ON d.document_id = a.document_id JOIN documents e ON e.document_id = b.document_id
    WHERE d.document_id != e.document_id AND d.supersedes IS NOT e.document_id AND e.supersedes IS NOT d.document_id
    AND d.document_id NOT IN (SELECT document_id FROM asleep) AND e.document_id NOT IN (SELECT document_id FROM asleep)
    ORDER BY 1, 2
"""
_ALWAYS, _NEVER = float("-inf"), float("inf")


@contextmanager
def survey(
    inventory: Inventory, now: datetime, conflicting: Conflicting, progress: Progress = lambda _what, _count: None
) -> Iterator[Report]:
    """Look at every document of a tenant as of `now`. Blocking; the report holds until the context ends."""
    with TemporaryDirectory(prefix="answerable-quality-") as folder:
        file = sqlite3.connect(Path(folder) / "survey.sqlite", isolation_level=None)
        try:
            file.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;" + _SCHEMA)
            _read_documents(file, inventory, now, progress)
            _read_passages(file, inventory, progress)
            file.executescript(_INDEXES)
            for statement in (_SUPERSEDED, _MISSING, _CYCLES):
                file.execute(statement, {"now": now.timestamp()} if ":now" in statement else {})
            _find_alike(file, progress)
            _find_conflicts(file, inventory, now, _telling(conflicting, progress))
            _score(file, progress)
            yield Report(file)
        finally:
            file.close()


def _telling(conflicting: Conflicting, progress: Progress) -> Conflicting:
    def told(one: StoredPassage, other: StoredPassage) -> Sequence[tuple[tuple[int, int], tuple[int, int]]]:
        progress("compared", 1)
        return conflicting(one, other)

    return told


def _read_documents(file: sqlite3.Connection, inventory: Inventory, now: datetime, progress: Progress) -> None:
    for batch in inventory.heads():
        file.executemany(f"INSERT INTO documents VALUES ({', '.join('?' * 15)})", map(_document, batch))  # noqa: S608
        keys = [(key, row["document_id"]) for row in batch for key in row["keys"] or ()]
        file.executemany("INSERT INTO alike VALUES (?, ?)", keys)
        codes = [(row["document_id"], code) for row in batch for code in _own_findings(row, now)]
        file.executemany("INSERT OR IGNORE INTO findings VALUES (?, '', ?)", codes)
        progress("documents", len(batch))


def _document(row: Mapping[str, Any]) -> tuple[Any, ...]:
    starts = row["valid_from"].timestamp() if row["valid_from"] else _ALWAYS
    ends = row["valid_until"].timestamp() if row["valid_until"] else _NEVER
    names = ("document_id", "version", "title", "source", "collection", "owner", "passage_id", "passages")
    return (
        *(row[name] for name in (*names, "content_sha256", "sketch", "supersedes")),
        *(starts, ends, " ".join(sorted(row["findings"] or ())), row["quality"]),
    )


def _own_findings(row: Mapping[str, Any], now: datetime) -> Iterable[str]:
    readers = tuple(row["readers"] or ())
    card = Card(row["title"], row["source"], row["owner"], readers, row["review_by"], row["valid_until"])
    return {*standing(card, now), *({"very_short"} & {*(row["findings"] or ())})}


def _read_passages(file: sqlite3.Connection, inventory: Inventory, progress: Progress) -> None:
    for batch in inventory.passages():
        stored = [(row["passage_id"], row["document_id"], " ".join(sorted(row["findings"] or ()))) for row in batch]
        file.executemany("INSERT INTO passages VALUES (?, ?, ?)", stored)
        keys = [(key, row["passage_id"]) for row in batch for key in row["keys"] or ()]
        file.executemany("INSERT INTO claims VALUES (?, ?)", keys)
        codes = [
            (row["document_id"], row["passage_id"], code)
            for row in batch
            for code in row["findings"] or ()
            if code in _FROM_TEXT and code != "very_short"
        ]
        file.executemany("INSERT OR IGNORE INTO findings VALUES (?, ?, ?)", codes)
        progress("passages", len(batch))


def _find_alike(file: sqlite3.Connection, progress: Progress) -> None:
    """The same bytes, the same text, nearly the same text; not where one of both says that it replaces the other."""
    columns = ["document_id", "content_sha256", "sketch", "supersedes"]
    same = (
        "SELECT a.document_id, b.document_id FROM documents b JOIN documents a ON a.document_id = "
        "(SELECT min(document_id) FROM documents c WHERE c.content_sha256 = b.content_sha256)"
        " AND a.document_id < b.document_id"
    )
    pairs = f"SELECT * FROM ({same}) UNION SELECT * FROM ({_PAIRS.format(table='alike', most=_ALL_PAIRS)})"  # noqa: S608
    for one_id, other_id in file.execute(pairs):
        progress("compared", 1)
        select = f"SELECT {', '.join(columns)} FROM documents WHERE document_id = ?"  # noqa: S608
        one, other = (
            dict(zip(columns, file.execute(select, [each]).fetchone(), strict=True)) for each in (one_id, other_id)
        )
        found = comparison(one, other)
        if found is None or one["supersedes"] == other_id or other["supersedes"] == one_id:
            continue
        said = f"{found.likeness:.0%} of their text"
        for each, beside in ((one_id, other_id), (other_id, one_id)):
            file.execute("INSERT OR IGNORE INTO findings VALUES (?, '', ?)", [each, found.code])
            file.execute("INSERT INTO evidence VALUES (?, ?, '', ?, ?, '', '')", [each, found.code, said, beside])


def _find_conflicts(file: sqlite3.Connection, inventory: Inventory, now: datetime, conflicting: Conflicting) -> None:
    file.execute("CREATE TEMP TABLE asleep AS " + _NOT_IN_FORCE, {"now": now.timestamp()})
    file.execute("CREATE UNIQUE INDEX temp.asleep_id ON asleep (document_id)")
    pairs = _CLAIMS.format(pairs=_PAIRS.format(table="claims", most=_ALL_PAIRS))
    cursor = file.execute(pairs)
    while some := cursor.fetchmany(_AT_ONCE):
        texts = inventory.texts(passage_id for pair in some for passage_id in pair)
        for one, other in ((texts.get(one), texts.get(other)) for one, other in some):
            if one is not None and other is not None:
                _note_conflicts(file, one, other, conflicting(one, other))


def _note_conflicts(
    file: sqlite3.Connection,
    one: StoredPassage,
    other: StoredPassage,
    places: Sequence[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    for (start, end), (other_start, other_end) in places:
        ours, theirs = one.text[start:end][:_EXCERPT], other.text[other_start:other_end][:_EXCERPT]
        for each, said, beside, other_said in ((one, ours, other, theirs), (other, theirs, one, ours)):
            file.execute(
                "INSERT OR IGNORE INTO findings VALUES (?, ?, 'conflict')", [each.document_id, each.passage_id]
            )
            evidence = [each.document_id, each.locator, said, beside.document_id, beside.locator, other_said]
            file.execute("INSERT INTO evidence VALUES (?, 'conflict', ?, ?, ?, ?, ?)", evidence)


def _score(file: sqlite3.Connection, progress: Progress) -> None:
    for found in ledgers(file):
        file.execute("INSERT INTO scores VALUES (?, ?)", [found.document_id, found.ledger.score(found.passages)])
        progress("scored", 1)
