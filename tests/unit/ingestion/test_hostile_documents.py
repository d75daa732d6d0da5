"""Ingestion goes on, whatever is submitted."""

from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from answerable_events.codec import decode
from answerable_events.documents import DocumentIndexed, DocumentRejected
from answerable_events.topics import DOCUMENTS, KNOWLEDGE
from answerable_ingestion.main import build
from answerable_ingestion.settings import IngestionSettings
from answerable_models.embedding import HashingEmbedder
from answerable_runtime.memory import MemoryBroker
from answerable_runtime.metrics import Metrics
from answerable_runtime.testing import run
from tests.support.documents import submitted
from tests.support.hostile_files import HOSTILE

LARGEST = 10 * 1024 * 1024
# Read safely, but into thousands of passages, whose embedding would be most of the time of this test.
LONG = ("one line of 9 MB", "mail that repeats its introduction", "header of 10,000 columns")


async def ingest(folder: Path, files: dict[str, bytes]) -> tuple[dict[str, object], MemoryBroker]:
    settings = IngestionSettings(index_path=folder, document_parse_timeout="10", ingestion_concurrency=2)
    messages = [submitted(f"{name}/{HOSTILE[name].filename}", data) for name, data in files.items()]
    async with build(settings, Metrics(CollectorRegistry()), embedder=HashingEmbedder()) as service:
        broker = await run([service], [*messages, submitted("good.md")], patience=240)
    bodies: list[Any] = [decode(record, KNOWLEDGE).body for record in broker.records(KNOWLEDGE.name)]
    return {body.document_id.partition("/")[0]: body for body in bodies}, broker


@pytest.mark.timeout(300)
async def test_hostile_documents_are_rejected_or_indexed_and_the_next_one_is_indexed(tmp_path):
    made = {name: HOSTILE[name].make() for name in HOSTILE if name not in LONG}
    files = {name: data for name, data in made.items() if len(data) <= LARGEST}
    assert len(files) > 25
    outcomes, broker = await ingest(tmp_path, files)
    assert isinstance(outcomes.pop("good.md"), DocumentIndexed)
    assert outcomes.keys() == files.keys()
    for name, body in outcomes.items():
        if isinstance(body, DocumentRejected):
            assert body.reason in (*HOSTILE[name].reasons, "timeout"), name
        else:
            assert HOSTILE[name].reads is not None, name
    assert broker.records(DOCUMENTS.dead_letters) == []
