"""Changes of a table: one document replaced, small files joined, deleted rows taken out of the files."""

import warnings
from datetime import timedelta
from typing import Any

import pyarrow as pa

from answerable_knowledge import rows
from answerable_knowledge.errors import WriteFailed

# New rows are found at once but slowly (a scan); they are indexed when they pass both of these.
_UNINDEXED_ROWS = 128
_UNINDEXED_SHARE = 0.05
_KEEP_ALL_VERSIONS = timedelta(days=36_500)
_TRIES = 5


def replace(table: Any, document_id: str, table_rows: pa.Table) -> None:
    """All rows of the document become these, in one commit. Conflicts are retried inside lancedb.

    Head rows have no vector, which lancedb takes for a bad one; `rows` has refused all others that are bad.
    """
    merge = table.merge_insert("passage_id").when_matched_update_all().when_not_matched_insert_all()
    merge = merge.when_not_matched_by_source_delete(rows.is_document(document_id))
    try:
        merge.execute(table_rows, on_bad_vectors="null")
    except RuntimeError as error:
        raise WriteFailed from error


def maintain(table: Any) -> None:
    """Index new rows and join small files once there are a twentieth more, so that the cost per row stays bounded."""
    name = table.list_indices()[0].name
    statistics = table.index_stats(name)
    fresh = statistics.num_unindexed_rows
    if fresh < max(_UNINDEXED_ROWS, _UNINDEXED_SHARE * statistics.num_indexed_rows):
        return
    try:
        table.optimize(cleanup_older_than=_KEEP_ALL_VERSIONS)
    except RuntimeError:
        return  # another writer came between; what is written is found anyway, and the next change tries again


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
            index_words(table)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that older snapshots end is what this is for
                table.optimize(cleanup_older_than=timedelta(0))
        except RuntimeError as error:
            if attempt == _TRIES:
                raise WriteFailed from error
            table.checkout_latest()
        else:
            return


def index_words(table: Any) -> None:
    """Index the words of all rows, in place of an index that is there."""
    from lancedb.index import FTS  # noqa: PLC0415 - see Index.open

    # English stems and stop words; no positions: phrases are not searched for.
    words = FTS(language="English", stem=True, with_position=False)
    table.create_index("searched_text", config=words, replace=True)


def texts(table: Any, condition: str) -> frozenset[str]:
    """Texts of rows in every version that is kept. Leaves the table at its oldest version."""
    found: frozenset[str] = frozenset()
    for version in sorted((each["version"] for each in table.list_versions()), reverse=True):
        table.checkout(version)
        found |= texts_now(table, condition)
    return found


def texts_now(table: Any, condition: str) -> frozenset[str]:
    """Texts of rows in the version that the table is at."""
    found = table.search().where(condition).select(["text"]).limit(None).to_arrow()
    return frozenset(found.column("text").to_pylist()) - {""}
