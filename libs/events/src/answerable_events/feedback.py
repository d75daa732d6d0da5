"""Events about answers that were released: what people and upstream systems say of them afterwards."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from answerable_events.body import Instant, Name, RequestBody, Sha256, Text


class FeedbackGiven(RequestBody):
    """Somebody who got an answer says what it was worth. Not a sample, so no error rate is estimated from it."""

    TYPE: ClassVar[str] = "io.answerable.feedback.given.v1"
    ONCE: ClassVar[bool] = False

    by: Name
    rating: Literal["right", "wrong", "incomplete", "not_helpful"]
    comment: Text | None = Field(default=None, max_length=2_000)
    given_at: Instant


class AnswerAudited(RequestBody):
    """A person judged a released answer that was drawn at random, without having seen its confidence."""

    TYPE: ClassVar[str] = "io.answerable.answer.audited.v1"
    ONCE: ClassVar[bool] = False

    auditor: Name
    correct: bool
    reason: Text = Field(min_length=1, max_length=2_000)
    answer_sha256: Sha256 = Field(description="Of the body of the outcome that was judged.")
    share: float = Field(gt=0, le=1, description="Which share of released answers was drawn when this was judged.")
    confidence: float = Field(ge=0, le=1, description="Of the answer; the auditor did not see it.")
    certificate_id: UUID | None = Field(default=None, description="The certificate under which it was released.")
    audited_at: Instant
