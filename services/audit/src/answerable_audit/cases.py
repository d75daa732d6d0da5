"""One request as the gate sees it, and the decision about its outcome. Pure."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from answerable_events.answers import EXPLANATIONS, AnswerFailed, AnswerReleased, AnswerWithheld
from answerable_events.body import Ancestor, EventBody
from answerable_events.deadletters import DeadLettered
from answerable_events.requests import (
    DEFAULT_TIME_ALLOWED,
    Citation,
    ContextRetrieved,
    DraftGenerated,
    DraftSentence,
    QuestionAsked,
    VerdictDecided,
)
from answerable_events.reviews import ReviewCompleted
from answerable_events.topics import QUESTIONS, RETRY_SUFFIX, REVIEWS
from answerable_trail.identity import NIL
from answerable_trail.rows import Position, Row, StateEvent

Key = tuple[str, UUID]
"""Tenant and request id."""

BodyT = TypeVar("BodyT", bound=EventBody)

Outcome = AnswerReleased | AnswerWithheld | AnswerFailed

CHAIN = (QuestionAsked.TYPE, ContextRetrieved.TYPE, DraftGenerated.TYPE)
"""What every verdict must rest on; a verdict that names fewer ancestors is not believed."""

KEPT_BODIES = (QuestionAsked.TYPE, VerdictDecided.TYPE, ReviewCompleted.TYPE, DeadLettered.TYPE)


def state_event(row: Row) -> StateEvent:
    """A row as it will be read back."""
    record, identity = row.record, row.identity
    position = Position(row.epoch, record.topic, record.partition, record.offset)
    sha256 = hashlib.sha256(record.value).hexdigest()
    return StateEvent(identity.type, UUID(identity.event_id), sha256, position, record.time, row.seal)


@dataclass(slots=True)
class Case:
    """An open request: which events of it are durable, and the bodies that decide."""

    key: Key
    opened_at: datetime
    recorded: set[tuple[UUID, str]] = field(default_factory=set)
    """Event id and SHA-256 of the body, of everything durable."""
    copies: dict[str, Ancestor] = field(default_factory=dict)
    """By event type, the copy that counts: the lowest offset."""
    bodies: dict[str, bytes] = field(default_factory=dict)
    question_at: tuple[int, int] | None = None
    """Epoch and partition of the question's newest place in the log."""
    events: dict[str, StateEvent] = field(default_factory=dict)
    """By event type, the copy that counts as it is recorded: place, time, seal."""
    _read: dict[str, EventBody | None] = field(default_factory=dict)
    """Bodies that were read already; a request is looked at again with each event of it."""

    def add(self, event: StateEvent, body: bytes | None) -> None:
        """Note a durable event; of equal types the first one added counts, and of one record the newest seal."""
        kind = event.type
        self.recorded.add((event.event_id, event.body_sha256))
        if event.position.topic == REVIEWS.dead_letters:
            return  # what a reviewer sent could not be read; the request still waits for a decision
        if kind not in self.copies:
            self.copies[kind] = Ancestor(event_id=event.event_id, type=kind, sha256=event.body_sha256)
            self.events[kind] = event
            if body is not None:
                self.bodies[kind] = body
        elif self.events[kind].position == event.position:
            self.events[kind] = event  # the leaf that was read had no place in the tree, so it was sealed again

    def add_row(self, row: Row) -> None:
        record = row.record
        if record.topic == QUESTIONS.name:
            self.question_at = (row.epoch, record.partition)
        event = state_event(row)
        if event.event_id == NIL:
            return  # illegible: it dies where it is consumed, and its dead letter is added instead
        if record.topic.endswith(RETRY_SUFFIX):
            return  # the same event as in its own topic
        self.add(event, record.value if event.type in KEPT_BODIES else None)

    @property
    def partition(self) -> int | None:
        return self.question_at[1] if self.question_at else None

    @property
    def question(self) -> QuestionAsked | None:
        """The question, when it can be read."""
        return self._body(QuestionAsked)

    @property
    def verdict(self) -> VerdictDecided | None:
        return self._body(VerdictDecided)

    @property
    def review(self) -> ReviewCompleted | None:
        return self._body(ReviewCompleted)

    @property
    def death(self) -> DeadLettered | None:
        return self._body(DeadLettered)

    def _body(self, kind: type[BodyT]) -> BodyT | None:
        if kind.TYPE not in self._read:
            if kind.TYPE not in self.bodies:
                return None
            try:
                self._read[kind.TYPE] = kind.model_validate_json(self.bodies[kind.TYPE])
            except ValidationError:
                self._read[kind.TYPE] = None
        body = self._read[kind.TYPE]
        return body if isinstance(body, kind) else None

    @property
    def deadline(self) -> datetime:
        if (review_by := self.review_by) is not None:
            return review_by
        question = self.question
        return question.question.answer_by if question else self.opened_at + DEFAULT_TIME_ALLOWED

    @property
    def review_by(self) -> datetime | None:
        """Until when a person may decide; None: nothing is left to a person."""
        verdict = self.verdict
        left = verdict is not None and verdict.action == "review" and self.manifest_is_whole(verdict)
        return verdict.review_by if verdict is not None and left else None

    def manifest_is_whole(self, decided: VerdictDecided | ReviewCompleted) -> bool:
        """Every event that the decision rests on is durable with the bytes that it was made on.

        And the question among them is the copy that counts: two messages with one request id are one request. A review
        decides about the verdict that counts, or about nothing.
        """
        if not all((ancestor.event_id, ancestor.sha256) in self.recorded for ancestor in decided.ancestors):
            return False
        named = {ancestor.type: ancestor for ancestor in decided.ancestors}
        counting = (QuestionAsked.TYPE, *((VerdictDecided.TYPE,) if isinstance(decided, ReviewCompleted) else ()))
        return all(kind in named for kind in CHAIN) and all(named.get(it) == self.copies.get(it) for it in counting)


