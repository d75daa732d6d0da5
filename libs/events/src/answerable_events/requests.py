"""Events of a request on its way: question, context, draft, verdict."""

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from answerable_events.body import Code, Instant, Name, RequestBody, Sha256, Tenant, Text, Value

DEFAULT_TIME_ALLOWED = timedelta(seconds=60)
"""Deadline of a question that names none: long enough for a slow model, short enough for a waiting person."""

STANDARD_RISK = "standard"
"""The risk class of a question that names none."""

RiskClass = Code

QuestionText = Annotated[Text, StringConstraints(min_length=1, max_length=8_000, strip_whitespace=True)]


class Asker(Value):
    """Who asks, as the authenticated upstream or the gateway's verified token says."""

    subject: Name
    groups: tuple[Name, ...] = ()


class Question(Value):
    """The request as every later step needs it."""

    request_id: UUID
    tenant: Tenant
    text: QuestionText
    asker: Asker
    asked_at: Instant
    deadline: Instant | None = Field(
        default=None, description="Latest moment for the outcome; default 60 s after `asked_at`."
    )
    consequential: bool = Field(default=False, description="A person decides, whatever the confidence.")
    risk_class: RiskClass = Field(
        default=STANDARD_RISK,
        description="Which certificate bounds the risk of a wrong answer; by the tenant's own names.",
    )
    as_of: Instant | None = Field(
        default=None, description="Answer from documents and access rules as they were then; default now."
    )

    @property
    def answer_by(self) -> datetime:
        return self.deadline or self.asked_at + DEFAULT_TIME_ALLOWED


class QuestionAsked(RequestBody):
    """A question was put to Answerable. The only event that upstream systems write about requests."""

    TYPE: ClassVar[str] = "io.answerable.question.asked.v1"

    text: QuestionText
    asker: Asker
    asked_at: Instant
    deadline: Instant | None = Field(
        default=None, description="Latest moment for the outcome; default 60 s after `asked_at`."
    )
    consequential: bool = Field(default=False, description="A person decides, whatever the confidence.")
    risk_class: RiskClass = Field(
        default=STANDARD_RISK,
        description="Which certificate bounds the risk of a wrong answer; by the tenant's own names.",
    )
    as_of: Instant | None = Field(
        default=None, description="Answer from documents and access rules as they were then; default now."
    )

    @property
    def question(self) -> Question:
        return Question(
            request_id=self.request_id,
            tenant=self.tenant,
            text=self.text,
            asker=self.asker,
            asked_at=self.asked_at,
            deadline=self.deadline,
            consequential=self.consequential,
            risk_class=self.risk_class,
            as_of=self.as_of,
        )


class Passage(Value):
    """A piece of a document that the asker may read."""

    label: int = Field(ge=1, description="Number by which prompt, draft and citations name the passage.")
    passage_id: Name
    document_id: Name
    document_version: int
    title: Text
    source: Text = Field(description="Where the document comes from, for example a file name.")
    locator: Text = Field(description='Place within the document: "page 3", "lines 10-14", "sheet Prices, row 12".')
    heading: Text | None = None
    text: Text
    scores: dict[str, float] = Field(default_factory=dict, description="Ranking scores by name: bm25, dense, fused.")
    readers_matched: tuple[Name, ...] = Field(
        description="The readers of the document that the asker is one of: why access was granted."
    )
    stale: bool = False
    valid_until: Instant | None = None
    caveats: tuple[Code, ...] = Field(
        default=(), description="What speaks against resting on it, for example `stale`, `conflict`, `ocr_noise`."
    )


class ContextRetrieved(RequestBody):
    """The passages on which the answer may rest, out of one pinned index snapshot."""

    TYPE: ClassVar[str] = "io.answerable.context.retrieved.v1"

    question: Question
    snapshot: Name = Field(description="Index version: the same question against it gives the same passages.")
    passages: tuple[Passage, ...]
    left_out: dict[Code, int] = Field(
        default_factory=dict, description="Passages left out, counted by reason; never shown to the asker."
    )
    embedder: Name = Field(description="Name and revision of the embedding model.")
    unavailable: Code | None = Field(
        default=None, description="Why nothing could be looked for, for example `as_of_unavailable`."
    )


