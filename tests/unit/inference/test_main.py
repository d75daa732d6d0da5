"""Inference as it is put together: by settings, on the in-memory broker."""

import json

import pytest
from prometheus_client import CollectorRegistry

from answerable_events.codec import decode
from answerable_events.requests import DraftGenerated
from answerable_events.topics import DRAFTS
from answerable_inference.main import build
from answerable_inference.settings import InferenceSettings
from answerable_models.embedding import HashingEmbedder
from answerable_models.errors import ModelUnavailable, UnknownModel
from answerable_runtime import testing
from answerable_runtime.metrics import Metrics
from answerable_runtime.service import require_declared
from tests.support.openai_server import openai_server
from tests.support.requests import flow


def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


async def drafts_of(settings: InferenceSettings) -> list[DraftGenerated]:
    async with build(settings, metrics(), embedder=HashingEmbedder()) as service:
        broker = await testing.run([service], [flow().context])
    bodies = [decode(record, DRAFTS).body for record in broker.records("drafts")]
    return [body for body in bodies if isinstance(body, DraftGenerated)]


async def test_it_does_what_the_topics_registry_says_of_it():
    async with build(InferenceSettings(), metrics(), embedder=HashingEmbedder()) as service:
        require_declared(service)
        await service.verify()
        assert service.name == "inference"


async def test_the_built_in_model_answers_a_context_from_its_passages():
    [draft] = await drafts_of(InferenceSettings())
    assert [(sentence.text, sentence.citations) for sentence in draft.sentences] == [
        ("Everyone has 27 days of annual leave.", (1,))
    ]
    assert (draft.model.id, draft.model.adapter) == ("extractive", "extractive")


async def test_a_model_of_the_registry_file_answers_with_the_key_that_its_entry_names(tmp_path, monkeypatch):
    with openai_server() as server:
        entry = {"id": "tiny", "adapter": "openai", "name": "tiny", "base_url": server.base_url, "api_key_env": "TINY"}
        (file := tmp_path / "models.json").write_text(json.dumps({"models": [entry]}))
        monkeypatch.setenv("TINY", "secret")
        [draft] = await drafts_of(InferenceSettings(model="tiny", models_file=file))
        assert server.headers[-1]["authorization"] == "Bearer secret"
    assert [sentence.text for sentence in draft.sentences] == ["Employees get 25 days."]
    assert (draft.model.id, draft.model.revision, draft.model.input_tokens) == ("tiny", "fp_tiny_1", 120)


async def test_a_model_that_nobody_knows_stops_the_start():
    with pytest.raises(UnknownModel):
        async with build(InferenceSettings(model="nobody"), metrics()):
            pass


async def test_in_a_drill_calls_fail_as_if_the_model_were_down():
    settings = InferenceSettings(model_fault_rate=1)
    async with build(settings, metrics(), embedder=HashingEmbedder()) as service:
        await service.verify()
        with pytest.raises(ModelUnavailable):
            await service.deps.generator.generate(None)
        assert ModelUnavailable in service.routes[0].retryable
