"""Questions in, and what became of them: the gateway's whole business, without HTTP."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from pydantic import ValidationError

from answerable_events.answers import AnswerFailed, AnswerReleased, AnswerWithheld
from answerable_events.codec import decode
from answerable_events.errors import UndecodableEvent
from answerable_events.identity import request_id_of_key
from answerable_events.message import EPOCH, Record
from answerable_events.requests import Question, QuestionAsked, VerdictDecided
from answerable_events.topics import ANSWERS, QUESTIONS
from answerable_gateway import problems
from answerable_gateway.board import Board, Known, RequestKey, concerns
from answerable_gateway.callers import Caller
from answerable_gateway.errors import Refused
from answerable_gateway.problems import FieldError
from answerable_gateway.publishing import Publisher
from answerable_gateway.request_ids import time_ordered_id
from answerable_gateway.resources import Outcome, QuestionBody
from answerable_trail.client import Trail
from answerable_trail.errors import TrailError
from answerable_trail.rows import Position, RequestState, TraceRow

_log = structlog.get_logger(__name__)

_OVERDUE_S = 1.0
"""The topic brings nearly every outcome in time; the record is asked about those that are waited for longer."""


@dataclass(slots=True)
class Inquiries:
    """Accepts questions and finds requests. One for each process."""

    trail: Trail
    board: Board
    publisher: Publisher
    now: Callable[[], datetime]
    random: Callable[[int], bytes]
    _locks: "WeakValueDictionary[RequestKey, asyncio.Lock]" = field(default_factory=WeakValueDictionary)

    async def ask(self, caller: Caller, body: QuestionBody, idempotency_key: str | None) -> Known:
        """Accept a question, or find the one that the same key has accepted before.

        Raises:
            Refused: the key was used for another question; the broker did not confirm; the message is too large;
                it is asked as of a moment to come.
            TrailError: whether the key was used before cannot be found out now.
        """
        if idempotency_key is None:
            request_id = time_ordered_id(self.now(), self.random(10))
            return await self._publish(self._question(caller, body, request_id))
        request_id = request_id_of_key(caller.tenant, caller.subject, idempotency_key)
        lock = self._locks.setdefault((caller.tenant, request_id), asyncio.Lock())
        async with lock:
            known = await self.find(caller, request_id)
            if known is None:
                return await self._publish(self._question(caller, body, request_id))
        if not _same_question(known.question, body):
            raise Refused(problems.KEY_REUSED, request_id=request_id)
        return known

    async def find(self, caller: Caller, request_id: UUID) -> Known | None:
        """A request that this caller asked. Others' requests are not told from those that never were.

        Raises:
            TrailError: the record cannot be read now.
        """
        key = caller.tenant, request_id
        mine = self.board.known(key)
        if mine is not None and mine.question.asker.subject != caller.subject:
            mine = None  # takes the same way as one that never was, and the same time
        if mine is not None and mine.outcome is not None:
            return mine
        state = (await self.trail.load([key]))[key]
        question = _recorded_question(state)
        if question is None:
            return mine
        if question.asker.subject != caller.subject:
            return None
        outcome = await self._recorded_outcome(key, state)
        found = outcome if outcome is None or concerns(question, outcome) else None
        return Known(question, found, review_by=_review_by(state))

    async def wait(self, known: Known, within: timedelta) -> Known:
        """The request with its outcome, or as it was when none came in time.

        Raises:
            NoRoom: too many wait already.
        """
        if known.outcome is not None or within <= timedelta(0):
            return known
        with self.board.place(known.key) as arrival:
            await asyncio.wait({arrival}, timeout=within.total_seconds())
            outcome = arrival.result() if arrival.done() else None
        if outcome is not None and concerns(known.question, outcome):
            return Known(known.question, outcome)
        mine = self.board.known(known.key)
        return known if mine is None else Known(known.question, None, review_by=known.review_by or mine.review_by)

    async def sweep(self) -> None:
        """Look the overdue ones up in the record: an outcome published before its caller waited is not seen again.

        Raises:
            TrailError: the record cannot be read now.
        """
        overdue = self.board.overdue(_OVERDUE_S)
        for key, state in (await self._states(overdue)).items():
            outcome = await self._recorded_outcome(key, state)
            if outcome is not None:
                self.board.deliver(key, outcome)

    async def sweep_for_ever(self, every: timedelta) -> None:
        while True:
            try:
                await self.sweep()
            except TrailError as error:
                _log.warning("overdue outcomes not looked up", exception=type(error).__name__)
            await asyncio.sleep(every.total_seconds())

    async def _states(self, keys: Collection[RequestKey]) -> dict[RequestKey, RequestState]:
        return await self.trail.load(keys) if keys else {}

    def _question(self, caller: Caller, body: QuestionBody, request_id: UUID) -> QuestionAsked:
        now = self.now()
        if body.as_of is not None and body.as_of > now:
            raise Refused(problems.INVALID, fields=[FieldError(field="as_of", detail="must not be in the future")])
        allowed = time_allowed(body)
        return QuestionAsked(
            tenant=caller.tenant,
            request_id=request_id,
            text=body.question,
            asker=caller.asker,
            asked_at=now,
            deadline=None if allowed is None else now + allowed,
            consequential=body.consequential,
            risk_class=body.risk_class,
            as_of=body.as_of,
        )

    async def _publish(self, asked: QuestionAsked) -> Known:
        too_large = "the question together with the groups of the caller is too large"
        message, _ = self.publisher.prepare(asked, QUESTIONS, too_large=too_large)
        known = Known(asked.question, accepted=False)
        self.board.remember(known)
        try:
            await self.publisher.publish(message, asked.request_id)
        except Refused:
            self.board.forget(known.key)
            raise
        known.accepted = True
        return known

    async def _recorded_outcome(self, key: RequestKey, state: RequestState) -> Outcome | None:
        """The outcome that counts, when it is recorded."""
        if state.outcome is None:
            return None
        return _outcome(await self.trail.request(*key), state.outcome.position)


def time_allowed(body: QuestionBody) -> timedelta | None:
    return None if body.deadline_seconds is None else timedelta(seconds=body.deadline_seconds)


def _same_question(question: Question, body: QuestionBody) -> bool:
    allowed = None if question.deadline is None else question.deadline - question.asked_at
    asked = (question.text, allowed, question.consequential, question.risk_class, question.as_of)
    return asked == (body.question, time_allowed(body), body.consequential, body.risk_class, body.as_of)


def _recorded_question(state: RequestState) -> Question | None:
    body = state.bodies.get(QuestionAsked.TYPE)
    try:
        return None if body is None else QuestionAsked.model_validate_json(body, strict=True).question
    except ValidationError:
        return None


def _review_by(state: RequestState) -> datetime | None:
    """Until when a person decides, where the verdict leaves it to one."""
    body = state.bodies.get(VerdictDecided.TYPE)
    try:
        verdict = None if body is None else VerdictDecided.model_validate_json(body, strict=True)
    except ValidationError:
        return None
    return verdict.review_by if verdict is not None and verdict.action == "review" else None


def _outcome(rows: Collection[TraceRow], position: Position) -> Outcome | None:
    for row in rows:
        if row.position == position:
            milliseconds = (row.log_time - EPOCH) // timedelta(milliseconds=1)
            place = (position.topic, position.partition, position.offset)
            try:
                body = decode(Record(*place, milliseconds, row.key, row.body, row.headers), ANSWERS).body
            except UndecodableEvent:
                return None
            return body if isinstance(body, AnswerReleased | AnswerWithheld | AnswerFailed) else None
    return None
