"""Contexts and drafts for tests of inference and validation, and a generator that says what a test tells it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from answerable_events.body import EventBody
from answerable_events.codec import Event
from answerable_events.requests import (
    Asker,
    ContextRetrieved,
    DraftGenerated,
    DraftSentence,
    ModelUse,
    Passage,
    PromptUse,
    Question,
)
from answerable_models.errors import ModelError
from answerable_models.generation import Generation, GenerationRequest, Sentence, Usage
from tests.support.requests import PASSAGE, SENTENCE

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
REQUEST = UUID("0192f0c4-5a00-7c11-8a01-3f6b1d2e9a01")


def question(text: str = "How many days of annual leave do I have?", **changes: Any) -> Question:
    fields: dict[str, Any] = {
        "request_id": REQUEST,
        "tenant": "norvik",
        "text": text,
        "asker": Asker(subject="ada", groups=("staff",)),
        "asked_at": NOW,
    }
    return Question(**(fields | changes))


def context(passages: Sequence[Passage] = (PASSAGE,), **changes: Any) -> ContextRetrieved:
    asked = question(**changes)
    return ContextRetrieved(
        tenant=asked.tenant,
        request_id=asked.request_id,
        question=asked,
        snapshot="norvik@1",
        passages=tuple(passages),
        embedder="minilm@1",
    )


def draft(
    sentences: Sequence[DraftSentence] = (SENTENCE,), passages: Sequence[Passage] = (PASSAGE,), **changes: Any
) -> DraftGenerated:
    asked = changes.pop("question", question())
    fields: dict[str, Any] = {
        "tenant": asked.tenant,
        "request_id": asked.request_id,
        "question": asked,
        "snapshot": "norvik@1",
        "passages": tuple(passages),
        "answered": bool(sentences),
        "sentences": tuple(sentences),
        "model": ModelUse(id="fake", adapter="fake", name="fake", revision="1", duration_ms=4),
        "prompt": PromptUse(name="answer", version=1, sha256="0" * 64),
        "scores": {"answer_probability": 0.9},
    }
    return DraftGenerated(**(fields | changes))


def event(body: EventBody, *, at: datetime = NOW) -> Event[Any]:
    return Event(body=body, id=REQUEST, source="/tests", time=at, sha256="0" * 64, traceparent=None)


def generation(*sentences: Sentence, answered: bool | None = None, **changes: Any) -> Generation:
    fields: dict[str, Any] = {
        "answered": bool(sentences) if answered is None else answered,
        "sentences": sentences,
        "raw": "",
        "model": "fake-model",
        "revision": "7",
        "adapter": "fake",
        "finish_reason": "stop",
        "usage": Usage(120, 30, 0.5),
        "scores": {"answer_probability": 0.9},
    }
    return Generation(**(fields | changes))


SAID = generation(Sentence("Everyone has 27 days of annual leave.", (1,)))


@dataclass
class ScriptedGenerator:
    """Says `says`, or raises it; remembers what it was asked."""

    says: Generation | ModelError = SAID
    model: str = "fake-model"
    revision: str = "7"
    adapter: str = "fake"
    asked: list[GenerationRequest] = field(default_factory=list)
    verified: int = 0

    async def generate(self, request: GenerationRequest) -> Generation:
        self.asked.append(request)
        if isinstance(self.says, ModelError):
            raise self.says
        return self.says

    async def verify(self) -> None:
        self.verified += 1


SECOND = timedelta(seconds=1)
