"""The questions of the demo, carried by the real services from documents to verdicts on the in-memory broker."""

from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from prometheus_client import CollectorRegistry

from answerable_events.body import RequestBody
from answerable_events.codec import decode
from answerable_events.message import Message, Record
from answerable_events.requests import Asker, ContextRetrieved, DraftGenerated, VerdictDecided
from answerable_events.topics import CONTEXTS, DRAFTS, VERDICTS, Topic
from answerable_inference import main as inference
from answerable_inference.settings import InferenceSettings
from answerable_ingestion import main as ingestion
from answerable_ingestion.settings import IngestionSettings
from answerable_models.embedding import MiniLmEmbedder
from answerable_retrieval import main as retrieval
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime import testing
from answerable_runtime.memory import MemoryBroker
from answerable_runtime.metrics import Metrics
from answerable_validation import main as validation
from answerable_validation.settings import ValidationSettings
from tests.support import corpus
from tests.support.questions import asked

BodyT = TypeVar("BodyT", bound=RequestBody)

_PATIENCE_S = 240.0


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of the demo and what each stage made of it."""

    expected: dict[str, Any]
    context: ContextRetrieved
    draft: DraftGenerated
    verdict: VerdictDecided

    @property
    def released(self) -> bool:
        return self.verdict.action == "release"

    @property
    def text(self) -> str:
        return " ".join(" ".join(sentence.text.split()) for sentence in self.verdict.sentences)

    @property
    def sources(self) -> set[str]:
        return {citation.source for citation in self.verdict.citations}

    @property
    def missed(self) -> str | None:
        """What of the expectation is not met, or None."""
        reason = self.verdict.reason
        if self.expected["expect"] == "in_review":
            return None if self.verdict.action == "review" else f"{self.verdict.action}: {reason}"
        if self.expected["expect"] == "withheld":
            right = not self.released and reason in self.expected["reasons"]
            return None if right else f"{self.verdict.action}: {reason}"
        if not self.released:
            return f"{self.verdict.action}: {reason}"
        if missing := [text for text in self.expected["must_contain"] if text not in self.text]:
            return f"lacks {missing}"
        cited = {source["file"] for source in self.expected["must_cite"]} & self.sources
        return None if cited else f"cites {sorted(self.sources)}"


async def answer(folder: Path, questions: Iterable[dict[str, Any]]) -> list[Answered]:
    """Index the corpus in `folder`, put the questions as their askers, and return what became of them."""
    put = {uuid4(): question for question in questions}
    broker = await carry(folder, corpus.submissions(), [_message(*each) for each in put.items()])
    contexts = _bodies(broker.records("contexts"), CONTEXTS, ContextRetrieved)
    drafts = _bodies(broker.records("drafts"), DRAFTS, DraftGenerated)
    verdicts = _bodies(broker.records("verdicts"), VERDICTS, VerdictDecided)
    return [Answered(question, contexts[key], drafts[key], verdicts[key]) for key, question in put.items()]


async def carry(folder: Path, documents: Sequence[Message], questions: Sequence[Message]) -> MemoryBroker:
    """Index the documents in `folder`, and return what became of the questions there."""
    embedder, metrics = MiniLmEmbedder(), Metrics(CollectorRegistry())
    async with AsyncExitStack() as stack:
        ingesting = ingestion.build(IngestionSettings(index_path=folder), metrics, embedder=embedder)
        indexing = [await stack.enter_async_context(ingesting)]
        builds = (
            retrieval.build(RetrievalSettings(index_path=folder), metrics, embedder=embedder),
            inference.build(InferenceSettings(), metrics, embedder=embedder),
            validation.build(ValidationSettings(index_path=folder, validation_development_threshold=0.5), metrics),
        )
        services = [await stack.enter_async_context(build) for build in builds]
        await testing.run(indexing, documents, patience=_PATIENCE_S)
        return await testing.run(services, questions, patience=_PATIENCE_S)


def _message(request_id: UUID, question: dict[str, Any]) -> Message:
    return asked(
        question["text"],
        request_id=request_id,
        asker=Asker(subject=question["asker"], groups=tuple(question["groups"])),
        consequential=question.get("consequential", False),
        deadline=datetime.now(UTC) + timedelta(hours=1),
    )


def _bodies(records: Iterable[Record], topic: Topic, kind: type[BodyT]) -> dict[UUID, BodyT]:
    bodies = (decode(record, topic).body for record in records)
    return {body.request_id: body for body in bodies if isinstance(body, kind)}
