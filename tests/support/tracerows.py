"""Rows of the trace as ClickHouse gives them, sealed and signed, without ClickHouse."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from answerable_events.codec import decode
from answerable_events.message import Record
from answerable_events.topics import every_topic
from answerable_trail.identity import identify
from answerable_trail.leaves import leaf_bytes, leaf_of
from answerable_trail.merkle import leaf_hash, root
from answerable_trail.notes import checkpoint_body, origin_of
from answerable_trail.rows import UNSEALED, Position, Seal, TraceRow, TreeId
from answerable_trail.trees import Checkpoint

SIGNED_AT = datetime(2026, 11, 3, 9, 0, 20, tzinfo=UTC)
_TOPICS = {topic.name: topic for topic in every_topic()}
_SIGNATURE_LINE = "\n\u2014 answerable/dev AAAAAAAAAAAAAAAA\n"  # nobody verifies it here


def trace_row(record: Record, epoch: int = 0) -> TraceRow:
    """A row that nobody sealed."""
    event = decode(record, _TOPICS[record.topic])
    position = Position(epoch, record.topic, record.partition, record.offset)
    return TraceRow(
        event.body.tenant, event.body.correlation_id, position, record.time, event.id, event.body.TYPE, event.sha256,
        record.value, record.headers, record.key or b"", record.time, log_time_ms=record.timestamp_ms,
    )  # fmt: skip


def sealed(records: Sequence[Record], first_leaf: int = 0) -> list[TraceRow]:
    """Their rows, with successive leaves."""
    return [_sealed(record, first_leaf + number) for number, record in enumerate(records)]


def erased(row: TraceRow) -> TraceRow:
    """What is left of a sealed row when its request was erased."""
    place = row.position
    record = Record(place.topic, place.partition, place.offset, row.log_time_ms, row.key, row.body, row.headers)
    leaf = leaf_bytes(leaf_of(record, place.epoch, identify(record), row.seal.salt)).decode()
    return replace(
        row, body=b"", headers=(), key=b"", body_sha256=sha256(b"").hexdigest(), erased_leaf=leaf,
        seal=replace(row.seal, salt=bytes(32)),
    )  # fmt: skip


def checkpoint(rows: Sequence[TraceRow], *, cosignatures: int = 0, after: timedelta = timedelta(0)) -> Checkpoint:
    """Over a tree that has exactly these leaves."""
    tree: TreeId = rows[0].tenant, rows[0].position.partition
    top = root(row.seal.leaf_hash for row in rows)
    note = checkpoint_body(origin_of(*tree), len(rows), top) + _SIGNATURE_LINE
    return Checkpoint(tree, len(rows), top, 1, note, cosignatures, SIGNED_AT + after, b"")


def unsealed(row: TraceRow) -> TraceRow:
    return replace(row, seal=UNSEALED)


def _sealed(record: Record, leaf: int) -> TraceRow:
    salt = sha256(b"%d" % leaf).digest()
    hashed = leaf_hash(leaf_bytes(leaf_of(record, 0, identify(record), salt)))
    return replace(trace_row(record), seal=Seal(leaf, hashed, salt, 1))
