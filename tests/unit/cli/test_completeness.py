"""The log set against the trace."""

import pytest

from answerable_cli.completeness import compare
from answerable_trail.completeness import Kind, Problem
from answerable_trail.rows import Conflict, Count, Hole, Position

PLACE = ("questions", 0)


def _count(rows: int, first: int, last: int, epoch: int = 0) -> Count:
    return Count(epoch, *PLACE, rows, first, last)


@pytest.mark.parametrize(
    ("bounds", "counts", "behind"),
    [
        ((0, 0), [], 0),
        ((0, 3), [_count(3, 0, 2)], 0),
        ((0, 5), [_count(3, 0, 2)], 2),
        ((0, 5), [], 5),
        ((4, 5), [_count(3, 0, 2)], 1),
        ((0, 0), [_count(3, 0, 2)], 0),
        ((0, 2), [_count(9, 0, 8), _count(1, 0, 0, epoch=1)], 1),
    ],
    ids=["empty", "whole", "tail missing", "nothing recorded", "after retention", "log begun anew", "newest epoch"],
)
def test_records_at_the_end_that_are_not_in_the_trace(
    bounds: tuple[int, int], counts: list[Count], behind: int
) -> None:
    found = compare({PLACE: bounds}, counts, [], [])
    assert found.missing == behind
    assert found.complete is (behind == 0)


def test_a_hole_and_a_conflict_each_make_it_incomplete() -> None:
    hole = compare({PLACE: (0, 9)}, [_count(6, 0, 8)], [Hole(0, *PLACE, 2, 4)], [])
    assert (hole.missing, hole.complete) == (3, False)
    conflict = compare({PLACE: (0, 9)}, [_count(9, 0, 8)], [], [Conflict(Position(0, *PLACE, 5), 2)])
    assert (conflict.missing, conflict.complete) == (0, False)
    assert conflict.as_json()["conflicts"][0]["offset"] == 5


def test_any_other_problem_makes_it_incomplete_and_is_named() -> None:
    whole = compare({PLACE: (0, 9)}, [_count(9, 0, 8)], [], [])
    found = whole.with_problems([Problem(Kind.ROW, "answers/0/1"), Problem(Kind.SEQUENCE, "run#7", 2)])
    assert (whole.complete, found.complete, found.missing) == (True, False, 0)
    assert [each["place"] for each in found.as_json()["problems"]] == ["answers/0/1", "run#7"]
    assert found.as_json()["problems_by_kind"]["sequence"] == 2
