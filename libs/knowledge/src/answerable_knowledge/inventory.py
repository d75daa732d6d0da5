"""What the ledger asks of one version of a tenant's table: which documents and passages are alike, and all of them.

Everything is looked up by conditions or streamed in batches: nothing of the corpus is held.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from answerable_knowledge import rows, tables
from answerable_knowledge.quality import score
from answerable_knowledge.ranking import superseded_ids
from answerable_knowledge.similarity import ALIKE, keys_of, likeness

_BATCH = 2_000
_KEYS_AT_ONCE = 1_000
_LONGEST_CHAIN = 64
_LIVE = "NOT removed"
_TEXT_COLUMNS = ["passage_id", "document_id", "title", "locator", "text", "valid_from", "valid_until"]
_ALIKE_COLUMNS = ["document_id", "version", "content_sha256", "sketch", "supersedes", "findings", "quality", "passages"]


@dataclass(frozen=True, slots=True)
class Alike:
    """Another document with the same or nearly the same text."""

    document_id: str
    code: str
    """`duplicate` or `near_duplicate`."""
    likeness: float


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage of the index as text, with its place."""

    passage_id: str
    document_id: str
    title: str
    locator: str
    text: str


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

    def alike(self, document_id: str, content_sha256: str, sketch: bytes | None) -> tuple[Alike, ...]:
        """Documents with the same bytes, the same text or nearly the same, but for those that one of both replaces."""
        keys = keys_of(sketch) if sketch else ()
        same = f"content_sha256 = {rows.literal(content_sha256)}"
        near = f" OR array_has_any(keys, [{_numbers(keys)}])" if keys else ""
        condition = f"{rows.IS_HEAD} AND {_LIVE} AND NOT {rows.is_document(document_id)} AND ({same}{near})"
        own = {"document_id": document_id, "content_sha256": content_sha256, "sketch": sketch}
        replaced = {row["supersedes"] for row in tables.scan(self._table, _own(document_id), ["supersedes"])}
        found = [
            comparison(own, row)
            for row in tables.scan(self._table, condition, _ALIKE_COLUMNS)
            if row["supersedes"] != document_id and row["document_id"] not in replaced
        ]
        return tuple(sorted((one for one in found if one is not None), key=lambda one: one.document_id))

    def sharing(self, document_id: str, keys: Iterable[int], now: datetime) -> Iterator[StoredPassage]:
        """Passages of other documents in force that share one of these keys."""
        seen: set[str] = set()
        for some in _some(sorted(set(keys)), _KEYS_AT_ONCE):
            condition = f"ordinal >= 0 AND NOT {rows.is_document(document_id)} AND {_in_force(now)}"
            shared = f"{condition} AND array_has_any(keys, [{_numbers(some)}])"
            found = [row for row in tables.scan(self._table, shared, _TEXT_COLUMNS) if row["passage_id"] not in seen]
            seen.update(row["passage_id"] for row in found)
            replaced = self.superseded({row["document_id"] for row in found}, now)
            yield from (stored_passage(row) for row in found if row["document_id"] not in replaced)

    def superseded(self, document_ids: Iterable[str], now: datetime) -> frozenset[str]:
        """Those of the documents that another one in force replaces."""
        columns = ["document_id", "supersedes", "valid_from", "valid_until"]
        found: list[dict[str, Any]] = []
        for some in _some(sorted(set(document_ids)), _KEYS_AT_ONCE):
            condition = f"{rows.IS_HEAD} AND {_LIVE} AND supersedes IN ({rows.listed(some)})"
            found += tables.scan(self._table, condition, columns)
        return superseded_ids(found, now)

    def replaces_itself(self, document_id: str, supersedes: str | None) -> bool:
        """Whether following what each document replaces leads back to the first."""
        seen = {document_id}
        while supersedes is not None and len(seen) <= _LONGEST_CHAIN:
            if supersedes in seen:
                return supersedes == document_id
            seen.add(supersedes)
            heads = tables.scan(self._table, _own(supersedes), ["supersedes"])
            supersedes = heads[0]["supersedes"] if heads else None
        return False

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

    def _stream(self, condition: str, columns: list[str]) -> Iterator[Sequence[Mapping[str, Any]]]:
        reader = self._table.search().where(condition).select(columns).limit(None).to_batches(_BATCH)
        for batch in reader:
            yield batch.to_pylist()


def comparison(own: Mapping[str, Any], row: Mapping[str, Any]) -> Alike | None:
    """How alike two documents are by their head rows; None where they are not."""
    near = likeness(own["sketch"], row["sketch"]) if own["sketch"] and row["sketch"] else 0.0
    if own["content_sha256"] == row["content_sha256"] or near == 1.0:
        return Alike(row["document_id"], "duplicate", 1.0)
    return Alike(row["document_id"], "near_duplicate", near) if near >= ALIKE else None


def stored_passage(row: Mapping[str, Any]) -> StoredPassage:
    return StoredPassage(row["passage_id"], row["document_id"], row["title"], row["locator"], row["text"])


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


def _own(document_id: str) -> str:
    return f"{rows.IS_HEAD} AND {_LIVE} AND {rows.is_document(document_id)}"


def _in_force(now: datetime) -> str:
    moment = rows.moment_literal(now)
    return f"(valid_from IS NULL OR valid_from <= {moment}) AND (valid_until IS NULL OR valid_until >= {moment})"


def _numbers(keys: Iterable[int]) -> str:
    return ", ".join(map(str, keys))
