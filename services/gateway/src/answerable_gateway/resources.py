"""What goes over HTTP, as values; the OpenAPI document is made of them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from answerable_events.answers import AnswerFailed, AnswerReleased, AnswerWithheld
from answerable_events.body import Instant
from answerable_events.requests import (
    STANDARD_RISK,
    Citation,
    DraftSentence,
    Question,
    QuestionText,
    RiskBound,
    RiskClass,
)

Outcome = AnswerReleased | AnswerWithheld | AnswerFailed

_STATUSES: dict[type[Outcome], Literal["released", "withheld", "failed"]] = {
    AnswerReleased: "released",
    AnswerWithheld: "withheld",
    AnswerFailed: "failed",
}


class QuestionBody(BaseModel):
    """A question. Who asks is not in it: that comes from the credentials."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    question: QuestionText
    deadline_seconds: float | None = Field(
        default=None, gt=0, description="The outcome comes within this time; 60 when absent."
    )
    consequential: bool = Field(default=False, description="A person decides, whatever the confidence.")
    risk_class: RiskClass = Field(
        default=STANDARD_RISK, description="Which certificate bounds the risk of a wrong answer."
    )
    as_of: Instant | None = Field(
        default=None,
        description="Answer from documents and access rules as they were then; not in the future. Now when absent.",
    )


class Answer(BaseModel):
    """An answer and where it can be checked."""

    text: str
    sentences: tuple[DraftSentence, ...] = Field(description="The answer in sentences, each with labels of citations.")
    citations: tuple[Citation, ...]
    confidence: float = Field(ge=0, le=1)
    certificate: RiskBound | None = Field(
        default=None, description="What is proved of answers like this one; absent: nothing."
    )
    reviewer: str | None = Field(default=None, description="The person who released it; absent: nobody had to.")


class RequestStatus(BaseModel):
    """Where a request stands. An outcome never changes."""

    request_id: UUID
    status: Literal["pending", "in_review", "released", "withheld", "failed"]
    asked_at: datetime
    answer_by: datetime = Field(description="An outcome is there by then.")
    decided_at: datetime | None = Field(default=None, description="Absent while pending.")
    answer: Answer | None = Field(default=None, description="Only when released.")
    reason: str | None = Field(default=None, description="Code; only when withheld or failed.")
    explanation: str | None = Field(default=None, description="The reason in words.")


def request_status(question: Question, outcome: Outcome | None, review_by: datetime | None = None) -> RequestStatus:
    """A request as its asker sees it. `review_by`: until when a person decides, where one has to."""
    status = RequestStatus(
        request_id=question.request_id,
        status="pending" if review_by is None else "in_review",
        asked_at=question.asked_at,
        answer_by=review_by or question.answer_by,
    )
    if outcome is None:
        return status
    decided = {"status": _STATUSES[type(outcome)], "decided_at": outcome.decided_at}
    if isinstance(outcome, AnswerReleased):
        answer = Answer(
            text=outcome.text,
            sentences=outcome.sentences,
            citations=outcome.citations,
            confidence=outcome.confidence,
            certificate=outcome.certificate,
            reviewer=outcome.reviewer,
        )
        return status.model_copy(update={**decided, "answer": answer})
    return status.model_copy(update={**decided, "reason": outcome.reason, "explanation": outcome.explanation})
