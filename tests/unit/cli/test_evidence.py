"""What speaks for the record of a request, read off its rows and checkpoints."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from answerable_cli.evidence import Checkpoints, check_receipt, find_ancestors, is_erased, overall, prove
from answerable_events.answers import Receipt, Tree
from answerable_events.body import Ancestor
from answerable_trail.rows import TraceRow
from tests.support.tracerows import SIGNED_AT, checkpoint, erased, sealed, unsealed
from tests.support.trail import Log, released_request

REQUEST = UUID("01a20dcd-1110-7ffc-b8b5-8c69f5a7bfb6")
TREE = ("acme", 0)


@pytest.fixture
def rows() -> list[TraceRow]:
    log = Log()
    released_request(log, REQUEST)
    return sealed(log.records)


def _states(rows: list[TraceRow], checkpoints: Checkpoints) -> list[str]:
    return [prove(row, checkpoints).state for row in rows]


def test_a_leaf_is_signed_by_the_first_checkpoint_over_it(rows: list[TraceRow]) -> None:
    signed = {TREE: [checkpoint(rows), checkpoint(rows[:3])]}
    sizes = [found.size if (found := prove(row, signed).signed_by) else None for row in rows]
    assert sizes == [3, 3, 3, 5, 5]
    assert _states(rows, {TREE: [checkpoint(rows[:3])]}) == ["signed", "signed", "signed", "sealed", "sealed"]


def test_a_checkpoint_of_another_tree_says_nothing(rows: list[TraceRow]) -> None:
    assert set(_states(rows, {("acme", 1): [checkpoint(rows)], ("other", 0): [checkpoint(rows)]})) == {"sealed"}


def test_a_later_checkpoint_that_a_witness_signed_counts_for_the_leaves_before(rows: list[TraceRow]) -> None:
    signed = {TREE: [checkpoint(rows[:4]), checkpoint(rows, cosignatures=2)]}
    assert _states(rows, signed) == ["cosigned"] * 5
    assert [proof.signed_by.size for row in rows if (proof := prove(row, signed)).signed_by] == [4, 4, 4, 4, 5]


def test_a_request_is_proven_as_well_as_its_weakest_row(rows: list[TraceRow]) -> None:
    signed = {TREE: [checkpoint(rows)]}
    assert overall([prove(row, signed) for row in rows]) == "signed"
    assert overall([prove(row, {}) for row in rows]) == "sealed"
    assert overall([prove(row, signed) for row in (*rows, unsealed(rows[0]))]) == "unsealed"


@pytest.mark.parametrize(
    "change",
    [
        {"body": b'{"text": "Forty days."}'},
        {"key": b"other"},
        {"headers": ()},
        {"tenant": "other"},
        {"type": "io.answerable.answer.failed.v1"},
        {"event_id": REQUEST},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_row_that_is_not_what_was_sealed_is_found(rows: list[TraceRow], change: dict[str, object]) -> None:
    edited = replace(rows[4], **change)  # type: ignore[arg-type]
    assert prove(rows[4], {}).holds
    assert not prove(edited, {}).holds
    assert overall([prove(row, {}) for row in (*rows[:4], edited)]) == "edited"


def test_an_erased_row_still_holds_by_the_leaf_that_is_left(rows: list[TraceRow]) -> None:
    gone = [erased(row) for row in rows]
    assert all(is_erased(row) and prove(row, {}).holds for row in gone)
    assert overall([prove(row, {}) for row in gone]) == "erased"
    assert overall([prove(row, {}) for row in (*gone[:4], rows[4])]) == "sealed"


def test_an_erased_row_with_the_leaf_of_another_is_edited(rows: list[TraceRow]) -> None:
    other = erased(rows[0])
    moved = replace(erased(rows[1]), erased_leaf=other.erased_leaf, seal=other.seal)
    assert not prove(moved, {}).holds
    assert not prove(replace(other, erased_leaf="[not a leaf"), {}).holds


def test_ancestors_are_recorded_erased_changed_or_missing(rows: list[TraceRow]) -> None:
    named = [Ancestor(event_id=row.event_id, type=row.type, sha256=row.body_sha256) for row in rows[:3]]
    named[1] = named[1].model_copy(update={"sha256": "0" * 64})
    unknown = Ancestor(event_id=REQUEST, type="io.answerable.review.completed.v1", sha256="0" * 64)
    found = find_ancestors([*named, unknown], [rows[0], rows[1], erased(rows[2])])
    assert [each.state for each in found] == ["recorded", "other_bytes", "erased", "missing"]


def _receipt(row: TraceRow, **changes: object) -> Receipt:
    whole = {
        "tree": Tree(tenant="acme", shard=0),
        "event_id": row.event_id,
        "leaf_index": row.seal.leaf_index,
        "leaf_hash": row.seal.leaf_hash.hex(),
    }
    return Receipt.model_validate(whole | changes)


def test_a_receipt_of_what_is_recorded_agrees(rows: list[TraceRow]) -> None:
    signed = checkpoint(rows[:4])
    checked = check_receipt(_receipt(rows[3], checkpoint=signed.note), rows, {TREE: [signed]})
    assert (checked.agrees, checked.quoted_size) == (True, 4)
    assert check_receipt(
        _receipt(rows[3], checkpoint=signed.note), [erased(row) for row in rows], {TREE: [signed]}
    ).agrees


def test_a_promise_is_kept_by_the_first_checkpoint_over_the_leaf(rows: list[TraceRow]) -> None:
    promise = _receipt(rows[3], promised_by=SIGNED_AT + timedelta(seconds=5))
    assert check_receipt(promise, rows, {}).covered_by is None
    kept = check_receipt(promise, rows, {TREE: [checkpoint(rows[:3]), checkpoint(rows)]})
    assert (kept.agrees, kept.covered_by and kept.covered_by.size) == (True, 5)


def test_a_receipt_that_the_record_contradicts_says_how(rows: list[TraceRow]) -> None:
    verdict, signed = rows[3], {TREE: [checkpoint(rows[:4])]}
    other_root = checkpoint([*rows[:3], rows[0]]).note
    for changes, problem in (
        ({"event_id": REQUEST}, "not in the record"),
        ({"leaf_index": 2}, "at another leaf"),
        ({"leaf_hash": "0" * 64}, "with other bytes"),
        ({"tree": {"tenant": "acme", "shard": 1}}, "at another leaf"),
        ({"checkpoint": "no note"}, "nobody can read"),
        ({"checkpoint": checkpoint(rows[:2]).note}, "does not cover"),
        ({"checkpoint": checkpoint(rows).note}, "no checkpoint of size 5"),
        ({"checkpoint": other_root}, "another root"),
        ({"checkpoint": signed[TREE][0].note.replace("acme/0", "acme/1")}, "of another tree"),
    ):
        checked = check_receipt(_receipt(verdict, **changes), rows, signed)
        assert not checked.agrees
        assert any(problem in each for each in checked.problems), checked.problems
