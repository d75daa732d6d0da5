"""The indices of a table: words from the beginning, all others once it is large, and how new rows get into them.

Rows that are not indexed yet are found too, by scanning them, so nothing waits for any of this.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

# From here on, looking at every vector and every reader takes longer than an index saves.
LARGE = 10_000

# New rows are indexed when they pass both of these.
_FRESH_ROWS = 128
_FRESH_SHARE = 0.02
_KEEP_ALL_VERSIONS = timedelta(days=36_500)

_WORDS = "searched_text"
_MEANING = "vector"
_LISTS = ("readers", "denied")
# Not `keys`, which are nearly all different: to keep them indexed took 6 s of every 350 new rows in a table of 15,000,
# and to look through all of them takes 20 ms there.
_VALUES = ("passage_id", "document_id", "valid_from", "valid_until", "content_sha256")


def index_words(table: Any) -> None:
    """Index the words of all rows: what every table has from the beginning."""
    _create(table, [_WORDS])


def keep_up(table: Any) -> None:
    """Index new rows and join small files once there are enough, so that the cost per row stays bounded.

    A table that became large gets its other indices. Raises RuntimeError where another writer came between.
    """
    names = _names(table)
    if table.count_rows() >= LARGE:
        _create(table, _kinds().keys() - names.keys())
    statistics = table.index_stats(names[_WORDS])
    if statistics.num_unindexed_rows >= max(_FRESH_ROWS, _FRESH_SHARE * statistics.num_indexed_rows):
        table.optimize(cleanup_older_than=_KEEP_ALL_VERSIONS)


def rebuild(table: Any) -> None:
    """Make every index of the table anew, from the rows that it has now: nothing of others stays in them."""
    _create(table, _names(table))


def has_meaning(table: Any) -> bool:
    """Whether vectors are indexed in this version; without, all of them are compared, which is exact."""
    return _MEANING in _names(table)


def _names(table: Any) -> dict[str, str]:
    """Names of the indices by column."""
    return {index.columns[0]: index.name for index in table.list_indices()}


def _create(table: Any, columns: Iterable[str]) -> None:
    kinds = _kinds()
    for column in sorted(columns):
        table.create_index(column, config=kinds[column], replace=True)


def _kinds() -> dict[str, Any]:
    from lancedb.index import FTS, BTree, IvfRq, LabelList  # noqa: PLC0415 - see Store.open

    return {
        # English stems and stop words; no positions: phrases are not searched for.
        _WORDS: FTS(language="English", stem=True, with_position=False),
        # One bit a dimension finds candidates, whose vectors are then compared exactly. On 100,000 passages that found
        # 0.997 of the nearest ten in 5 ms and took 2 s of CPU to build; HNSW took 69 s for 0.99.
        _MEANING: IvfRq(distance_type="dot"),
        **dict.fromkeys(_VALUES, BTree()),
        **dict.fromkeys(_LISTS, LabelList()),
    }
