"""The index: passages of each tenant in a LanceDB table of its own, searched by words and by meaning.

A snapshot is a version of that table, named `TENANT@VERSION`. Only `erase` removes versions: a search in an old
snapshot gives what it gave then, or SnapshotGone. Nothing of the corpus is kept in memory beyond LanceDB's own bounded
caches.
"""

import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Collection, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Self

import numpy as np
import pyarrow as pa

from answerable_knowledge import ranking, rows, tables
from answerable_knowledge.access import matched, validate_readers
from answerable_knowledge.chunking import Passage
from answerable_knowledge.entries import DocumentRow, Hit, Hits, IndexedDocument, IndexVersion, Query
from answerable_knowledge.errors import IndexCorrupt, SnapshotGone

__all__ = ["DocumentRow", "Hit", "Hits", "Index", "IndexVersion", "IndexedDocument", "Query"]

# Candidates of each kind per query: enough for fusion to find what only one of the two ranks well.
_CANDIDATES = 50
# Question words beyond this add no meaning and much time.
_QUERY_CHARACTERS = 4_000
_OPEN_SNAPSHOTS = 16
_QUERIES_AT_ONCE = 16
_VERSION = re.compile(r"[0-9]{1,18}")


class Index:
    """Search and change passages. One instance serves all threads of a process; several processes share a folder.

    Changes of one document must come from one writer at a time (events are keyed by document); different documents
    may be written concurrently. Every change is one commit: no snapshot shows a document half replaced.
    """

    def __init__(self, connection: Any, dimensions: int, dense_weight: float) -> None:
        self._connection = connection
        self._schema = rows.schema_of(dimensions)
        self._dimensions = dimensions
        self._dense_weight = dense_weight
        # A search is three queries at once. They wait for lancedb's own threads, so a few serve many searches.
        self._threads = ThreadPoolExecutor(_QUERIES_AT_ONCE, "index")
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()
        self._snapshots: OrderedDict[tuple[str, int], _Snapshot] = OrderedDict()

    @classmethod
    def open(cls, path: Path | str, *, dimensions: int = 384, dense_weight: float = 0.5) -> Self:
        """Open the folder, creating it if needed. `dense_weight` is the share of meaning against words.

        Raises IndexCorrupt.
        """
        import lancedb  # noqa: PLC0415 - takes seconds to import

        # Interval zero: other processes' commits are seen by the next call.
        try:
            connection = lancedb.connect(str(path), read_consistency_interval=timedelta(0))
        except (OSError, ValueError, RuntimeError) as error:
            raise IndexCorrupt("the folder of the index cannot be opened") from error
        return cls(connection, dimensions, dense_weight)

    def put(self, document: IndexedDocument, passages: Sequence[Passage], vectors: np.ndarray) -> IndexVersion:
        """Make this version the document's only one, unless the same or a newer one is held or was removed.

        Nor does it come back when it was submitted before it was withdrawn; and readers that were changed after it
        was submitted stay in force. `vectors` is (passages, dimensions); they are scaled to length one.

        Raises ValueError or WriteFailed.
        """
        table_rows = rows.rows_of(document, passages, np.asarray(vectors), self._schema)
        with self._write_lock:
            table = self._writable(document.tenant)
            held = _head(table, document.document_id)
            if held is not None:
                if held["version"] >= document.version or _later(held["removed_at"], document.submitted_at):
                    return self._version(document.tenant, table, applied=False)
                if changed_at := held["readers_changed_at"]:
                    stay = _later(changed_at, document.submitted_at)
                    readers = held["readers"] if stay else table_rows.column("readers")[0].as_py()
                    table_rows = rows.with_readers(table_rows, readers, changed_at)
            tables.replace(table, document.document_id, table_rows)
            tables.maintain(table)
            return self._version(document.tenant, table, applied=True)

    def remove(self, tenant: str, document_id: str, at: datetime) -> IndexVersion:
        """Take the document out, and keep out every version that was submitted up to `at`, known or not.

        Its version stays known too, so that a redelivered `put` does not bring it back. Raises WriteFailed.
        """
        rows.require_aware(at)
        with self._write_lock:
            table = self._writable(tenant)
            held = _head(table, document_id) or rows.NOTHING_HELD
            if held["removed"] and held["removed_at"] is not None and at <= held["removed_at"]:
                return self._version(tenant, table, applied=False)
            tables.replace(table, document_id, rows.tombstone_of(document_id, {**held, "removed_at": at}, self._schema))
            return self._version(tenant, table, applied=not held["removed"])

    def erase(self, tenant: str, document_id: str, at: datetime) -> int:
        """Take the document out of every version and file; how many rows it had. What keeps it out stays, nameless.

        Older snapshots are gone afterwards, whoever used them. Raises WriteFailed.
        """
        rows.require_aware(at)
        with self._write_lock:
            if (table := self._readable(tenant)) is None:
                return 0
            count = int(table.count_rows(rows.is_document(document_id)))
            held = _head(table, document_id) or rows.NOTHING_HELD
            nobody: dict[str, Any] = {"readers": [], "readers_changed_at": None, "removed_at": at}
            tables.replace(table, document_id, rows.tombstone_of(document_id, {**held, **nobody}, self._schema))
            tables.purge(table)
            return count

    def texts(self, tenant: str, document_id: str) -> frozenset[str]:
        """The texts of the document's passages in every version that is kept."""
        table = self._readable(tenant)
        return frozenset() if table is None else tables.texts(table, rows.is_document(document_id))

    def quoted(self, tenant: str, texts: Collection[str]) -> frozenset[str]:
        """Those of the texts that a passage of the newest snapshot is, word for word."""
        table = self._readable(tenant)
        return frozenset() if table is None else tables.texts_now(table, "ordinal >= 0") & frozenset(texts)

    def set_readers(self, tenant: str, document_id: str, readers: Sequence[str], at: datetime) -> IndexVersion:
        """From the returned snapshot on exactly these readers may read the document, unless a later change is known.

        Where the document is not here, the change is kept and holds against versions that were submitted before it.
        Raises ValueError or WriteFailed.
        """
        wanted = list(validate_readers(readers))
        rows.require_aware(at)
        with self._write_lock:
            table = self._writable(tenant)
            held = _head(table, document_id) or rows.NOTHING_HELD
            changed_at = held["readers_changed_at"]
            if changed_at is not None and (at < changed_at or (at == changed_at and held["readers"] == wanted)):
                return self._version(tenant, table, applied=False, readers=held["readers"])
            if held["removed"]:
                change = {**held, "readers": wanted, "readers_changed_at": at}
                tables.replace(table, document_id, rows.tombstone_of(document_id, change, self._schema))
                return self._version(tenant, table, applied=False, readers=wanted)
            stored = table.search().where(rows.is_document(document_id)).limit(None).to_arrow()
            tables.replace(table, document_id, rows.with_readers(stored.select(self._schema.names), wanted, at))
            tables.maintain(table)
            return self._version(tenant, table, applied=True, readers=wanted)

    def snapshot(self, tenant: str) -> str:
        """Newest snapshot, for example `acme@17`; `acme@0` while nothing was ever put."""
        table = self._readable(tenant)
        return self._version(tenant, table, applied=False).snapshot

    def document(self, tenant: str, document_id: str) -> DocumentRow | None:
        """A document of the newest snapshot; None when it is not there, or not any more."""
        table = self._readable(tenant)
        condition = f"{rows.IS_HEAD} AND NOT removed AND {rows.is_document(document_id)}"
        heads = _scan(table, condition, rows.DOCUMENT_COLUMNS) if table is not None else []
        return rows.document_row(heads[0]) if heads else None

    def verify(self, *, writable: bool = False) -> None:
        """Look into the folder, and write to it where asked. Raises IndexCorrupt."""
        try:
            self._connection.list_tables(limit=1)
            if writable:
                with TemporaryFile(dir=self._connection.uri):
                    pass
        except (OSError, ValueError, RuntimeError) as error:
            raise IndexCorrupt("the folder of the index cannot be used") from error

    def documents(self, tenant: str) -> list[DocumentRow]:
        """Documents of the newest snapshot, by id."""
        table = self._readable(tenant)
        if table is None:
            return []
        heads = _scan(table, f"{rows.IS_HEAD} AND NOT removed", rows.DOCUMENT_COLUMNS)
        return sorted((rows.document_row(head) for head in heads), key=lambda row: row.document_id)

    def search(self, query: Query) -> Hits:
        """Best passages of the snapshot that the principals may read, and counts of what was left out.

        Same query and snapshot: same hits, byte for byte, in any process. Raises SnapshotGone or ValueError.
        """
        if query.vector.shape != (self._dimensions,) or not np.isfinite(query.vector).all():
            raise ValueError(f"the query vector must be {self._dimensions} finite numbers")
        snapshot = self._at(query.tenant, query.snapshot)
        if snapshot is None:
            return Hits(query.snapshot, (), _no_reasons())
        try:
            return self._search(query, snapshot)
        except (OSError, RuntimeError, ValueError):
            self._require_kept(query)
            raise

    def _search(self, query: Query, snapshot: "_Snapshot") -> Hits:
        superseded = ranking.superseded_ids(snapshot.claims, query.now)
        standing = ranking.Standing(query.principals, query.now, superseded)
        regardless_of_rights = self._threads.submit(snapshot.nearest, query)
        found: list[ranking.Candidate] = []
        if query.principals:
            found = snapshot.candidates(query, rows.permitted(standing), self._threads)
        kept, repeated = ranking.distinct(ranking.fuse(found, self._dense_weight), query.limit)
        reasons = Counter(_no_reasons() | {"duplicate": repeated})
        reasons.update(filter(None, map(standing.objection, regardless_of_rights.result())))
        return Hits(query.snapshot, tuple(_hit(one, query) for one in kept), dict(reasons))

    def _writable(self, tenant: str) -> Any:
        table = self._readable(tenant)
        if table is None:
            table = self._connection.create_table(rows.table_name(tenant), schema=self._schema, exist_ok=True)
        if not table.list_indices():
            tables.index_words(table)
        return table

    def _readable(self, tenant: str) -> Any | None:
        try:
            table = self._connection.open_table(rows.table_name(tenant))
        except ValueError:  # lancedb's "was not found"
            return None
        except (OSError, RuntimeError) as error:
            raise IndexCorrupt from error
        if table.schema != self._schema:
            raise IndexCorrupt("the table has other columns or dimensions")
        return table

    def _version(
        self, tenant: str, table: Any | None, *, applied: bool, readers: Sequence[str] | None = None
    ) -> IndexVersion:
        name = _name(tenant, 0 if table is None else table.version)
        return IndexVersion(name, applied, None if readers is None else tuple(readers))

    def _at(self, tenant: str, snapshot: str) -> "_Snapshot | None":
        owner, _, number = snapshot.rpartition("@")
        if owner != tenant or not _VERSION.fullmatch(number):
            raise SnapshotGone("not a snapshot of this tenant")
        key = (tenant, int(number))
        if key[1] == 0:
            return None
        with self._read_lock:
            if key not in self._snapshots:
                self._snapshots[key] = self._checkout(*key)
                if len(self._snapshots) > _OPEN_SNAPSHOTS:
                    self._snapshots.popitem(last=False)
            self._snapshots.move_to_end(key)
            return self._snapshots[key]

    def _require_kept(self, query: Query) -> None:
        """Raises SnapshotGone for one that was open here when another process erased a document, and its files."""
        owner, _, number = query.snapshot.rpartition("@")
        with self._read_lock:
            self._snapshots.pop((owner, int(number)), None)
        self._at(query.tenant, query.snapshot)

    def _checkout(self, tenant: str, version: int) -> "_Snapshot":
        table = self._readable(tenant)
        if table is None:
            raise SnapshotGone("this tenant has no index")
        try:
            table.checkout(version)
        except ValueError as error:  # lancedb's "no longer exists"
            raise SnapshotGone("this version is not kept") from error
        return _Snapshot(table)


