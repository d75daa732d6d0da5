"""What goes over HTTP between the gateway and those who review, audit or give feedback."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from answerable_events.body import Sha256, Text
from answerable_events.requests import CheckResult, Citation, DraftSentence, Passage, RiskBound
from answerable_events.reviews import ReviewDecision

Reason = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class DecisionBody(BaseModel):
    """What a reviewer decides. It binds the draft with this digest, and no other."""

    model_config = _STRICT

    decision: ReviewDecision
    reason: Reason = Field(description="Why; the asker does not see it.")
    draft_sha256: Sha256 = Field(description="As GET /v1/reviews/{request_id} showed it.")
    sentences: list[DraftSentence] = Field(
        default_factory=list,
        max_length=12,
        description="With `correct`: what is released instead, with citations.",
    )


class JudgementBody(BaseModel):
    """What an auditor says of a released answer."""

    model_config = _STRICT

    correct: bool
    reason: Reason
    answer_sha256: Sha256 = Field(description="As GET /v1/audits showed it.")


class FeedbackBody(BaseModel):
    """What the asker says of an answer."""

    model_config = _STRICT

    rating: Literal["right", "wrong", "incomplete", "not_helpful"]
    comment: Annotated[Text, StringConstraints(strip_whitespace=True, max_length=2_000)] | None = None


class Claim(BaseModel):
    """Who has a review before them. A claim ends by itself."""

    reviewer: str
    since: datetime


class OpenReview(BaseModel):
    """A draft that waits for a person."""

    request_id: UUID
    question: str
    asker: str
    asked_at: datetime
    review_by: datetime = Field(description="Without a decision it is withheld then.")
    reason: str | None = Field(description="Why a person has to decide.")
    confidence: float
    claim: Claim | None = None
    yours: bool = Field(default=False, description="You asked it, so you cannot decide it.")


class OpenReviews(BaseModel):
    reviews: list[OpenReview]


class ReviewDetail(OpenReview):
    """All that a decision rests on."""

    draft_sha256: str
    sentences: tuple[DraftSentence, ...]
    passages: tuple[Passage, ...]
    checks: tuple[CheckResult, ...]
    certificate: RiskBound | None = None
    uncertified: str | None = None


class DecisionResult(BaseModel):
    """What became of a decision."""

    request_id: UUID
    status: Literal["pending", "released", "withheld", "failed", "refused"]
    reason: str | None = Field(default=None, description="Code; of what was withheld or refused.")
    checks: tuple[CheckResult, ...] = Field(default=(), description="Those that a refused decision failed.")


class AuditItem(BaseModel):
    """A released answer to judge, without anything that would tell what others or the system think of it."""

    request_id: UUID
    question: str
    text: str
    sentences: tuple[DraftSentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...] = Field(description="Those that the answer cites.")
    answer_sha256: str


class AuditItems(BaseModel):
    audits: list[AuditItem]


class Accepted(BaseModel):
    """It was published, and will be on the record."""

    request_id: UUID
    accepted: Literal[True] = True
