"""The table of a tenant: its columns, how documents become rows, and how conditions become SQL.

One row per passage, one head row per document (ordinal -1) that carries the document when it has no passages and
remembers the version of a removed one, and one row per group of people (ordinal -2), without a document id. Everything
is in one table, so one version of it is a whole snapshot.
Head and group rows have no words and no vector: neither kind of search can find them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from answerable_knowledge.access import Groups, validate_readers
from answerable_knowledge.entries import Addition, DocumentRow, IndexedDocument
from answerable_knowledge.errors import EmbedderDiffers
from answerable_knowledge.marks import Marks
from answerable_knowledge.quality import score
from answerable_knowledge.ranking import Standing, normalised
from answerable_knowledge.similarity import keys_of

_TIME = pa.timestamp("us", "UTC")
_DOCUMENT_COLUMNS = (
    pa.field("document_id", pa.string()),
    pa.field("version", pa.int64()),
    pa.field("title", pa.string()),
    pa.field("source", pa.string()),
    pa.field("media_type", pa.string()),
    pa.field("owner", pa.string()),
    pa.field("readers", pa.list_(pa.string())),
    pa.field("denied", pa.list_(pa.string())),
    pa.field("collection", pa.string()),
    pa.field("language", pa.string()),
    pa.field("quality", pa.float64()),
    pa.field("findings", pa.list_(pa.string())),
    pa.field("valid_from", _TIME),
    pa.field("valid_until", _TIME),
    pa.field("effective_date", _TIME),
    pa.field("review_by", _TIME),
    pa.field("supersedes", pa.string()),
    pa.field("content_sha256", pa.string()),
    pa.field("indexed_at", _TIME),
    pa.field("submitted_at", _TIME),
    pa.field("passages", pa.int32()),
    pa.field("readers_changed_at", _TIME),
    pa.field("removed", pa.bool_()),
    pa.field("removed_at", _TIME),
)
DOCUMENT_COLUMNS = [field.name for field in _DOCUMENT_COLUMNS]
# What later changes of a document are weighed against.
HELD_COLUMNS = [
    *("version", "submitted_at", "readers", "denied", "readers_changed_at", "removed", "removed_at", "written_at"),
]
NOTHING_HELD: Mapping[str, Any] = {
    "version": 0,
    "submitted_at": None,
    "readers": [],
    "denied": [],
    "readers_changed_at": None,
    "removed": True,
    "removed_at": None,
    "written_at": None,
}
# What decides about a passage; contains no text.
STANDING_COLUMNS = ["passage_id", "document_id", "readers", "denied", "valid_from", "valid_until"]
HIT_COLUMNS = [
    *("passage_id", "document_id", "readers", "valid_until", "version", "ordinal"),
    *("title", "source", "locator", "text", "heading", "text_key", "review_by", "findings"),
]
_TENANT = "tenant_"
HEAD, GROUP = -1, -2
IS_HEAD = f"ordinal = {HEAD}"
IS_GROUP = f"ordinal = {GROUP}"
# Of a group, `readers_changed_at` is when its members were last changed.
GROUP_COLUMNS = ["group_name", "members", "readers_changed_at", "written_at"]
_NO_WORDS = {"text": "", "searched_text": "", "text_key": ""}


def table_name(tenant: str) -> str:
    """Name of the tenant's table: a digest, so that no tenant id can spell another's table or a path."""
    return f"{_TENANT}{hashlib.sha256(tenant.encode('utf-8', 'surrogatepass')).hexdigest()}"


def is_table_name(name: str) -> bool:
    """Whether a table of this name is a tenant's."""
    return name.startswith(_TENANT)


_EMBEDDER = b"embedder"


def schema_of(dimensions: int, embedder: str | None) -> pa.Schema:
    """Columns of every tenant's table, and which embedder its vectors are of."""
    return pa.schema(
        [
            pa.field("passage_id", pa.string()),
            pa.field("ordinal", pa.int32()),
            *_DOCUMENT_COLUMNS,
            pa.field("written_at", _TIME),
            pa.field("group_name", pa.string()),
            pa.field("members", pa.list_(pa.string())),
            pa.field("locator", pa.string()),
            pa.field("heading", pa.string()),
            pa.field("text", pa.string()),
            pa.field("searched_text", pa.string()),
            pa.field("text_key", pa.string()),
            # Of a passage: what it states; of a document: what its text is like. Passages and documents that share one
            # are compared.
            pa.field("keys", pa.list_(pa.int64())),
            pa.field("sketch", pa.binary()),
            pa.field("vector", pa.list_(pa.float32(), dimensions)),
        ],
        metadata=None if embedder is None else {_EMBEDDER: embedder.encode()},
    )


