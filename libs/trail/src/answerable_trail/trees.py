"""The trees as ClickHouse holds them: leaves, who may write, checkpoints.

Two instances of audit can never both write one tree: each takes a token that is higher than all before, a leaf or row
with a higher token replaces one with a lower, and whoever finds a higher token than its own signs nothing any more.

Rows come first. Leaves follow some seconds later, in order, with the nodes that they complete; a checkpoint is stored
after the leaves that it is over.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from answerable_trail.connection import Connection
from answerable_trail.encoding import LEAF_COLUMNS, NODE_COLUMNS, leaves_block, nodes_block
from answerable_trail.errors import TrailRefused
from answerable_trail.merkle import Frontier, Hashes, Node, Place, root
from answerable_trail.reading import listed, literal, milliseconds, moment, text
from answerable_trail.rows import ERASED, PlacedLeaf, PlacedNode, Position, Seal, TreeId

_RANDOM_BITS = 16
"""Low bits of a token, so that two claims made at the same moment differ."""

_POSITIONS_PER_QUERY = 1_000
_PLACES_PER_QUERY = 200
_CHECKPOINTS_AT_ONCE = 32
_MOST_CHECKPOINTS = 10_000

NODE_LEVEL = 8
"""Nodes over fewer than 2**8 leaves are computed from them: 256 times fewer nodes to store, one short read more."""

_LATE_MS = 10 * 60_000
"""An insert is given up after 30 s: what was recorded so long before leaves were written last has its leaves."""

_INSERT_SETTINGS: Mapping[str, str | int] = {"async_insert": 0}

Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed state of a tree."""

    tree: TreeId
    size: int
    root: bytes
    token: int
    note: str
    cosignatures: int
    signed_at: datetime
    frontier: bytes


@dataclass(frozen=True, slots=True)
class TreeState:
    """Where a tree stands: its frontier, and the newest checkpoint."""

    frontier: Frontier
    signed: Checkpoint | None


@dataclass(frozen=True, slots=True)
class SealedAt:
    """Where to look for a row: what the primary key of trace.events needs."""

    tenant: str
    request_id: str
    position: Position


