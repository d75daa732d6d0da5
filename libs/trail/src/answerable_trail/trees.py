"""The trees as ClickHouse holds them: leaves, who may write, checkpoints.

Two instances of audit can never both write one tree: each takes a token that is higher than all before, a leaf or row
with a higher token replaces one with a lower, and whoever finds a higher token than its own signs nothing any more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from answerable_trail.connection import Connection
from answerable_trail.merkle import Frontier
from answerable_trail.reading import listed, literal, milliseconds, moment, text
from answerable_trail.rows import Position, Seal

TreeId = tuple[str, int]
"""Tenant and shard, which is the partition number."""

_RANDOM_BITS = 16
"""Low bits of a token, so that two claims made at the same moment differ."""

_POSITIONS_PER_QUERY = 1_000


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

    async def states(self, shards: Collection[int]) -> dict[TreeId, TreeState]:
        """Trees of these shards: the newest checkpoint, continued by the leaves that follow it without a gap.

        A leaf after a gap, or with a lower token than one before it, was left by an instance that died or was deposed
        while it wrote; its record is sealed again when it is delivered again.
        """
        signed = {each.tree: each for each in await self._newest(shards)}
        frontiers = {tree: Frontier.from_bytes(each.frontier) for tree, each in signed.items()}
        rows = await self._rows(_leaves_query(shards, signed))
        for tree, leaves in groupby(rows, key=lambda row: (text(row[0]), int(row[1]))):
            frontier = frontiers.get(tree, Frontier())
            token = signed[tree].token if tree in signed else 0
            following: list[bytes] = []
            for _, _, index, leaf_hash, seal in leaves:
                if index != frontier.size + len(following) or seal < token:
                    break
                following.append(leaf_hash)
                token = seal
            frontiers[tree], _ = frontier.extend(following)
        return {tree: TreeState(frontier, signed.get(tree)) for tree, frontier in frontiers.items()}

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

    async def leaf_hashes(self, tree: TreeId, size: int) -> list[bytes]:
        """The first `size` leaves of a tree, in order; fewer when some are missing."""
        rows = await self._rows(
            f"""
SELECT leaf_hash FROM trace.leaves
WHERE tenant = {literal(tree[0])} AND shard = {tree[1]} AND leaf_index < {size}
ORDER BY leaf_index, seal DESC LIMIT 1 BY leaf_index
"""  # noqa: S608 - `literal` quotes what is put in
        )
        return [row[0] for row in rows]

    async def checkpoints(self, tree: TreeId) -> list[Checkpoint]:
        """All checkpoints of a tree, smallest first."""
        where = f"tenant = {literal(tree[0])} AND shard = {tree[1]}"
        return [_checkpoint(row) for row in await self._rows(_checkpoints_query(where, newest=False))]

    async def covering(self, tree: TreeId, leaves: Collection[int], sizes: Collection[int] = ()) -> list[Checkpoint]:
        """Of each of these leaves the first checkpoint over it and the first that a witness signed; and all of `sizes`.

        Smallest first. However many checkpoints the tree has, few are read, and only keys of most of them.
        """
        if not leaves:
            return []
        where = _covering_condition(tree, sorted(set(leaves)), sizes)
        return [_checkpoint(row) for row in await self._rows(_checkpoints_query(where, newest=False))]

    async def newest(self) -> list[Checkpoint]:
        """The newest checkpoint of every tree."""
        return [_checkpoint(row) for row in await self._rows(_checkpoints_query("1", newest=True))]

    async def _newest(self, shards: Collection[int]) -> list[Checkpoint]:
        where = f"shard IN {listed(sorted(shards))}"
        return [_checkpoint(row) for row in await self._rows(_checkpoints_query(where, newest=True))]

    async def _newest_token(self, shards: Collection[int]) -> int:
        rows = await self._rows(f"SELECT max(token) FROM trace.claims WHERE shard IN {listed(sorted(shards))}")  # noqa: S608
        return int(rows[0][0])

    async def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list((await self._connection.select(sql, exact=True)).rows)


def _checkpoints_query(where: str, *, newest: bool) -> str:
    order = "seal DESC, size DESC LIMIT 1 BY tenant, shard" if newest else "size, seal"
    return f"""
SELECT tenant, shard, size, seal, root, frontier, note, cosignatures, toUnixTimestamp64Milli(signed_at) AS signed_ms
FROM (SELECT * FROM trace.checkpoints WHERE {where} ORDER BY cosignatures DESC LIMIT 1 BY tenant, shard, size, seal)
ORDER BY {order}
"""  # noqa: S608 - whoever calls quotes what is put in


def _covering_condition(tree: TreeId, leaves: Sequence[int], sizes: Collection[int]) -> str:
    """Of the checkpoints with the same last one of the leaves under them, the first: the others add nothing."""
    where = f"tenant = {literal(tree[0])} AND shard = {tree[1]}"
    wanted = f" OR size IN {listed(sorted(sizes))}" if sizes else ""
    return f"""{where} AND ((size, seal) IN (
    SELECT size, seal FROM trace.checkpoints
    WHERE {where} AND size > {leaves[0]}
    ORDER BY size, seal DESC, cosignatures DESC
    LIMIT 1 BY roundDown(toUInt64(size - 1), CAST({list(leaves)}, 'Array(UInt64)')), cosignatures > 0
){wanted})"""  # noqa: S608 - `literal` quotes what is put in


def _checkpoint(row: tuple[Any, ...]) -> Checkpoint:
    tenant, shard, size, token, root, frontier, note, cosignatures, signed_ms = row
    tree = (text(tenant), shard)
    return Checkpoint(tree, size, root, token, text(note), cosignatures, moment(signed_ms), frontier)


def _leaves_query(shards: Collection[int], signed: Mapping[TreeId, Checkpoint]) -> str:
    sizes = ", ".join(f"({literal(tree[0])}, {tree[1]}, {each.size})" for tree, each in signed.items())
    known = f"arrayFirst(s -> s.1 = tenant AND s.2 = shard, [{sizes}]).3" if sizes else "0"
    return f"""
SELECT tenant, shard, leaf_index, leaf_hash, seal FROM trace.leaves
WHERE shard IN {listed(sorted(shards))} AND leaf_index >= {known}
ORDER BY tenant, shard, leaf_index, seal DESC LIMIT 1 BY tenant, shard, leaf_index
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