class _Snapshot:
    """A table pinned to a version; immutable, so it is shared by threads."""

    def __init__(self, table: Any) -> None:
        self._table = table
        condition = f"{rows.IS_HEAD} AND supersedes IS NOT NULL AND NOT removed"
        columns = ["document_id", "supersedes", "valid_from", "valid_until"]
        self.claims: list[dict[str, Any]] = _scan(table, condition, columns)

    def candidates(self, query: Query, condition: str, threads: Executor) -> list[ranking.Candidate]:
        """Union of the best by words and by meaning under the condition; the cosine is known for all of them."""
        vector = rows.unit(query.vector)
        wanted = max(_CANDIDATES, 4 * query.limit)
        words = threads.submit(self._by_words, query.text, condition, [*rows.HIT_COLUMNS, "vector"], wanted)
        by_meaning = self._by_meaning(vector, condition, rows.HIT_COLUMNS, wanted)
        by_words = words.result()
        found = {
            row["passage_id"]: ranking.Candidate(row, 0.0, 1.0 - row["_distance"]) for row in by_meaning.to_pylist()
        }
        word_rows = by_words.drop_columns("vector").to_pylist()
        for row, cosine in zip(word_rows, _cosines(by_words, vector), strict=True):
            found[row["passage_id"]] = ranking.Candidate(row, row["_score"], cosine)
        return list(found.values())

    def nearest(self, query: Query) -> list[dict[str, Any]]:
        """What decides about the `limit` nearest passages, whoever may read them; no text of them."""
        found = self._by_meaning(rows.unit(query.vector), None, rows.STANDING_COLUMNS, 4 * query.limit)
        near: list[dict[str, Any]] = found.to_pylist()
        near.sort(key=lambda row: (round(row["_distance"], 6), row["passage_id"]))
        return near[: query.limit]

    def _by_words(self, text: str, condition: str, columns: list[str], wanted: int) -> pa.Table:
        from lancedb.query import MatchQuery  # noqa: PLC0415 - see Index.open

        # A MatchQuery is tokenised, never parsed: quotes, operators and colons in it are punctuation.
        words = MatchQuery(_searchable(text), "searched_text")  # type: ignore[call-arg] # its stub hides the defaults

        def run(count: int) -> pa.Table:
            search = self._table.search(words, query_type="fts").where(condition, prefilter=True)
            return search.select([*columns, "_score"]).limit(count).to_arrow()

        return _without_cut_tie(run, wanted, "_score")

    def _by_meaning(self, vector: np.ndarray, condition: str | None, columns: list[str], wanted: int) -> pa.Table:
        def run(count: int) -> pa.Table:
            search = self._table.search(vector, vector_column_name="vector").distance_type("dot")
            exact = search.bypass_vector_index()
            if condition is not None:
                exact = exact.where(condition, prefilter=True)
            return exact.select([*columns, "_distance"]).limit(count).to_arrow()

        return _without_cut_tie(run, wanted, "_distance")


