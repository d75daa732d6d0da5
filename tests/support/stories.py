"""Requests that went one way or another, as records of a log."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from answerable_events.answers import AnswerFailed, AnswerReleased, AnswerWithheld
from answerable_events.body import EventBody
from answerable_events.requests import (
    Asker,
    CheckResult,
    Citation,
    ContextRetrieved,
    DraftGenerated,
    DraftSentence,
    ModelUse,
    Passage,
    PromptUse,
    Question,
    QuestionAsked,
    RiskBound,
    VerdictDecided,
)
from answerable_events.topics import ANSWERS, CONTEXTS, DRAFTS, QUESTIONS, VERDICTS
from tests.support.trail import Log

_SENTENCES = (DraftSentence(text="Thirty.", citations=(1,)),)


@dataclass(frozen=True)
class Story:
    """A request; each stage takes the seconds given. Without `ended` it stops after `stages`."""

    number: int
    at: datetime
    tenant: str = "acme"
    asker: str = "ada"
    text: str = "How many days of leave?"
    documents: tuple[str, ...] = ("d1", "d2")
    model: str = "small"
    revision: str = "r1"
    confidence: float = 0.9
    failed_check: str | None = None
    ended: str | None = "released"
    """released, withheld:REASON or failed:REASON."""
    stages: int = 3
    """How many of context, draft and verdict came."""
    seconds: tuple[float, float, float, float] = (1, 2, 3, 4)
    deadline: datetime | None = None
    certificate: RiskBound | None = None
    review_by: datetime | None = None
    """Until when a person decides; None: the verdict leaves nothing to one."""

    @property
    def request_id(self) -> UUID:
        return UUID(int=self.number)


def tell(log: Log, story: Story) -> None:
    """Write the records of the request."""
    moment = story.at
    lineage = log.write(_question(story), QUESTIONS, at=moment).lineage
    steps = ((_context, CONTEXTS), (_draft, DRAFTS), (_verdict, VERDICTS))
    for (make, topic), seconds in zip(steps[: story.stages], story.seconds, strict=False):
        moment += timedelta(seconds=seconds)
        lineage = log.write(make(story).model_copy(update={"ancestors": lineage}), topic, at=moment).lineage
    if story.ended is not None:
        moment += timedelta(seconds=story.seconds[3])
        answer = _answer(story, moment).model_copy(update={"ancestors": lineage})
        log.write(answer, ANSWERS, at=moment)


def _question(story: Story) -> QuestionAsked:
    return QuestionAsked(
        tenant=story.tenant,
        request_id=story.request_id,
        text=story.text,
        asker=Asker(subject=story.asker),
        asked_at=story.at,
        deadline=story.deadline,
    )


def _asked(story: Story) -> Question:
    return _question(story).question


def _passages(story: Story) -> tuple[Passage, ...]:
    return tuple(
        Passage(
            label=label,
            passage_id=f"{document}#{label}",
            document_id=document,
            document_version=1,
            title=document.upper(),
            source=document,
            locator="line 1",
            text="Thirty.",
            readers_matched=(f"user:{story.asker}",),
        )
        for label, document in enumerate(story.documents, 1)
    )


def _context(story: Story) -> EventBody:
    return ContextRetrieved(
        tenant=story.tenant,
        request_id=story.request_id,
        question=_asked(story),
        snapshot="v1",
        passages=_passages(story),
        embedder="minilm",
    )


def _draft(story: Story) -> EventBody:
    return DraftGenerated(
        tenant=story.tenant,
        request_id=story.request_id,
        question=_asked(story),
        snapshot="v1",
        passages=_passages(story),
        answered=story.ended != "withheld:not_known",
        sentences=_SENTENCES,
        prompt=PromptUse(name="answer", version=1, sha256="0" * 64),
        model=ModelUse(id=story.model, adapter="a", name="n", revision=story.revision, duration_ms=1000),
    )


def _verdict(story: Story) -> EventBody:
    reason = story.failed_check
    return VerdictDecided(
        tenant=story.tenant,
        request_id=story.request_id,
        question=_asked(story),
        snapshot="v1",
        action="review" if story.review_by else "release" if story.ended == "released" else "withhold",
        review_by=story.review_by,
        checks=(CheckResult(name="supported", version=1, passed=reason is None, score=0.5, reason=reason),),
        confidence=story.confidence,
        threshold=0.5,
        certificate=story.certificate,
    )


def _answer(story: Story, now: datetime) -> EventBody:
    outcome, _, reason = str(story.ended).partition(":")
    if outcome == "released":
        first = _passages(story)[0]
        citation = Citation(
            label=1, passage_id=first.passage_id, document_id=first.document_id, document_version=1, title=first.title,
            source=first.source, locator=first.locator,
        )  # fmt: skip
        return AnswerReleased(
            tenant=story.tenant, request_id=story.request_id, asker=story.asker, text="Thirty.", sentences=_SENTENCES,
            citations=(citation,), confidence=story.confidence, decided_at=now,
        )  # fmt: skip
    kind = AnswerWithheld if outcome == "withheld" else AnswerFailed
    return kind(
        tenant=story.tenant, request_id=story.request_id, asker=story.asker, reason=reason, explanation="No.",
        decided_at=now,
    )  # fmt: skip
