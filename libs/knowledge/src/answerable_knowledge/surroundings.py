"""What documents that come in are looked at beside: those of the index that touch them, and each other. Pure.

Rows are those of the index as mappings: of heads `HEAD_COLUMNS`, of passages `PASSAGE_COLUMNS`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from answerable_knowledge.ranking import superseded_ids
from answerable_knowledge.similarity import ALIKE, likeness

HEAD_COLUMNS = ["document_id", "version", "content_sha256", "sketch", "keys", "supersedes", "valid_from", "valid_until"]
PASSAGE_COLUMNS = ["passage_id", "document_id", "title", "locator", "text", "keys", "valid_from", "valid_until"]
LONGEST_CHAIN = 64

Row = Mapping[str, Any]


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


class Surroundings:
    """Documents by what they share. One that is added takes the place of its earlier version."""

    def __init__(self, heads: Iterable[Row] = (), passages: Iterable[Row] = ()) -> None:
        self._heads = {head["document_id"]: head for head in heads}
        self._passages: dict[str, dict[str, Row]] = {}
        self._by_key: dict[int, dict[str, str]] = {}
        for passage in passages:
            self._keep(passage)

    def add(self, head: Row, passages: Iterable[Row]) -> None:
        """A document that came in: the next one is looked at beside it, unless a newer version is here."""
        name = head["document_id"]
        if name in self._heads and self._heads[name]["version"] >= head["version"]:
            return
        for passage in self._passages.pop(name, {}).values():
            for key in passage["keys"] or ():
                self._by_key[key].pop(passage["passage_id"], None)
        self._heads[name] = head
        for passage in passages:
            self._keep(passage)

    def alike(self, head: Row) -> tuple[Alike, ...]:
        """Documents with the same bytes, the same text or nearly the same, but for those that one of both replaces."""
        name, earlier = head["document_id"], self._heads.get(head["document_id"])
        replaced = {one["supersedes"] for one in (head, earlier) if one is not None}
        found = [
            comparison(head, other)
            for other in self._heads.values()
            if other["document_id"] != name
            and other["supersedes"] != name
            and other["document_id"] not in replaced
            and _touch(head, other)
        ]
        return tuple(sorted((one for one in found if one is not None), key=lambda one: one.document_id))

    def sharing(self, document_id: str, keys: Iterable[int], now: datetime) -> Iterator[StoredPassage]:
        """Passages of other documents in force that share one of these keys."""
        found = {place for key in keys for place in self._by_key.get(key, {}).items() if place[1] != document_id}
        replaced = self.superseded({name for _, name in found}, now)
        for passage_id, name in sorted(found):
            passage = self._passages[name][passage_id]
            if name not in replaced and _in_force(passage, now):
                yield stored_passage(passage)

    def superseded(self, document_ids: Iterable[str], now: datetime) -> frozenset[str]:
        """Those of the documents that another one in force replaces."""
        return superseded_ids([*self._heads.values()], now) & frozenset(document_ids)

    def replaces_itself(self, document_id: str, supersedes: str | None) -> bool:
        """Whether following what each document replaces leads back to the first."""
        seen = {document_id}
        while supersedes is not None and len(seen) <= LONGEST_CHAIN:
            if supersedes in seen:
                return supersedes == document_id
            seen.add(supersedes)
            head = self._heads.get(supersedes)
            supersedes = head["supersedes"] if head is not None else None
        return False

    def _keep(self, passage: Row) -> None:
        self._passages.setdefault(passage["document_id"], {})[passage["passage_id"]] = passage
        for key in passage["keys"] or ():
            self._by_key.setdefault(key, {})[passage["passage_id"]] = passage["document_id"]


def comparison(own: Row, other: Row) -> Alike | None:
    """How alike two documents are by their head rows; None where they are not."""
    near = likeness(own["sketch"], other["sketch"]) if own["sketch"] and other["sketch"] else 0.0
    if own["content_sha256"] == other["content_sha256"] or near == 1.0:
        return Alike(other["document_id"], "duplicate", 1.0)
    return Alike(other["document_id"], "near_duplicate", near) if near >= ALIKE else None


def stored_passage(row: Row) -> StoredPassage:
    return StoredPassage(row["passage_id"], row["document_id"], row["title"], row["locator"], row["text"])


def _touch(one: Row, other: Row) -> bool:
    """Whether an index would bring them together: what is found does not depend on what came in beside it."""
    return one["content_sha256"] == other["content_sha256"] or not {*(one["keys"] or ())}.isdisjoint(
        other["keys"] or ()
    )


def _in_force(row: Row, now: datetime) -> bool:
    return (row["valid_from"] is None or row["valid_from"] <= now) and (
        row["valid_until"] is None or row["valid_until"] >= now
    )
