"""The messages of one request as the services write them, from question to verdict."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from answerable_events.body import EventBody
from answerable_events.codec import Event, Producer, decode, encode
from answerable_events.message import Message, Record
from answerable_events.requests import (
    Asker,
    Citation,
    ContextRetrieved,
    DraftGenerated,
    DraftSentence,
    ModelUse,
    Passage,
    PromptUse,
    Question,
    QuestionAsked,
    VerdictDecided,
)
from answerable_events.reviews import ReviewCompleted, ReviewSubmitted
from answerable_events.topics import CONTEXTS, DRAFTS, QUESTIONS, REVIEWS, VERDICTS, Topic

PASSAGE = Passage(
    label=1,
    passage_id="leave#1",
    document_id="handbook/leave.md",
    document_version=1,
    title="Annual leave",
    source="handbook/leave.md",
    locator="lines 3-5",
    text="Everyone has 27 days of annual leave.",
    readers_matched=("group:staff",),
)
SENTENCE = DraftSentence(text="Everyone has 27 days of annual leave.", citations=(1,))


@dataclass(frozen=True)
class Flow:
    """Question, context, draft and verdict of one request, each resting on the ones before."""

    question: Message
    context: Message
    draft: Message
    verdict: Message

    @property
    def messages(self) -> tuple[Message, ...]:
        return self.question, self.context, self.draft, self.verdict


def flow(
    *,
    request_id: UUID | None = None,
    now: datetime | None = None,
    partition: int = 0,
    action: str = "release",
    reason: str | None = None,
    sentence: DraftSentence = SENTENCE,
    review_by: datetime | None = None,
    **question: object,
) -> Flow:
    moment = now or datetime.now(UTC)
    fields: dict[str, object] = {
        "tenant": "norvik",
        "request_id": request_id or uuid4(),
        "text": "How many days of annual leave do I have?",
        "asker": Asker(subject="ada", groups=("staff",)),
        "asked_at": moment,
        **question,
    }
    asked = QuestionAsked.model_validate(fields)
    shared = {
        "tenant": asked.tenant,
        "request_id": asked.request_id,
        "question": asked.question,
        "snapshot": "norvik@1",
    }
    first, event = _step(asked, QUESTIONS, "upstream", None, moment, partition)
    second, event = _step(
        ContextRetrieved.model_validate({**shared, "passages": (PASSAGE,), "embedder": "minilm@1"}),
        CONTEXTS, "retrieval", event, moment, partition,
    )  # fmt: skip
    third, event = _step(_draft(shared, sentence), DRAFTS, "inference", event, moment, partition)
    verdict = _verdict(shared, action, reason, sentence).model_copy(update={"review_by": review_by})
    fourth, _ = _step(verdict, VERDICTS, "validation", event, moment, partition)
    return Flow(first, second, third, fourth)


def submitted(whole: Flow, *, decision: str, reviewer: str, now: datetime, **changes: object) -> Message:
    """What the gateway publishes when a person decides about the draft of a request."""
    verdict = event_of(whole.verdict, VERDICTS)
    assert isinstance(verdict.body, VerdictDecided)
    fields: dict[str, object] = {
        "tenant": verdict.body.tenant,
        "request_id": verdict.body.request_id,
        "reviewer": Asker(subject=reviewer, groups=("reviewers",)),
        "decision": decision,
        "reason": "Checked against the handbook.",
        "draft_sha256": hashlib.sha256(whole.draft.value).hexdigest(),
        "draft_body": whole.draft.value.decode(),
        "claimed_at": now,
        "submitted_at": now,
        **changes,
    }
    body = ReviewSubmitted.model_validate(fields)
    return _step(body, REVIEWS, "gateway", verdict, now, whole.verdict.partition or 0)[0]


def completed(submission: Message, now: datetime, **changes: object) -> Message:
    """What validation publishes when the decision is accepted."""
    cause = event_of(submission, REVIEWS)
    assert isinstance(cause.body, ReviewSubmitted)
    released = cause.body.decision != "reject"
    fields: dict[str, object] = {
        "tenant": cause.body.tenant,
        "request_id": cause.body.request_id,
        "reviewer": cause.body.reviewer.subject,
        "decision": cause.body.decision,
        "draft_sha256": cause.body.draft_sha256,
        "sentences": (cause.body.sentences or (SENTENCE,)) if released else (),
        "citations": (Citation.model_validate(PASSAGE.model_dump()),) if released else (),
        **changes,
    }
    body = ReviewCompleted.model_validate(fields)
    return _step(body, VERDICTS, "validation", cause, now, submission.partition or 0)[0]


def event_of(message: Message, topic: Topic) -> Event[EventBody]:
    """A message as its consumer reads it."""
    return decode(place(message, 0, at=datetime(2026, 11, 24, tzinfo=UTC)), topic)


def _draft(shared: dict[str, object], sentence: DraftSentence) -> DraftGenerated:
    model = ModelUse(id="extractive", adapter="extractive", name="extractive", revision="1", duration_ms=4)
    prompt = PromptUse(name="answer", version=1, sha256="0" * 64)
    return DraftGenerated.model_validate(
        {**shared, "passages": (PASSAGE,), "answered": True, "sentences": (sentence,), "model": model, "prompt": prompt}
    )


def _verdict(shared: dict[str, object], action: str, reason: str | None, sentence: DraftSentence) -> VerdictDecided:
    citation = Citation.model_validate(PASSAGE.model_dump())
    return VerdictDecided.model_validate(
        {
            **shared,
            "action": action,
            "reason": reason,
            "sentences": (sentence,),
            "citations": (citation,),
            "confidence": 0.93,
            "threshold": 0.5,
        }
    )


def _step(
    body: EventBody, topic: Topic, service: str, cause: Event[EventBody] | None, now: datetime, partition: int
) -> tuple[Message, Event[EventBody]]:
    message = encode(
        body.resting_on(cause.lineage) if cause else body,
        topic=topic,
        producer=Producer(source=f"/answerable/{service}", id=service, sequence=1),
        now=now,
        cause=cause,
        partition=partition,
    )
    return message, decode(place(message, 0), topic)


def place(message: Message, offset: int, *, at: datetime | None = None) -> Record:
    """A message at an offset of its partition."""
    moment = at or datetime.now(UTC)
    return Record(
        message.topic,
        message.partition or 0,
        offset,
        int(moment.timestamp() * 1000),
        message.key,
        message.value,
        message.headers,
    )


def question_of(message: Message) -> Question:
    return QuestionAsked.model_validate_json(message.value).question