def _searchable(text: str) -> str:
    """The part of a question that is searched, without what cannot be encoded."""
    return text[:_QUERY_CHARACTERS].replace("\x00", " ").encode("utf-8", "replace").decode()


def _without_cut_tie(run: Any, wanted: int, score: str) -> pa.Table:
    """Candidates without those tied with the last: which of equals a limit keeps is not determined."""
    while True:
        table = run(wanted)
        values = table.column(score).to_pylist()
        if len(values) < wanted:
            return table
        kept = [index for index, value in enumerate(values) if value != values[-1]]
        if kept:
            return table.take(kept)
        wanted *= 4


def _cosines(table: pa.Table, vector: np.ndarray) -> list[float]:
    """Exact products in double precision; their order of addition does not depend on threads or batches."""
    if table.num_rows == 0:
        return []
    flat = table.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
    matrix = flat.reshape(table.num_rows, -1).astype(np.float64)
    return [float(value) for value in (matrix * vector.astype(np.float64)).sum(axis=1)]


def _scan(table: Any, condition: str, columns: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.search().where(condition).select(columns).limit(None).to_arrow().to_pylist()
    return found


def _head(table: Any, document_id: str) -> dict[str, Any] | None:
    condition = f"{rows.IS_HEAD} AND {rows.is_document(document_id)}"
    found = _scan(table, condition, rows.HELD_COLUMNS)
    return max(found, key=lambda head: head["version"]) if found else None


def _later(event: datetime | None, submitted_at: datetime | None) -> bool:
    """Whether something happened to a document after it was submitted; at the same moment counts."""
    return event is not None and submitted_at is not None and event >= submitted_at


def _hit(one: ranking.Ranked, query: Query) -> Hit:
    row = one.candidate.row
    return Hit(
        passage_id=row["passage_id"],
        document_id=row["document_id"],
        document_version=row["version"],
        title=row["title"],
        source=row["source"],
        locator=row["locator"],
        text=row["text"],
        heading=row["heading"],
        scores=ranking.scores(one),
        readers_matched=matched(row["readers"], query.principals),
        valid_until=row["valid_until"],
        stale=row["review_by"] is not None and row["review_by"] < query.now,
    )


def _no_reasons() -> dict[str, int]:
    return {"access": 0, "superseded": 0, "expired": 0, "duplicate": 0}


def _name(tenant: str, version: int) -> str:
    return f"{tenant}@{version}"
