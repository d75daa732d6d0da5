"""The index: passages of each tenant in a LanceDB table of its own, searched by words and by meaning.

A snapshot is a version of that table, named `TENANT@VERSION`: a search in an old one gives what it gave then, or
SnapshotGone. Nothing of the corpus is kept in memory beyond LanceDB's own bounded caches.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa

from answerable_knowledge import rows, searching, tables
from answerable_knowledge.access import validate_readers
from answerable_knowledge.chunking import Passage
from answerable_knowledge.entries import Addition, DocumentRow, Hit, Hits, IndexedDocument, IndexVersion, Query
from answerable_knowledge.errors import IndexCorrupt
from answerable_knowledge.inventory import Amendment, Inventory, mark
from answerable_knowledge.marks import NO_MARKS, Marks
from answerable_knowledge.permissions import Permission, permissions
from answerable_knowledge.searching import Snapshot
from answerable_knowledge.store import Store
from answerable_knowledge.upkeep import Upkeep
from answerable_knowledge.versions import History, SnapshotName

__all__ = ["DocumentRow", "Hit", "Hits", "Index", "IndexVersion", "IndexedDocument", "Query"]

_OPEN_SNAPSHOTS = 16
_QUERIES_AT_ONCE = 16
_NO_OPTIONS: Mapping[str, str] = {}


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Index:
    """Search and change passages. One instance serves all threads of a process; several processes share a folder.

    Changes of one document must come from one writer at a time (events are keyed by document); different documents
    may be written concurrently. Every change is one commit: no snapshot shows a document half replaced.
    """

    def __init__(self, store: Store, dense_weight: float, now: Callable[[], datetime]) -> None:
        self._store = store
        self._schema = store.schema
        self._dimensions: int = store.schema.field("vector").type.list_size
        self._dense_weight = dense_weight
        self._now = now
        self._history = History(store)
        # A search is three queries at once. They wait for lancedb's own threads, so a few serve many searches.
        self._threads = ThreadPoolExecutor(_QUERIES_AT_ONCE, "index")
        self._write_lock = threading.Lock()
        self.upkeep = Upkeep(store, self._write_lock)
        self._read_lock = threading.Lock()
        self._snapshots: OrderedDict[tuple[str, int], Snapshot] = OrderedDict()

    @classmethod
    def open(
        cls,
        location: Path | str,
        *,
        dimensions: int = 384,
        embedder: str | None = None,
        dense_weight: float = 0.7,
        storage: Mapping[str, str] = _NO_OPTIONS,
        now: Callable[[], datetime] = _utc_now,
    ) -> Self:
        """Open a folder, creating it if needed, or the URL of one in object storage with the options of that storage.

        `embedder` says of which model and revision the vectors are. It is kept with the tables, and one made with
        another is refused with EmbedderDiffers. Without it nothing is asked: for those who bring no vectors.
        `dense_weight` is the share of meaning against words. `now` is the clock by which a version is found later.

        Raises IndexCorrupt.
        """
        return cls(Store.open(location, rows.schema_of(dimensions, embedder), storage), dense_weight, now)

    def put(
        self, document: IndexedDocument, passages: Sequence[Passage], vectors: np.ndarray, marks: Marks = NO_MARKS
    ) -> IndexVersion:
        """Make this version the document's only one, unless the same or a newer one is held or was removed.

        Nor does it come back when it was submitted before it was withdrawn; and readers that were changed after it
        was submitted stay in force. `vectors` is (passages, dimensions); they are scaled to length one.

        Raises ValueError or WriteFailed.
        """
        return self.put_all([Addition(document, passages, vectors, marks)])[0]

    def put_all(self, additions: Sequence[Addition]) -> tuple[IndexVersion, ...]:
        """What `put` does, for several documents of one tenant at once: one commit, which costs what one costs for one.

        Raises ValueError, as well for a document that is there twice, or WriteFailed; then none of them is put.
        """
        [tenant] = {one.document.tenant for one in additions}
        names = [one.document.document_id for one in additions]
        if len({*names}) < len(names):
            raise ValueError("a document can be put once in a commit")
        prepared = [rows.rows_of(one, self._schema) for one in additions]
        with self._write_lock:
            table = self._store.writable(tenant)
            heads = _heads(table, names)
            new = [
                rows.written(in_force, self._now(), held["written_at"] if held else None)
                for one, prepared_rows in zip(additions, prepared, strict=True)
                for held in [heads.get(one.document.document_id)]
                if (in_force := _standing(one.document, prepared_rows, held)) is not None
            ]
            put = {name for each in new for name in each.column("document_id").to_pylist()}
            if new:
                tables.replace(table, sorted(put & heads.keys()), pa.concat_tables(new))
                self.upkeep.soon(tenant)
            return tuple(self._version(tenant, table, applied=name in put) for name in names)

    def remove(self, tenant: str, document_id: str, at: datetime) -> IndexVersion:
        """Take the document out, and keep out every version that was submitted up to `at`, known or not.

        Nothing changes where a later withdrawal is known, or the version here was submitted later.
        Its version stays known too, so that a redelivered `put` does not bring it back. Raises WriteFailed.
        """
        rows.require_aware(at)
        with self._write_lock:
            table = self._store.writable(tenant)
            held = _head(table, document_id) or rows.NOTHING_HELD
            known_until = held["removed_at" if held["removed"] else "submitted_at"]
            if known_until is not None and (at < known_until or (at == known_until and held["removed"])):
                return self._version(tenant, table, applied=False)
            tombstone = rows.tombstone_of(document_id, {**held, "removed_at": at}, self._schema)
            self._replace(table, document_id, tombstone, held)
            return self._version(tenant, table, applied=not held["removed"])

    def erase(self, tenant: str, document_id: str, at: datetime) -> int:
        """Take the document out of every version and file; how many rows it had. What keeps it out stays, nameless.

        Older snapshots are gone afterwards, whoever used them. Raises WriteFailed.
        """
        rows.require_aware(at)
        with self._write_lock:
            if (table := self._store.newest(tenant)) is None:
                return 0
            count = int(table.count_rows(rows.is_document(document_id)))
            held = _head(table, document_id) or rows.NOTHING_HELD
            nobody: dict[str, Any] = {"readers": [], "denied": [], "readers_changed_at": None, "removed_at": at}
            self._replace(table, document_id, rows.tombstone_of(document_id, {**held, **nobody}, self._schema), held)
            tables.purge(table)
            return count

    def texts(self, tenant: str, document_id: str) -> frozenset[str]:
        """The texts of the document's passages in every version that is kept."""
        condition = rows.is_document(document_id)
        versions = self._history.of_document(tenant, document_id)
        return frozenset().union(*(tables.texts(self._store.at(tenant, each), condition) for each in versions))

    def quoted(self, tenant: str, texts: Collection[str]) -> frozenset[str]:
        """Those of the texts that a passage of the newest snapshot is, word for word."""
        table = self._store.newest(tenant)
        return frozenset() if table is None else tables.texts(table, "ordinal >= 0") & frozenset(texts)

    def set_readers(
        self, tenant: str, document_id: str, readers: Sequence[str], at: datetime, denied: Sequence[str] = ()
    ) -> IndexVersion:
        """From the returned snapshot on exactly these may read the document, but for those denied.

        Nothing changes where a later change is known, or the version here was submitted later, with readers of its own.
        Where the document is not here, the change is kept and holds against versions that were submitted before it.
        Raises ValueError or WriteFailed.
        """
        wanted = {"readers": list(validate_readers(readers)), "denied": list(validate_readers(denied))}
        rows.require_aware(at)
        with self._write_lock:
            table = self._store.writable(tenant)
            held = _head(table, document_id) or rows.NOTHING_HELD
            if _holds_against(held, at, wanted):
                return self._version(tenant, table, applied=False, **{name: held[name] for name in wanted})
            change = {**held, **wanted, "readers_changed_at": at}
            if held["removed"]:
                self._replace(table, document_id, rows.tombstone_of(document_id, change, self._schema), held)
                return self._version(tenant, table, applied=False, **wanted)
            stored = table.search().where(rows.is_document(document_id)).limit(None).to_arrow()
            self._replace(table, document_id, rows.with_access(stored.select(self._schema.names), change), held)
            self.upkeep.soon(tenant)
            return self._version(tenant, table, applied=True, **wanted)

    def set_members(self, tenant: str, group: str, members: Sequence[str], at: datetime) -> IndexVersion:
        """From the returned snapshot on exactly these are members of the group by rule, unless changed later.

        A member that is a group makes all who are in it members, at any depth. Raises ValueError or WriteFailed.
        """
        validate_readers([f"group:{group}"])
        wanted = {"members": list(validate_readers(members))}
        rows.require_aware(at)
        with self._write_lock:
            table = self._store.writable(tenant)
            condition = f"{rows.IS_GROUP} AND group_name = {rows.literal(group)}"
            before: datetime | None = None
            for held in tables.scan(table, condition, rows.GROUP_COLUMNS):
                if _holds_against(held, at, wanted):
                    return self._version(tenant, table, applied=False, members=held["members"])
                before = held["written_at"]
            row = rows.group_of(group, wanted["members"], at, self._schema)
            tables.add(table, rows.written(row, self._now(), before))
            self.upkeep.soon(tenant)
            return self._version(tenant, table, applied=True, **wanted)

    def snapshot(self, tenant: str) -> str:
        """Newest snapshot, for example `acme@17`; `acme@0` while nothing was ever put."""
        table = self._store.newest(tenant)
        return self._version(tenant, table, applied=False).snapshot

    def snapshot_as_of(self, tenant: str, moment: datetime) -> str:
        """The snapshot that was the newest then. A search in it gives what the asker could read then *and* may now.

        For example `acme@17/23`: of version 17 what version 23 permits, too. Raises SnapshotGone.
        """
        rows.require_aware(moment)
        return str(self._history.as_of(tenant, moment))

    def kept(self, tenant: str) -> tuple[str, str] | None:
        """The oldest and the newest snapshot that can be searched; None while nothing was ever put.

        Retention and erasure raise the oldest. What rests on an older one cannot be looked up again.
        """
        found = self._history.kept(tenant)
        return None if found is None else (str(found[0]), str(found[1]))

    def count_kept(self, tenant: str) -> int:
        """How many snapshots can be searched."""
        found = self._history.kept(tenant)
        return 0 if found is None else found[1].version - found[0].version + 1

    def document(self, tenant: str, document_id: str) -> DocumentRow | None:
        """A document of the newest snapshot; None when it is not there, or not any more."""
        table = self._store.newest(tenant)
        condition = f"{rows.IS_HEAD} AND NOT removed AND {rows.is_document(document_id)}"
        heads = tables.scan(table, condition, rows.DOCUMENT_COLUMNS) if table is not None else []
        return rows.document_row(heads[0]) if heads else None

    def verify(self, *, writable: bool = False) -> None:
        """Look into the store and one of its tables, and write to it where asked. Raises IndexCorrupt."""
        self._store.verify(writable=writable)

    def documents(self, tenant: str) -> list[DocumentRow]:
        """Documents of the newest snapshot, by id."""
        table = self._store.newest(tenant)
        if table is None:
            return []
        heads = tables.scan(table, f"{rows.IS_HEAD} AND NOT removed", rows.DOCUMENT_COLUMNS)
        return sorted((rows.document_row(head) for head in heads), key=lambda row: row.document_id)

    def inventory(self, tenant: str) -> Inventory | None:
        """All documents of the newest snapshot as the quality ledger looks at them; None while nothing was ever put."""
        table = self._store.newest(tenant)
        return None if table is None else Inventory(table)

    def mark(self, tenant: str, amendment: Amendment) -> None:
        """Hold this against a version of a document, where it is here. Raises WriteFailed."""
        with self._write_lock:
            if (table := self._store.newest(tenant)) is not None:
                mark(table, amendment, self._now())

    def search(self, query: Query) -> Hits:
        """Best passages of the snapshot that the principals may read, and counts of what was left out.

        Same query and snapshot: same hits, byte for byte, in any process. Raises SnapshotGone or ValueError.
        """
        if query.vector.shape != (self._dimensions,) or not np.isfinite(query.vector).all():
            raise ValueError(f"the query vector must be {self._dimensions} finite numbers")
        name = SnapshotName.parse(query.tenant, query.snapshot)
        snapshot = self._at(query.tenant, name.version)
        if snapshot is None:
            return searching.nothing(query)
        try:
            query = replace(query, revoked=self._revoked(snapshot, name, query.principals))
            return snapshot.search(query, self._dense_weight, self._threads)
        except (OSError, RuntimeError, ValueError):
            self._require_kept(name)
            raise

    def permissions(
        self,
        tenant: str,
        principals: Iterable[str],
        document_ids: Collection[str],
        now: datetime,
        snapshot: str | None = None,
    ) -> dict[str, Permission]:
        """How someone stands to these documents in the snapshot, or in the newest; unknown ones are left out.

        Raises SnapshotGone, ValueError for an id that none can have, and IndexCorrupt, where another try may help.
        """
        rows.listed(document_ids)  # an id that none can have is the fault of the caller, not of the index
        table = self._store.newest(tenant) if snapshot is None else self._table_of(tenant, snapshot)
        try:
            return {} if table is None else permissions(table, principals, document_ids, now)
        except (OSError, RuntimeError, ValueError) as error:
            raise IndexCorrupt("the index could not be read; another process may just have rewritten it") from error

    def _replace(self, table: Any, document_id: str, table_rows: Any, held: Mapping[str, Any]) -> None:
        tables.replace(table, [document_id], rows.written(table_rows, self._now(), held["written_at"]))

    def _version(self, tenant: str, table: Any | None, *, applied: bool, **in_force: Sequence[str]) -> IndexVersion:
        name = str(SnapshotName(tenant, 0 if table is None else table.version))
        return IndexVersion(name, applied, **{field: tuple(names) for field, names in in_force.items()})

    def _table_of(self, tenant: str, snapshot: str) -> Any | None:
        name = SnapshotName.parse(tenant, snapshot)
        return self._store.at(tenant, name.version) if name.version else None

    def _at(self, tenant: str, version: int) -> Snapshot | None:
        if version == 0:
            return None
        key = (tenant, version)
        with self._read_lock:
            if key not in self._snapshots:
                self._snapshots[key] = Snapshot(self._store.at(*key))
                if len(self._snapshots) > _OPEN_SNAPSHOTS:
                    self._snapshots.popitem(last=False)
            self._snapshots.move_to_end(key)
            return self._snapshots[key]

    def _revoked(self, snapshot: Snapshot, name: SnapshotName, principals: frozenset[str]) -> frozenset[str]:
        """What the principals could read in a snapshot of the past and may not read under the access rules of later."""
        if name.access is None or name.access == name.version:
            return frozenset()
        later = self._at(name.tenant, name.access)
        return snapshot.readable(principals) - (later.readable(principals) if later is not None else frozenset())

    def _require_kept(self, name: SnapshotName) -> None:
        """Raises SnapshotGone for one that was open here when another process erased a document, and its files."""
        for version in (name.version, name.access or 0):
            with self._read_lock:
                self._snapshots.pop((name.tenant, version), None)
            self._at(name.tenant, version)


