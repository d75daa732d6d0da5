"""What becomes of events about documents, from the topic to the index."""

from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from answerable_events.body import EventBody
from answerable_events.codec import decode
from answerable_events.documents import (
    AccessApplied,
    DocumentIndexed,
    DocumentRejected,
    DocumentRemoved,
    GroupApplied,
)
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
from tests.support.documents import MORNING, NOON, access, group, submitted, withdrawn

HOUR = timedelta(hours=1)


async def ingest(
    folder: Path, *messages: Message, metrics: Metrics | None = None, **settings: object
) -> tuple[list[EventBody], MemoryBroker]:
    """What ingestion publishes about the messages, and the logs."""
    configured = IngestionSettings.model_validate({"index_path": folder, **settings})
    async with build(configured, metrics or Metrics(CollectorRegistry()), embedder=HashingEmbedder()) as service:
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
        (submitted(denied=("group: all",)), "invalid_readers"),
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


async def test_what_the_ledger_holds_against_documents_is_told_when_they_are_indexed_and_kept_with_them(tmp_path):
    old = submitted(
        "old.md", "# Help desk (old)\n\nLaptops are replaced every five years, at the desk in the hall.", owner="it"
    )
    new = submitted(
        "new.md", "# Computers\n\nLaptops are replaced every four years, at the desk in the hall.", owner="it"
    )
    outputs = [*(await ingest(tmp_path, old))[0], *(await ingest(tmp_path, new))[0]]  # in this order
    told = {body.document_id: (body.findings, body.quality) for body in outputs if isinstance(body, DocumentIndexed)}
    assert told == {"old.md": ((), 1.0), "new.md": (("conflict",), 0.6)}
    kept = {row.document_id: (row.findings, row.quality) for row in Index.open(tmp_path).documents("norvik")}
    assert kept == {"old.md": (("conflict",), 0.6), "new.md": (("conflict",), 0.6)}


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


async def test_a_withdrawal_that_arrives_after_a_version_submitted_later_takes_nothing_out(tmp_path):
    outputs, _ = await ingest(tmp_path, submitted(version=2, submitted_at=NOON + HOUR), withdrawn(), withdrawn())
    assert [type(body) for body in outputs] == [DocumentIndexed]
    outputs, _ = await ingest(tmp_path, withdrawn(at=NOON + HOUR))
    assert [type(body) for body in outputs] == [DocumentRemoved]
    assert Index.open(tmp_path).documents("norvik") == []


async def test_a_change_of_readers_that_arrives_before_its_document_is_in_force_when_it_comes(tmp_path):
    outputs, _ = await ingest(tmp_path, access("group:hr"), submitted(submitted_at=MORNING))
    assert [type(body) for body in outputs] == [AccessApplied, DocumentIndexed]
    assert Index.open(tmp_path).documents("norvik")[0].readers == ("group:hr",)


async def test_an_older_change_of_readers_that_arrives_late_tells_which_readers_are_in_force(tmp_path):
    outputs, _ = await ingest(
        tmp_path, submitted(), access("group:hr", "group:*"), access("group:staff", at=NOON - HOUR)
    )
    assert [body.readers for body in outputs if isinstance(body, AccessApplied)] == [("group:hr",), ("group:hr",)]


async def test_who_is_denied_with_the_document_and_by_a_later_change_is_kept_and_told(tmp_path):
    outputs, _ = await ingest(tmp_path, submitted(denied=("group:interns",)))
    assert Index.open(tmp_path).documents("norvik")[0].denied == ("group:interns",)
    outputs, _ = await ingest(tmp_path, access("group:staff", denied=("user:bob",)))
    told = [(body.readers, body.denied) for body in outputs if isinstance(body, AccessApplied)]
    assert told == [(("group:staff",), ("user:bob",))]
    assert Index.open(tmp_path).documents("norvik")[0].denied == ("user:bob",)


async def test_a_denial_of_nobody_in_particular_shuts_everyone_out(tmp_path):
    outputs, _ = await ingest(tmp_path, submitted(), access("group:staff", denied=("user:*", "user:bob")))
    assert [(body.readers, body.denied) for body in outputs if isinstance(body, AccessApplied)] == [((), ("user:bob",))]


async def test_members_of_a_group_are_in_force_from_the_snapshot_that_the_outcome_names(tmp_path):
    [applied], _ = await ingest(tmp_path, group("staff", "user:ann", "group:shop", "user:*"))
    assert isinstance(applied, GroupApplied)
    assert (applied.group, applied.members) == ("staff", ("group:shop", "user:ann"))
    assert applied.snapshot == Index.open(tmp_path).snapshot("norvik")


async def test_an_older_change_of_members_that_arrives_late_tells_which_members_are_in_force(tmp_path):
    outputs, _ = await ingest(tmp_path, group("staff", "user:ann"), group("staff", "user:eve", at=NOON - HOUR))
    assert [body.members for body in outputs if isinstance(body, GroupApplied)] == [("user:ann",), ("user:ann",)]


async def test_a_group_that_no_reader_can_name_has_no_members_and_stops_nothing(tmp_path):
    outputs, broker = await ingest(tmp_path, group(" staff", "user:ann"), group("staff", "user:ann"))
    told = {body.group: body.members for body in outputs if isinstance(body, GroupApplied)}
    assert told == {" staff": (), "staff": ("user:ann",)}
    assert broker.records(DOCUMENTS.dead_letters) == []


async def test_the_time_until_a_change_of_rights_is_in_force_is_measured_once_for_each_change(tmp_path):
    metrics = Metrics(CollectorRegistry())
    changes = (
        submitted(),
        access("group:hr"),
        access("group:hr"),
        group("hr", "user:ann"),
        access("group:gone", at=MORNING),
    )
    await ingest(tmp_path, *changes, metrics=metrics, retrieval_snapshot_every=timedelta(seconds=30))
    seconds = metrics.registry.get_sample_value("answerable_revocation_seconds_sum")
    assert metrics.registry.get_sample_value("answerable_revocation_seconds_count") == 2
    assert 60 <= (seconds or 0) < 120


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
