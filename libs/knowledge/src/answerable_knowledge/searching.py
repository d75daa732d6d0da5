"""A search in one snapshot: by words and by meaning under the access filter, and what the filter withheld.

The three queries run at once. Nothing of the corpus is kept beyond the rows of one search.
"""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from answerable_knowledge import indexing, ranking, rows, tables
from answerable_knowledge.access import matched
from answerable_knowledge.entries import Hit, Hits, Query
from answerable_knowledge.proximity import proximity
from answerable_knowledge.questions import searched
from answerable_knowledge.repetition import distinct

# Candidates of each kind per query: enough for fusion to find what only one of the two ranks well.
_CANDIDATES = 50
# All partitions of a table of 250,000 passages (4,096 each): vectors are so small in the index that to leave some out
# would save nothing. Of the candidates found in it, four times as many as wanted are compared exactly.
_PARTITIONS = 64
_REFINED = 4
# A second look is worth its time at the best: what is below them seldom gets among the first ten.
_LOOKED_AT_TWICE = 20
_PROXIMITY_WEIGHT = 0.2


class Snapshot:
    """A table pinned to a version; immutable, so it is shared by threads."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self._indexed = indexing.has_meaning(table)
        self._dated = tables.dates(table)
        condition = f"{rows.IS_HEAD} AND supersedes IS NOT NULL AND NOT removed"
        columns = ["document_id", "supersedes", "valid_from", "valid_until"]
        self._claims: list[dict[str, Any]] = tables.scan(table, condition, columns)
        self._groups = rows.groups_of(tables.scan(table, rows.IS_GROUP, rows.GROUP_COLUMNS))

    def search(self, query: Query, dense_weight: float, threads: Executor) -> Hits:
        """Best passages that the principals may read, and counts of what was left out."""
        query = replace(query, principals=self._groups.closure(query.principals))
        superseded = ranking.superseded_ids(self._claims, query.now)
        standing = ranking.Standing(query.principals, query.now, superseded, query.revoked)
        regardless_of_rights = threads.submit(self._nearest, query)
        found: list[ranking.Candidate] = []
        if query.principals:
            found = self._candidates(query, rows.permitted(standing, self._dated), threads)
        kept, repeated = distinct(_ranked(found, query, dense_weight), query.limit)
        reasons = Counter(_no_reasons() | {"duplicate": repeated})
        reasons.update(filter(None, map(standing.objection, regardless_of_rights.result())))
        return Hits(query.snapshot, tuple(_hit(one, query) for one in kept), dict(reasons))

    def readable(self, principals: frozenset[str]) -> frozenset[str]:
        """Documents that the principals may read; of those that are not here any more, as access was at last."""
        condition = f"{rows.IS_HEAD} AND {rows.readable(self._groups.closure(principals))}"
        return frozenset(row["document_id"] for row in tables.scan(self._table, condition, ["document_id"]))

    def _candidates(self, query: Query, condition: str, threads: Executor) -> list[ranking.Candidate]:
        """Union of the best by words and by meaning under the condition; the cosine is known for all of them."""
        vector = rows.unit(query.vector)
        wanted = _wanted(query)
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

    def _nearest(self, query: Query) -> list[dict[str, Any]]:
        """What decides about the `limit` nearest passages, whoever may read them; no text of them."""
        found = self._by_meaning(rows.unit(query.vector), None, rows.STANDING_COLUMNS, _wanted(query))
        near: list[dict[str, Any]] = found.to_pylist()
        near.sort(key=lambda row: (round(row["_distance"], 6), row["passage_id"]))
        return near[: query.limit]

    def _by_words(self, text: str, condition: str, columns: list[str], wanted: int) -> pa.Table:
        from lancedb.query import MatchQuery  # noqa: PLC0415 - see Index.open

        # A MatchQuery is tokenised, never parsed: quotes, operators and colons in it are punctuation.
        words = MatchQuery(searched(text), "searched_text")  # type: ignore[call-arg] # its stub hides the defaults

        def run(count: int) -> pa.Table:
            search = self._table.search(words, query_type="fts").where(condition, prefilter=True)
            return search.select([*columns, "_score"]).limit(count).to_arrow()

        return _without_cut_tie(run, wanted, "_score")

    def _by_meaning(self, vector: np.ndarray, condition: str | None, columns: list[str], wanted: int) -> pa.Table:
        def run(count: int) -> pa.Table:
            search = self._table.search(vector, vector_column_name="vector").distance_type("dot")
            search = (
                search.nprobes(_PARTITIONS).refine_factor(_REFINED) if self._indexed else search.bypass_vector_index()
            )
            if condition is not None:
                search = search.where(condition, prefilter=True)
            return search.select([*columns, "_distance"]).limit(count).to_arrow()

        return _without_cut_tie(run, wanted, "_distance")


def nothing(query: Query) -> Hits:
    """The answer of a snapshot in which there is nothing."""
    return Hits(query.snapshot, (), _no_reasons())


def _wanted(query: Query) -> int:
    return max(_CANDIDATES, 2 * query.limit)


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


def _ranked(found: Sequence[ranking.Candidate], query: Query, dense_weight: float) -> list[ranking.Ranked]:
    fused = ranking.fuse(found, dense_weight)
    near = proximity(searched(query.text), [str(one.candidate.row["text"]) for one in fused[:_LOOKED_AT_TWICE]])
    return ranking.lowered(ranking.reranked(fused, near, _PROXIMITY_WEIGHT), query.now)


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
        stale=ranking.is_stale(row, query.now),
        findings=ranking.held(row, query.now),
        ordinals=(row["ordinal"], row["ordinal"]),
    )


def _no_reasons() -> dict[str, int]:
    return {"access": 0, "superseded": 0, "expired": 0, "duplicate": 0}