@dataclass(frozen=True, slots=True)
class Decision:
    """An outcome, and the event that it rests on."""

    outcome: Outcome
    cause: Ancestor | None


def decide(case: Case, now: datetime, margin: timedelta) -> Decision | None:
    """The outcome of a case, or None while it is open.

    A whole verdict first, then a dead letter, then the deadline less `margin`. A verdict that leaves it to a person is
    followed by their decision, or by none until its own deadline.
    """
    verdict = case.verdict
    if verdict is not None and case.manifest_is_whole(verdict):
        cause = case.copies[VerdictDecided.TYPE]
        if verdict.action != "review":
            return Decision(_conclude(verdict, now).resting_on((*verdict.ancestors, cause)), cause)
        return _reviewed(case, verdict, now) or _unreviewed(case, verdict, cause, now, margin)
    death = case.death
    if death is not None:
        return _fail(case, death.reason, case.copies[DeadLettered.TYPE], now)
    if now >= case.deadline - margin:
        reason = "deadline_exceeded" if verdict is None else "trace_incomplete"
        return _fail(case, reason, case.copies.get(QuestionAsked.TYPE), now)
    return None


def _reviewed(case: Case, verdict: VerdictDecided, now: datetime) -> Decision | None:
    review = case.review
    if review is None or not case.manifest_is_whole(review) or review.reviewer == verdict.question.asker.subject:
        return None
    cause = case.copies[ReviewCompleted.TYPE]
    outcome: Outcome
    if review.decision == "reject":
        outcome = _withhold(verdict, "review_rejected", now, reviewer=review.reviewer)
    else:
        outcome = _release(verdict, review.sentences, review.citations, now, reviewer=review.reviewer)
    return Decision(outcome.resting_on((*review.ancestors, cause)), cause)


def _unreviewed(
    case: Case, verdict: VerdictDecided, cause: Ancestor, now: datetime, margin: timedelta
) -> Decision | None:
    if case.review_by is not None and now < case.review_by - margin:
        return None
    return Decision(_withhold(verdict, "awaiting_review", now).resting_on((*verdict.ancestors, cause)), cause)


def _conclude(verdict: VerdictDecided, now: datetime) -> Outcome:
    if verdict.action == "release":
        return _release(verdict, verdict.sentences, verdict.citations, now)
    return _withhold(verdict, verdict.reason or "not_known", now)


def _release(
    verdict: VerdictDecided,
    sentences: tuple[DraftSentence, ...],
    citations: tuple[Citation, ...],
    now: datetime,
    *,
    reviewer: str | None = None,
) -> AnswerReleased:
    """By the verdict's certificate; what a person released is not what the certificate speaks of."""
    return AnswerReleased(
        tenant=verdict.tenant,
        request_id=verdict.request_id,
        asker=verdict.question.asker.subject,
        text=" ".join(sentence.text for sentence in sentences),
        sentences=sentences,
        citations=citations,
        confidence=verdict.confidence,
        certificate=verdict.certificate if reviewer is None else None,
        reviewer=reviewer,
        decided_at=now,
    )


def _withhold(verdict: VerdictDecided, reason: str, now: datetime, *, reviewer: str | None = None) -> AnswerWithheld:
    return AnswerWithheld(
        tenant=verdict.tenant,
        request_id=verdict.request_id,
        asker=verdict.question.asker.subject,
        reason=reason,
        explanation=EXPLANATIONS.get(reason, "The answer did not pass a check."),
        reviewer=reviewer,
        decided_at=now,
    )


def _fail(case: Case, reason: str, cause: Ancestor | None, now: datetime) -> Decision:
    tenant, request_id = case.key
    question = case.question
    outcome = AnswerFailed(
        tenant=tenant,
        request_id=request_id,
        asker=question.asker.subject if question else None,
        reason=reason,
        explanation=EXPLANATIONS.get(reason, EXPLANATIONS["processing_error"]),
        decided_at=now,
    )
    ancestors = (case.copies.get(QuestionAsked.TYPE), case.copies.get(DeadLettered.TYPE))
    return Decision(outcome.resting_on(tuple(each for each in ancestors if each is not None)), cause)
