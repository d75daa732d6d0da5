"""Changes of a table: one document replaced, small files joined, deleted rows taken out of the files."""

import warnings
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from answerable_knowledge import indexing, rows
from answerable_knowledge.errors import WriteFailed

_TRIES = 5


def replace(table: Any, document_ids: Iterable[str], table_rows: pa.Table) -> None:
    """Add rows, and take out what else these documents have, in one commit. Conflicts are retried inside lancedb.

    Head rows have no vector, which lancedb takes for a bad one; `rows` has refused all others that are bad.
    """
    merge = _upsert(table)
    if names := list(document_ids):  # with nothing to take out it costs a look at every row for nothing
        merge = merge.when_not_matched_by_source_delete(rows.are_documents(names))
    _merge(merge, table_rows)


def add(table: Any, table_rows: pa.Table) -> None:
    """Add these rows, each in the place of one with its id, in one commit."""
    _merge(_upsert(table), table_rows)


def _upsert(table: Any) -> Any:
    return table.merge_insert("passage_id").when_matched_update_all().when_not_matched_insert_all()


def _merge(merge: Any, table_rows: pa.Table) -> None:
    try:
        merge.execute(table_rows, on_bad_vectors="null")
    except RuntimeError as error:
        raise WriteFailed from error


def update(table: Any, condition: str, cells: dict[str, str]) -> None:
    """Give these cells of the rows under the condition the values that the SQL says, in one commit."""
    for attempt in range(1, _TRIES + 1):
        try:
            table.update(where=condition, values_sql=cells)
        except (RuntimeError, ValueError) as error:  # lancedb names a conflict in either way
            if attempt == _TRIES:
                raise WriteFailed from error
            table.checkout_latest()
        else:
            return


def purge(table: Any) -> None:
    """Write the rows of the newest version and its word index anew, and delete every earlier version.

    Afterwards no file of the table holds what the newest version does not have. Files that a crashed writer left
    without a version go after seven days, by LanceDB: until then they cannot be told from those of a running one.

    Raises WriteFailed when other writers come between again and again.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            # Compaction leaves deleted rows in files of which little was deleted. An update writes every row anew in
            # one transaction; to read all rows and write them back could undo what others changed meanwhile.
            table.update(where="true", values_sql={"ordinal": "ordinal"})
            indexing.rebuild(table)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that older snapshots end is what this is for
                table.optimize(cleanup_older_than=timedelta(0))
        except RuntimeError as error:
            if attempt == _TRIES:
                raise WriteFailed from error
            table.checkout_latest()
        else:
            return


def scan(table: Any, condition: str, columns: list[str], limit: int | None = None) -> list[dict[str, Any]]:
    """Rows under the condition, in no order; all of them, or some."""
    found: list[dict[str, Any]] = table.search().where(condition).select(columns).limit(limit).to_arrow().to_pylist()
    return found


def dates(table: Any) -> rows.Dated:
    """When the last of the documents comes into force and the first ends, of those that have dates."""
    condition = f"{rows.IS_HEAD} AND (valid_from IS NOT NULL OR valid_until IS NOT NULL)"
    found = table.search().where(condition).select(["valid_from", "valid_until"]).limit(None).to_arrow()
    return rows.Dated(pc.max(found.column("valid_from")).as_py(), pc.min(found.column("valid_until")).as_py())


def last_written(table: Any, condition: str) -> datetime | None:
    """When the last of the rows under the condition was written; None where there are none."""
    found = table.search().where(condition).select(["written_at"]).limit(None).to_arrow()
    latest: datetime | None = pc.max(found.column("written_at")).as_py()
    return latest


def texts(table: Any, condition: str) -> frozenset[str]:
    """Texts of rows in the version that the table is at."""
    found = table.search().where(condition).select(["text"]).limit(None).to_arrow()
    return frozenset(found.column("text").to_pylist()) - {""}
