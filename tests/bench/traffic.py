"""Requests as the services write them, by the ten thousand: one is encoded, the others are copies with their own ids.

Every copy is a valid request: ids derived, ancestors with the right hashes, about 2 KB an event.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from answerable_events.body import EventBody
from answerable_events.codec import Event, Producer, decode, encode
from answerable_events.documents import DocumentSubmitted
from answerable_events.identity import document_correlation, event_id
from answerable_events.message import Message
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
    QuestionAsked,
    VerdictDecided,
)
from answerable_events.topics import CONTEXTS, DOCUMENTS, DRAFTS, PARTITIONS, QUESTIONS, VERDICTS, Topic
from tests.support.requests import place

TENANT = "norvik"
_TIME_ALLOWED = timedelta(hours=6)  # the backlog must not expire while it is measured
TEXT = (
    "Employees who travel on behalf of the company book through the travel desk and keep every receipt. Trips of less "
    "than eight hours are not reimbursed for meals. The daily allowance follows the country table of the finance "
    "handbook and is paid with the salary of the following month, once the manager has approved the report. "
)
_FIRST_DOCUMENT = "bench/document-000000000"
_SENTENCE = DraftSentence(text="Trips of less than eight hours are not reimbursed for meals.", citations=(1,))
_NUMBER = "ce_producerseq"
_CHECKS = ("citations_resolve", "supported", "numbers_agree", "question_answered")


@dataclass(frozen=True, slots=True)
class Template:
    """An encoded event of a request, and what in it differs from request to request."""

    message: Message
    kind: str
    event_id: UUID
    sha256: str


def requests(count: int, now: datetime) -> Iterator[tuple[Message, Message, Message, Message]]:
    """Question, context, draft and verdict of `count` requests, over all partitions."""
    original = uuid4()
    templates = _templates(original, now)
    for number in range(count):
        question, context, draft, verdict = _copy(templates, original, uuid4(), number)
        yield question, context, draft, verdict


def questions(count: int, now: datetime, *, padding: int = 0) -> Iterator[Message]:
    """Questions alone, of about 300 bytes plus `padding`, each request on its own key."""
    original = uuid4()
    template = _question(original, now, padding)
    for number in range(count):
        yield _copy((template,), original, uuid4(), number)[0]


def documents(count: int, now: datetime) -> Iterator[Message]:
    """Submitted documents of about 2 KB."""
    body = DocumentSubmitted(
        tenant=TENANT,
        document_id=_FIRST_DOCUMENT,
        version=1,
        filename="travel.md",
        content=b64encode((TEXT * 4).encode()),
        title="Travel",
        readers=("group:staff",),
        submitted_at=now,
    )
    template = encode(body, topic=DOCUMENTS, producer=_producer("upstream", uuid4()), now=now)
    for number in range(count):
        name = f"bench/document-{number:09}"
        correlation = document_correlation(TENANT, name)
        own = {
            "ce_id": str(event_id(correlation, TENANT, body.TYPE, 1)).encode(),
            "ce_correlationid": str(correlation).encode(),
            "ce_subject": name.encode(),
            _NUMBER: str(number + 1).encode(),
        }
        headers = tuple((header, own.get(header, value)) for header, value in template.headers)
        value = template.value.replace(_FIRST_DOCUMENT.encode(), name.encode())
        yield Message(template.topic, name.encode(), value, headers, number % PARTITIONS)


def _copy(templates: Sequence[Template], original: UUID, request_id: UUID, number: int) -> list[Message]:
    numbered = {_NUMBER: str(number + 1).encode()}
    swaps = [(str(original).encode(), str(request_id).encode()), (original.hex.encode(), request_id.hex.encode())]
    messages = []
    for template in templates:
        identity = event_id(request_id, TENANT, template.kind)
        swaps.append((str(template.event_id).encode(), str(identity).encode()))
        value = _swap(template.message.value, swaps)
        span = (template.event_id.hex[:16].encode(), identity.hex[:16].encode())
        headers = tuple(
            (name, numbered.get(name) or _swap(text, [*swaps, span])) for name, text in template.message.headers
        )
        swaps.append((template.sha256.encode(), hashlib.sha256(value).hexdigest().encode()))
        messages.append(
            replace(
                template.message,
                key=str(request_id).encode(),
                value=value,
                headers=headers,
                partition=number % PARTITIONS,
            )
        )
    return messages


def _swap(data: bytes, swaps: list[tuple[bytes, bytes]]) -> bytes:
    for old, new in swaps:
        data = data.replace(old, new)
    return data


def _templates(request_id: UUID, now: datetime) -> tuple[Template, ...]:
    asked = _asked(request_id, now, "")
    passages = tuple(_passage(label) for label in range(1, 5))
    shared = {"tenant": TENANT, "request_id": request_id, "question": asked.question, "snapshot": "norvik@7"}
    steps: tuple[tuple[EventBody, Topic, str], ...] = (
        (asked, QUESTIONS, "upstream"),
        (
            ContextRetrieved.model_validate({**shared, "passages": passages, "embedder": "minilm@1"}),
            CONTEXTS,
            "retrieval",
        ),
        (_draft(shared, passages), DRAFTS, "inference"),
        (_verdict(shared, passages), VERDICTS, "validation"),
    )
    templates: list[Template] = []
    cause: Event[EventBody] | None = None
    for body, topic, service in steps:
        whole = body.resting_on(cause.lineage) if cause else body
        message = encode(whole, topic=topic, producer=_producer(service, request_id), now=now, cause=cause)
        cause = decode(place(message, 0), topic)
        templates.append(Template(message, body.TYPE, cause.id, cause.sha256))
    return tuple(templates)


def _question(request_id: UUID, now: datetime, padding: int) -> Template:
    body = _asked(request_id, now, (TEXT * (padding // len(TEXT) + 1))[:padding])
    message = encode(body, topic=QUESTIONS, producer=_producer("upstream", request_id), now=now)
    event = decode(place(message, 0), QUESTIONS)
    return Template(message, body.TYPE, event.id, event.sha256)


def _asked(request_id: UUID, now: datetime, more: str) -> QuestionAsked:
    return QuestionAsked(
        tenant=TENANT,
        request_id=request_id,
        text=f"Are meals reimbursed on a trip of six hours? {more}",
        asker=Asker(subject="ada", groups=("staff",)),
        asked_at=now,
        deadline=now + _TIME_ALLOWED,
    )


def _draft(shared: dict[str, object], passages: tuple[Passage, ...]) -> DraftGenerated:
    model = ModelUse(id="extractive", adapter="extractive", name="extractive", revision="1", duration_ms=4)
    prompt = PromptUse(name="answer", version=1, sha256="0" * 64)
    sentences = (_SENTENCE,)
    return DraftGenerated.model_validate(
        {**shared, "passages": passages, "answered": True, "sentences": sentences, "model": model, "prompt": prompt}
    )


def _verdict(shared: dict[str, object], passages: tuple[Passage, ...]) -> VerdictDecided:
    checks = tuple(CheckResult(name=name, version=1, passed=True, score=0.93) for name in _CHECKS)
    return VerdictDecided.model_validate(
        {
            **shared,
            "action": "release",
            "sentences": (_SENTENCE,),
            "citations": (Citation.model_validate(passages[0].model_dump()),),
            "checks": checks,
            "confidence": 0.93,
            "threshold": 0.5,
        }
    )


def _passage(label: int) -> Passage:
    return Passage(
        label=label,
        passage_id=f"travel#{label}",
        document_id="handbook/travel.md",
        document_version=3,
        title="Travel and expenses",
        source="handbook/travel.md",
        locator=f"lines {10 * label}-{10 * label + 6}",
        text=TEXT,
        scores={"bm25": 7.25, "dense": 0.61, "fused": 0.031},
        readers_matched=("group:staff",),
    )


def _producer(service: str, run: UUID) -> Producer:
    """Of a run of its own, whose messages are numbered from 1."""
    return Producer(source=f"/answerable/{service}", id=f"{service}-{run.hex[:8]}", sequence=1)
