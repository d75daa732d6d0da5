"""Endpoints of reviewers and auditors: HTTP in, `Reviews` and `Audits`, HTTP out."""

from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from answerable_events.answers import AnswerFailed, AnswerReleased, AnswerWithheld
from answerable_events.reviews import ReviewRefused
from answerable_gateway import problems
from answerable_gateway.audits import Audits
from answerable_gateway.callers import Authenticator, Caller, caller_of
from answerable_gateway.errors import Refused
from answerable_gateway.intake import read_body, request_id_in_path
from answerable_gateway.observed import note_request_id
from answerable_gateway.problems import FieldError
from answerable_gateway.resources import Outcome
from answerable_gateway.review_resources import (
    Accepted,
    AuditItems,
    DecisionBody,
    DecisionResult,
    FeedbackBody,
    JudgementBody,
    OpenReviews,
    ReviewDetail,
)
from answerable_gateway.reviews import Reviews, listed_fields
from answerable_gateway.settings import GatewaySettings

BodyT = TypeVar("BodyT", bound=BaseModel)
_STATUSES: dict[type[Outcome], str] = {
    AnswerReleased: "released",
    AnswerWithheld: "withheld",
    AnswerFailed: "failed",
}


@dataclass(frozen=True, slots=True)
class ReviewEndpoints:
    """What the routes call."""

    reviews: Reviews
    audits: Audits
    authenticator: Authenticator
    settings: GatewaySettings

    async def list_reviews(self, request: Request) -> Response:
        """GET /v1/reviews."""
        return _json(OpenReviews(reviews=await self.reviews.waiting(await self._reviewer(request))))

    async def show(self, request: Request) -> Response:
        """GET /v1/reviews/{request_id}."""
        caller, request_id = await self._reviewer(request), request_id_in_path(request)
        dossier, lease = await self.reviews.look(caller, request_id)
        note_request_id(request, request_id)
        verdict, draft, row = dossier.verdict, dossier.draft, dossier.draft_row
        if verdict is None or draft is None or row is None:
            raise Refused(problems.NOT_FOUND)
        detail = {
            **listed_fields(verdict, lease, caller),
            "draft_sha256": row.body_sha256,
            "sentences": draft.sentences,
            "passages": draft.passages,
            "checks": verdict.checks,
            "certificate": verdict.certificate,
            "uncertified": verdict.uncertified,
        }
        return _json(ReviewDetail.model_validate(detail))

    async def claim(self, request: Request) -> Response:
        """POST and DELETE /v1/reviews/{request_id}/claim."""
        caller, request_id = await self._reviewer(request), request_id_in_path(request)
        if request.method == "DELETE":
            await self.reviews.give_back(caller, request_id)
            return Response(status_code=204)
        claim = await self.reviews.claim(caller, request_id)
        note_request_id(request, request_id)
        return _json(claim)

    async def decide(self, request: Request) -> Response:
        """POST /v1/reviews/{request_id}/decision."""
        caller, request_id = await self._reviewer(request), request_id_in_path(request)
        body = await self._body(request, DecisionBody)
        if body.decision == "correct" and not body.sentences:
            raise Refused(problems.INVALID, fields=[FieldError(field="sentences", detail="is required to correct")])
        note_request_id(request, request_id)
        settled = await self.reviews.decide(caller, request_id, body)
        if settled is None:
            return _json(DecisionResult(request_id=request_id, status="pending"), 202)
        if isinstance(settled, ReviewRefused):
            failed = tuple(check for check in settled.checks if not check.passed)
            result = DecisionResult(request_id=request_id, status="refused", reason=settled.reason, checks=failed)
            return _json(result, 422)
        reason = None if isinstance(settled, AnswerReleased) else settled.reason
        fields = {"request_id": request_id, "status": _STATUSES[type(settled)], "reason": reason}
        return _json(DecisionResult.model_validate(fields))

    async def list_audits(self, request: Request) -> Response:
        """GET /v1/audits."""
        return _json(AuditItems(audits=await self.audits.waiting(await self._reviewer(request))))

    async def judge(self, request: Request) -> Response:
        """POST /v1/audits/{request_id}."""
        caller, request_id = await self._reviewer(request), request_id_in_path(request)
        await self.audits.judge(caller, request_id, await self._body(request, JudgementBody))
        note_request_id(request, request_id)
        return _json(Accepted(request_id=request_id), 202)

    async def feedback(self, request: Request) -> Response:
        """POST /v1/requests/{request_id}/feedback."""
        caller, request_id = await caller_of(request, self.authenticator), request_id_in_path(request)
        await self.audits.take_feedback(caller, request_id, await self._body(request, FeedbackBody))
        note_request_id(request, request_id)
        return _json(Accepted(request_id=request_id), 202)

    async def _reviewer(self, request: Request) -> Caller:
        caller = await caller_of(request, self.authenticator)
        self.reviews.admit(caller)
        return caller

    async def _body(self, request: Request, kind: type[BodyT]) -> BodyT:
        return await read_body(request, kind, max_bytes=self.settings.gateway_max_body_bytes)


def _json(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(exclude_none=True), status, media_type="application/json")
