"""Computes again what was sealed: the leaf hash of every row from its bytes, the root of every tree, its signature.

Rows come in pages, in the order of the primary key, so memory is bounded however long the record is.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from answerable_events.message import Record
from answerable_trail import completeness, merkle
from answerable_trail.completeness import Problem
from answerable_trail.connection import Connection
from answerable_trail.errors import NoteInvalid
from answerable_trail.identity import Identity
from answerable_trail.keys import VerifierKey
from answerable_trail.leaves import leaf_bytes, leaf_of
from answerable_trail.merkle import Frontier
from answerable_trail.notes import origin_of, parse_checkpoint, parse_note, verify
from answerable_trail.reading import literal, stored_rows_query, text, trace_row
from answerable_trail.rows import TraceRow
from answerable_trail.trees import Checkpoint, TreeStore

PAGE_ROWS = 2_000
"""Read at once: a statement costs as much as fifty rows of it."""

_ROWS_PER_REST = 500
"""Computed at once, 30 ms: whoever iterates may have other things to do."""

PAGE_BYTES = 8 * 1024 * 1024
"""Of bodies in one page, unless one row is larger."""

_LEAVES_PER_PAGE = 50_000
_KEY = "tenant, request_id, epoch, topic, partition, offset"

_Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What one page came to: how many rows or leaves of all were done by then, and what was wrong in it."""

    done: int
    of: int
    problems: tuple[Problem, ...] = ()


class Recomputation:
    """Raises TrailUnavailable or TrailRefused from every method."""

    def __init__(self, connection: Connection, trees: TreeStore) -> None:
        self._connection = connection
        self._trees = trees

    async def run(self, keys: Collection[VerifierKey] = ()) -> AsyncIterator[Recomputed]:
        """Page by page, so that whoever iterates may rest between them and show how far it is.

        `keys`: of the log. Without any, signatures are not verified, but roots are compared all the same.
        """
        [(rows,)] = await self._rows("SELECT count() FROM trace.events")
        checkpoints = await self._trees.newest()
        done, of = 0, rows + sum(each.size for each in checkpoints)
        async for page in self._pages():
            for start in range(0, len(page), _ROWS_PER_REST):
                some = page[start : start + _ROWS_PER_REST]
                done += len(some)
                yield Recomputed(done, max(of, done), tuple(problem for row in some for problem in problems_of(row)))
        for checkpoint in checkpoints:
            frontier = Frontier()
            while frontier.size < checkpoint.size:
                leaves = await self._leaves(checkpoint, frontier.size)
                if not leaves:
                    break
                frontier, _ = frontier.extend(leaves)
                done += len(leaves)
                yield Recomputed(done, max(of, done))
            yield Recomputed(done, max(of, done), tuple(problems_of_tree(checkpoint, frontier, keys)))

    async def _pages(self) -> AsyncIterator[Sequence[tuple[Any, ...]]]:
        last: _Key | None = None
        while (upto := await self._end_of_page(last)) is not None:
            found = await self._connection.select(
                stored_rows_query(f"{_beyond(last)} AND ({_KEY}) <= {_quoted(upto)} AND {_not_beyond(upto)}"),
                exact=True,
            )
            yield found.rows
            last = upto

    async def _end_of_page(self, last: _Key | None) -> _Key | None:
        """The key of the last row of the page that begins behind `last`."""
        rows = await self._rows(
            f"""
SELECT tenant, toString(request_id) AS request, epoch, topic, partition, offset, length(body) AS bytes
FROM trace.events
WHERE {_beyond(last)}
ORDER BY {_KEY}
LIMIT {PAGE_ROWS}
"""  # noqa: S608 - `_beyond` quotes what is put in
        )
        size = 0
        for number, (*_, body_bytes) in enumerate(rows):
            size += body_bytes
            if size > PAGE_BYTES and number:
                return tuple(rows[number - 1][:-1])
        return tuple(rows[-1][:-1]) if rows else None

    async def _leaves(self, checkpoint: Checkpoint, first: int) -> list[bytes]:
        """The leaves from there on, until one is missing."""
        tenant, shard = checkpoint.tree
        end = min(first + _LEAVES_PER_PAGE, checkpoint.size)
        rows = await self._connection.select(
            f"""
SELECT leaf_index, leaf_hash FROM trace.leaves
WHERE tenant = {literal(tenant)} AND shard = {shard} AND leaf_index >= {first} AND leaf_index < {end}
ORDER BY leaf_index, seal DESC LIMIT 1 BY leaf_index
""",  # noqa: S608 - `literal` quotes what is put in
            exact=True,
        )
        leaves: list[bytes] = []
        for index, leaf_hash in rows.rows:
            if index != first + len(leaves):
                break
            assert isinstance(leaf_hash, bytes), "read exactly"
            leaves.append(leaf_hash)
        return leaves

    async def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list((await self._connection.select(sql)).rows)


