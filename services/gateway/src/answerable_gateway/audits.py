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
from answerable_trail.people import Drawn, drawn_answers

_SHOWN = 20
"""Answers shown at once; judging takes minutes each."""


@dataclass(frozen=True, slots=True)
class AuditRules:
    """Which share of released answers is drawn, and which share of those is judged by two."""

    share: float
    double_share: float


@dataclass(frozen=True, slots=True)
class Audits:
    """One for each process. Every method raises TrailError."""

    trail: Trail
    publisher: Publisher
    rules: AuditRules
    now: Callable[[], datetime]

    async def waiting(self, caller: Caller) -> list[AuditItem]:
        """Drawn answers that the caller can judge."""
        items: list[AuditItem] = []
        for drawn in await self._drawn(caller):
            dossier = await self._dossier(caller, drawn.request_id)
            if self._may_judge(caller, drawn, dossier):
                items.append(_item(dossier, drawn))
            if len(items) == _SHOWN:
                break
        return items

    async def judge(self, caller: Caller, request_id: UUID, body: JudgementBody) -> None:
        """Publish the judgement.

        Raises:
            Refused: not drawn, one's own question or review, judged already, or another answer counts.
        """
        drawn = next((each for each in await self._drawn(caller) if each.request_id == request_id), None)
        if drawn is None:
            raise Refused(problems.NOT_FOUND)
        dossier = await self._dossier(caller, request_id)
        released, row = dossier.outcome, dossier.outcome_row
        if not isinstance(released, AnswerReleased) or row is None:
            raise Refused(problems.NOT_FOUND)
        if caller.subject in {released.asker, released.reviewer}:
            raise Refused(problems.OWN_QUESTION)
        if not self._may_judge(caller, drawn, dossier):
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
            share=self.rules.share,
            confidence=released.confidence,
            certificate_id=released.certificate.certificate_id if released.certificate else None,
            audited_at=self.now(),
        )
        await self.publisher.publish(judged, FEEDBACK)

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
        await self.publisher.publish(given, FEEDBACK)

    async def _drawn(self, caller: Caller) -> list[Drawn]:
        return await drawn_answers(self.trail, caller.tenant, self.rules.share) if self.rules.share else []

    async def _dossier(self, caller: Caller, request_id: UUID) -> Dossier:
        return dossier_of(await self.trail.request(caller.tenant, request_id))

    def _may_judge(self, caller: Caller, drawn: Drawn, dossier: Dossier) -> bool:
        released = dossier.outcome
        return (
            isinstance(released, AnswerReleased)
            and dossier.draft is not None
            and caller.subject not in {released.asker, released.reviewer, *drawn.auditors}
            and len(drawn.auditors) < drawn.needed(self.rules.double_share)
        )


def _item(dossier: Dossier, drawn: Drawn) -> AuditItem:
    released, draft = dossier.outcome, dossier.draft
    assert isinstance(released, AnswerReleased)
    assert draft is not None
    cited = {citation.label for citation in released.citations}
    return AuditItem(
        request_id=drawn.request_id,
        question=draft.question.text,
        text=released.text,
        sentences=released.sentences,
        citations=released.citations,
        passages=tuple(
            passage.model_copy(update={"scores": {}}) for passage in draft.passages if passage.label in cited
        ),
        answer_sha256=drawn.answer_sha256,
    )