def _heads(table: Any, document_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Those of the documents that are known, by id."""
    condition = f"{rows.IS_HEAD} AND {rows.are_documents(document_ids)}"
    found = tables.scan(table, condition, ["document_id", *rows.HELD_COLUMNS])
    return {head["document_id"]: head for head in sorted(found, key=lambda head: int(head["version"]))}


def _head(table: Any, document_id: str) -> dict[str, Any] | None:
    return _heads(table, [document_id]).get(document_id)


def _standing(document: IndexedDocument, table_rows: pa.Table, held: Mapping[str, Any] | None) -> pa.Table | None:
    """The rows with the readers in force; None where the document does not come in."""
    if held is None:
        return table_rows
    if held["version"] >= document.version or _later(held["removed_at"], document.submitted_at):
        return None
    if not held["readers_changed_at"]:
        return table_rows
    stay = _later(held["readers_changed_at"], document.submitted_at)
    return rows.with_access(table_rows, held if stay else {**held, **rows.own_access(document)})


def _holds_against(held: Mapping[str, Any], at: datetime, wanted: Mapping[str, Sequence[str]]) -> bool:
    """Whether a change of this moment comes to nothing: a later one or a later version is known, or this very one."""
    changed_at, submitted_at = held["readers_changed_at"], held.get("submitted_at")
    if submitted_at is not None and at < submitted_at:
        return True
    if changed_at is None or at > changed_at:
        return False
    return bool(at < changed_at or all(held[name] == names for name, names in wanted.items()))


def _later(event: datetime | None, submitted_at: datetime | None) -> bool:
    """Whether something happened to a document after it was submitted; at the same moment counts."""
    return event is not None and submitted_at is not None and event >= submitted_at