def problems_of(raw: tuple[Any, ...]) -> list[Problem]:
    """What is wrong with a row of `stored_rows_query`. A row without a seal is named elsewhere."""
    row, log_time_ms = trace_row(raw), raw[6]
    if row.seal.token == 0:
        return []
    leaf = row.erased_leaf.encode() if row.erased_leaf else _leaf(row, log_time_ms)
    found = []
    if merkle.leaf_hash(leaf) != row.seal.leaf_hash:
        found.append("edited: its bytes do not give the leaf hash that was sealed")
    elif row.erased_leaf and not _describes(row):
        found.append("edited: it stands elsewhere than its leaf says")
    if not row.erased_leaf and hashlib.sha256(row.body).hexdigest() != row.body_sha256:
        found.append("edited: the SHA-256 beside its body is of another one")
    return [completeness.of_row(row.position, detail) for detail in found]


def problems_of_tree(checkpoint: Checkpoint, frontier: Frontier, keys: Collection[VerifierKey]) -> list[Problem]:
    """What is wrong with a checkpoint, given the leaves that stand in its tree. Missing leaves are named elsewhere."""
    found = []
    if frontier.size == checkpoint.size and frontier.root() != checkpoint.root:
        found.append("its leaves do not give the root that was signed")
    try:
        note = parse_note(checkpoint.note)
        signed = parse_checkpoint(note.body)
        if keys:
            verify(note, keys)
    except NoteInvalid:
        found.append("its newest checkpoint is not signed by the key of this log")
    else:
        if (signed.origin, signed.size, signed.root) != (
            origin_of(*checkpoint.tree),
            checkpoint.size,
            checkpoint.root,
        ):
            found.append("its newest checkpoint says something else than was signed")
    return [completeness.of_tree(*checkpoint.tree, checkpoint.size, detail) for detail in found]


def _leaf(row: TraceRow, log_time_ms: int) -> bytes:
    """From the bytes, and from the columns that say whose they are: an edit of those is one as well."""
    place = row.position
    record = Record(place.topic, place.partition, place.offset, log_time_ms, row.key, row.body, row.headers)
    identity = Identity(row.tenant, str(row.request_id), str(row.event_id), row.type)
    return leaf_bytes(leaf_of(record, place.epoch, identity, row.seal.salt))


def _describes(row: TraceRow) -> bool:
    """Whether the leaf of an erased record is about the place and the event that its row is at."""
    place = row.position
    columns = {
        "epoch": place.epoch,
        "topic": place.topic,
        "partition": place.partition,
        "offset": place.offset,
        "tenant": row.tenant,
        "request_id": str(row.request_id),
        "event_id": str(row.event_id),
        "type": row.type,
    }
    try:
        said = json.loads(row.erased_leaf)
    except ValueError:
        return False
    return isinstance(said, dict) and columns.items() <= said.items()


def _quoted(key: _Key) -> str:
    return f"({', '.join(literal(text(part) if isinstance(part, bytes) else part) for part in key)})"


def _beyond(last: _Key | None) -> str:
    """Rows behind this key; said twice, because ClickHouse finds its place by the plain comparisons only."""
    if last is None:
        return "1"
    tenant, request = literal(last[0]), literal(last[1])
    return f"(tenant > {tenant} OR (tenant = {tenant} AND request_id >= {request})) AND ({_KEY}) > {_quoted(last)}"


def _not_beyond(upto: _Key) -> str:
    tenant, request = literal(upto[0]), literal(upto[1])
    return f"(tenant < {tenant} OR (tenant = {tenant} AND request_id <= {request}))"
