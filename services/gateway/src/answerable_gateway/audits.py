"""The blind audit of released answers, and what askers say of theirs. Without HTTP.

A random share of all released answers is judged by people who see neither confidence nor checks nor what others said:
the share of wrong ones among them estimates that of all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from answerable_events.answers import AnswerReleased
from answerable_events.feedback import AnswerAudited, FeedbackGiven
from answerable_events.topics import FEEDBACK
from answerable_gateway import problems
from answerable_gateway.callers import Caller
from answerable_gateway.dossiers import Dossier, ancestor_of, dossier_of
from answerable_gateway.errors import Refused
from answerable_gateway.publishing import Publisher
from answerable_gateway.review_resources import AuditItem, FeedbackBody, JudgementBody
from answerable_trail.client import Trail
from answerable_trail.people import Draw, drawn_answers

_LOOKED_AT = 60
_SHOWN = 20
"""Answers shown at once; judging takes minutes each."""


@dataclass(frozen=True, slots=True)
class Audits:
    """One for each process. Every method raises TrailError."""

    trail: Trail
    publisher: Publisher
    draw: Draw
    now: Callable[[], datetime]

    async def waiting(self, caller: Caller) -> list[AuditItem]:
        """Drawn answers that the caller can judge."""
        if not self.draw.share:
            return []
        items: list[AuditItem] = []
        for request_id in await drawn_answers(self.trail, caller.tenant, self.draw, caller.subject, _LOOKED_AT):
            dossier = await self._dossier(caller, request_id)
            released = dossier.outcome
            if isinstance(released, AnswerReleased) and caller.subject not in {released.asker, released.reviewer}:
                items += _items(dossier)
            if len(items) == _SHOWN:
                break
        return items

    async def judge(self, caller: Caller, request_id: UUID, body: JudgementBody) -> None:
        """Publish the judgement.

        Raises:
            Refused: not drawn, one's own question or review, judged already, or another answer counts.
        """
        dossier = await self._dossier(caller, request_id)
        released, row = dossier.outcome, dossier.outcome_row
        if not isinstance(released, AnswerReleased) or row is None or not self.draw.people_needed(row.body_sha256):
            raise Refused(problems.NOT_FOUND)
        if caller.subject in {released.asker, released.reviewer}:
            raise Refused(problems.OWN_QUESTION)
        if caller.subject in dossier.auditors or len(dossier.auditors) >= self.draw.people_needed(row.body_sha256):
            raise Refused(problems.DECIDED)
        if body.answer_sha256 != row.body_sha256:
            raise Refused(problems.STALE)
        judged = AnswerAudited(
            tenant=caller.tenant,
            request_id=request_id,
            ancestors=(*released.ancestors, ancestor_of(row)),
            auditor=caller.subject,
            correct=body.correct,
            reason=body.reason,
            answer_sha256=body.answer_sha256,
            share=self.draw.share,
            confidence=released.confidence,
            certificate_id=released.certificate.certificate_id if released.certificate else None,
            audited_at=self.now(),
        )
        message, _ = self.publisher.prepare(judged, FEEDBACK)
        await self.publisher.publish(message)

    async def take_feedback(self, caller: Caller, request_id: UUID, body: FeedbackBody) -> None:
        """Publish what the asker says. Raises Refused: no released answer of theirs."""
        dossier = await self._dossier(caller, request_id)
        released, row = dossier.outcome, dossier.outcome_row
        if not isinstance(released, AnswerReleased) or row is None or released.asker != caller.subject:
            raise Refused(problems.NOT_FOUND)
        given = FeedbackGiven(
            tenant=caller.tenant,
            request_id=request_id,
            ancestors=(*released.ancestors, ancestor_of(row)),
            by=caller.subject,
            rating=body.rating,
            comment=body.comment or None,
            given_at=self.now(),
        )
        message, _ = self.publisher.prepare(given, FEEDBACK)
        await self.publisher.publish(message)

    async def _dossier(self, caller: Caller, request_id: UUID) -> Dossier:
        return dossier_of(await self.trail.request(caller.tenant, request_id))


def _items(dossier: Dossier) -> list[AuditItem]:
    released, draft, row = dossier.outcome, dossier.draft, dossier.outcome_row
    if not isinstance(released, AnswerReleased) or draft is None or row is None:
        return []
    cited = {citation.label for citation in released.citations}
    passages = tuple(one.model_copy(update={"scores": {}}) for one in draft.passages if one.label in cited)
    return [
        AuditItem(
            request_id=released.request_id,
            question=draft.question.text,
            text=released.text,
            sentences=released.sentences,
            citations=released.citations,
            passages=passages,
            answer_sha256=row.body_sha256,
        )
    ]
