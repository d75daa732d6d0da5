"""Looks through the record for what it lacks, in ClickHouse: only what is wrong, or looks so, comes out of it.

Memory is bounded however long the record is: offsets, numbers and leaves are counted in blocks, manifests are resolved
some thousand requests at a time.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from answerable_trail import completeness, queries, statements
from answerable_trail.completeness import MOST_NAMED, Depth, Findings, Gap, Part, Problem
from answerable_trail.connection import Connection
from answerable_trail.reading import moment, offset_problems
from answerable_trail.rows import Position

WINDOW = timedelta(minutes=15)
"""What a quick check takes for new. Longer than the pause between two of them: what one could not judge yet, because it
was too fresh, the next ones do."""

SETTLING = timedelta(seconds=60)
"""Two records of one batch may be written this far apart."""

_BLOCKS_PER_STATEMENT = 16
_ROWS_PER_SLICE = 1_000_000
_KEYS_PER_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a check found; `partial`: parts that looked only at what is new."""

    rows: int
    findings: Findings
    partial: frozenset[Part]


class Inspector:
    """Raises TrailUnavailable or TrailRefused from every method."""

    def __init__(self, connection: Connection, *, settling: timedelta = SETTLING) -> None:
        self._connection = connection
        self._settling = settling

    async def inspect(self, depth: Depth, now: datetime, *, caught_up: bool = True) -> Inspection:
        """Everything but recomputed hashes. `caught_up`: nearly all of the log is recorded; while it is not, nothing is
        said about numbers and manifests, which arrive in the order of partitions and not of events.
        """
        full = depth >= Depth.FULL
        found = {
            Part.OFFSETS: await self._offsets(),
            Part.SEALS: await self._seals(),
            Part.LEAVES: await self._leaves(),
        }
        if caught_up:
            since = None if full else now - WINDOW
            found[Part.SEQUENCES] = await self._sequences(since)
            found[Part.MANIFESTS] = await self._manifests(since, now - self._settling)
        if full:
            found[Part.PLACES] = await self._places()
        named = {part: tuple(problems[:MOST_NAMED]) for part, problems in found.items()}
        [(rows,)] = await self._rows("SELECT count() FROM trace.events")
        return Inspection(rows, named, frozenset() if full else frozenset({Part.SEQUENCES, Part.MANIFESTS}))

    async def _offsets(self) -> list[Problem]:
        if not await self._rows(statements.UNEVEN_PARTITIONS):
            return []
        holes, conflicts = offset_problems(await self._named("completeness"))
        return [*map(completeness.of_hole, holes), *map(completeness.of_conflict, conflicts)]

    async def _seals(self) -> list[Problem]:
        unsealed = [Position(*row) for row in await self._rows(statements.UNSEALED)]
        unclaimed = [Position(*row) for row in await self._rows(statements.UNCLAIMED)]
        return [
            *(completeness.of_row(position, "not written by audit: it has no seal") for position in unsealed),
            *(completeness.of_row(position, "sealed by nobody who may write the tree") for position in unclaimed),
        ]

    async def _leaves(self) -> list[Problem]:
        signed = await self._rows(statements.SIGNED)
        counts = {row[:2]: row[2:] for row in await self._rows(statements.LEAF_COUNTS)}
        if all(_is_even(size, *counts.get((tenant, shard), (0, 0))) for tenant, shard, size in signed):
            return []
        return [
            completeness.of_leaf(tenant, shard, first, last - first + 1)
            for tenant, shard, first, last in await self._named("completeness_leaves")
        ]

    async def _sequences(self, since: datetime | None) -> list[Problem]:
        given: dict[str, object] = {} if since is None else {"since": since.replace(tzinfo=None, microsecond=0)}
        found = await self._named("completeness_sequences", given)
        gaps = [row[1:] for row in found if row[0] == "missing"]
        problems = [completeness.of_gap(gap) for gap in await self._gaps(gaps)]
        reused = [(row[1], row[2]) for row in found if row[0] == "reused"][:MOST_NAMED]
        rows = await self._in_pieces(reused, statements.numbers)
        reuses = [completeness.of_reuse(producer, number, events) for producer, number, _, events in rows]
        return [*(problem for problem in problems if problem), *sorted(reuses)]

    async def _gaps(self, gaps: Sequence[tuple[Any, ...]]) -> list[Gap]:
        """With what it takes to judge them."""
        producers = sorted({gap[0] for gap in gaps})
        runs = {row[0]: row[1:] for row in await self._in_pieces(producers, statements.runs)}
        next_ones = [(producer, last + 1) for producer, _, last in gaps]
        times = {row[:2]: row[2] for row in await self._in_pieces(next_ones, statements.numbers)}
        return [
            Gap(
                producer,
                first,
                last,
                highest=runs[producer][0],
                passed_at=moment(times[producer, last + 1]),
                written_at=moment(runs[producer][1]),
            )
            for producer, first, last in gaps
        ]

    async def _manifests(self, since: datetime | None, until: datetime) -> list[Problem]:
        found: list[tuple[Any, ...]] = []
        if since is not None:
            found = await self._rows(statements.unresolved(statements.touched(since), until))
        else:
            last: tuple[str, str] | None = None
            while len(found) < MOST_NAMED:
                boundary = await self._rows(statements.request_after(last, _ROWS_PER_SLICE))
                upto = (boundary[0][0], boundary[0][1]) if boundary else None
                found += await self._rows(statements.unresolved(statements.between(last, upto), until))
                if upto is None:
                    break
                last = upto
        elsewhere = await self._in_pieces(sorted({str(row[3]) for row in found}), statements.anywhere)
        known = {event: (set(hashes), bool(erased)) for event, hashes, erased in elsewhere}
        return [
            completeness.of_ancestor(tenant, request, event, ancestor, recorded=ancestor in known)
            for tenant, request, event, ancestor, sha256 in found
            if ancestor not in known or not (known[ancestor][1] or sha256 in known[ancestor][0])
        ]

    async def _places(self) -> list[Problem]:
        key = (secrets.randbits(64), secrets.randbits(64))
        blocks = [(row[0], row[1], row[2]) for row in await self._rows(statements.uneven_blocks(key))]
        sizes = {(tenant, shard): size for tenant, shard, size in await self._rows(statements.SIGNED)}
        problems: list[Problem] = []
        for start in range(0, len(blocks), _BLOCKS_PER_STATEMENT):
            some = blocks[start : start + _BLOCKS_PER_STATEMENT]
            rows = await self._rows(statements.uneven_places(some))
            problems += await self._judged(rows, frozenset(some), sizes)
            if len(problems) >= MOST_NAMED:
                break
        return problems

    async def _judged(
        self, rows: Sequence[tuple[Any, ...]], blocks: Collection[statements.Block], sizes: dict[tuple[str, int], int]
    ) -> list[Problem]:
        """What is wrong with records of which row and leaf do not agree.

        What no checkpoint is over is not judged, and a leaf that is absent is named where leaves are counted.
        """
        lone = [(tenant, shard, row[5]) for tenant, shard, *row in rows if not row[4]]
        standing = {(row[0], row[1], row[2]) for row in await self._in_pieces(lone, statements.leaves_at)}
        problems = []
        for tenant, shard, epoch, topic, offset, has_row, has_leaf, row_index, index in rows:
            position = Position(epoch, topic, shard, offset)
            size = sizes.get((tenant, shard), 0)
            if not has_row and index < size:
                problems.append(completeness.of_row(position, f"gone: leaf {tenant}/{shard}#{index} is of it"))
            elif has_row and has_leaf and min(index, row_index) < size:
                problems.append(_misplaced(position, tenant, shard, row_index))
            elif has_row and not has_leaf and row_index < size:
                block = (tenant, shard, row_index // statements.LEAVES_PER_BLOCK)
                if block in blocks and (tenant, shard, row_index) in standing:
                    problems.append(_misplaced(position, tenant, shard, row_index))
        return problems

    async def _named(self, name: str, parameters: dict[str, object] | None = None) -> list[tuple[Any, ...]]:
        query = queries.named_query(name)
        return list((await self._connection.select(query.sql, query.bind(parameters or {}))).rows)

    async def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list((await self._connection.select(sql)).rows)

    async def _in_pieces(self, keys: Sequence[Any], statement: Any) -> list[tuple[Any, ...]]:
        """A statement for some keys at a time, which keeps it short."""
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(keys), _KEYS_PER_STATEMENT):
            found += await self._rows(statement(keys[start : start + _KEYS_PER_STATEMENT]))
        return found


def _is_even(size: int, present: int, upto: int) -> bool:
    """Whether a tree has every leaf up to its last one, and that many were signed."""
    return present == upto >= size


def _misplaced(position: Position, tenant: str, shard: int, index: int) -> Problem:
    return Problem(
        completeness.Kind.LEAF,
        completeness.place_of(position),
        detail=f"its leaf is not the one at {tenant}/{shard}#{index}",
    )
