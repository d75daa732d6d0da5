"""Outcomes for those who wait."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from answerable_events.answers import AnswerWithheld
from answerable_events.requests import Asker, Question
from answerable_gateway.board import Board, Known
from answerable_gateway.errors import NoRoom
from answerable_gateway.resources import Outcome
from answerable_runtime.memory import MemoryBroker
from tests.support.gateway import withheld


def question(request_id: UUID | None = None) -> Question:
    return Question(
        request_id=request_id or uuid4(),
        tenant="norvik",
        text="How much?",
        asker=Asker(subject="ada"),
        asked_at=datetime.now(UTC),
    )


def reason(arrival: "asyncio.Future[Outcome | None]") -> str | None:
    outcome = arrival.result()
    return outcome.reason if isinstance(outcome, AnswerWithheld) else None


def record(request_id: UUID, **values: str):
    return MemoryBroker().append(withheld(request_id, **values))


async def test_everybody_who_waits_gets_the_first_outcome():
    board, request = Board(places=5), uuid4()
    with board.place(("norvik", request)) as one, board.place(("norvik", request)) as two:
        await board.take([record(request, reason="not_known"), record(request, reason="unsupported")])
        assert [reason(one), reason(two)] == ["not_known", "not_known"]


async def test_an_outcome_of_another_tenant_is_not_ours():
    board, request = Board(places=5), uuid4()
    with board.place(("norvik", request)) as mine:
        await board.take([record(request, tenant="acme")])
        assert not mine.done()


async def test_an_outcome_before_anybody_waits_is_kept_for_a_question_of_ours():
    board, asked = Board(places=5), Known(question())
    board.remember(asked)
    await board.take([record(asked.question.request_id), record(asked.question.request_id, reason="unsupported")])
    with board.place(asked.key) as mine:
        assert reason(mine) == "not_known"


async def test_a_question_that_was_not_confirmed_is_not_known():
    board, asked = Board(places=5), Known(question(), accepted=False)
    board.remember(asked)
    assert board.known(asked.key) is None
    asked.accepted = True
    assert board.known(asked.key) is asked
    board.forget(asked.key)
    assert board.known(asked.key) is None


async def test_only_the_newest_questions_are_remembered():
    board = Board(places=5)
    all_of_them = [Known(question()) for _ in range(1_100)]
    for one in all_of_them:
        board.remember(one)
    assert board.known(all_of_them[99].key) is None
    assert board.known(all_of_them[100].key) is not None


async def test_places_are_bounded_and_come_back():
    board = Board(places=2)
    with board.place(("norvik", uuid4())):
        with board.place(("norvik", uuid4())):
            assert board.full
            with pytest.raises(NoRoom), board.place(("norvik", uuid4())):
                pytest.fail("a place beyond the limit")
        assert not board.full
    assert board.taken == 0
    assert not board.overdue(0)


async def test_an_unreadable_outcome_disturbs_nobody():
    board, request = Board(places=5), uuid4()
    broken = record(request)
    broken = type(broken)(**{**{name: getattr(broken, name) for name in broken.__slots__}, "value": b"{"})
    with board.place(("norvik", request)) as mine:
        await board.take([broken, record(request)])
        assert reason(mine) == "not_known"


async def test_those_who_wait_long_are_looked_up():
    board = Board(places=5)
    with board.place(("norvik", uuid4())):
        await asyncio.sleep(0.02)
        assert len(board.overdue(0.01)) == 1
        assert not board.overdue(10)


async def test_closing_sends_everybody_home():
    board = Board(places=5)
    with board.place(("norvik", uuid4())) as before:
        board.close()
        assert before.result() is None
    with board.place(("norvik", uuid4())) as after:
        assert after.result() is None
