"""Erasure on the real engine, Valkey and LanceDB: the text is nowhere, the proofs stand, and nothing brings it back."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from answerable_cli.erasure import Order, choose
from answerable_events.codec import Producer, decode, encode
from answerable_events.documents import DocumentIndexed, DocumentSubmitted
from answerable_events.governance import RecordErased
from answerable_events.identity import document_correlation
from answerable_events.message import Message, Record
from answerable_events.topics import DOCUMENTS, GOVERNANCE, KNOWLEDGE
from answerable_knowledge.errors import SnapshotGone
from answerable_trail.erasure import DOOMED, TEXTLESS, Blanked, Request
from answerable_trail.identity import NIL, identify
from answerable_trail.rows import Row, TraceRow
from tests.proof.erasing import TENANT, Installation, Person, erase_while_traffic_runs, installation, people
from tests.support.passages import document as indexed
from tests.support.passages import passages, query, vectors
from tests.support.requests import flow

pytestmark = pytest.mark.integration

WRITER = Producer("/test", "erasure", 1)


@pytest.fixture
async def site() -> AsyncIterator[Installation]:
    async with installation() as opened:
        yield opened


async def answered(site: Installation, count: int = 2) -> list[Person]:
    """Persons whose requests all have their outcome; the record is closed."""
    found = people(count)
    async with site.audit():
        for person in found:
            site.ask(person)
            await site.remember(person)
        await site.settled(found)
    return found


async def test_persons_are_erased_while_others_ask() -> None:
    assert await erase_while_traffic_runs(10, 3) == {"erased": 3, "residues": 0, "proofs_broken": 0}


async def test_the_certificate_is_an_event_that_names_nobody_and_becomes_a_leaf(site: Installation) -> None:
    ada, _ = await answered(site)
    done = await site.erase("subject", ada.name, [ada.canary])
    [record] = [each for each in site.broker.records("governance") if b"record.erased" in dict(each.headers)["ce_type"]]
    body = decode(record, GOVERNANCE).body
    assert isinstance(body, RecordErased)
    assert body == done.certificate
    assert ada.name.encode() not in record.value
    assert ada.canary.encode() not in record.value
    assert body.deleted == {"trace": body.positions, "effects": 2}
    assert body.positions == 13  # two times question, context, draft, verdict, outcome; retry, copy, dead letter
    assert {each.topic for each in body.retention} >= {"questions", "contexts-retry", "questions-dlq", "answers"}
    assert {each.sink for each in body.scanned} == {
        "old_parts", "trace", "effects", "index_files", "clickhouse_files", "valkey_files", "logs_files"
    }  # fmt: skip
    async with site.audit():
        [row] = await recorded(site, (TENANT, body.correlation_id), 1)
        assert row.seal.token != 0


async def test_what_is_left_anywhere_is_found_and_said(site: Installation) -> None:
    ada, bob = await answered(site)
    log = site.sinks.folders["logs"] / "other.log"
    log.write_text(f'{{"event": "asked", "question": "What does \\"{ada.canary}\\" owe"}}\n')
    planted = f"retrieval:{TENANT}:{uuid4()}:x"
    await site.effects.put(planted, [Message("contexts", b"", ada.canary.encode(), ())])
    trail = site.sinks.eraser.trail
    await trail.query(
        "INSERT INTO trace.holds (tenant, reason) SELECT 'acme', {why:String}", parameters={"why": ada.canary}
    )
    done = await site.erase("subject", ada.name, [ada.canary])
    assert done.certificate.residues == len(done.residues)
    files = {name: str(folder) for name, folder in site.sinks.folders.items()}
    assert {place for place in done.residues if not place.startswith((files["clickhouse"], files["valkey"]))} == {
        str(log), f"trace.holds, request {NIL}", f"effect store, answerable:effect:{planted}"
    }  # fmt: skip
    assert (await site.erase("subject", bob.name, [bob.canary])).certificate.residues == 0


async def test_a_text_that_somebody_else_has_too_is_no_residue(site: Installation) -> None:
    ada, bob = Person("ada", "CANARY-ada-0001"), Person("bob", "CANARY-ada-0001")
    async with site.audit():
        for person in (ada, bob):
            site.ask(person)
        await site.settled([ada, bob])
    done = await site.erase("subject", "ada", [])
    assert done.certificate.residues == 0
    assert done.certificate.texts_shared > 0
    assert set((await site.sinks.eraser.of_subject(TENANT, "bob")).requests) == set(bob.keys)


async def test_a_row_that_is_not_what_was_sealed_is_left_as_evidence(site: Installation) -> None:
    ada, _ = await answered(site)
    trail = site.sinks.eraser.trail
    await trail.query(
        f"ALTER TABLE trace.events UPDATE body = concat(body, ' ') WHERE topic = 'drafts' "
        f"AND request_id = '{ada.requests[0]}' SETTINGS mutations_sync = 2"
    )
    done = await site.erase("subject", ada.name, [ada.canary])
    assert done.certificate.refused == 1
    assert done.certificate.residues > 0
    assert any("trace.events, drafts/" in residue for residue in done.residues)
    left = [row for row in await recorded(site, ada.keys[0]) if row.body]
    assert [row.position.topic for row in left] == ["drafts"]


async def test_after_the_newest_records_are_erased_the_log_is_still_known_to_be_the_same(site: Installation) -> None:
    ada, _ = await answered(site, 2)
    both = await site.sinks.eraser.of_subject(TENANT, ada.name)
    other = (await site.sinks.eraser.of_subject(TENANT, "person-0001")).requests
    for person in ("person-0000", "person-0001"):
        await site.erase("subject", person, [ada.canary])
    await site.deliver_everything_again()
    rows = [row for key in (*both.requests, *other) for row in await recorded(site, key)]
    assert {row.position.epoch for row in rows} == {0}
    assert all(row.erased_leaf and not row.body and not row.headers and not row.key for row in rows)
    positions = await site.sinks.eraser.trail.positions()
    assert all(place.epoch == 0 for place in positions.values())


async def test_the_unsalted_hash_of_a_body_goes_with_it(site: Installation) -> None:
    ada, _ = await answered(site)
    hashes = {row.body_sha256 for key in ada.keys for row in await recorded(site, key)}
    await site.erase("subject", ada.name, [ada.canary])
    trail = site.sinks.eraser.trail
    for table in ("events",):
        found = await trail.query(f"SELECT DISTINCT lower(hex(body_sha256)) FROM trace.{table}")
        assert not hashes & {str(row[0]) for row in found.rows}


async def test_a_request_without_its_outcome_is_told_as_open(site: Installation) -> None:
    [ada] = people(1)
    async with site.audit():
        site.broker.append(flow(request_id=ada.requests[0], asker={"subject": ada.name}).question)
        await recorded(site, ada.keys[0], 1)
        found = await site.sinks.eraser.of_subject(TENANT, ada.name)
        assert await site.sinks.eraser.still_open(found.requests, timedelta(days=1)) == [ada.keys[0]]
        for message in flow(request_id=ada.requests[0], asker={"subject": ada.name}).messages:
            site.broker.append(message)


async def test_a_document_goes_from_every_version_of_the_index_and_those_that_quote_it_are_named(
    site: Installation,
) -> None:
    secret = "CANARY-document lives at 12 Elm Street"
    index = site.sinks.index
    assert index is not None
    old = index.put(indexed("leave.md", tenant=TENANT), *parts("The office is open from nine to five."))
    for version in (1, 2):
        changed = indexed("people/ada.md", tenant=TENANT, version=version, submitted_at=datetime.now(UTC))
        index.put(changed, *parts(secret, f"Version {version} of the page."))
    await written_about(site, "people/ada.md", secret)
    [ada, _] = await answered(site)
    quoting = await site.sinks.eraser.quoting(TENANT, "handbook/leave.md")
    assert set(quoting) >= set(ada.keys)
    done = await site.erase("document", "people/ada.md", ["12 Elm Street"])
    assert done.certificate.residues == 0
    assert done.certificate.deleted["index"] == 3
    assert done.certificate.positions == 2
    assert done.certificate.quoted_in == ()
    again = indexed("people/ada.md", tenant=TENANT, version=2, submitted_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert not index.put(again, *parts(secret)).applied
    found = index.search(query("office nine", index.snapshot(TENANT)))
    assert [hit.text for hit in found.hits] == ["The office is open from nine to five."]
    with pytest.raises(SnapshotGone):
        index.search(query("office nine", old.snapshot))


async def test_requests_that_quote_an_erased_document_stay_unless_they_are_to_go(site: Installation) -> None:
    [ada, _] = await answered(site)
    done = await site.erase("document", "handbook/leave.md", [])
    assert set(ada.requests) <= set(done.certificate.quoted_in)
    async with site.audit():
        assert set((await site.verdicts(ada.keys)).values()) == {"complete"}
    done = await site.erase("document", "handbook/leave.md", [ada.canary], with_answers=True)
    assert (done.certificate.residues, done.certificate.quoted_in) == (0, ())
    async with site.audit():
        assert set((await site.verdicts(ada.keys)).values()) == {"erased"}


async def test_an_order_that_was_cut_off_is_finished_by_the_next(site: Installation) -> None:
    ada, _ = await answered(site)
    chosen = await choose(Order(TENANT, "subject", ada.name, "r", "b"), site.sinks.eraser)
    await site.sinks.eraser.blank(chosen.selection, Blanked())  # and then the process died
    assert (await site.sinks.eraser.survey(chosen.selection)).positions == 0
    assert (await site.erase("request", str(ada.requests[0]), [])).certificate.residues == 0
    assert (await site.erase("request", str(ada.requests[1]), [ada.canary])).certificate.residues == 0


async def test_what_a_writer_that_was_frozen_writes_late_does_not_count_and_goes_with_the_next_order(
    site: Installation,
) -> None:
    ada, _ = await answered(site)
    trail, key = site.sinks.eraser.trail, ada.keys[0]
    before = await recorded(site, key)
    await site.erase("subject", ada.name, [ada.canary])
    await trail.append([as_written(row) for row in before])
    assert all(row.erased_leaf and not row.body for row in await recorded(site, key))
    assert (await site.erase("subject", ada.name, [ada.canary])).certificate.residues == 0
    async with site.audit():
        assert set((await site.verdicts(ada.keys)).values()) == {"erased"}


async def test_every_table_either_loses_its_rows_or_holds_no_text(site: Installation) -> None:
    found = await site.sinks.eraser.trail.query(
        "SELECT name FROM system.tables WHERE database = 'trace' AND engine LIKE '%MergeTree'"
    )
    assert {str(row[0]) for row in found.rows} == set(DOOMED) | set(TEXTLESS)


def parts(*texts: str):
    cut = passages(*texts)
    return cut, vectors(cut)


def as_written(row: TraceRow) -> Row:
    place = row.position
    record = Record(place.topic, place.partition, place.offset, row.log_time_ms, row.key, row.body, row.headers)
    return Row(place.epoch, record, identify(record), row.seal)


async def recorded(site: Installation, key: Request, count: int = 0):
    """What is recorded of it, once that is so many rows."""
    async with asyncio.timeout(20):
        while len(rows := await site.sinks.eraser.trail.request(*key)) < count:
            await asyncio.sleep(0.05)
    return rows


async def written_about(site: Installation, document_id: str, content: str) -> None:
    """What is on record of a document: that it was submitted, and that it was indexed."""
    now = datetime.now(UTC)
    names = {"tenant": TENANT, "document_id": document_id, "version": 1, "media_type": "text/markdown"}
    file = {"filename": "ada.md", "content": b64encode(content.encode()), "submitted_at": now}
    done = {"title": "Ada", "passages": 2, "snapshot": f"{TENANT}@1", "content_sha256": "0" * 64}
    async with site.audit():
        body = DocumentSubmitted.model_validate({**file, **names})
        submitted = site.broker.append(encode(body, topic=DOCUMENTS, producer=WRITER, now=now, partition=0))
        cause = decode(submitted, DOCUMENTS)
        answer = DocumentIndexed.model_validate({**done, **names}).resting_on(cause.lineage)
        site.broker.append(encode(answer, topic=KNOWLEDGE, producer=WRITER, now=now, partition=0))
        correlation = document_correlation(TENANT, document_id)
        await recorded(site, (TENANT, correlation), 2)
    assert await site.sinks.eraser.unanswered(TENANT, correlation, timedelta(days=1)) == 0