class TreeStore:
    """Raises TrailUnavailable or TrailRefused from every method."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def claim(self, shards: Collection[int], instance: str, draw: int) -> int:
        """Become the only writer of the trees of these shards; the token to write with. `draw`: a random number."""
        token = ((await self._newest_token(shards) >> _RANDOM_BITS) + 1 << _RANDOM_BITS) | (draw % (1 << _RANDOM_BITS))
        values = ", ".join(f"({shard}, {token}, {literal(instance)})" for shard in sorted(shards))
        await self._connection.command(f"INSERT INTO trace.claims (shard, token, instance) VALUES {values}")  # noqa: S608
        return token

    async def deposed(self, shards: Collection[int], token: int) -> bool:
        """Whether somebody else has claimed one of the shards since."""
        return await self._newest_token(shards) > token

    async def resume(self, shards: Collection[int]) -> dict[TreeId, TreeState]:
        """Trees of these shards: the newest checkpoint, continued by what follows it without a gap. Whoever may write
        them calls this first: leaves of rows whose writer died before it wrote them are written.

        A row after a gap, or with a lower token than one before it, was left by an instance that died or was deposed
        while it wrote; its record is sealed again when it is delivered again.
        """
        signed = {each.tree: each for each in await self._newest(shards)}
        written = await self._rows(_leaves_query(shards, signed))
        since = await self._rows(_WRITTEN_UNTIL)
        recent = await self._rows(_recent_query(shards, dict(since)))
        states: dict[TreeId, TreeState] = {}
        missing: list[PlacedLeaf] = []
        nodes: list[PlacedNode] = []
        for tree, leaves in _by_tree(written, recent).items():
            checkpoint = signed.get(tree)
            frontier = Frontier.from_bytes(checkpoint.frontier) if checkpoint else Frontier()
            following = _following(leaves, frontier.size, checkpoint.token if checkpoint else 0)
            frontier, completed = frontier.extend(leaf.hash for leaf, _ in following)
            states[tree] = TreeState(frontier, checkpoint)
            missing += [leaf for leaf, is_written in following if not is_written]
            if following:
                nodes += placed_nodes(tree, completed, following[-1][0].token)
        for tree, checkpoint in signed.items():
            states.setdefault(tree, TreeState(Frontier.from_bytes(checkpoint.frontier), checkpoint))
        await self.grow(missing, nodes if missing else ())
        return states

    async def grow(self, leaves: Sequence[PlacedLeaf], nodes: Sequence[PlacedNode]) -> None:
        """Store leaves of durable rows, and nodes; the same again changes nothing."""
        if leaves:
            await self._connection.insert("trace.leaves", LEAF_COLUMNS, leaves_block(leaves), _INSERT_SETTINGS)
        if nodes:
            await self._connection.insert("trace.nodes", NODE_COLUMNS, nodes_block(nodes), _INSERT_SETTINGS)

    async def seals(self, places: Sequence[SealedAt]) -> dict[Position, Seal]:
        """Seals of recorded rows whose leaf is the one at its place in the tree; others are absent."""
        found: dict[Position, Seal] = {}
        for start in range(0, len(places), _POSITIONS_PER_QUERY):
            rows = await self._rows(_rows_query(places[start : start + _POSITIONS_PER_QUERY]))
            if not rows:
                continue
            leaves = await self._rows(_leaves_at_query(rows))
            standing = {(text(tenant), shard, index, leaf_hash) for tenant, shard, index, leaf_hash in leaves}
            for tenant, epoch, topic, partition, offset, index, leaf_hash, salt, token in rows:
                if (text(tenant), partition, index, leaf_hash) in standing:
                    found[Position(epoch, text(topic), partition, offset)] = Seal(index, leaf_hash, salt, token)
        return found

    async def keep(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Store checkpoints; one with more cosignatures replaces the same with fewer."""
        values = ", ".join(
            f"({literal(each.tree[0])}, {each.tree[1]}, {each.size}, {each.token}, unhex('{each.root.hex()}'), "
            f"unhex('{each.frontier.hex()}'), {literal(each.note)}, {each.cosignatures}, "
            f"fromUnixTimestamp64Milli({milliseconds(each.signed_at)}, 'UTC'))"
            for each in checkpoints
        )
        await self._connection.command(
            "INSERT INTO trace.checkpoints "  # noqa: S608 - `literal` quotes what is put in
            f"(tenant, shard, size, seal, root, frontier, note, cosignatures, signed_at) VALUES {values}"
        )

    async def hashes(self, tree: TreeId, places: Iterable[Place]) -> Hashes:
        """The hashes of these subtrees, for the functions of `merkle` that make proofs; few rows are read.

        Raises TrailRefused when the tree lacks one of them.
        """
        wanted = set(places)
        high = sorted(place for place in wanted if place[0] >= NODE_LEVEL)
        low = sorted(wanted.difference(high), key=lambda place: place[1] << place[0])
        known: dict[Place, bytes] = {}
        for start in range(0, len(high), _PLACES_PER_QUERY):
            some = high[start : start + _PLACES_PER_QUERY]
            known |= {(level, index): digest for level, index, digest in await self._rows(_nodes_query(tree, some))}
        for start in range(0, len(low), _PLACES_PER_QUERY):
            some = low[start : start + _PLACES_PER_QUERY]
            found = dict(await self._rows(_ranges_query(tree, some)))
            for level, index in some:
                leaves = [found.get(at) for at in range(index << level, (index + 1) << level)]
                if all(leaf is not None for leaf in leaves):
                    known[level, index] = root(leaf for leaf in leaves if leaf is not None)
        if lacking := wanted - known.keys():
            level, index = min(lacking)
            raise TrailRefused(
                f"the tree {tree[0]}/{tree[1]} lacks hashes from leaf {index << level} on: see `answerable audit check`"
            )
        return lambda level, index: known[level, index]

    async def checkpoints(self, tree: TreeId) -> list[Checkpoint]:
        """All checkpoints of a tree, smallest first."""
        where = f"tenant = {literal(tree[0])} AND shard = {tree[1]}"
        return [_checkpoint(row) for row in await self._rows(_checkpoints_query(where, newest=False))]

    async def covering(self, tree: TreeId, leaves: Collection[int], sizes: Collection[int] = ()) -> list[Checkpoint]:
        """Of each of these leaves the first checkpoint over it and the first that a witness signed; and all of `sizes`.

        Smallest first. However many checkpoints the tree has, few are read.
        """
        where = f"tenant = {literal(tree[0])} AND shard = {tree[1]}"
        wanted = [self._picked(f"{where} AND size IN {listed(sorted(sizes))}")] if sizes else []
        found = await asyncio.gather(
            self._first_over(where, leaves), self._first_over(f"{where} AND cosignatures > 0", leaves), *wanted
        )
        best: dict[tuple[int, int], Checkpoint] = {}
        for each in chain.from_iterable(found):
            known = best.setdefault((each.size, each.token), each)
            if each.cosignatures > known.cosignatures:
                best[each.size, each.token] = each
        return [best[key] for key in sorted(best)]

    async def _first_over(self, where: str, leaves: Collection[int]) -> list[Checkpoint]:
        """Of each leaf the first of these checkpoints over it; leaves of about the same time share a read."""
        found: list[Checkpoint] = []
        left = sorted(set(leaves))
        while left:
            near = await self._picked(f"{where} AND size > {left[0]}", limit=_CHECKPOINTS_AT_ONCE)
            over = {leaf: next((each for each in near if each.size > leaf), None) for leaf in left}
            found += [each for each in over.values() if each is not None]
            left = [leaf for leaf, each in over.items() if each is None] if len(near) == _CHECKPOINTS_AT_ONCE else []
        return found

    async def _picked(self, where: str, *, limit: int = _MOST_CHECKPOINTS) -> list[Checkpoint]:
        """Smallest first, of one size the newest with the most cosignatures first."""
        order = "size, seal DESC, cosignatures DESC"
        rows = (await self._connection.pick(f"{_CHECKPOINTS} WHERE {where} ORDER BY {order} LIMIT {limit}")).rows
        return [_checkpoint(row) for row in rows]

    async def newest(self) -> list[Checkpoint]:
        """The newest checkpoint of every tree."""
        return [_checkpoint(row) for row in await self._rows(_checkpoints_query("1", newest=True))]

    async def _newest(self, shards: Collection[int]) -> list[Checkpoint]:
        where = f"shard IN {listed(sorted(shards))}"
        return [_checkpoint(row) for row in await self._rows(_checkpoints_query(where, newest=True))]

    async def _newest_token(self, shards: Collection[int]) -> int:
        newest = f"SELECT max(token) FROM trace.claims WHERE shard IN {listed(sorted(shards))}"  # noqa: S608 - numbers only
        ((token,),) = (await self._connection.pick(newest)).rows
        return int(str(token))

    async def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list((await self._connection.select(sql, exact=True)).rows)