class DraftSentence(Value):
    """A sentence and the labels of the passages that it cites."""

    text: Text
    citations: tuple[int, ...] = ()


class ModelUse(Value):
    """Which model wrote the draft, how, and at what cost."""

    id: Name
    adapter: Name
    name: Name
    revision: Name
    temperature: float = 0.0
    seed: int | None = None
    max_output_tokens: int | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    duration_ms: float = Field(ge=0)


class PromptUse(Value):
    """Which prompt template was used; the hash is over the rendered text."""

    name: Name
    version: int
    sha256: Sha256


class DraftGenerated(RequestBody):
    """A model's draft. Nobody but validation reads it as an answer."""

    TYPE: ClassVar[str] = "io.answerable.draft.generated.v1"

    question: Question
    snapshot: Name
    passages: tuple[Passage, ...]
    answered: bool = Field(description="False: the model found no answer in the passages.")
    sentences: tuple[DraftSentence, ...] = ()
    model: ModelUse
    prompt: PromptUse
    scores: dict[str, float] = Field(
        default_factory=dict, description="The adapter's own signals, for example answer_probability."
    )
    embedder: Name | None = Field(default=None, description="As the context says.")
    unavailable: Code | None = Field(default=None, description="As the context says.")


class Evidence(Value):
    """Characters `start` to `end` of the text of the passage with this label."""

    label: int
    start: int = Field(ge=0)
    end: int = Field(ge=0)


class CheckResult(Value):
    """What one named, versioned check found."""

    name: Code
    version: int
    passed: bool
    score: float = Field(ge=0, le=1)
    reason: Code | None = None
    evidence: tuple[Evidence, ...] = ()
    note: Text | None = Field(
        default=None, description='What was found, in words: "1,204 - 1,100 = 104", or both sides of a conflict.'
    )


class Citation(Value):
    """Where a released sentence can be read in full."""

    label: int
    passage_id: Name
    document_id: Name
    document_version: int
    title: Text
    source: Text
    locator: Text


class RiskBound(Value):
    """What is proved of the answers that are released: at most a share `alpha` of them is wrong, but for `delta`.

    Said of traffic like that of the calibration set, which `certificate.signed` describes in full.
    """

    certificate_id: UUID
    alpha: float = Field(gt=0, lt=1, description="Share of released answers that may be wrong.")
    delta: float = Field(gt=0, lt=1, description="Probability that this is said wrongly.")
    labelled: int = Field(ge=1, description="Labelled answers that prove it.")
    threshold: float = Field(ge=0, le=1, description="Confidence from which answers are released.")
    set_sha256: Sha256 = Field(description="Of the labelled answers.")
    expires_at: Instant


class VerdictDecided(RequestBody):
    """Whether the draft may be released. Its ancestors are the manifest of the whole request."""

    TYPE: ClassVar[str] = "io.answerable.verdict.decided.v1"

    question: Question
    snapshot: Name
    action: Literal["release", "withhold", "review"]
    reason: Code | None = Field(default=None, description="Why not released; absent when released.")
    sentences: tuple[DraftSentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    confidence: float = Field(ge=0, le=1)
    threshold: float = Field(ge=0, le=1)
    certificate: RiskBound | None = Field(default=None, description="The certificate in force; absent: there is none.")
    configuration: dict[Code, Name] = Field(
        default_factory=dict, description="What made this answer and this verdict, as certificates name it."
    )
    uncertified: Code | None = Field(
        default=None, description="Why no certificate is in force, for example `absent`, `expired`, `model_changed`."
    )
    review_by: Instant | None = Field(
        default=None, description="With `review`: a person decides until then; without a decision it is withheld."
    )
