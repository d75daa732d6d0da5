"""What speaks for the record of a request: seals, checkpoints over them, ancestors, the receipt. Pure.

This tells what the record says of itself, and whether that is one story. Signatures and inclusion in the trees are for
`answerable verify`, which need not trust the record.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from answerable_events.answers import Receipt
from answerable_events.body import Ancestor
from answerable_events.message import Record
from answerable_trail.errors import NoteInvalid
from answerable_trail.identity import Identity
from answerable_trail.leaves import leaf_bytes, leaf_of
from answerable_trail.merkle import leaf_hash
from answerable_trail.notes import Checkpoint as QuotedCheckpoint
from answerable_trail.notes import origin_of, parse_checkpoint, parse_note
from answerable_trail.rows import TraceRow, TreeId
from answerable_trail.trees import Checkpoint

Checkpoints = Mapping[TreeId, Sequence[Checkpoint]]
"""Of each tree those that `TreeStore.covering` gives."""

SealState = Literal["unsealed", "sealed", "signed", "cosigned"]
SEAL_STATES: tuple[SealState, ...] = ("unsealed", "sealed", "signed", "cosigned")
"""Weakest first."""

ProofState = Literal["edited", "erased", "unsealed", "sealed", "signed", "cosigned"]

AncestorState = Literal["recorded", "erased", "other_bytes", "missing"]


@dataclass(frozen=True, slots=True)
class RecordProof:
    """How one record is sealed, and what covers its leaf."""

    tree: TreeId
    leaf_index: int
    leaf_hash: str
    """Hexadecimal; with the index meaningless when the record is not sealed."""
    sealed: bool
    erased_at: datetime | None
    """When the text was taken out of the record; None when it is there."""
    holds: bool
    """Whether the leaf hash is what the record gives; of an erased one, what the leaf gives that is left."""
    signed_by: Checkpoint | None
    """The first checkpoint over the leaf."""
    cosigned_by: Checkpoint | None
    """The first one over the leaf that a witness has signed, too."""

    @property
    def erased(self) -> bool:
        return self.erased_at is not None

    @property
    def state(self) -> SealState:
        if not self.sealed:
            return "unsealed"
        if self.signed_by is None:
            return "sealed"
        return "signed" if self.cosigned_by is None else "cosigned"


@dataclass(frozen=True, slots=True)
class RecordedAncestor:
    """An event that another one rests on, and whether the record has it with the bytes that it had then."""

    event_id: UUID
    type: str
    sha256: str
    state: AncestorState


@dataclass(frozen=True, slots=True)
class CheckedReceipt:
    """The receipt in an outcome, beside the record."""

    receipt: Receipt
    quoted_size: int | None
    """Of the checkpoint in it."""
    covered_by: Checkpoint | None
    """The first checkpoint of the record over the leaf: with it the promise of one is kept."""
    problems: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        return not self.problems


def is_erased(row: TraceRow) -> bool:
    return row.seal.is_erased or bool(row.erased_leaf)


def tree_of(row: TraceRow) -> TreeId:
    return row.tenant, row.position.partition


def prove(row: TraceRow, checkpoints: Checkpoints) -> RecordProof:
    """What there is to say of a row."""
    tree, seal = tree_of(row), row.seal
    sealed = seal.token != 0
    over = [each for each in checkpoints.get(tree, ()) if sealed and each.size > seal.leaf_index]
    return RecordProof(
        tree=tree,
        leaf_index=seal.leaf_index,
        leaf_hash=seal.leaf_hash.hex(),
        sealed=sealed,
        erased_at=row.recorded_at if is_erased(row) else None,
        holds=not sealed or leaf_hash(_leaf(row)) == seal.leaf_hash,
        signed_by=_first(over),
        cosigned_by=_first(each for each in over if each.cosignatures),
    )


def overall(proofs: Sequence[RecordProof]) -> ProofState:
    """Of a request: as strong as the weakest of its records; erased when nothing else is left of it."""
    if not all(proof.holds for proof in proofs):
        return "edited"
    if proofs and all(proof.erased for proof in proofs):
        return "erased"
    return weakest(proofs)


def weakest(proofs: Iterable[RecordProof]) -> SealState:
    return min((proof.state for proof in proofs), key=SEAL_STATES.index, default="unsealed")


def find_ancestors(ancestors: Iterable[Ancestor], rows: Sequence[TraceRow]) -> tuple[RecordedAncestor, ...]:
    """Each of the ancestors, looked up among the rows of the request."""
    by_id: dict[UUID, list[TraceRow]] = {}
    for row in rows:
        by_id.setdefault(row.event_id, []).append(row)
    return tuple(
        RecordedAncestor(each.event_id, each.type, each.sha256, _found(each, by_id.get(each.event_id, ())))
        for each in ancestors
    )


def check_receipt(receipt: Receipt, rows: Sequence[TraceRow], checkpoints: Checkpoints) -> CheckedReceipt:
    """Whether the record shows what the asker was told that it would."""
    tree = receipt.tree.tenant, receipt.tree.shard
    known = checkpoints.get(tree, ())
    problems = [] if (problem := _leaf_problem(receipt, rows)) is None else [problem]
    quoted = None
    if receipt.checkpoint is not None:
        try:
            quoted = parse_checkpoint(parse_note(receipt.checkpoint).body)
        except NoteInvalid:
            problems.append("nobody can read the checkpoint in it")
        else:
            problems += _quote_problems(quoted, receipt, known)
    return CheckedReceipt(
        receipt,
        quoted.size if quoted else None,
        _first(each for each in known if each.size > receipt.leaf_index),
        tuple(problems),
    )


def quoted_sizes(receipts: Iterable[CheckedReceipt]) -> dict[TreeId, set[int]]:
    """How many leaves the checkpoints in receipts have."""
    sizes: dict[TreeId, set[int]] = {}
    for each in receipts:
        if each.quoted_size is not None:
            sizes.setdefault((each.receipt.tree.tenant, each.receipt.tree.shard), set()).add(each.quoted_size)
    return sizes


def _leaf_problem(receipt: Receipt, rows: Sequence[TraceRow]) -> str | None:
    tree = receipt.tree.tenant, receipt.tree.shard
    copies = [row for row in rows if row.event_id == receipt.event_id]
    if not copies:
        return "the event that it names is not in the record"
    named = (tree, receipt.leaf_index, receipt.leaf_hash)
    if all((tree_of(row), row.seal.leaf_index, row.seal.leaf_hash.hex()) != named for row in copies):
        return "the record has the event that it names at another leaf, or with other bytes"
    return None


def _quote_problems(quoted: QuotedCheckpoint, receipt: Receipt, known: Sequence[Checkpoint]) -> Iterable[str]:
    if quoted.origin != origin_of(receipt.tree.tenant, receipt.tree.shard):
        yield "the checkpoint in it is of another tree"
        return
    if quoted.size <= receipt.leaf_index:
        yield "the checkpoint in it does not cover the leaf"
    roots = {each.root for each in known if each.size == quoted.size}
    if not roots:
        yield f"the record has no checkpoint of size {quoted.size}, which it quotes"
    elif quoted.root not in roots:
        yield f"the record has another root for the checkpoint of size {quoted.size}"


def _found(ancestor: Ancestor, copies: Sequence[TraceRow]) -> AncestorState:
    alike = [row for row in copies if row.type == ancestor.type]
    if any(row.body_sha256 == ancestor.sha256 and not is_erased(row) for row in alike):
        return "recorded"
    if any(is_erased(row) for row in alike):
        return "erased"
    return "other_bytes" if copies else "missing"


def _first(checkpoints: Iterable[Checkpoint]) -> Checkpoint | None:
    return min(checkpoints, key=lambda each: each.size, default=None)


def _leaf(row: TraceRow) -> bytes:
    """What the leaf hash has to be over; of an erased row nothing when the leaf that is left is another record's."""
    place, identity = row.position, Identity(row.tenant, str(row.request_id), str(row.event_id), row.type)
    if is_erased(row):
        in_clear = {**dict(zip(Identity._fields, identity, strict=True)), "epoch": place.epoch, "topic": place.topic}
        in_clear |= {"partition": place.partition, "offset": place.offset, "log_time_ms": row.log_time_ms}
        return row.erased_leaf.encode() if _says(row.erased_leaf, in_clear) else b""
    record = Record(place.topic, place.partition, place.offset, row.log_time_ms, row.key, row.body, row.headers)
    return leaf_bytes(leaf_of(record, place.epoch, identity, row.seal.salt))


def _says(leaf: str, fields: Mapping[str, object]) -> bool:
    try:
        said = json.loads(leaf)
    except ValueError:
        return False
    return isinstance(said, dict) and all(said.get(name) == value for name, value in fields.items())
