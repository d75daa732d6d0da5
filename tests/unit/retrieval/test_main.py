"""Which embedder the services take, and that both must be of one mind."""

import pytest
from prometheus_client import CollectorRegistry
from pydantic import ValidationError

from answerable_events.codec import decode
from answerable_events.requests import ContextRetrieved
from answerable_events.topics import CONTEXTS
from answerable_ingestion import main as ingestion
from answerable_ingestion.settings import IngestionSettings
from answerable_knowledge.errors import EmbedderDiffers
from answerable_models.embedders import space_of
from answerable_models.embedding import HashingEmbedder
from answerable_models.static_embedding import StaticEmbedder
from answerable_retrieval import main as retrieval
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime.metrics import Metrics
from answerable_runtime.testing import run
from tests.support.documents import submitted
from tests.support.questions import asked


async def test_the_fast_embedder_of_the_environment_serves_both(tmp_path, monkeypatch):
    monkeypatch.setenv("ANSWERABLE_EMBEDDER", "fast")
    metrics = Metrics(CollectorRegistry())
    documents = [
        submitted("leave.md", "Everyone has 27 days of annual leave."),
        submitted("lunch.md", "The canteen opens at noon."),
    ]
    async with (
        ingestion.build(IngestionSettings(index_path=tmp_path), metrics) as writer,
        retrieval.build(RetrievalSettings(index_path=tmp_path), metrics) as reader,
    ):
        await run([writer, reader], documents, patience=60)
        [record] = (await run([reader], [asked()], patience=60)).records(CONTEXTS.name)
    context = decode(record, CONTEXTS).body
    assert isinstance(context, ContextRetrieved)
    assert context.embedder == space_of(StaticEmbedder())
    assert context.passages[0].document_id == "leave.md"


async def test_services_do_not_start_on_an_index_of_another_embedder(tmp_path):
    metrics = Metrics(CollectorRegistry())
    async with ingestion.build(IngestionSettings(index_path=tmp_path), metrics, embedder=HashingEmbedder()) as writer:
        await run([writer], [submitted("leave.md", "Everyone has 27 days of annual leave.")], patience=60)
    for service, settings in ((ingestion, IngestionSettings), (retrieval, RetrievalSettings)):
        async with service.build(settings(index_path=tmp_path, embedder="fast"), metrics) as built:
            with pytest.raises(EmbedderDiffers, match="made with the embedder hashing-ngrams@1"):
                await built.verify()
            assert not await built.ready["index"]()


def test_an_unknown_embedder_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("ANSWERABLE_EMBEDDER", "large")
    with pytest.raises(ValidationError, match="'minilm' or 'fast'"):
        RetrievalSettings()