_CHECKPOINTS = """
SELECT tenant, shard, size, seal, root, frontier, note, cosignatures, toUnixTimestamp64Milli(signed_at) AS signed_ms
FROM trace.checkpoints"""


def _checkpoints_query(where: str, *, newest: bool) -> str:
    order = "seal DESC, size DESC LIMIT 1 BY tenant, shard" if newest else "size, seal"
    return f"""
SELECT tenant, shard, size, seal, root, frontier, note, cosignatures, toUnixTimestamp64Milli(signed_at) AS signed_ms
FROM (SELECT * FROM trace.checkpoints WHERE {where} ORDER BY cosignatures DESC LIMIT 1 BY tenant, shard, size, seal)
ORDER BY {order}
"""  # noqa: S608 - whoever calls quotes what is put in


def _checkpoint(row: tuple[Any, ...]) -> Checkpoint:
    tenant, shard, size, token, root, frontier, note, cosignatures, signed_ms = row
    tree = (text(tenant), shard)
    return Checkpoint(tree, size, root, token, text(note), cosignatures, moment(signed_ms), frontier)


def placed_nodes(tree: TreeId, completed: Iterable[Node], token: int) -> list[PlacedNode]:
    """Those of the nodes that are stored."""
    return [PlacedNode(tree, level, index, digest, token) for level, index, digest in completed if level >= NODE_LEVEL]


Written = tuple[PlacedLeaf, bool]
"""A leaf, and whether trace.leaves has it."""


def _by_tree(written: Rows, recent: Rows) -> dict[TreeId, list[Written]]:
    """Of each place in each tree the leaf with the highest token; of equals one that is written."""
    best: dict[tuple[TreeId, int], Written] = {}
    for rows, is_written in ((recent, False), (written, True)):
        for tenant, shard, index, leaf_hash, token, epoch, topic, offset in rows:
            tree = (text(tenant), shard)
            leaf = PlacedLeaf(tree, index, leaf_hash, token & (ERASED - 1), epoch, text(topic), offset)
            other = best.get((tree, index))
            if other is None or leaf.token >= other[0].token:
                best[tree, index] = (leaf, is_written)
    trees: dict[TreeId, list[Written]] = {}
    for tree, index in sorted(best):
        trees.setdefault(tree, []).append(best[tree, index])
    return trees


