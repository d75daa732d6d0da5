"""The demo corpus through ingestion and retrieval with the real model: what is found, and what must not be."""

import json
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry

from answerable_events.codec import decode
from answerable_events.documents import DocumentIndexed
from answerable_events.requests import ContextRetrieved
from answerable_events.topics import CONTEXTS, KNOWLEDGE
from answerable_ingestion import main as ingestion
from answerable_ingestion.settings import IngestionSettings
from answerable_models.embedding import MiniLmEmbedder
from answerable_retrieval import main as retrieval
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime.metrics import Metrics
from answerable_runtime.testing import run
from tests.support import corpus

pytestmark = pytest.mark.integration

QUESTIONS = corpus.questions()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def answered(tmp_path_factory) -> tuple[list[Any], list[ContextRetrieved]]:
    """What became of the documents, and the context of each question, in the order of the file."""
    folder = tmp_path_factory.mktemp("corpus")
    embedder, metrics = MiniLmEmbedder(), Metrics(CollectorRegistry())
    async with (
        ingestion.build(IngestionSettings(index_path=folder), metrics, embedder=embedder) as writer,
        retrieval.build(RetrievalSettings(index_path=folder), metrics, embedder=embedder) as reader,
    ):
        documents = await run([writer], corpus.submissions(), patience=110)
        messages = [corpus.message_of(question) for question in QUESTIONS]
        broker = await run([reader], messages, patience=60)
    found = [decode(record, CONTEXTS).body for record in broker.records(CONTEXTS.name)]
    by_request = {body.request_id: body for body in found if isinstance(body, ContextRetrieved)}
    outcomes = [decode(record, KNOWLEDGE).body for record in documents.records(KNOWLEDGE.name)]
    return outcomes, [by_request[UUID(json.loads(message.value)["request_id"])] for message in messages]


def test_every_document_is_indexed(answered):
    outcomes, _ = answered
    assert [body for body in outcomes if not isinstance(body, DocumentIndexed)] == []
    assert {body.document_id for body in outcomes} == set(corpus.readers())


def test_nobody_gets_a_passage_of_a_document_that_they_may_not_read(answered):
    _, contexts = answered
    may_read = corpus.readers()
    for context in contexts:
        asker = context.question.asker
        principals = {f"user:{asker.subject}", *(f"group:{group}" for group in asker.groups)}
        for passage in context.passages:
            assert principals & may_read[passage.document_id], (context.question.text, passage.document_id)
            assert set(passage.readers_matched) <= principals


def test_every_answer_that_is_to_be_released_is_among_the_passages(answered):
    _, contexts = answered
    missing = []
    for question, context in zip(QUESTIONS, contexts, strict=True):
        if question["expect"] != "released":
            continue
        files = {cited["file"] for cited in question["must_cite"]}
        ranks = [
            passage.label
            for passage in context.passages
            if passage.document_id in files
            and all(text in " ".join(passage.text.split()) for text in question["must_contain"])
        ]
        if not ranks:
            missing.append(question["id"])
    assert missing == []
