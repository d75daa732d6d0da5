"""Is the record whole? What a check looks at, what it may find, and what of that is a problem. Pure.

The statements that find it are in `inspecting`, the recomputation of hashes in `recomputing`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from uuid import UUID

from answerable_trail.rows import Conflict, Hole, Position

MOST_NAMED = 1_000
"""Problems that one part of a check names at most; more than that is counted as that many."""

MOST_IN_FLIGHT = 1_024
"""Messages that one run of a service works on at a time: so many numbers below its highest one may still be under way,
or were under way when it was killed."""

STILL_WRITING = timedelta(seconds=60)
"""A run that goes on for so long after a number was passed over is not working on it any more."""


class Kind(StrEnum):
    """What is wrong."""

    OFFSETS = "offsets"
    """Offsets of a partition are not recorded."""
    CONFLICT = "conflict"
    """One position is recorded with several contents."""
    SEQUENCE = "sequence"
    """A number that a service gave a message never arrived, or arrived with two different events."""
    MANIFEST = "manifest"
    """An event rests on another that is not recorded with the hash it names."""
    LEAF = "leaf"
    """A tree lacks a leaf, has another one than the row says, or has not the root that was signed."""
    ROW = "row"
    """A row that audit did not write, that is gone, or whose bytes are not those that were sealed."""


class Depth(IntEnum):
    """How thorough a check is; each does what the one before does."""

    QUICK = 1
    """Offsets, conflicts, missing leaves and unsealed rows of all of it; numbers and manifests of what is new."""
    FULL = 2
    """Numbers and manifests of the whole record too, and every row against its leaf."""
    DEEP = 3
    """Every hash computed again from the bytes, every root, every newest signature."""


class Part(StrEnum):
    """The parts of a check, each with a statement of its own; a part replaces what it found before."""

    OFFSETS = "offsets"
    SEALS = "seals"
    LEAVES = "leaves"
    SEQUENCES = "sequences"
    MANIFESTS = "manifests"
    PLACES = "places"
    HASHES = "hashes"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that the record lacks, or that nobody can have put there."""

    kind: Kind
    place: str
    """Topic, partition and offset; or producer and number; or tenant, request and event; or tree and leaf."""
    count: int = 1
    """How many of the same kind in a row begin there."""
    detail: str = ""
    """In words; quotes nothing of the record but names and numbers."""

    def __str__(self) -> str:
        several = f" and {self.count - 1} more" if self.count > 1 else ""
        return f"{self.kind}: {self.place}{several}{': ' if self.detail else ''}{self.detail}"


Findings = Mapping[Part, tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers of one run, both ends included, that are not recorded although later ones are."""

    producer: str
    first: int
    last: int
    highest: int
    """The highest number of the run that is recorded."""
    passed_at: datetime
    """When the number after the gap was recorded."""
    written_at: datetime
    """When the run's newest message was recorded."""


def lost(gap: Gap) -> int:
    """How many numbers at the beginning of the gap belong to messages that will not come any more.

    A service numbers a message when it is finished, and a run that is killed takes along what it had not published by
    then: at most MOST_IN_FLIGHT below its highest number. What lies further below was lost in any case; and in a run
    that still writes STILL_WRITING after the number was passed over, all of the gap.
    """
    if gap.written_at - gap.passed_at >= STILL_WRITING:
        return gap.last - gap.first + 1
    return max(0, min(gap.last, gap.highest - MOST_IN_FLIGHT - 1) - gap.first + 1)


def totals(problems: Iterable[Problem]) -> dict[Kind, int]:
    """How many of each kind, all kinds named."""
    found = dict.fromkeys(Kind, 0)
    for problem in problems:
        found[problem.kind] += problem.count
    return found


def merged(known: Findings, found: Findings, partial: Collection[Part]) -> dict[Part, tuple[Problem, ...]]:
    """What is known after a check. Parts that looked at all of the record replace what they found before; parts that
    looked only at what is new add to it, because what was wrong yesterday is not right today for not being looked at.
    """
    after = dict(known)
    for part, problems in found.items():
        before = known.get(part, ()) if part in partial else ()
        after[part] = tuple(dict.fromkeys((*before, *problems)))[:MOST_NAMED]
    return after


def place_of(position: Position) -> str:
    """Topic, partition and offset, with the incarnation of the partition unless it is the first."""
    epoch = f" in epoch {position.epoch}" if position.epoch else ""
    return f"{position.topic}/{position.partition}/{position.offset}{epoch}"


def of_hole(hole: Hole) -> Problem:
    place = place_of(Position(hole.epoch, hole.topic, hole.partition, hole.first_missing))
    return Problem(Kind.OFFSETS, place, hole.last_missing - hole.first_missing + 1, "not recorded")


def of_conflict(conflict: Conflict) -> Problem:
    return Problem(
        Kind.CONFLICT, place_of(conflict.position), detail=f"recorded with {conflict.contents} different contents"
    )


def of_gap(gap: Gap) -> Problem | None:
    """None when the numbers may be missing."""
    count = lost(gap)
    return Problem(Kind.SEQUENCE, f"{gap.producer}#{gap.first}", count, "never arrived") if count else None


def of_reuse(producer: str, number: int, events: Collection[UUID]) -> Problem:
    return Problem(Kind.SEQUENCE, f"{producer}#{number}", detail=f"given to {len(events)} different events")


def of_ancestor(tenant: str, request_id: UUID, event: UUID, ancestor: UUID, *, recorded: bool) -> Problem:
    """`recorded`: the ancestor is, with another hash."""
    how = "is recorded with other bytes than it names" if recorded else "is not recorded"
    return Problem(Kind.MANIFEST, f"{tenant}/{request_id}/{event}", detail=f"rests on {ancestor}, which {how}")


def of_leaf(tenant: str, shard: int, index: int, count: int = 1) -> Problem:
    return Problem(Kind.LEAF, f"{tenant}/{shard}#{index}", count, "not among the leaves of its tree")


def of_tree(tenant: str, shard: int, size: int, detail: str) -> Problem:
    return Problem(Kind.LEAF, f"{tenant}/{shard}#{size}", detail=detail)


def of_row(position: Position, detail: str) -> Problem:
    return Problem(Kind.ROW, place_of(position), detail=detail)
