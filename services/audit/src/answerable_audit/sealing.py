"""Gives every record its place in the tree of its tenant, and signs what stands.

A record is sealed before it is stored, in the order of the batches; what is durable is signed every few seconds. Only
one instance writes a tree: `answerable_trail.trees` says how that is held.
"""

import math
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from answerable_events.answers import Receipt, Tree
from answerable_events.codec import encode
from answerable_events.governance import CheckpointSigned
from answerable_events.message import EPOCH, Message, Record
from answerable_events.topics import ANSWERS, GOVERNANCE
from answerable_runtime.errors import StateOutdated
from answerable_runtime.log import Partition
from answerable_runtime.numbering import Numbering
from answerable_trail.identity import Identity, identify
from answerable_trail.leaves import SALT_BYTES, seal_record
from answerable_trail.merkle import Frontier
from answerable_trail.notes import LogSigner, Signature, checkpoint_body, origin_of, parse_note
from answerable_trail.rows import (
    ERASED,
    LastPosition,
    PlacedLeaf,
    PlacedNode,
    Position,
    RequestState,
    Row,
    Seal,
    StateEvent,
    TreeId,
    placed,
)
from answerable_trail.trees import Checkpoint, SealedAt, TreeState, TreeStore, placed_nodes

_log = structlog.get_logger(__name__)

MAY_RELY_FOR_S = 2.0
"""How long "nobody else has claimed these trees" may be relied on; another instance needs seconds to take over."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a checkpoint is due: after so long, or so many leaves."""

    every: timedelta = timedelta(seconds=10)
    leaves: int = 10_000


