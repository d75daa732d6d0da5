"""Is the record whole? Compares what the broker holds with what ClickHouse holds, and the record with itself."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from answerable_runtime.client import BrokerClient
from answerable_trail.client import Trail
from answerable_trail.completeness import Depth, Part, Problem, totals
from answerable_trail.rows import Conflict, Count, Hole

Partition = tuple[str, int]

SETTLING = timedelta(seconds=10)
"""How long the trace may be behind a log that still grows."""

_PAUSE_S = 0.3


@dataclass(frozen=True, slots=True)
class Completeness:
    """What the comparison found; complete means no holes, no conflicts, nothing behind, and no other problem."""

    records: int
    """In the log now."""
    rows: int
    """In the trace, all incarnations of the log together."""
    holes: tuple[Hole, ...]
    conflicts: tuple[Conflict, ...]
    behind: Mapping[Partition, int]
    """Records at the end of a partition that are not in the trace."""
    problems: tuple[Problem, ...] = ()
    """What else is wrong: numbers, manifests, leaves, rows."""
    deep: bool = False
    """Whether all hashes were computed again."""

    @property
    def missing(self) -> int:
        """Records that should be in the trace and are not."""
        inside = sum(hole.last_missing - hole.first_missing + 1 for hole in self.holes)
        return inside + sum(self.behind.values())

    @property
    def complete(self) -> bool:
        return not (self.missing or self.conflicts or self.problems)

    def with_problems(self, more: Iterable[Problem]) -> "Completeness":
        return replace(self, problems=tuple(sorted({*self.problems, *more})))

    def as_json(self) -> dict[str, Any]:
        return {
            "complete": self.complete,
            "records_in_log": self.records,
            "rows_in_trace": self.rows,
            "missing": self.missing,
            "holes": [
                {
                    "topic": h.topic,
                    "partition": h.partition,
                    "epoch": h.epoch,
                    "first": h.first_missing,
                    "last": h.last_missing,
                }
                for h in self.holes
            ],
            "conflicts": [
                {
                    "topic": c.position.topic,
                    "partition": c.position.partition,
                    "epoch": c.position.epoch,
                    "offset": c.position.offset,
                    "contents": c.contents,
                }
                for c in self.conflicts
            ],
            "behind": [{"topic": t, "partition": p, "records": n} for (t, p), n in self.behind.items()],
            "deep": self.deep,
            "problems": [asdict(problem) for problem in self.problems],
            "problems_by_kind": totals(self.problems),
        }


def compare(
    bounds: Mapping[Partition, tuple[int, int]],
    counts: Collection[Count],
    holes: Sequence[Hole],
    conflicts: Sequence[Conflict],
) -> Completeness:
    """Set the log against the newest incarnation that the trace knows of each partition.

    A log that is shorter than the trace was begun anew since (a broker that keeps nothing), and counts from 0 again.
    """
    newest: dict[Partition, Count] = {}
    for count in counts:
        place = count.topic, count.partition
        if place not in newest or count.epoch > newest[place].epoch:
            newest[place] = count
    behind: dict[Partition, int] = {}
    for place, (first, end) in bounds.items():
        recorded = newest.get(place)
        upto = recorded.last + 1 if recorded is not None else first
        if end > max(first, upto):
            behind[place] = end - max(first, upto)
    records = sum(end - first for first, end in bounds.values())
    return Completeness(records, sum(count.rows for count in counts), tuple(holes), tuple(conflicts), behind)


async def check(client: BrokerClient, trail: Trail, *, settling: timedelta = SETTLING) -> Completeness:
    """Compare, look again while the trace catches up, and then look through the trace itself."""
    found = await _compared(client, trail, settling)
    inspection = await trail.inspector.inspect(Depth.FULL, datetime.now(UTC), caught_up=not found.behind)
    return found.with_problems(
        problem for part, problems in inspection.findings.items() if part is not Part.OFFSETS for problem in problems
    )


async def _compared(client: BrokerClient, trail: Trail, settling: timedelta) -> Completeness:
    deadline = asyncio.get_running_loop().time() + settling.total_seconds()
    while True:
        bounds = await client.bounds()
        found = compare(bounds, await trail.counts(), *await trail.offset_problems())
        if not found.behind or asyncio.get_running_loop().time() > deadline:
            return found
        await asyncio.sleep(_PAUSE_S)
