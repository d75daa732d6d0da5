from datetime import UTC, datetime
from uuid import UUID

import pytest

from answerable_events.requests import QuestionAsked, VerdictDecided
from answerable_trail.reading import literal, milliseconds, moment, precedence, state_query, states
from answerable_trail.rows import Position

REQUEST = UUID(int=7)


def state_row(event: int, kind: str, position: Position, body: bytes = b"") -> tuple[object, ...]:
    place = (position.epoch, position.topic.encode(), position.partition, position.offset)
    seal = (7, b"h" * 32, b"s" * 32, 1)
    return (b"acme", REQUEST, UUID(int=event), kind.encode(), b"%02x" % event, *place, 0, body, *seal)


@pytest.mark.parametrize(
    ("value", "written"),
    [("a", "'a'"), ("it's", r"'it\'s'"), ("\\', 'x", r"'\\\', \'x'"), (5, "5"), (REQUEST, f"'{REQUEST}'")],
)
def test_values_cannot_leave_their_quotes(value: str | int | UUID, written: str) -> None:
    assert literal(value) == written


def test_requests_are_listed_as_tuples() -> None:
    assert f"IN (('a', '{REQUEST}'), ('b', '{REQUEST}'))" in state_query([("a", REQUEST), ("b", REQUEST)])


IN_ORDER = [
    Position(1, "answers", 0, 9),
    Position(1, "drafts", 0, 3),
    Position(1, "drafts", 0, 4),
    Position(1, "drafts-retry", 0, 1),
    Position(2, "drafts", 0, 0),
]


def test_earlier_epochs_then_originals_then_lower_offsets_count_first() -> None:
    shuffled = [IN_ORDER[index] for index in (3, 0, 4, 2, 1)]
    assert sorted(shuffled, key=precedence) == IN_ORDER


def test_a_state_keeps_the_body_of_the_copy_that_counts() -> None:
    (state,) = states(
        [
            state_row(1, QuestionAsked.TYPE, Position(1, "questions-retry", 0, 0), b"retried"),
            state_row(2, VerdictDecided.TYPE, Position(1, "verdicts", 0, 5), b"second"),
            state_row(2, VerdictDecided.TYPE, Position(1, "verdicts", 0, 4), b"first"),
            state_row(1, QuestionAsked.TYPE, Position(1, "questions", 0, 8), b"original"),
        ]
    ).values()
    assert state.bodies == {QuestionAsked.TYPE: b"original", VerdictDecided.TYPE: b"first"}
    assert state.outcome is None


def test_the_outcome_is_the_lowest_one_on_answers() -> None:
    (state,) = states(
        [
            state_row(3, "io.answerable.answer.failed.v1", Position(1, "answers", 0, 2)),
            state_row(4, "io.answerable.answer.released.v1", Position(1, "answers", 0, 1)),
            state_row(5, "io.answerable.question.asked.v1", Position(1, "questions", 0, 0)),
        ]
    ).values()
    assert state.outcome is not None
    assert state.outcome.event_id == UUID(int=4)
    assert state.has(UUID(int=3), "03")
    assert not state.has(UUID(int=3), "04")


@pytest.mark.parametrize(
    ("number", "when"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
        (2**63 - 1, datetime.max.replace(tzinfo=UTC)),
        (-(2**63), datetime.min.replace(tzinfo=UTC)),
    ],
)
def test_any_timestamp_becomes_a_moment(number: int, when: datetime) -> None:
    assert moment(number) == when


def test_moments_become_whole_milliseconds() -> None:
    assert milliseconds(datetime(1970, 1, 1, 0, 0, 1, 2_999, tzinfo=UTC)) == 1_002
