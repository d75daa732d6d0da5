"""The table of a tenant: its columns, how documents become rows, and how conditions become SQL.

One row per passage, and one head row per document (ordinal -1) that carries the document when it has no passages
and remembers the version of a removed one. Everything is in one table, so one version of it is a whole snapshot.
A head row has no words and no vector: neither kind of search can find it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from answerable_knowledge.access import validate_readers
from answerable_knowledge.chunking import Passage
from answerable_knowledge.entries import DocumentRow, IndexedDocument
from answerable_knowledge.ranking import Standing, normalised

_TIME = pa.timestamp("us", "UTC")
_DOCUMENT_COLUMNS = (
    pa.field("document_id", pa.string()),
    pa.field("version", pa.int64()),
    pa.field("title", pa.string()),
    pa.field("source", pa.string()),
    pa.field("media_type", pa.string()),
    pa.field("owner", pa.string()),
    pa.field("readers", pa.list_(pa.string())),
    pa.field("valid_from", _TIME),
    pa.field("valid_until", _TIME),
    pa.field("effective_date", _TIME),
    pa.field("review_by", _TIME),
    pa.field("supersedes", pa.string()),
    pa.field("content_sha256", pa.string()),
    pa.field("indexed_at", _TIME),
    pa.field("passages", pa.int32()),
    pa.field("readers_changed_at", _TIME),
    pa.field("removed", pa.bool_()),
    pa.field("removed_at", _TIME),
)
DOCUMENT_COLUMNS = [field.name for field in _DOCUMENT_COLUMNS]
# What later changes of a document are weighed against.
HELD_COLUMNS = ["version", "readers", "readers_changed_at", "removed", "removed_at"]
NOTHING_HELD: Mapping[str, Any] = {
    "version": 0,
    "readers": [],
    "readers_changed_at": None,
    "removed": True,
    "removed_at": None,
}
# What decides about a passage; contains no text.
STANDING_COLUMNS = ["passage_id", "document_id", "readers", "valid_from", "valid_until"]
HIT_COLUMNS = [
    *STANDING_COLUMNS,
    *("version", "title", "source", "locator", "text", "heading", "text_key", "review_by"),
]
IS_HEAD = "ordinal = -1"


def table_name(tenant: str) -> str:
    """Name of the tenant's table: a digest, so that no tenant id can spell another's table or a path."""
    return f"tenant_{hashlib.sha256(tenant.encode('utf-8', 'surrogatepass')).hexdigest()}"


def schema_of(dimensions: int) -> pa.Schema:
    """Columns of every tenant's table."""
    return pa.schema(
        [
            pa.field("passage_id", pa.string()),
            pa.field("ordinal", pa.int32()),
            *_DOCUMENT_COLUMNS,
            pa.field("locator", pa.string()),
            pa.field("heading", pa.string()),
            pa.field("text", pa.string()),
            pa.field("searched_text", pa.string()),
            pa.field("text_key", pa.string()),
            pa.field("vector", pa.list_(pa.float32(), dimensions)),
        ]
    )


def rows_of(document: IndexedDocument, passages: Sequence[Passage], vectors: np.ndarray, schema: pa.Schema) -> pa.Table:
    """Head row and passage rows. Raises ValueError when vectors and passages or a time or a reader is wrong."""
    dimensions = schema.field("vector").type.list_size
    if vectors.shape != (len(passages), dimensions):
        raise ValueError(f"expected {len(passages)} vectors of {dimensions} dimensions, got {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("a vector has a component that is not a finite number")
    shared = _document_cells(document, len(passages))
    key = _digest(document.document_id, 24)
    rows = [_head(key, shared)]
    rows += [
        {
            **shared,
            "passage_id": f"{key}.{document.version}.{passage.ordinal}",
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


def tombstone_of(document_id: str, held: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """The head row of a document that is not here: what holds against a version that arrives late, nothing else."""
    cells = {name: held[name] for name in HELD_COLUMNS} | {"document_id": document_id, "passages": 0, "removed": True}
    no_vectors = np.empty((0, schema.field("vector").type.list_size), np.float32)
    return _table([_head(_digest(document_id, 24), cells)], no_vectors, schema)


def with_readers(stored: pa.Table, readers: Sequence[str], at: datetime) -> pa.Table:
    """The same rows with other readers. (An SQL update cannot write an empty list, which is how all are shut out.)"""
    for name, value in (("readers", list(readers)), ("readers_changed_at", at)):
        field = stored.schema.field(name)
        column = pa.array([value] * stored.num_rows, field.type)
        stored = stored.set_column(stored.schema.get_field_index(name), field, column)
    return stored


def document_row(cells: dict[str, Any]) -> DocumentRow:
    """A head row as a value."""
    names = {field.name for field in fields(DocumentRow)}
    return DocumentRow(**{name: cells[name] for name in names - {"readers"}}, readers=tuple(cells["readers"] or ()))


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


def is_document(document_id: str) -> str:
    """Condition: rows of this document."""
    return f"document_id = {literal(document_id)}"


def permitted(standing: Standing) -> str:
    """Condition: passages that these principals may read and that are in force now. Holds for nobody when empty."""
    now = f"TIMESTAMP '{standing.now.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%f')}Z'"
    conditions = [
        f"array_has_any(readers, [{_list(sorted(standing.principals))}])",
        f"(valid_from IS NULL OR valid_from <= {now})",
        f"(valid_until IS NULL OR valid_until >= {now})",
    ]
    if standing.superseded:
        conditions.append(f"document_id NOT IN ({_list(sorted(standing.superseded))})")
    return " AND ".join(conditions)


def _list(names: Iterable[str]) -> str:
    return ", ".join(literal(name) for name in names)


def _head(key: str, shared: dict[str, Any]) -> dict[str, Any]:
    return {**shared, "passage_id": f"{key}.head", "ordinal": -1, "text": "", "searched_text": "", "text_key": ""}


def _document_cells(document: IndexedDocument, passages: int) -> dict[str, Any]:
    for moment in (document.indexed_at, document.submitted_at, document.valid_from, document.valid_until):
        require_aware(moment)
    cells = {name: getattr(document, name, None) for name in DOCUMENT_COLUMNS}
    return cells | {"readers": list(validate_readers(document.readers)), "passages": passages, "removed": False}


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
