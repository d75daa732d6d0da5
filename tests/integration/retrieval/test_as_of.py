"""A question about the past, from the question to the verdict, with the real models."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from answerable_events.answers import EXPLANATIONS
from answerable_events.codec import decode
from answerable_events.message import Message
from answerable_events.requests import DraftGenerated, VerdictDecided
from answerable_events.topics import DRAFTS, VERDICTS
from answerable_inference import main as inference
from answerable_inference.settings import InferenceSettings
from answerable_ingestion import main as ingestion
from answerable_ingestion.settings import IngestionSettings
from answerable_models.embedding import MiniLmEmbedder
from answerable_retrieval import main as retrieval
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime import testing
from answerable_runtime.metrics import Metrics
from answerable_validation import main as validation
from answerable_validation.settings import ValidationSettings
from tests.support.documents import submitted, withdrawn
from tests.support.questions import asked

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

QUESTION = "How many days of annual leave does everyone have?"


@pytest.fixture
async def services(tmp_path):
    """Ingestion alone, and the three that make a verdict of a question."""
    metrics, embedder = Metrics(CollectorRegistry()), MiniLmEmbedder()
    builds = (
        ingestion.build(IngestionSettings(index_path=tmp_path), metrics, embedder=embedder),
        retrieval.build(RetrievalSettings(index_path=tmp_path), metrics, embedder=embedder),
        inference.build(InferenceSettings(), metrics, embedder=embedder),
        validation.build(ValidationSettings(index_path=tmp_path, validation_development_threshold=0.5), metrics),
    )
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(build) for build in builds]


async def verdicts(services, *questions: Message) -> list[tuple[DraftGenerated, VerdictDecided]]:
    broker = await testing.run(services[1:], questions, patience=120)
    drafts = [decode(record, DRAFTS).body for record in broker.records(DRAFTS.name)]
    found = [decode(record, VERDICTS).body for record in broker.records(VERDICTS.name)]
    return list(zip(drafts, found, strict=True))  # type: ignore[arg-type]


async def test_the_answer_of_that_time_is_released_also_when_the_document_was_withdrawn_since(services):
    await testing.run(services[:1], [submitted("leave.md", "Everyone has 25 days of annual leave.")], patience=120)
    then = datetime.now(UTC)
    newer = submitted("leave.md", "Everyone has 30 days of annual leave.", version=2)
    await testing.run(services[:1], [newer, withdrawn("leave.md", datetime.now(UTC))], patience=120)
    [(_, past)] = await verdicts(services, asked(QUESTION, as_of=then))
    [(_, present)] = await verdicts(services, asked(QUESTION))
    assert (past.action, [sentence.text for sentence in past.sentences]) == (
        "release",
        ["Everyone has 25 days of annual leave."],
    )
    assert (present.action, present.reason) == ("withhold", "not_known")


async def test_a_time_that_is_not_kept_is_withheld_with_that_reason_and_no_model_was_asked(services):
    await testing.run(services[:1], [submitted("leave.md", "Everyone has 25 days of annual leave.")], patience=120)
    [(draft, verdict)] = await verdicts(services, asked(QUESTION, as_of=datetime.now(UTC) - timedelta(days=500)))
    assert (verdict.action, verdict.reason) == ("withhold", "as_of_unavailable")
    assert (draft.answered, draft.model.input_tokens, draft.model.duration_ms) == (False, 0, 0)
    assert verdict.reason in EXPLANATIONS
