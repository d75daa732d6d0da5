"""What is recorded of a request, whether the look-up ran before or after the insert."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from answerable_audit.cases import decide
from answerable_audit.loading import case_of, joined
from answerable_events.answers import AnswerReleased
from answerable_events.message import Record
from answerable_trail.identity import identify
from answerable_trail.rows import RequestState, Row
from tests.support.requests import flow, place


def row_of(record: Record) -> Row:
    return Row(0, record, identify(record))


NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
REQUEST = UUID("018f0000-0000-7000-8000-000000000002")
KEY = ("norvik", REQUEST)
RECORDS = [
    row_of(place(message, offset, at=NOW)) for offset, message in enumerate(flow(request_id=REQUEST, now=NOW).messages)
]


@pytest.mark.parametrize("seen", range(5))
def test_a_look_up_that_saw_any_part_of_the_batch_gives_the_same_state(seen: int) -> None:
    found = joined(RequestState(), RECORDS[:seen])
    assert joined(found, RECORDS) == joined(RequestState(), RECORDS)


@pytest.mark.parametrize("seen", range(5))
def test_what_was_looked_up_and_what_was_inserted_together_release_the_answer(seen: int) -> None:
    before = joined(RequestState(), RECORDS[:seen])
    case = case_of(KEY, joined(before, RECORDS[seen:]))
    assert case is not None
    decision = decide(case, NOW, timedelta(seconds=1))
    assert decision is not None
    assert isinstance(decision.outcome, AnswerReleased)


def test_the_lowest_offset_counts_whatever_the_order_of_arrival() -> None:
    [first, *_], later = RECORDS, row_of(place(flow(request_id=REQUEST, now=NOW, text="Another?").question, 9, at=NOW))
    states = [joined(joined(RequestState(), [one]), [other]) for one, other in ((first, later), (later, first))]
    assert states[0] == states[1]
    case = case_of(KEY, states[0])
    assert case is not None
    assert case.question is not None
    assert case.question.text == "How many days of annual leave do I have?"


def test_nothing_recorded_is_no_case() -> None:
    assert case_of(KEY, RequestState()) is None
