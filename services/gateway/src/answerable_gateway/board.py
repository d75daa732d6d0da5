"""Outcomes as they appear on the topic: kept for the newest questions, and handed to those who wait.

In memory and bounded. What is not here is found in the record, so losing it costs a moment and never an outcome.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from answerable_events.answers import AnswerFailed, AnswerReleased, AnswerWithheld
from answerable_events.claims import claimed_request_id, claimed_tenant
from answerable_events.codec import decode
from answerable_events.errors import UndecodableEvent
from answerable_events.message import Record
from answerable_events.requests import Question, VerdictDecided
from answerable_events.reviews import ReviewRefused
from answerable_events.topics import ANSWERS, VERDICTS
from answerable_gateway.errors import NoRoom
from answerable_gateway.resources import Outcome

_log = structlog.get_logger(__name__)

RequestKey = tuple[str, UUID]
"""Tenant and request id."""

_REMEMBERED = 1_000
"""Questions that this instance accepted last; recording takes a moment, and until then only we know them."""


@dataclass(slots=True)
class Known:
    """A request: its question, and its outcome when there is one."""

    question: Question
    outcome: Outcome | None = None
    accepted: bool = True
    """False until the broker has confirmed the question."""
    review_by: datetime | None = None
    """Until when a person decides; None: nothing was left to a person, as far as is known here."""

    @property
    def key(self) -> RequestKey:
        return self.question.tenant, self.question.request_id


@dataclass(slots=True)
class _Place:
    """Somebody who waits."""

    since: float
    arrival: "asyncio.Future[Outcome | None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


def concerns(question: Question, outcome: Outcome) -> bool:
    """Two questions may have come under one id, of which one counts; the outcome is for whom it names."""
    return outcome.asker in {None, question.asker.subject}


class Board:
    """Waiting callers and the newest questions of this instance."""

    def __init__(self, *, places: int) -> None:
        self._limit = places
        self._places: dict[RequestKey, list[_Place]] = {}
        self._newest: OrderedDict[RequestKey, Known] = OrderedDict()
        self._refusals: dict[UUID, asyncio.Future[ReviewRefused | None]] = {}
        self._closed = False
        self.taken = 0

    @property
    def full(self) -> bool:
        return self.taken >= self._limit

    @property
    def closed(self) -> bool:
        return self._closed

    def remember(self, known: Known) -> None:
        """Keep a question that is being published; its outcome will be kept with it."""
        self._newest[known.key] = known
        while len(self._newest) > _REMEMBERED:
            self._newest.popitem(last=False)

    def forget(self, key: RequestKey) -> None:
        self._newest.pop(key, None)

    def known(self, key: RequestKey) -> Known | None:
        """A question that was accepted here lately."""
        found = self._newest.get(key)
        return found if found is not None and found.accepted else None

    @contextmanager
    def place(self, key: RequestKey) -> Iterator["asyncio.Future[Outcome | None]"]:
        """A place to wait in: the future gets the outcome, or None when the gateway closes.

        Raises:
            NoRoom: all places are taken.
        """
        if self.full:
            raise NoRoom("all places are taken")
        mine = _Place(asyncio.get_running_loop().time())
        self._places.setdefault(key, []).append(mine)
        self.taken += 1
        known = self._newest.get(key)
        if self._closed or (known is not None and known.outcome is not None):
            mine.arrival.set_result(known.outcome if known is not None else None)
        try:
            yield mine.arrival
        finally:
            self.taken -= 1
            waiting = self._places[key]
            waiting.remove(mine)
            if not waiting:
                del self._places[key]

    @contextmanager
    def refusal_place(self, submission_id: UUID) -> Iterator["asyncio.Future[ReviewRefused | None]"]:
        """A place to wait in for the word that this very decision was refused."""
        future: asyncio.Future[ReviewRefused | None] = asyncio.get_running_loop().create_future()
        self._refusals[submission_id] = future
        try:
            yield future
        finally:
            self._refusals.pop(submission_id, None)

    def overdue(self, age_s: float) -> Collection[RequestKey]:
        """Requests for whose outcome somebody has waited this long."""
        before = asyncio.get_running_loop().time() - age_s
        return [key for key, places in self._places.items() if places[0].since <= before]

    async def take(self, records: Sequence[Record]) -> None:
        """The watcher of `answers`. Of several outcomes of a request the first counts."""
        for record in records:
            key = claimed_tenant(record), claimed_request_id(record)
            if key not in self._places and key not in self._newest:
                continue
            try:
                body = decode(record, ANSWERS).body
            except UndecodableEvent as error:
                _log.warning("outcome not readable", reason=error.reason, offset=record.offset)
                continue
            if isinstance(body, AnswerReleased | AnswerWithheld | AnswerFailed):
                self.deliver((body.tenant, body.request_id), body)

    async def take_verdicts(self, records: Sequence[Record]) -> None:
        """The watcher of `verdicts`: what a person has to decide, and decisions that were refused."""
        for record in records:
            key = claimed_tenant(record), claimed_request_id(record)
            if key not in self._places and key not in self._newest:
                continue
            try:
                body = decode(record, VERDICTS).body
            except UndecodableEvent:
                continue  # audit buries it
            if isinstance(body, VerdictDecided) and body.action == "review" and body.review_by is not None:
                self._in_review((body.tenant, body.request_id), body.review_by)
            elif isinstance(body, ReviewRefused) and body.ancestors:
                future = self._refusals.get(body.ancestors[-1].event_id)
                if future is not None and not future.done():
                    future.set_result(body)

    def _in_review(self, key: RequestKey, review_by: datetime) -> None:
        """Whoever waits for an outcome learns that it may take hours; who goes on waiting takes a new place."""
        known = self._newest.get(key)
        if known is None or known.outcome is not None or known.review_by is not None:
            return
        known.review_by = review_by
        for place in self._places.get(key, ()):
            if not place.arrival.done():
                place.arrival.set_result(None)

    def deliver(self, key: RequestKey, outcome: Outcome) -> None:
        known = self._newest.get(key)
        if known is not None and known.outcome is None and concerns(known.question, outcome):
            known.outcome = outcome
        for place in self._places.get(key, ()):
            if not place.arrival.done():
                place.arrival.set_result(outcome)

    def close(self) -> None:
        """Send everybody home: the process is about to stop."""
        self._closed = True
        for future in self._refusals.values():
            if not future.done():
                future.set_result(None)
        for places in self._places.values():
            for place in places:
                if not place.arrival.done():
                    place.arrival.set_result(None)
