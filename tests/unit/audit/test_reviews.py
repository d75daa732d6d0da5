"""What the gate makes of a verdict that leaves it to a person."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from answerable_audit.cases import Case, decide
from answerable_events.answers import AnswerReleased, AnswerWithheld
from answerable_events.codec import Producer
from answerable_events.errors import BodyInvalid
from answerable_events.message import Message
from answerable_events.requests import DraftSentence
from answerable_events.topics import REVIEWS
from answerable_runtime.deadletters import Death, bury
from answerable_trail.identity import identify
from answerable_trail.rows import Row
from tests.support.requests import Flow, completed, flow, place, submitted

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MARGIN = timedelta(seconds=1)
BY = NOW + timedelta(hours=24)
REQUEST = UUID("018f0000-0000-7000-8000-000000000002")
PRODUCER = Producer(source="/tests", id="tests", sequence=1)


def case(*messages: Message) -> Case:
    found = Case(("norvik", REQUEST), opened_at=NOW)
    for offset, message in enumerate(messages):
        record = place(message, offset, at=NOW)
        found.add_row(Row(0, record, identify(record)))
    return found


def left_to_a_person(**changes: Any) -> Flow:
    given = {"action": "review", "reason": "consequential", "review_by": BY, **changes}
    return flow(request_id=REQUEST, now=NOW, **given)


def outcome(*messages: Message, at: datetime = NOW) -> Any:
    decision = decide(case(*messages), at, MARGIN)
    return None if decision is None else decision.outcome


def reviewed(whole: Flow, decision: str, reviewer: str = "maud", **changes: Any) -> tuple[Message, Message]:
    submission = submitted(whole, decision=decision, reviewer=reviewer, now=NOW, **changes)
    return submission, completed(submission, NOW)


def test_it_stays_open_beyond_the_deadline_of_the_question_and_ends_at_its_own() -> None:
    whole = left_to_a_person(deadline=NOW + timedelta(seconds=30))
    assert case(*whole.messages).deadline == BY
    assert outcome(*whole.messages, at=BY - timedelta(seconds=1.5)) is None
    ended = outcome(*whole.messages, at=BY - MARGIN)
    assert isinstance(ended, AnswerWithheld)
    assert (ended.reason, ended.reviewer) == ("awaiting_review", None)


def test_an_approved_draft_is_released_with_the_name_of_who_did_it() -> None:
    whole = left_to_a_person()
    ended = outcome(*whole.messages, *reviewed(whole, "approve"))
    assert isinstance(ended, AnswerReleased)
    assert (ended.text, ended.reviewer) == ("Everyone has 27 days of annual leave.", "maud")
    assert [each.type.split(".")[2] for each in ended.ancestors][-2:] == ["review", "review"]


def test_a_correction_is_released_instead_of_the_draft() -> None:
    whole = left_to_a_person()
    better = DraftSentence(text="Full-time staff have 27 days.", citations=(1,))
    ended = outcome(*whole.messages, *reviewed(whole, "correct", sentences=(better,)))
    assert isinstance(ended, AnswerReleased)
    assert ended.sentences == (better,)


def test_a_rejected_draft_is_withheld() -> None:
    whole = left_to_a_person()
    ended = outcome(*whole.messages, *reviewed(whole, "reject"))
    assert isinstance(ended, AnswerWithheld)
    assert (ended.reason, ended.reviewer) == ("review_rejected", "maud")


@pytest.mark.parametrize(("first", "second"), [("approve", "reject"), ("reject", "approve")])
def test_of_two_reviewers_the_one_accepted_first_counts(first: str, second: str) -> None:
    whole = left_to_a_person()
    early, late = reviewed(whole, first, "maud"), reviewed(whole, second, "olle")
    ended = outcome(*whole.messages, early[0], late[0], early[1], late[1])
    assert ended.reviewer == "maud"
    assert isinstance(ended, AnswerReleased) == (first == "approve")


def test_nobody_releases_an_answer_to_themselves() -> None:
    whole = left_to_a_person()
    assert outcome(*whole.messages, *reviewed(whole, "approve", "ada")) is None


def test_a_review_whose_submission_is_not_durable_counts_for_nothing_yet() -> None:
    whole = left_to_a_person()
    assert outcome(*whole.messages, reviewed(whole, "approve")[1]) is None


def test_a_review_of_another_verdict_than_the_one_that_counts_decides_nothing() -> None:
    whole, other = left_to_a_person(), left_to_a_person(sentence=DraftSentence(text="Nobody has any.", citations=(1,)))
    assert other.verdict.value != whole.verdict.value
    messages = (*whole.messages, other.draft, other.verdict, *reviewed(other, "approve"))
    assert outcome(*messages) is None


def test_a_review_of_an_answer_that_no_person_had_to_see_changes_nothing() -> None:
    whole = flow(request_id=REQUEST, now=NOW, action="withhold", reason="not_known")
    assert outcome(*whole.messages, *reviewed(whole, "approve")).reason == "not_known"


def test_a_submission_that_cannot_be_read_leaves_the_request_open() -> None:
    whole = left_to_a_person()
    broken = place(submitted(whole, decision="approve", reviewer="maud", now=NOW), 7, at=NOW)
    death = Death("body_invalid", BodyInvalid.__name__, 0)
    letter = bury(broken, death, topic=REVIEWS, producer=PRODUCER, now=NOW)
    assert outcome(*whole.messages, letter) is None
    assert outcome(*whole.messages, letter, *reviewed(whole, "approve")).reviewer == "maud"