@dataclass(slots=True)
class _Growing:
    """A tree: sealed so far, durable so far, signed so far."""

    found: int = 0
    """How many leaves there were when this instance took over."""
    sealed: Frontier = field(default_factory=Frontier)
    durable: Frontier = field(default_factory=Frontier)
    signed: Checkpoint | None = None
    news: int = 0
    """Durable leaves since the checkpoint, without those of checkpoints: a tree at rest must not grow for ever."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """A batch that is sealed and may not be durable yet, and the nodes that it completes."""

    records: Sequence[Record]
    rows: Sequence[Row]
    nodes: Sequence[PlacedNode]


class Sealer:
    """The trees of the partitions that this instance owns. Raises TrailUnavailable where it reads or writes."""

    def __init__(
        self,
        trees: TreeStore,
        signer: LogSigner,
        instance: str,
        rhythm: Rhythm,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._trees = trees
        self._signer = signer
        self._instance = instance
        self._numbering = Numbering("/answerable/audit", f"{instance}-governance")
        self._rhythm = rhythm
        self._shards: frozenset[int] = frozenset()
        self._token = 0
        self._writer_at = -math.inf
        self._growing: dict[TreeId, _Growing] = {}
        self._recorded: Mapping[Partition, int] = {}
        self._pending: _Pending | None = None
        self._leaves: list[PlacedLeaf] = []
        """Of durable rows, not written yet; and the nodes that they complete."""
        self._nodes: list[PlacedNode] = []
        self._grown_at = EPOCH

    @property
    def token(self) -> int:
        return self._token

    async def load(self, recorded: Mapping[Partition, LastPosition], epochs: Mapping[Partition, int]) -> None:
        """Claim the trees of these partitions, and find where they stand. `recorded`: where the record ends."""
        self._pending = None
        self._leaves, self._nodes = [], []
        self._numbering.begin_again()
        self._shards = frozenset(partition for _, partition in epochs)
        self._recorded = {
            place: last.offset for place, last in recorded.items() if place in epochs and last.epoch == epochs[place]
        }
        self._growing = {}
        if self._shards:
            self._token = await self._trees.claim(self._shards, self._instance, secrets.randbits(16))
            self._growing = {tree: _resumed(state) for tree, state in (await self._trees.resume(self._shards)).items()}

    async def standing(self, states: Mapping[tuple[str, UUID], RequestState]) -> dict[tuple[str, UUID], RequestState]:
        """Requests without the records whose leaf is in no tree: their writer died or was deposed, and they are
        delivered again. Who decided on them now would promise a leaf that they will not have. An outcome always counts.
        """
        doubtful = {
            event.position: SealedAt(tenant, str(request_id), event.position)
            for (tenant, request_id), state in states.items()
            for event in state.events
            if event.seal.token & (ERASED - 1) != self._token
            and event.position.partition in self._shards
            and event.position.topic != ANSWERS.name
        }
        seals = await self._trees.seals(list(doubtful.values())) if doubtful else {}
        lost = {
            place
            for place, at in doubtful.items()
            if place not in seals or seals[place].leaf_index >= self._of((at.tenant, place.partition)).found
        }
        return {key: state.without(lost) if lost else state for key, state in states.items()}

    async def rows(self, records: Sequence[Record], epochs: Mapping[Partition, int]) -> Sequence[Row]:
        """The records with their seals, one row for each; asked again for the same records, the same.

        A record that was recorded before keeps its seal, also when it was erased since.
        """
        if self._pending is not None and self._pending.records is records:
            return self._pending.rows
        named = [(record, epochs.get((record.topic, record.partition), 0), identify(record)) for record in records]
        kept = await self._kept(named)
        salts = secrets.token_bytes(SALT_BYTES * len(named))
        fresh: dict[TreeId, list[bytes]] = {}
        rows = []
        for number, (record, epoch, identity) in enumerate(named):
            seal = kept.get(Position(epoch, record.topic, record.partition, record.offset)) if kept else None
            if seal is None:
                salt = salts[SALT_BYTES * number : SALT_BYTES * (number + 1)]
                tree = (identity.tenant, record.partition)
                leaves = fresh.setdefault(tree, [])
                leaf_hash = seal_record(record, epoch, identity, salt)
                seal = Seal(self._of(tree).sealed.size + len(leaves), leaf_hash, salt, self._token)
                leaves.append(leaf_hash)
            rows.append(Row(epoch, record, identity, seal))
        completed: list[PlacedNode] = []
        for tree, leaves in fresh.items():
            self._of(tree).sealed, nodes = self._of(tree).sealed.extend(leaves)
            completed += placed_nodes(tree, nodes, self._token)
        self._pending = _Pending(records, rows, completed)
        return rows

    def stored(self) -> None:
        """The rows that were given last are durable."""
        assert self._pending is not None, "rows come first"
        pending, self._pending = self._pending, None
        for tree in self._growing.values():
            tree.durable = tree.sealed
        for record, row in zip(pending.records, pending.rows, strict=True):
            if row.seal.token == self._token:
                leaf = placed(row)
                self._leaves.append(leaf)
                self._of(leaf.tree).news += record.topic != GOVERNANCE.name
        self._nodes += pending.nodes

    def receipt(self, tenant: str, event: StateEvent, now: datetime) -> Receipt:
        """Where the event that an outcome rests on is sealed, with a checkpoint over it if there is one."""
        tree = (tenant, event.position.partition)
        signed = self._of(tree).signed
        covered = signed is not None and signed.size > event.seal.leaf_index
        return Receipt(
            tree=Tree(tenant=tree[0], shard=tree[1]),
            event_id=event.event_id,
            leaf_index=event.seal.leaf_index,
            leaf_hash=event.seal.leaf_hash.hex(),
            checkpoint=signed.note if covered and signed is not None else None,
            promised_by=None if covered else now + 2 * self._rhythm.every,
        )

    async def require_writer(self, *, within_s: float = 0.0) -> None:
        """Nobody else has claimed these trees; or had not, `within_s` ago.

        Raises:
            StateOutdated: what was written since may have lost its place in the tree, and must not be relied on.
        """
        asked_at = self._monotonic()
        if asked_at - self._writer_at > within_s:
            if self._shards and await self._trees.deposed(self._shards, self._token):
                raise StateOutdated("another instance of audit has claimed these trees")
            self._writer_at = asked_at

    async def checkpoints(self, now: datetime) -> list[Message]:
        """Write the leaves of what is durable, and sign the trees that are due; the events that say so.

        Raises:
            StateOutdated: another instance has claimed one of the trees.
        """
        due = {tree: each for tree, each in self._growing.items() if self._is_due(each, now)}
        if not due and not (self._leaves and now - self._grown_at >= self._rhythm.every):
            return []
        asked_at = self._monotonic()
        if await self._trees.deposed(self._shards, self._token):
            raise StateOutdated("another instance of audit has claimed these trees")
        # Batches become durable while this waits: what is signed stands before, and is written before.
        stands = {tree: (each.durable, each.news) for tree, each in due.items()}
        await self._grow(now)
        if not due:
            return []
        signed = [self._sign(tree, durable, now) for tree, (durable, _) in stands.items()]
        await self._trees.keep(signed)
        if self._monotonic() - asked_at > MAY_RELY_FOR_S:
            raise StateOutdated("it took too long to be sure that nobody else has claimed these trees")
        for each in signed:
            self._growing[each.tree].signed = each
            self._growing[each.tree].news -= stands[each.tree][1]
        return [self._event(each, now) for each in signed]

    async def _grow(self, now: datetime) -> None:
        leaves, nodes = list(self._leaves), list(self._nodes)
        await self._trees.grow(leaves, nodes)
        del self._leaves[: len(leaves)], self._nodes[: len(nodes)]
        self._grown_at = now

    def signed(self) -> list[Checkpoint]:
        """The newest checkpoint of each tree."""
        return [each.signed for each in self._growing.values() if each.signed is not None]

    def cosigned(self, checkpoint: Checkpoint, signatures: Sequence[Signature]) -> Checkpoint:
        """A witness has signed it: with its signature and those of others so far. Receipts quote it so from now on."""
        tree = self._of(checkpoint.tree)
        signed = tree.signed
        is_newest = signed is not None and (signed.size, signed.token) == (checkpoint.size, checkpoint.token)
        known = signed if signed is not None and is_newest else checkpoint
        note = parse_note(known.note).with_signatures(signatures)
        kept = replace(known, note=note.to_text(), cosignatures=len(note.signatures) - 1)
        if is_newest:
            tree.signed = kept
        return kept

    def _of(self, tree: TreeId) -> _Growing:
        return self._growing.setdefault(tree, _Growing())

    def _is_due(self, tree: _Growing, now: datetime) -> bool:
        if not tree.news:
            return False
        signed_at = tree.signed.signed_at if tree.signed else now - self._rhythm.every
        return tree.news >= self._rhythm.leaves or not timedelta(0) <= now - signed_at < self._rhythm.every

    async def _kept(self, named: Sequence[tuple[Record, int, Identity]]) -> Mapping[Position, Seal]:
        """Seals of what was recorded before: what is delivered again after a crash."""
        again = [
            SealedAt(identity.tenant, identity.request_id, Position(epoch, r.topic, r.partition, r.offset))
            for r, epoch, identity in named
            if r.offset <= self._recorded.get((r.topic, r.partition), -1)
        ]
        seals = await self._trees.seals(again) if again else {}
        owners = {place.position: (place.tenant, place.position.partition) for place in again}
        # Beyond what was found at the start stands at most what a dead instance left behind a gap.
        return {place: seal for place, seal in seals.items() if seal.leaf_index < self._of(owners[place]).found}

    def _sign(self, tree: TreeId, frontier: Frontier, now: datetime) -> Checkpoint:
        root = frontier.root()
        note = self._signer.sign(checkpoint_body(origin_of(*tree), frontier.size, root))
        return Checkpoint(tree, frontier.size, root, self._token, note, 0, now, frontier.to_bytes())

    def _event(self, signed: Checkpoint, now: datetime) -> Message:
        body = CheckpointSigned(
            tenant=signed.tree[0],
            shard=signed.tree[1],
            size=signed.size,
            root=signed.root.hex(),
            note=signed.note,
            signed_at=signed.signed_at,
        )
        return encode(body, topic=GOVERNANCE, producer=self._numbering.next(), now=now, partition=signed.tree[1])


def _resumed(state: TreeState) -> _Growing:
    signed_size = state.signed.size if state.signed else 0
    frontier = state.frontier
    return _Growing(frontier.size, frontier, frontier, state.signed, frontier.size - signed_size)
