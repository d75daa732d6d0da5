"""What the ledger asks of one version of a tenant's table: which documents and passages are alike, and all of them.

Everything is looked up by conditions or streamed in batches: nothing of the corpus is held.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from answerable_knowledge import rows, tables
from answerable_knowledge.quality import score
from answerable_knowledge.surroundings import (
    HEAD_COLUMNS,
    LONGEST_CHAIN,
    PASSAGE_COLUMNS,
    Row,
    StoredPassage,
    Surroundings,
    stored_passage,
)

_BATCH = 2_000
_KEYS_AT_ONCE = 1_000
_MOST_SHARING = 2_000
"""Passages that documents that come in are compared with: of a form that thousands share some are enough."""
_LIVE = "NOT removed"
_TEXT_COLUMNS = ["passage_id", "document_id", "title", "locator", "text"]


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """What is held against a passage or a document, and its quality."""

    findings: tuple[str, ...]
    quality: float


@dataclass(frozen=True, slots=True)
class Amendment:
    """What is to be held against a version of a document and its passages, by `passage_id`, in place of what is."""

    document_id: str
    version: int
    held: Mapping[str, Held]


class Inventory:
    """A table pinned to a version. Blocking."""

    def __init__(self, table: Any) -> None:
        self._table = table

    @property
    def version(self) -> int:
        return int(self._table.version)

    def around(self, heads: Sequence[Row], keys: Iterable[int]) -> Surroundings:
        """What touches documents that come in, with these head rows, and passages with these keys of statements.

        A few look-ups for all of them together. Of passages that share keys `_MOST_SHARING` at most.
        """
        ids = {head["document_id"] for head in heads}
        conditions = [f"document_id IN ({rows.listed(sorted(ids))})", f"supersedes IN ({rows.listed(sorted(ids))})"]
        conditions.append(f"content_sha256 IN ({rows.listed(sorted({head['content_sha256'] for head in heads}))})")
        conditions += [f"array_has_any(keys, [{_numbers(some)}])" for some in _some(_keys(heads), _KEYS_AT_ONCE)]
        found = {head["document_id"]: head for head in self._heads(" OR ".join(conditions))}
        self._follow({head["supersedes"] for head in heads}, found)
        passages = list(self._sharing(keys))
        named = {passage["document_id"] for passage in passages} - ids
        for some in _some(sorted(named), _KEYS_AT_ONCE):
            found |= {head["document_id"]: head for head in self._heads(f"supersedes IN ({rows.listed(some)})")}
        return Surroundings(found.values(), passages)

    def heads(self) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Every document that is here, in batches."""
        columns = [*rows.DOCUMENT_COLUMNS, "passage_id", "keys", "sketch"]
        yield from self._stream(f"{rows.IS_HEAD} AND {_LIVE}", columns)

    def passages(self) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Every passage without its text, in batches."""
        yield from self._stream("ordinal >= 0", ["passage_id", "document_id", "findings", "keys"])

    def texts(self, passage_ids: Iterable[str]) -> dict[str, StoredPassage]:
        """Passages by their ids."""
        found: dict[str, StoredPassage] = {}
        for some in _some(sorted(set(passage_ids)), _KEYS_AT_ONCE):
            condition = f"passage_id IN ({rows.listed(some)})"
            found |= {
                row["passage_id"]: stored_passage(row) for row in tables.scan(self._table, condition, _TEXT_COLUMNS)
            }
        return found

    def added(self, passage_ids: Iterable[str], code: str) -> tuple[Amendment, ...]:
        """What is to be held against these passages and their documents once this code is held against them too."""
        columns = ["passage_id", "document_id", "version", "ordinal", "findings", "quality", "passages"]
        ids = rows.listed(sorted(set(passage_ids)))
        found = tables.scan(self._table, f"passage_id IN ({ids})", columns)
        found = [row for row in found if code not in (row["findings"] or ())]
        documents = rows.listed(sorted({row["document_id"] for row in found}))
        heads = tables.scan(self._table, f"{rows.IS_HEAD} AND document_id IN ({documents})", columns) if found else []
        return tuple(
            _amendment(head, [row for row in found if row["document_id"] == head["document_id"]], code)
            for head in sorted(heads, key=lambda head: str(head["document_id"]))
        )

    def _heads(self, condition: str) -> list[dict[str, Any]]:
        return tables.scan(self._table, f"{rows.IS_HEAD} AND {_LIVE} AND ({condition})", HEAD_COLUMNS)

    def _follow(self, ids: Iterable[str | None], found: dict[str, dict[str, Any]]) -> None:
        """What those documents replace, and so on."""
        wanted = {each for each in ids if each is not None}
        for _ in range(LONGEST_CHAIN):
            if unknown := wanted - found.keys():
                found |= {
                    head["document_id"]: head
                    for head in self._heads(f"document_id IN ({rows.listed(sorted(unknown))})")
                }
            wanted = {found[each]["supersedes"] for each in wanted if each in found} - {None}
            if not wanted:
                return

    def _sharing(self, keys: Iterable[int]) -> Iterator[dict[str, Any]]:
        seen: set[str] = set()
        for some in _some(sorted(set(keys)), _KEYS_AT_ONCE):
            condition = f"ordinal >= 0 AND array_has_any(keys, [{_numbers(some)}])"
            for row in tables.scan(self._table, condition, PASSAGE_COLUMNS, _MOST_SHARING - len(seen)):
                if row["passage_id"] not in seen:
                    seen.add(row["passage_id"])
                    yield row
            if len(seen) >= _MOST_SHARING:
                return

    def _stream(self, condition: str, columns: list[str]) -> Iterator[Sequence[Mapping[str, Any]]]:
        reader = self._table.search().where(condition).select(columns).limit(None).to_batches(_BATCH)
        for batch in reader:
            yield batch.to_pylist()


def mark(table: Any, amendment: Amendment, now: datetime) -> None:
    """Put it in force; one commit for each kind of change.

    The condition is part of the change, so it cannot bring back what others have changed meanwhile. Raises WriteFailed.
    """
    version = f"{rows.is_document(amendment.document_id)} AND version = {amendment.version} AND {_LIVE}"
    alike: dict[Held, list[str]] = {}
    for passage_id, held in amendment.held.items():
        alike.setdefault(held, []).append(passage_id)
    for held, passage_ids in sorted(alike.items()):
        listed = ", ".join(map(rows.literal, held.findings))
        # An empty list has no type of its own in SQL.
        value = f"make_array({listed})" if listed else "arrow_cast(make_array(), 'List(Utf8)')"
        for some in _some(sorted(passage_ids), _KEYS_AT_ONCE):
            cells = {
                "findings": value,
                "quality": f"CAST({held.quality} AS DOUBLE)",
                "written_at": f"GREATEST(written_at, {rows.moment_literal(now)})",  # by which a version is found later
            }
            tables.update(table, f"{version} AND passage_id IN ({rows.listed(some)})", cells)


def _amendment(head: Mapping[str, Any], passages: Sequence[Mapping[str, Any]], code: str) -> Amendment:
    held = {row["passage_id"]: _with(row, code, 1.0) for row in passages}
    lost = sum(_quality(row) - held[row["passage_id"]].quality for row in passages)
    held[head["passage_id"]] = _with(head, code, _quality(head) - lost / max(1, head["passages"]))
    return Amendment(head["document_id"], head["version"], held)


def _with(row: Mapping[str, Any], code: str, quality: float) -> Held:
    codes = tuple(sorted({*(row["findings"] or ()), code}))
    return Held(codes, round(quality, 4) if row["ordinal"] == rows.HEAD else score(codes))


def _quality(row: Mapping[str, Any]) -> float:
    return 1.0 if row["quality"] is None else float(row["quality"])


def _some(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The values in parts of that size."""
    every = list(values)
    return (every[start : start + size] for start in range(0, len(every), size))


def _keys(heads: Iterable[Row]) -> list[int]:
    return sorted({key for head in heads for key in head["keys"] or ()})


def _numbers(keys: Iterable[int]) -> str:
    return ", ".join(map(str, keys))