def require_same_embedder(stored: pa.Schema, ours: pa.Schema) -> None:
    """Raises EmbedderDiffers, unless one of the two does not say of which embedder its vectors are."""
    made_with, used = ((schema.metadata or {}).get(_EMBEDDER) for schema in (stored, ours))
    if made_with is not None and used is not None and made_with != used:
        raise EmbedderDiffers(made_with.decode(), used.decode())


def rows_of(addition: Addition, schema: pa.Schema) -> pa.Table:
    """Head row and passage rows. Raises ValueError when vectors and passages or a time or a reader is wrong."""
    document, passages, marks = addition.document, addition.passages, addition.marks
    vectors = np.asarray(addition.vectors)
    dimensions = schema.field("vector").type.list_size
    if vectors.shape != (len(passages), dimensions):
        raise ValueError(f"expected {len(passages)} vectors of {dimensions} dimensions, got {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("a vector has a component that is not a finite number")
    shared = _document_cells(document, len(passages))
    key = _digest(document.document_id, 24)
    rows = [_head(key, shared | {"sketch": marks.sketch, "keys": list(keys_of(marks.sketch)) if marks.sketch else []})]
    rows += [
        {
            **shared,
            **_marked(marks, passage.ordinal, document),
            "passage_id": passage_id(document, passage.ordinal),
            "ordinal": passage.ordinal,
            "locator": passage.locator,
            "heading": passage.heading,
            "text": passage.text,
            "searched_text": passage.embedded_text,
            "text_key": _digest(normalised(passage.text), 32),
        }
        for passage in passages
    ]
    return _table(rows, unit(vectors), schema)


def passage_id(document: IndexedDocument, ordinal: int) -> str:
    """Of a passage of this version of a document."""
    return f"{_digest(document.document_id, 24)}.{document.version}.{ordinal}"


def _marked(marks: Marks, ordinal: int, document: IndexedDocument) -> dict[str, Any]:
    """What is held against a passage: what is held against its document, but for what is about other passages."""
    elsewhere = {*marks.ledger.codes} - {*marks.ledger.of_passage(ordinal)}
    findings = sorted({*document.findings} - elsewhere)
    keys = marks.keys[ordinal] if ordinal < len(marks.keys) else ()
    return {"findings": findings, "quality": score(findings), "keys": list(keys)}


def tombstone_of(document_id: str, held: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """The head row of a document that is not here: what holds against a version that arrives late, nothing else."""
    cells = {name: held[name] for name in HELD_COLUMNS} | {"document_id": document_id, "passages": 0, "removed": True}
    return _table([_head(_digest(document_id, 24), cells)], _no_vectors(schema), schema)


def group_of(group: str, members: Sequence[str], at: datetime, schema: pa.Schema) -> pa.Table:
    """The row of a group of people."""
    cells = {"group_name": group, "members": list(members), "readers_changed_at": at}
    row = {**cells, "passage_id": f"{_digest(group, 24)}.group", "ordinal": GROUP, "passages": 0, "removed": False}
    return _table([row | _NO_WORDS], _no_vectors(schema), schema)


def own_access(document: IndexedDocument) -> dict[str, list[str]]:
    """Who may read it and who may not, as its owner said with this version. Raises ValueError."""
    return {"readers": list(validate_readers(document.readers)), "denied": list(validate_readers(document.denied))}


def groups_of(cells: Iterable[Mapping[str, Any]]) -> Groups:
    """The groups of a snapshot, from their rows."""
    return Groups.of({f"group:{row['group_name']}": row["members"] or () for row in cells})


def with_access(stored: pa.Table, access: Mapping[str, Any]) -> pa.Table:
    """The same rows with these readers, those denied, and when they were changed.

    (An SQL update cannot write an empty list, which is how all are shut out.)
    """
    for name in ("readers", "denied", "readers_changed_at"):
        value = access[name]
        field = stored.schema.field(name)
        column = pa.array([value] * stored.num_rows, field.type)
        stored = stored.set_column(stored.schema.get_field_index(name), field, column)
    return stored


def written(stored: pa.Table, now: datetime, before: datetime | None) -> pa.Table:
    """The same rows, written now; always later than those that they replace, whatever the writers' clocks say."""
    moment = max(now, before + timedelta(microseconds=1)) if before is not None else now
    field = stored.schema.field("written_at")
    column = pa.array([moment] * stored.num_rows, field.type)
    return stored.set_column(stored.schema.get_field_index("written_at"), field, column)


def document_row(cells: dict[str, Any]) -> DocumentRow:
    """A head row as a value."""
    values = {field.name: cells[field.name] for field in fields(DocumentRow)}
    return DocumentRow(**values | {name: tuple(cells[name] or ()) for name in ("readers", "denied", "findings")})


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length one in single precision; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), dtype=np.float32)


