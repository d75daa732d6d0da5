"""What of the things a check finds is a problem, and how long it stays one."""

from datetime import UTC, datetime, timedelta

import pytest

from answerable_trail.completeness import (
    MOST_IN_FLIGHT,
    STILL_WRITING,
    Gap,
    Kind,
    Part,
    Problem,
    lost,
    merged,
    of_conflict,
    of_gap,
    of_hole,
    totals,
)
from answerable_trail.rows import Conflict, Hole, Position

PASSED = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
SOON, LATE = PASSED + STILL_WRITING - timedelta(milliseconds=1), PASSED + STILL_WRITING
HIGH = 10_000
EDGE = HIGH - MOST_IN_FLIGHT
"""The lowest number that may have been under way when the run ended."""


@pytest.mark.parametrize(
    ("first", "last", "written_at", "count"),
    [
        (9_999, 9_999, SOON, 0),
        (EDGE, EDGE, SOON, 0),
        (EDGE - 1, EDGE - 1, SOON, 1),
        (EDGE - 3, EDGE + 5, SOON, 3),
        (1, HIGH - 1, SOON, EDGE - 1),
        (9_999, 9_999, LATE, 1),
        (EDGE - 3, EDGE + 5, LATE, 9),
        (9_990, 9_995, PASSED - timedelta(seconds=5), 0),
    ],
    ids=[
        "the run ended beside it", "as far below as a window reaches", "further below", "partly further below",
        "nearly all of a run", "the run went on", "the run went on, all of the gap", "delivered out of order",
    ],
)  # fmt: skip
def test_numbers_that_will_not_come_any_more(first: int, last: int, written_at: datetime, count: int) -> None:
    gap = Gap("run", first, last, HIGH, PASSED, written_at)
    assert lost(gap) == count
    assert of_gap(gap) == (Problem(Kind.SEQUENCE, f"run#{first}", count, "never arrived") if count else None)


ONE, TWO = Problem(Kind.ROW, "answers/0/1"), Problem(Kind.SEQUENCE, "run#7")


def test_a_part_that_looked_at_everything_replaces_what_it_found_before() -> None:
    assert merged({Part.SEALS: (ONE,), Part.SEQUENCES: (TWO,)}, {Part.SEALS: ()}, ()) == {
        Part.SEALS: (),
        Part.SEQUENCES: (TWO,),
    }


def test_a_part_that_looked_at_what_is_new_forgets_nothing() -> None:
    other = Problem(Kind.SEQUENCE, "run#8")
    assert merged({Part.SEQUENCES: (TWO,)}, {Part.SEQUENCES: (other, TWO)}, {Part.SEQUENCES}) == {
        Part.SEQUENCES: (TWO, other)
    }


def test_totals_name_every_kind() -> None:
    found = totals([ONE, ONE, Problem(Kind.OFFSETS, "x", 5)])
    assert found == {**dict.fromkeys(Kind, 0), Kind.ROW: 2, Kind.OFFSETS: 5}


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (of_hole(Hole(0, "drafts", 2, 7, 7)), "offsets: drafts/2/7: not recorded"),
        (of_hole(Hole(3, "drafts", 2, 7, 9)), "offsets: drafts/2/7 in epoch 3 and 2 more: not recorded"),
        (
            of_conflict(Conflict(Position(0, "answers", 1, 4), 2)),
            "conflict: answers/1/4: recorded with 2 different contents",
        ),
    ],
)
def test_a_problem_names_its_place(problem: Problem, text: str) -> None:
    assert str(problem) == text
