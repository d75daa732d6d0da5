"""Audit on a real record: nothing goes out that is not durable, and nothing twice."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from answerable_audit.main import build
from answerable_audit.settings import AuditSettings
from answerable_cli.servers.process import Server
from answerable_events.answers import AnswerFailed
from answerable_events.codec import Producer, decode, encode
from answerable_events.documents import DocumentRejected, DocumentSubmitted
from answerable_events.message import Message, Record
from answerable_events.topics import ANSWERS, DOCUMENTS, KNOWLEDGE, VERDICTS, dead_letter_topic
from answerable_runtime.deadletters import Death, bury
from answerable_runtime.memory import MemoryBroker
from answerable_runtime.metrics import Metrics
from answerable_runtime.testing import runner
from answerable_trail.client import Trail, connect
from tests.support.keys import signing_key
from tests.support.requests import flow
from tests.support.servers import TOKEN

pytestmark = pytest.mark.integration

UPSTREAM = Producer(source="/upstream", id="u", sequence=1)
INGESTION = Producer(source="/answerable/ingestion", id="i", sequence=1)


def url(server: Server) -> str:
    return server.url.replace("http://", f"http://answerable:{TOKEN}@")


@asynccontextmanager
async def audit(server: Server, broker: MemoryBroker) -> AsyncIterator[None]:
    settings = AuditSettings(
        clickhouse_url=url(server), audit_key_file=signing_key(), audit_check_every=timedelta(seconds=3600)
    )
    async with build(settings, Metrics(CollectorRegistry())) as service:
        running, stop = runner(service, broker), asyncio.Event()
        task = asyncio.create_task(running.run(stop))
        try:
            started = asyncio.create_task(running.started.wait())
            await asyncio.wait({task, started}, return_when=asyncio.FIRST_COMPLETED)
            yield
        finally:
            stop.set()
            await task


async def outcomes(broker: MemoryBroker, number: int, *, seconds: float = 15) -> list[str]:
    """Short types of what is on `answers`, once there are `number`, and nothing more comes for a moment."""
    async with asyncio.timeout(seconds):
        while len(broker.records("answers")) < number:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    return [type(decode(record, ANSWERS).body).__name__ for record in broker.records("answers")]


@pytest.fixture
async def trail(clickhouse: Server) -> AsyncIterator[Trail]:
    async with connect(url(clickhouse)) as opened:
        yield opened


async def test_a_complete_request_is_released_once_and_all_of_it_is_recorded(clickhouse: Server, trail: Trail) -> None:
    broker, request = MemoryBroker(), uuid4()
    async with audit(clickhouse, broker):
        for message in flow(request_id=request, partition=1).messages:
            broker.append(message)
        assert await outcomes(broker, 1) == ["AnswerReleased"]
    rows = await trail.request("norvik", request)
    assert {row.position.topic for row in rows} == {"questions", "contexts", "drafts", "verdicts", "answers"}


async def test_a_verdict_waits_for_the_event_that_it_rests_on(clickhouse: Server) -> None:
    broker, whole = MemoryBroker(), flow(partition=2)
    async with audit(clickhouse, broker):
        for message in (whole.question, whole.context, whole.verdict):
            broker.append(message)
        assert await outcomes(broker, 0) == []
        broker.append(whole.draft)
        assert await outcomes(broker, 1) == ["AnswerReleased"]


async def test_copies_of_everything_change_nothing(clickhouse: Server) -> None:
    broker, whole = MemoryBroker(), flow(partition=3)
    async with audit(clickhouse, broker):
        for message in whole.messages * 3:
            broker.append(message)
        assert await outcomes(broker, 1) == ["AnswerReleased"]
        for message in whole.messages:
            broker.append(message)
        assert await outcomes(broker, 1) == ["AnswerReleased"]


async def test_an_outcome_that_was_published_but_not_recorded_is_not_published_again(clickhouse: Server) -> None:
    broker, whole = MemoryBroker(), flow(partition=4)
    async with audit(clickhouse, broker):
        for message in whole.messages:
            broker.append(message)
        await outcomes(broker, 1)
    broker.offsets = dict.fromkeys(broker.offsets, 0)  # as if nothing had been committed before a crash
    [answer] = broker.records("answers")
    async with audit(clickhouse, broker):
        assert await outcomes(broker, 1) == ["AnswerReleased"]
    assert broker.records("answers") == [answer]


async def test_a_question_without_a_verdict_fails_before_its_deadline(clickhouse: Server) -> None:
    broker = MemoryBroker()
    async with audit(clickhouse, broker):
        deadline = datetime.now(UTC) + timedelta(seconds=5)
        broker.append(flow(partition=5, deadline=deadline).question)
        assert await outcomes(broker, 1) == ["AnswerFailed"]
    [record] = broker.records("answers")
    assert record.time < deadline


async def test_a_request_left_open_by_a_crash_is_found_again_in_the_record(clickhouse: Server) -> None:
    broker, whole = MemoryBroker(), flow(partition=0)
    async with audit(clickhouse, broker):
        for message in (whole.question, whole.context, whole.draft):
            broker.append(message)
        assert await outcomes(broker, 0) == []
    async with audit(clickhouse, broker):
        broker.append(whole.verdict)
        assert await outcomes(broker, 1) == ["AnswerReleased"]


async def test_an_unreadable_verdict_becomes_a_dead_letter_and_its_request_fails(clickhouse: Server) -> None:
    broker, whole = MemoryBroker(), flow(partition=1)
    broken = Message("verdicts", whole.verdict.key, b"\xff\xfe{", whole.verdict.headers, 1)
    async with audit(clickhouse, broker):
        for message in (whole.question, broken):
            broker.append(message)
        await outcomes(broker, 1)
    [answer] = broker.records("answers")
    body = decode(answer, ANSWERS).body
    assert isinstance(body, AnswerFailed)
    assert body.reason == "body_invalid"
    [letter] = broker.records("verdicts-dlq")
    assert decode(letter, dead_letter_topic(VERDICTS)).body.TYPE == "io.answerable.dead.lettered.v1"


async def test_a_broker_that_lost_its_log_gets_open_questions_again_under_a_new_epoch(
    clickhouse: Server, trail: Trail
) -> None:
    lost, request = MemoryBroker(), uuid4()
    whole = flow(request_id=request, partition=2)
    async with audit(clickhouse, lost):
        lost.append(whole.question)
        await outcomes(lost, 0)
        await asyncio.sleep(0.2)
    fresh = MemoryBroker()
    async with audit(clickhouse, fresh):
        async with asyncio.timeout(15):
            while not [record for record in fresh.records("questions") if record.key == whole.question.key]:
                await asyncio.sleep(0.02)
        for message in whole.messages[1:]:
            fresh.append(message)
        async with asyncio.timeout(15):
            while not [record for record in fresh.records("answers") if record.key == whole.question.key]:
                await asyncio.sleep(0.02)
    again = next(record for record in fresh.records("questions") if record.key == whole.question.key)
    assert (again.value, again.headers) == (whole.question.value, whole.question.headers)
    epochs = [row.position.epoch for row in await trail.request("norvik", request) if row.position.topic == "questions"]
    assert len(epochs) == 2
    assert epochs[1] > epochs[0]


async def test_a_deadline_that_the_question_moves_is_still_kept(clickhouse: Server) -> None:
    broker = MemoryBroker()
    async with audit(clickhouse, broker):
        now = datetime.now(UTC)
        # A context that audit sees before its question opens the request with the default deadline, a minute from now.
        whole = flow(partition=3, now=now, deadline=now + timedelta(seconds=6))
        broker.append(whole.context)
        await asyncio.sleep(0.5)
        broker.append(whole.question)
        assert await outcomes(broker, 1) == ["AnswerFailed"]
    [record] = broker.records("answers")
    assert now + timedelta(seconds=4) < record.time < now + timedelta(seconds=6)


async def test_a_broker_that_lost_its_log_gets_documents_again_that_were_not_ingested(clickhouse: Server) -> None:
    answered, buried, waiting = (submitted(f"leave-{uuid4()}.md") for _ in range(3))
    lost = MemoryBroker()
    async with audit(clickhouse, lost):
        records = [lost.append(message) for message in (answered, buried, waiting)]
        lost.append(indexed(records[0]))
        death = Death("processing_error", "KeyError", 1)
        lost.append(bury(records[1], death, topic=DOCUMENTS, producer=INGESTION, now=datetime.now(UTC)))
        await asyncio.sleep(1)
    fresh = MemoryBroker()
    async with audit(clickhouse, fresh):
        async with asyncio.timeout(15):
            while not fresh.records("documents"):
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
    theirs = [
        record for record in fresh.records("documents") if record.key in {m.key for m in (answered, buried, waiting)}
    ]
    assert [(record.key, record.value, record.headers) for record in theirs] == [
        (waiting.key, waiting.value, waiting.headers)
    ]
    async with audit(clickhouse, fresh):  # started again on the same log: it is under way, and not put a third time
        await asyncio.sleep(0.5)
    assert len([record for record in fresh.records("documents") if record.key == waiting.key]) == 1


def submitted(name: str) -> Message:
    body = DocumentSubmitted(
        tenant="norvik",
        document_id=name,
        version=1,
        filename=name,
        content=b64encode(b"27 days of leave"),
        submitted_at=datetime.now(UTC),
    )
    return replace(encode(body, topic=DOCUMENTS, producer=UPSTREAM, now=datetime.now(UTC)), partition=4)


def indexed(record: Record) -> Message:
    cause = decode(record, DOCUMENTS)
    assert isinstance(cause.body, DocumentSubmitted)
    body = DocumentRejected(
        tenant="norvik", document_id=cause.body.document_id, version=1, reason="empty", filename=cause.body.filename
    )
    message = encode(
        body.resting_on(cause.lineage), topic=KNOWLEDGE, producer=INGESTION, now=datetime.now(UTC), cause=cause
    )
    return replace(message, partition=record.partition)