def _following(leaves: Iterable[Written], size: int, token: int) -> list[Written]:
    """What continues a tree of this size whose last leaf has this token."""
    following: list[Written] = []
    for leaf, is_written in leaves:
        if leaf.leaf_index < size:
            continue
        if leaf.leaf_index != size + len(following) or leaf.token < token:
            break
        following.append((leaf, is_written))
        token = leaf.token
    return following


def _leaves_query(shards: Collection[int], signed: Mapping[TreeId, Checkpoint]) -> str:
    sizes = ", ".join(f"({literal(tree[0])}, {tree[1]}, {each.size})" for tree, each in signed.items())
    known = f"arrayFirst(s -> s.1 = tenant AND s.2 = shard, [{sizes}]).3" if sizes else "0"
    return f"""
SELECT tenant, shard, leaf_index, leaf_hash, seal, epoch, topic, offset FROM trace.leaves
WHERE shard IN {listed(sorted(shards))} AND leaf_index >= {known}
ORDER BY tenant, shard, leaf_index, seal DESC LIMIT 1 BY tenant, shard, leaf_index
"""  # noqa: S608 - `literal` quotes what is put in


_WRITTEN_UNTIL = "SELECT shard, toUnixTimestamp64Milli(max(written_at)) AS until FROM trace.leaves GROUP BY shard"


def _recent_query(shards: Collection[int], until_ms: Mapping[int, int]) -> str:
    """Sealed rows that may not have their leaves yet."""
    since_ms = {shard: max(0, until_ms.get(shard, 0) - _LATE_MS) for shard in sorted(shards)}
    recent = " OR ".join(
        f"(partition = {shard} AND recorded_at >= fromUnixTimestamp64Milli({since}, 'UTC'))"
        for shard, since in since_ms.items()
    )
    return f"""
SELECT tenant, partition AS shard, leaf_index, leaf_hash, seal, epoch, topic, offset FROM trace.events
WHERE seal != 0 AND ({recent})
ORDER BY seal DESC LIMIT 1 BY tenant, shard, leaf_index
"""  # noqa: S608 - numbers only


def _nodes_query(tree: TreeId, places: Sequence[Place]) -> str:
    return f"""
SELECT level, node_index, hash FROM trace.nodes
WHERE tenant = {literal(tree[0])} AND shard = {tree[1]} AND (level, node_index) IN ({", ".join(map(listed, places))})
ORDER BY seal DESC LIMIT 1 BY level, node_index
"""  # noqa: S608 - `literal` quotes what is put in


def _ranges_query(tree: TreeId, places: Sequence[Place]) -> str:
    """Leaves below these subtrees."""
    ranges = " OR ".join(
        f"leaf_index BETWEEN {index << level} AND {((index + 1) << level) - 1}" for level, index in places
    )
    return f"""
SELECT leaf_index, leaf_hash FROM trace.leaves
WHERE tenant = {literal(tree[0])} AND shard = {tree[1]} AND ({ranges})
ORDER BY seal DESC LIMIT 1 BY leaf_index
"""  # noqa: S608 - `literal` quotes what is put in


def _rows_query(places: Sequence[SealedAt]) -> str:
    keys = ", ".join(
        listed((p.tenant, p.request_id, p.position.epoch, p.position.topic, p.position.partition, p.position.offset))
        for p in places
    )
    return f"""
SELECT tenant, epoch, topic, partition, offset, leaf_index, leaf_hash, salt, seal
FROM trace.events
WHERE (tenant, request_id, epoch, topic, partition, offset) IN ({keys}) AND seal != 0
ORDER BY seal DESC LIMIT 1 BY epoch, topic, partition, offset
"""  # noqa: S608 - `literal` quotes what is put in


def _leaves_at_query(rows: Sequence[tuple[Any, ...]]) -> str:
    keys = ", ".join(listed((text(row[0]), row[3], row[5])) for row in rows)
    return f"""
SELECT tenant, shard, leaf_index, leaf_hash FROM trace.leaves
WHERE (tenant, shard, leaf_index) IN ({keys})
ORDER BY seal DESC LIMIT 1 BY tenant, shard, leaf_index
"""  # noqa: S608 - `literal` quotes what is put in