def literal(text: str) -> str:
    """A text as an SQL string. Doubling quotes is all the dialect knows: a backslash is a plain character in it.

    Raises ValueError for NUL and lone surrogates, which no stored name contains.
    """
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("a name must not contain NUL or lone surrogates")
    return "'" + text.replace("'", "''") + "'"


def moment_literal(moment: datetime) -> str:
    """A time as an SQL value."""
    return f"TIMESTAMP '{moment.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%f')}Z'"


def is_document(document_id: str) -> str:
    """Condition: rows of this document."""
    return f"document_id = {literal(document_id)}"


def are_documents(document_ids: Iterable[str]) -> str:
    """Condition: rows of these documents."""
    return f"document_id IN ({listed(document_ids)})"


@dataclass(frozen=True, slots=True)
class Dated:
    """The last day on which a document of a snapshot comes into force, and the first on which one ends."""

    last_from: datetime | None
    first_until: datetime | None

    def begins_after(self, now: datetime) -> bool:
        """Whether some document is not in force yet."""
        return self.last_from is not None and self.last_from > now

    def ends_before(self, now: datetime) -> bool:
        """Whether some document is not in force any more."""
        return self.first_until is not None and self.first_until < now


ANY_DATE = Dated(datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC))
"""Of a snapshot whose dates are not known."""


def readable(principals: Iterable[str]) -> str:
    """Condition: rows of documents that these principals may read."""
    names = f"[{listed(sorted(principals))}]"
    return f"array_has_any(readers, {names}) AND NOT array_has_any(denied, {names})"


def permitted(standing: Standing, dated: Dated = ANY_DATE) -> str:
    """Condition: passages that these principals may read and that are in force now. Holds for nobody when empty.

    Dates are asked for where some passage, by `dated`, would not pass: that takes longer than all the rest.
    """
    now = moment_literal(standing.now)
    conditions = [readable(standing.principals)]
    if dated.begins_after(standing.now):
        conditions.append(f"(valid_from IS NULL OR valid_from <= {now})")
    if dated.ends_before(standing.now):
        conditions.append(f"(valid_until IS NULL OR valid_until >= {now})")
    if left_out := standing.superseded | standing.revoked:
        conditions.append(f"document_id NOT IN ({listed(sorted(left_out))})")
    return " AND ".join(conditions)


def listed(names: Iterable[str]) -> str:
    """Texts as the inside of an SQL list."""
    return ", ".join(literal(name) for name in names)


def _head(key: str, shared: dict[str, Any]) -> dict[str, Any]:
    return {**shared, "passage_id": f"{key}.head", "ordinal": HEAD, **_NO_WORDS}


def _no_vectors(schema: pa.Schema) -> np.ndarray:
    return np.empty((0, schema.field("vector").type.list_size), np.float32)


def _document_cells(document: IndexedDocument, passages: int) -> dict[str, Any]:
    for moment in (document.indexed_at, document.submitted_at, document.valid_from, document.valid_until):
        require_aware(moment)
    cells = {name: getattr(document, name, None) for name in DOCUMENT_COLUMNS}
    return cells | own_access(document) | {"findings": list(document.findings), "passages": passages, "removed": False}


def require_aware(moment: datetime | None) -> None:
    """Raises ValueError for a time without a zone."""
    if moment is not None and moment.tzinfo is None:
        raise ValueError("times must be aware")


def _table(rows: list[dict[str, Any]], vectors: np.ndarray, schema: pa.Schema) -> pa.Table:
    """Rows with the head first, and a vector for each but the head."""
    columns = {field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in list(schema)[:-1]}
    columns["vector"] = pa.array([None, *vectors.astype(np.float32)], schema.field("vector").type)
    return pa.table(columns, schema=schema)


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
