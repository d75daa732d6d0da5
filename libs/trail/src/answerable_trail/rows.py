"""The values that go into the record and come out of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from answerable_events.message import Headers, Record
from answerable_events.topics import ANSWERS
from answerable_trail.identity import Identity

ERASED = 1 << 63
"""Set in the seal of an erased row: above the token of every instance of audit, now and later."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Where a record stands in its tree, and what it takes to show that."""

    leaf_index: int
    leaf_hash: bytes
    salt: bytes
    """Zero once the record is erased."""
    token: int
    """Of the audit instance that sealed it; 0: nobody did."""

    @property
    def is_erased(self) -> bool:
        return self.token != 0 and not any(self.salt)


UNSEALED = Seal(0, bytes(32), bytes(32), 0)


@dataclass(frozen=True, slots=True)
class Row:
    """What the writer takes: a record, the incarnation of its partition, whose it is, and its seal."""

    epoch: int
    record: Record
    identity: Identity
    seal: Seal = UNSEALED


@dataclass(frozen=True, slots=True)
class ErasedRow:
    """What stands in place of an erased record: a row without text, what numbered it, and what its leaf is over."""

    row: Row
    numbered: tuple[str, int]
    leaf: str


TreeId = tuple[str, int]
"""Tenant and shard, which is the partition number."""


class PlacedLeaf(NamedTuple):
    """A leaf in its tree, and the record that it is of. A tuple because there is one for each record."""

    tree: TreeId
    leaf_index: int
    hash: bytes
    token: int
    epoch: int
    topic: str
    offset: int


def placed(row: Row) -> PlacedLeaf:
    """The leaf of a sealed row."""
    record, seal = row.record, row.seal
    tree = (row.identity.tenant, record.partition)
    return PlacedLeaf(tree, seal.leaf_index, seal.leaf_hash, seal.token, row.epoch, record.topic, record.offset)


class PlacedNode(NamedTuple):
    """A complete subtree of a tree."""

    tree: TreeId
    level: int
    node_index: int
    hash: bytes
    token: int


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the log; no two records ever share one."""

    epoch: int
    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class LastPosition:
    """The newest record of a partition, and what it is known again by: a log that was lost has another one there."""

    epoch: int
    offset: int
    known_by: tuple[UUID, int] | None
    """Its event id and its time in the log, milliseconds; None once retention removed it."""


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One record of the log as the trace holds it; key, header values and body are the bytes received."""

    tenant: str
    request_id: UUID
    position: Position
    log_time: datetime
    event_id: UUID
    type: str
    body_sha256: str
    body: bytes
    headers: Headers
    key: bytes
    recorded_at: datetime
    seal: Seal = UNSEALED
    erased_leaf: str = ""
    """Of an erased record, what its leaf hash is over; key, headers and body are gone."""
    log_time_ms: int = 0
    """As sealed; `log_time` cannot hold any number that a producer may have set."""


@dataclass(frozen=True, slots=True)
class StateEvent:
    """That an event of a request is recorded, and with which bytes."""

    type: str
    event_id: UUID
    body_sha256: str
    position: Position
    log_time: datetime
    seal: Seal = UNSEALED


@dataclass(frozen=True, slots=True)
class RequestState:
    """What is recorded of one request, in the order in which copies count: lowest epoch and offset first."""

    events: tuple[StateEvent, ...] = ()
    bodies: Mapping[str, bytes] = field(default_factory=dict)
    """By event type, of the copy that counts: `question.asked`, `verdict.decided` and `dead.lettered` only."""

    def without(self, places: Collection[Position]) -> "RequestState":
        """The request as it is without the records at these places."""
        events = tuple(event for event in self.events if event.position not in places)
        types = {event.type for event in events}
        return RequestState(events, {kind: body for kind, body in self.bodies.items() if kind in types})

    def has(self, event_id: UUID, sha256: str) -> bool:
        """Whether any copy of the event is recorded with exactly these bytes."""
        return any(event.event_id == event_id and event.body_sha256 == sha256 for event in self.events)

    @property
    def outcome(self) -> StateEvent | None:
        """The outcome that counts."""
        return next((event for event in self.events if event.position.topic == ANSWERS.name), None)


@dataclass(frozen=True, slots=True)
class Hole:
    """Offsets, both ends included, that the log must have had and the record does not have."""

    epoch: int
    topic: str
    partition: int
    first_missing: int
    last_missing: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """A position that is recorded with more than one content: an epoch was missed, or somebody else wrote."""

    position: Position
    contents: int


@dataclass(frozen=True, slots=True)
class Count:
    """How much of one incarnation of a partition is recorded; `rows` counts different offsets."""

    epoch: int
    topic: str
    partition: int
    rows: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Table:
    """The result of a query."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
