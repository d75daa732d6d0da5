"""The outcome of a request: exactly one of these, written by audit only, after the trace is durable."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from answerable_events.body import Code, Instant, Name, RequestBody, Sha256, Text, Value
from answerable_events.requests import Citation, DraftSentence, RiskBound

EXPLANATIONS: dict[str, str] = {
    "not_known": "The documents you may read do not hold an answer.",
    "awaiting_review": "A person had to decide this one, and nobody did in time.",
    "review_rejected": "A person looked at the draft and did not release it.",
    "not_certified": "Nothing is proved of how often such answers are wrong, so none is released.",
    "low_confidence": "An answer was found but is not certain enough to be released.",
    "sources_conflict": "The sources contradict one another.",
    "source_stale": "The only sources are out of date.",
    "source_quality": "The only sources are not good enough to rest on.",
    "access_changed": "Access to a source changed while this was answered; ask again.",
    "as_of_unavailable": "Documents and access rules as they were then are not kept any more.",
    "citation_missing": "The draft did not say where its statements come from.",
    "citation_unknown": "The draft cited a source that was not given to it.",
    "unsupported": "The draft was not supported by the sources that it cited.",
    "number_mismatch": "A figure in the draft is not in the sources that it cited.",
    "question_not_answered": "The draft did not answer the question.",
    "suspected_injection": "A source seems to contain instructions to the system.",
    "other_language": "The draft was in another language than the question and its sources.",
    "personal_data": "The draft held personal data, which are not given out here.",
    "secrets": "The draft held a password, key or token.",
    "malformed_answer": "The draft was not in the agreed form.",
    "deadline_exceeded": "No answer was ready before the deadline.",
    "body_invalid": "The question could not be read.",
    "body_too_large": "The question is too large.",
    "headers_invalid": "The message headers could not be read.",
    "type_unknown": "The message has a type or version that is not known here.",
    "topic_mismatch": "The message was sent to the wrong topic.",
    "tenant_mismatch": "The message names two different tenants.",
    "processing_error": "A step failed; operators have been told.",
    "retries_exhausted": "A step failed repeatedly; asking again later may work.",
    "trace_incomplete": "The record of this request is incomplete, so nothing is released.",
}
"""What a reason code means, in words for the asker. Free of any detail about documents."""


class Tree(Value):
    """One append-only tree of the record."""

    tenant: Name
    shard: int = Field(ge=0)


class Receipt(Value):
    """Where the event that an outcome rests on is sealed; what the record must show to whoever keeps this."""

    tree: Tree
    event_id: UUID
    leaf_index: int = Field(ge=0)
    leaf_hash: Sha256
    checkpoint: Text | None = Field(
        default=None, description="Signed note of a checkpoint that covers the leaf; absent when there is none yet."
    )
    promised_by: Instant | None = Field(
        default=None, description="Without a checkpoint: when one that covers the leaf is signed at the latest."
    )


class AnswerReleased(RequestBody):
    """An answer that is permitted, supported, and recorded."""

    TYPE: ClassVar[str] = "io.answerable.answer.released.v1"

    asker: Name
    text: Text
    sentences: tuple[DraftSentence, ...]
    citations: tuple[Citation, ...]
    confidence: float = Field(ge=0, le=1)
    certificate: RiskBound | None = Field(
        default=None, description="What is proved of answers like this one; absent: nothing."
    )
    reviewer: Name | None = Field(default=None, description="The person who released it; absent: nobody had to.")
    decided_at: Instant
    receipt: Receipt | None = None


class AnswerWithheld(RequestBody):
    """An honest no: not known, not certain enough, or refused by a person."""

    TYPE: ClassVar[str] = "io.answerable.answer.withheld.v1"

    asker: Name
    reason: Code
    explanation: Text
    reviewer: Name | None = Field(default=None, description="The person who refused it; absent: nobody did.")
    decided_at: Instant
    receipt: Receipt | None = None


class AnswerFailed(RequestBody):
    """No verdict came about: unreadable question, failed step, or deadline."""

    TYPE: ClassVar[str] = "io.answerable.answer.failed.v1"

    asker: Name | None = Field(default=None, description="Absent when the question could not be read.")
    reason: Code
    explanation: Text
    decided_at: Instant
    receipt: Receipt | None = None


class AnswerRecalled(RequestBody):
    """A notice to whoever got a released answer: a document that it rests on was recalled."""

    TYPE: ClassVar[str] = "io.answerable.answer.recalled.v1"

    recall_id: UUID = Field(description="One call of `answerable recall`; the same for all of its notices.")
    asker: Name
    document_id: Name
    document_version: int = Field(ge=1)
    cited: bool = Field(description="False: the answer's context held the document, its sentences do not cite it.")
    reason: Text = Field(min_length=1, max_length=1_000)
    by: Name = Field(description="Who recalled it.")
    recalled_at: Instant
