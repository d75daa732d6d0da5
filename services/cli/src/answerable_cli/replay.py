"""Whether retrieval still gives what it gave: a recorded context, and the same question to the same snapshot. Pure.

R1: the same passages with the same scores. R0: only what is stored can be shown, for a reason that is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from answerable_events.requests import ContextRetrieved, Passage

Grade = Literal["R1", "R0", "differs"]

REASONS: Mapping[str, str] = {
    "no_context": "the request never got as far as retrieval",
    "erased": "what retrieval found is erased",
    "nothing_looked_for": "nothing was looked for: what was asked about was not kept even then",
    "snapshot_gone": "the snapshot is not kept any more, by retention or because a document was erased",
    "embedder_differs": "the index is searched with another embedding model now",
}
"""Why there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was; values are ids, numbers and codes, never text of a document."""

    what: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Replay:
    """How far a request can be replayed."""

    tenant: str
    request_id: UUID
    grade: Grade
    reason: str | None = None
    snapshot: str | None = None
    oldest: str | None = None
    """The oldest snapshot that is kept, where the one of the request is not."""
    judged_at: datetime | None = None
    passages: int = 0
    same_bytes: bool = False
    """The whole event as it would be written today is the recorded one."""
    differences: tuple[Difference, ...] = ()


def compare(recorded: ContextRetrieved, found: ContextRetrieved) -> tuple[Difference, ...]:
    """What differs in passages, scores and counts; empty: nothing does."""
    return (*_passages(recorded, found), *_counts(recorded.left_out, found.left_out))


def _passages(recorded: ContextRetrieved, found: ContextRetrieved) -> Iterator[Difference]:
    was, now = ([one.passage_id for one in context.passages] for context in (recorded, found))
    if was != now:
        yield Difference("passages", was, now)
    there = {one.passage_id: one for one in found.passages}
    for one in recorded.passages:
        if (other := there.get(one.passage_id)) is not None:
            yield from _fields(one, other)


def _fields(one: Passage, other: Passage) -> Iterator[Difference]:
    """Texts are said to differ, not shown; the place in the order is told by `passages`."""
    for name in type(one).model_fields:
        was, now = getattr(one, name), getattr(other, name)
        if name == "label" or was == now:
            continue
        shown = (None, None) if name in {"text", "title", "heading"} else (was, now)
        yield Difference(f"{name} of {one.passage_id}", *shown)


def _counts(was: Mapping[str, int], now: Mapping[str, int]) -> Iterator[Difference]:
    for code in sorted({*was, *now}):
        if was.get(code, 0) != now.get(code, 0):
            yield Difference(f"left out as {code}", was.get(code, 0), now.get(code, 0))
