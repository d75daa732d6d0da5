"""What becomes of events about documents, from the topic to the index."""

from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from answerable_events.body import EventBody
from answerable_events.codec import decode
from answerable_events.documents import AccessApplied, DocumentIndexed, DocumentRejected, DocumentRemoved
from answerable_events.message import Message
from answerable_events.topics import DOCUMENTS, KNOWLEDGE
from answerable_ingestion.main import build
from answerable_ingestion.settings import IngestionSettings
from answerable_knowledge.errors import IndexCorrupt, WriteFailed
from answerable_knowledge.index import Index
from answerable_models.embedding import HashingEmbedder
from answerable_runtime.memory import MemoryBroker
from answerable_runtime.metrics import Metrics
from answerable_runtime.testing import run
from tests.support.documents import MORNING, NOON, access, submitted, withdrawn

HOUR = timedelta(hours=1)


async def ingest(folder: Path, *messages: Message, **settings: object) -> tuple[list[EventBody], MemoryBroker]:
    """What ingestion publishes about the messages, and the logs."""
    configured = IngestionSettings.model_validate({"index_path": folder, **settings})
    async with build(configured, Metrics(CollectorRegistry()), embedder=HashingEmbedder()) as service:
        broker = await run([service], messages, patience=60)
    return [decode(record, KNOWLEDGE).body for record in broker.records(KNOWLEDGE.name)], broker


async def test_a_document_is_indexed_with_all_that_its_owner_said(tmp_path):
    message = submitted(
        "handbook/leave.txt",
        "Jours de congé: 27.".encode("cp1252"),
        title="Leave",
        version=3,
        owner="people",
        encoding_hint="cp1252",
        valid_until=NOON,
        supersedes="handbook/old.txt",
    )
    [indexed], _ = await ingest(tmp_path, message)
    assert isinstance(indexed, DocumentIndexed)
    assert (indexed.title, indexed.version, indexed.passages, indexed.encoding) == ("Leave", 3, 1, "cp1252")
    row = Index.open(tmp_path).document("norvik", "handbook/leave.txt")
    assert row is not None
    assert (row.owner, row.valid_until, row.supersedes) == ("people", NOON, "handbook/old.txt")
    assert (row.source, row.readers, row.content_sha256) == (
        "handbook/leave.txt",
        ("group:staff",),
        indexed.content_sha256,
    )
    assert indexed.snapshot == Index.open(tmp_path).snapshot("norvik")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (submitted(content=""), "empty"),
        (submitted(content="   \n"), "empty"),
        (submitted(content="x" * 2000), "too_large"),
        (submitted(content="# One\n\na\n\n# Two\n\nb\n\n# Three\n\nc\n\n# Four\n\nd"), "too_large"),
        (submitted("a.pdf", b"%PDF-1.7 and nothing"), "corrupt"),
        (submitted("a.bin", bytes(range(256)) * 4), "unsupported_format"),
        (submitted(readers=("group:*",)), "invalid_readers"),
    ],
)
async def test_what_cannot_be_a_source_is_rejected_with_a_reason_and_the_next_document_is_indexed(
    tmp_path, message, reason
):
    outputs, broker = await ingest(
        tmp_path, message, submitted("good.md"), document_max_bytes=1500, document_max_passages=3
    )
    rejected = [body for body in outputs if isinstance(body, DocumentRejected)]
    assert [body.reason for body in rejected] == [reason]
    assert [body.document_id for body in outputs if isinstance(body, DocumentIndexed)] == ["good.md"]
    assert broker.records(DOCUMENTS.dead_letters) == []


async def test_a_document_without_readers_is_indexed_for_nobody(tmp_path):
    [indexed], _ = await ingest(tmp_path, submitted(readers=()))
    assert isinstance(indexed, DocumentIndexed)
    assert Index.open(tmp_path).documents("norvik")[0].readers == ()


async def test_the_same_version_again_is_reported_as_indexed_and_other_bytes_under_it_are_rejected(tmp_path):
    outputs, _ = await ingest(
        tmp_path, submitted(version=2), submitted(version=2), submitted(content="Other."), submitted("x.md", "one")
    )
    about = [body for body in outputs if getattr(body, "document_id", "") == "leave.md"]
    assert [getattr(body, "reason", "indexed") for body in about] == ["indexed", "indexed", "outdated"]
    outputs, _ = await ingest(tmp_path, submitted("x.md", "two"))
    assert [getattr(body, "reason", "indexed") for body in outputs] == ["version_taken"]


async def test_a_withdrawn_document_is_removed_and_does_not_come_back(tmp_path):
    outputs, _ = await ingest(tmp_path, submitted(), withdrawn(), submitted(version=2))
    assert [type(body) for body in outputs] == [DocumentIndexed, DocumentRemoved, DocumentRejected]
    assert getattr(outputs[2], "reason", None) == "withdrawn"
    outputs, _ = await ingest(tmp_path, submitted(version=2, submitted_at=NOON + HOUR))
    assert [type(body) for body in outputs] == [DocumentIndexed]


async def test_a_change_of_readers_that_arrives_before_its_document_is_in_force_when_it_comes(tmp_path):
    outputs, _ = await ingest(tmp_path, access("group:hr"), submitted(submitted_at=MORNING))
    assert [type(body) for body in outputs] == [AccessApplied, DocumentIndexed]
    assert Index.open(tmp_path).documents("norvik")[0].readers == ("group:hr",)


async def test_an_older_change_of_readers_that_arrives_late_tells_which_readers_are_in_force(tmp_path):
    outputs, _ = await ingest(
        tmp_path, submitted(), access("group:hr", "group:*"), access("group:staff", at=NOON - HOUR)
    )
    assert [body.readers for body in outputs if isinstance(body, AccessApplied)] == [("group:hr",), ("group:hr",)]


async def test_a_failed_write_is_tried_again(tmp_path, monkeypatch):
    put, tries = Index.put, []

    def failing_once(*arguments: object) -> object:
        tries.append(arguments)
        if len(tries) == 1:
            raise WriteFailed
        return put(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Index, "put", failing_once)
    outputs, broker = await ingest(tmp_path, submitted())
    assert [type(body) for body in outputs] == [DocumentIndexed]
    assert broker.records(DOCUMENTS.retry) == []


async def test_documents_of_several_owners_are_indexed_side_by_side(tmp_path):
    names = [f"d{number}.md" for number in range(12)]
    outputs, _ = await ingest(tmp_path, *(submitted(name, f"Words of {name}.") for name in names))
    assert sorted(body.subject for body in outputs) == sorted(names)
    assert [row.document_id for row in Index.open(tmp_path).documents("norvik")] == sorted(names)


async def test_a_folder_that_cannot_be_written_stops_the_start(tmp_path):
    (tmp_path / "index").write_text("a file")
    settings = IngestionSettings(index_path=tmp_path / "index")

    with pytest.raises(IndexCorrupt):
        async with build(settings, Metrics(CollectorRegistry()), embedder=HashingEmbedder()) as service:
            await service.verify()
