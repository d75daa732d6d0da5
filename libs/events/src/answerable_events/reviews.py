"""Events of people: what a reviewer decides about a draft, and what became of that decision."""

from typing import ClassVar, Literal

from pydantic import Field

from answerable_events.body import Code, Instant, Name, RequestBody, Sha256, Text
from answerable_events.requests import Asker, CheckResult, Citation, DraftSentence

ReviewDecision = Literal["approve", "correct", "reject"]


class ReviewSubmitted(RequestBody):
    """A person decided about a draft. Written by the gateway, which knows who it is; validation checks it.

    Its ancestors are those of the verdict, and the verdict. Two reviewers make two events; the one that is accepted
    first counts.
    """

    TYPE: ClassVar[str] = "io.answerable.review.submitted.v1"
    ONCE: ClassVar[bool] = False

    reviewer: Asker
    decision: ReviewDecision
    reason: Text = Field(min_length=1, max_length=2_000, description="Why; never shown to the asker.")
    draft_sha256: Sha256 = Field(description="Of the draft that the reviewer saw; any other draft is not decided.")
    draft_body: str = Field(description="The body of that draft, byte for byte, as text.")
    sentences: tuple[DraftSentence, ...] = Field(default=(), description="With `correct`: what is released instead.")
    claimed_at: Instant = Field(description="Since when the reviewer had it before them.")
    submitted_at: Instant


class ReviewCompleted(RequestBody):
    """The decision was accepted: audit releases or withholds by it. The first one of a request counts."""

    TYPE: ClassVar[str] = "io.answerable.review.completed.v1"
    ONCE: ClassVar[bool] = False

    reviewer: Name
    decision: ReviewDecision
    draft_sha256: Sha256
    sentences: tuple[DraftSentence, ...] = Field(default=(), description="What is released; empty when rejected.")
    citations: tuple[Citation, ...] = ()
    checks: tuple[CheckResult, ...] = Field(
        default=(), description="Of what is released, now; those that judge wording do not bind a person."
    )


class ReviewRefused(RequestBody):
    """The decision was not accepted; the draft still waits for one."""

    TYPE: ClassVar[str] = "io.answerable.review.refused.v1"
    ONCE: ClassVar[bool] = False

    reviewer: Name
    decision: ReviewDecision
    draft_sha256: Sha256
    reason: Code = Field(
        description="`review_stale`, `reviewer_is_asker`, `access_changed`, or that of a failed check."
    )
    checks: tuple[CheckResult, ...] = ()
