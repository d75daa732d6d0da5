"""What the gate decides about one request."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest

from answerable_audit.cases import Case, decide
from answerable_events.answers import AnswerFailed, AnswerReleased, AnswerWithheld
from answerable_events.codec import Producer
from answerable_events.errors import BodyInvalid
from answerable_events.message import Message
from answerable_events.requests import VerdictDecided
from answerable_events.topics import QUESTIONS
from answerable_runtime.deadletters import Death, bury
from answerable_trail.identity import identify
from answerable_trail.rows import Row, Seal
from tests.support.requests import Flow, flow, place

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MARGIN = timedelta(seconds=1)
REQUEST = UUID("018f0000-0000-7000-8000-000000000001")


def case(*messages: Message) -> Case:
    found = Case(("norvik", REQUEST), opened_at=NOW)
    for offset, message in enumerate(messages):
        record = place(message, offset, at=NOW)
        found.add_row(Row(0, record, identify(record)))
    return found


def complete(**changes: Any) -> Flow:
    return flow(request_id=REQUEST, now=NOW, **changes)


def test_a_verdict_whose_whole_manifest_is_durable_is_released() -> None:
    decision = decide(case(*complete().messages), NOW, MARGIN)
    assert decision is not None
    assert isinstance(decision.outcome, AnswerReleased)
    assert decision.outcome.text == "Everyone has 27 days of annual leave."
    assert decision.outcome.citations[0].locator == "lines 3-5"


def test_the_outcome_names_the_whole_request_as_its_ancestors() -> None:
    decision = decide(case(*complete().messages), NOW, MARGIN)
    assert decision is not None
    assert [ancestor.type.split(".")[2] for ancestor in decision.outcome.ancestors] == [
        "question",
        "context",
        "draft",
        "verdict",
    ]


@pytest.mark.parametrize(
    "missing", [set(some) for size in (1, 2, 3) for some in combinations(("question", "context", "draft"), size)]
)
def test_nothing_is_released_while_an_ancestor_is_not_durable(missing: set[str]) -> None:
    whole = complete()
    durable = [getattr(whole, name) for name in ("question", "context", "draft") if name not in missing]
    assert decide(case(*durable, whole.verdict), NOW, MARGIN) is None


def test_a_record_that_was_sealed_again_counts_with_its_new_leaf() -> None:
    """What a dead writer left may be read first, with a leaf that is no part of the tree."""
    found, record = case(), place(complete().verdict, 0, at=NOW)
    for token, leaf in ((1, 9), (2, 4)):
        found.add_row(Row(0, record, identify(record), Seal(leaf, bytes([token]) * 32, bytes(32), token)))
    assert found.events[VerdictDecided.TYPE].seal.leaf_index == 4


def test_a_later_copy_does_not_take_the_place_of_the_first() -> None:
    found, verdict = case(), complete().verdict
    for offset in (3, 8):
        record = place(verdict, offset, at=NOW)
        found.add_row(Row(0, record, identify(record), Seal(offset, bytes(32), bytes(32), 1)))
    assert found.events[VerdictDecided.TYPE].position.offset == 3


def test_an_ancestor_with_other_bytes_does_not_count() -> None:
    whole, other = complete(), complete(text="What is the boiling point of lead?")
    assert decide(case(whole.question, whole.context, other.draft, whole.verdict), NOW, MARGIN) is None


def test_a_verdict_that_names_no_ancestors_is_not_believed() -> None:
    whole = complete()
    verdict = VerdictDecided.model_validate_json(whole.verdict.value).resting_on(())
    forged = Message("verdicts", whole.verdict.key, verdict.model_dump_json().encode(), whole.verdict.headers, 0)
    assert decide(case(whole.question, whole.context, whole.draft, forged), NOW, MARGIN) is None


def test_a_verdict_on_a_later_copy_of_the_question_is_not_released() -> None:
    first, second = complete(text="Who wrote the travel policy?"), complete()
    assert decide(case(first.question, *second.messages), NOW, MARGIN) is None


@pytest.mark.parametrize(
    ("action", "reason", "expected"),
    [
        ("withhold", "sources_conflict", "sources_conflict"),
        ("review", "consequential", "awaiting_review"),
        ("withhold", None, "not_known"),
    ],
)
def test_a_verdict_against_release_becomes_an_honest_no(action: str, reason: str | None, expected: str) -> None:
    decision = decide(case(*complete(action=action, reason=reason).messages), NOW, MARGIN)
    assert decision is not None
    assert isinstance(decision.outcome, AnswerWithheld)
    assert decision.outcome.reason == expected


def test_a_request_fails_just_before_its_deadline() -> None:
    opened = case(complete(deadline=NOW + timedelta(seconds=10)).question)
    assert decide(opened, NOW + timedelta(seconds=8.9), MARGIN) is None
    decision = decide(opened, NOW + timedelta(seconds=9), MARGIN)
    assert decision is not None
    assert isinstance(decision.outcome, AnswerFailed)
    assert (decision.outcome.reason, decision.outcome.asker) == ("deadline_exceeded", "ada")


def test_a_verdict_with_an_incomplete_record_fails_at_the_deadline_with_that_reason() -> None:
    whole = complete()
    decision = decide(case(whole.question, whole.verdict), NOW + timedelta(minutes=2), MARGIN)
    assert decision is not None
    assert isinstance(decision.outcome, AnswerFailed)
    assert decision.outcome.reason == "trace_incomplete"


def test_a_dead_letter_fails_the_request_at_once() -> None:
    whole = complete()
    letter = bury(
        place(whole.question, 0), Death(BodyInvalid.reason, "BodyInvalid", 0),
        topic=QUESTIONS, producer=Producer("/answerable/retrieval", "x", 1), now=NOW,
    )  # fmt: skip
    decision = decide(case(whole.question, letter), NOW, MARGIN)
    assert decision is not None
    assert isinstance(decision.outcome, AnswerFailed)
    assert decision.outcome.reason == "body_invalid"


def test_a_verdict_that_arrives_before_the_dead_letter_wins() -> None:
    whole = complete()
    letter = bury(
        place(whole.draft, 0), Death("processing_error", "KeyError", 1),
        topic=QUESTIONS, producer=Producer("/answerable/validation", "x", 1), now=NOW,
    )  # fmt: skip
    decision = decide(case(*whole.messages, letter), NOW, MARGIN)
    assert decision is not None
    assert isinstance(decision.outcome, AnswerReleased)
