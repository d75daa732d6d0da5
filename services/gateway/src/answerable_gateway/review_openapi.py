"""The part of the OpenAPI description that is for reviewers and auditors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from answerable_gateway import problems
from answerable_gateway.problems import Kind
from answerable_gateway.review_resources import (
    Accepted,
    AuditItems,
    Claim,
    DecisionBody,
    DecisionResult,
    FeedbackBody,
    JudgementBody,
    OpenReviews,
    ReviewDetail,
)

MODELS: Sequence[tuple[type[BaseModel], str]] = (
    *((kind, "validation") for kind in (DecisionBody, JudgementBody, FeedbackBody)),
    *((kind, "serialization") for kind in (OpenReviews, ReviewDetail, Claim, DecisionResult, AuditItems, Accepted)),
)

_READS = (problems.MALFORMED, problems.TOO_SLOW, problems.TOO_LARGE, problems.NOT_JSON, problems.INVALID)
_CLAIMS = (problems.OWN_QUESTION, problems.DECIDED, problems.CLAIMED)


@dataclass(frozen=True, slots=True)
class Parts:
    """What descriptions of operations are made of."""

    problems: Callable[..., dict[str, Any]]
    request_id: Mapping[str, Any]
    always: Sequence[Kind]
    ref: Callable[[str], dict[str, str]]

    def operation(
        self,
        name: str,
        summary: str,
        answers: Mapping[str, tuple[str, type[BaseModel] | None]],
        refuses: Sequence[Kind] = (),
        *,
        takes: type[BaseModel] | None = None,
        about_one: bool = True,
    ) -> dict[str, Any]:
        kinds = (*refuses, *(_READS if takes else ()), *((problems.NOT_FOUND,) if about_one else ()), *self.always)
        described: dict[str, Any] = {
            "operationId": name,
            "summary": summary,
            "responses": {**{status: self._answer(*each) for status, each in answers.items()}, **self.problems(*kinds)},
        }
        if about_one:
            described["parameters"] = [self.request_id]
        if takes is not None:
            schema = {"schema": self.ref(takes.__name__)}
            described["requestBody"] = {"required": True, "content": {"application/json": schema}}
        return described

    def _answer(self, text: str, model: type[BaseModel] | None) -> dict[str, Any]:
        content = {} if model is None else {"content": {"application/json": {"schema": self.ref(model.__name__)}}}
        return {"description": text, **content}


def paths(parts: Parts) -> dict[str, Any]:
    """Operations by path and method."""
    reviewer = (problems.NOT_A_REVIEWER,)
    result = {"200": ("What became of it.", DecisionResult), "202": ("Published; nothing yet.", DecisionResult)}
    accepted = {"202": ("Published.", Accepted)}
    decision = parts.operation(
        "decide", "Approve, correct or reject a draft.", result,
        (*reviewer, *_CLAIMS, problems.NOT_CLAIMED, problems.STALE, problems.NOT_CONFIRMED), takes=DecisionBody,
    )  # fmt: skip
    return {
        "/v1/reviews": {
            "get": parts.operation(
                "reviews", "Drafts that wait for a person.", {"200": ("Oldest first.", OpenReviews)}, reviewer,
                about_one=False,
            )
        },
        "/v1/reviews/{request_id}": {
            "get": parts.operation("review", "All that a decision rests on.", {"200": ("It.", ReviewDetail)}, reviewer)
        },
        "/v1/reviews/{request_id}/claim": {
            "post": parts.operation(
                "claim", "Have it before oneself for a while, or longer.", {"200": ("The claim.", Claim)},
                (*reviewer, *_CLAIMS, problems.TOO_MANY_CLAIMS),
            ),
            "delete": parts.operation(
                "unclaim", "Give it back.", {"204": ("Given back.", None)}, (*reviewer, problems.NOT_CLAIMED)
            ),
        },
        "/v1/reviews/{request_id}/decision": {"post": decision},
        "/v1/audits": {
            "get": parts.operation(
                "audits", "Released answers, drawn at random, to judge blindly.", {"200": ("Some.", AuditItems)},
                reviewer, about_one=False,
            )
        },
        "/v1/audits/{request_id}": {
            "post": parts.operation(
                "judge", "Say whether a released answer is right.", accepted,
                (*reviewer, problems.OWN_QUESTION, problems.DECIDED, problems.STALE, problems.NOT_CONFIRMED),
                takes=JudgementBody,
            )
        },
        "/v1/requests/{request_id}/feedback": {
            "post": parts.operation(
                "feedback", "Say what an answer of one's own was worth.", accepted, (problems.NOT_CONFIRMED,),
                takes=FeedbackBody,
            )
        },
    }  # fmt: skip
