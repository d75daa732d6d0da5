"""The gateway beside audit, on a real record."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry

from answerable_audit.main import build as build_audit
from answerable_audit.settings import AuditSettings
from answerable_events.requests import QuestionAsked
from answerable_runtime.memory import MemoryBroker
from answerable_runtime.metrics import Metrics
from answerable_runtime.testing import runner
from answerable_trail.client import Trail, connect
from tests.support.gateway import ADA, ADA_ELSEWHERE, BOB, LEAVE, Door, door, events_of, until
from tests.support.keys import signing_key
from tests.support.requests import flow, question_of
from tests.support.servers import start_clickhouse
from tests.support.trail import with_password

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

KEY = {"Idempotency-Key": "leave-2026"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url() -> AsyncIterator[str]:
    async with start_clickhouse() as server:
        yield with_password(server.url)


@pytest_asyncio.fixture(loop_scope="module")
async def trail(url: str) -> AsyncIterator[Trail]:
    async with connect(url) as opened:
        yield opened


@asynccontextmanager
async def audit(url: str, broker: MemoryBroker) -> AsyncIterator[None]:
    """Audit on this broker, while the block runs."""
    settings = AuditSettings(
        clickhouse_url=url, audit_key_file=signing_key(), audit_check_every=timedelta(seconds=3600)
    )
    async with build_audit(settings, Metrics(CollectorRegistry())) as service:
        running, stop = runner(service, broker), asyncio.Event()
        task = asyncio.create_task(running.run(stop))
        try:
            started = asyncio.create_task(running.started.wait())
            await asyncio.wait({task, started}, return_when=asyncio.FIRST_COMPLETED)
            yield
        finally:
            stop.set()
            await task


@asynccontextmanager
async def opened_door(url: str, trail: Trail, **values: Any) -> AsyncIterator[Door]:
    broker = MemoryBroker()
    async with audit(url, broker), door(trail=trail, broker=broker, **values) as opened:
        yield opened


def asked_as(opened: Door, request_id: str) -> list[QuestionAsked]:
    """What was published under an id; audit puts other tests' open questions on the topic again."""
    return [question for question in opened.questions if str(question.request_id) == request_id]


def answer(opened: Door, request_id: str) -> None:
    """What retrieval, inference and validation make of a question."""
    asked = asked_as(opened, request_id)[0]
    [record] = [one for one in opened.broker.records("questions") if one.key == str(asked.request_id).encode()]
    fields = {name: getattr(asked, name) for name in ("text", "asker", "deadline", "consequential")}
    whole = flow(
        request_id=asked.request_id, tenant=asked.tenant, now=asked.asked_at, partition=record.partition, **fields
    )
    assert whole.question.value == record.value
    for message in whole.messages[1:]:
        opened.broker.append(message)


async def recorded(trail: Trail, request_id: UUID | str, *, outcome: bool = False) -> None:
    key = ("norvik", UUID(str(request_id)))
    async with asyncio.timeout(10):
        while True:
            state = (await trail.load([key]))[key]
            if state.outcome if outcome else state.events:
                return
            await asyncio.sleep(0.02)


async def ask(opened: Door, trail: Trail, **headers: str) -> str:
    """Ask, and have the question recorded."""
    found = await opened.client.post("/v1/questions", json=LEAVE, headers=ADA | headers)
    assert found.status_code == 202
    await recorded(trail, found.json()["request_id"])
    return str(found.json()["request_id"])


async def forget(opened: Door) -> None:
    """As another instance, which has not seen the question."""
    for question in opened.questions:
        opened.board.forget((question.tenant, question.request_id))


async def test_a_question_gets_its_answer_while_its_asker_waits(url, trail):
    async with opened_door(url, trail) as opened:
        mine = {"question": f"How many days? {uuid4()}"}
        asking = asyncio.create_task(opened.client.post("/v1/questions?wait=5", json=mine, headers=ADA))
        await until(lambda: [one for one in opened.questions if one.text == mine["question"]])
        answer(opened, next(str(one.request_id) for one in opened.questions if one.text == mine["question"]))
        found = await asking
    assert found.status_code == 200
    assert found.json()["status"] == "released"
    assert found.json()["answer"]["citations"][0]["locator"] == "lines 3-5"


async def test_any_instance_finds_a_request_in_the_record(url, trail):
    async with opened_door(url, trail) as opened:
        request_id = await ask(opened, trail)
        await forget(opened)
        assert (await opened.client.get(f"/v1/requests/{request_id}", headers=ADA)).json()["status"] == "pending"
        answer(opened, request_id)
        await recorded(trail, request_id, outcome=True)
        found = await opened.client.get(f"/v1/requests/{request_id}", headers=ADA)
    assert found.json()["status"] == "released"
    assert found.json()["answer"]["text"] == "Everyone has 27 days of annual leave."


@pytest.mark.parametrize("remembered", [True, False], ids=["here", "elsewhere"])
async def test_a_request_of_somebody_else_is_like_one_that_never_was(url, trail, remembered):
    async with opened_door(url, trail) as opened:
        request_id = await ask(opened, trail)
        if not remembered:
            await forget(opened)
        answer(opened, request_id)
        await recorded(trail, request_id, outcome=True)
        unknown = await opened.client.get(f"/v1/requests/{uuid4()}", headers=ADA)
        assert unknown.status_code == 404
        for somebody in (BOB, ADA_ELSEWHERE):
            for path in (f"/v1/requests/{request_id}", f"/v1/requests/{request_id}/events"):
                found = await opened.client.get(path, headers=somebody)
                assert (found.status_code, found.content) == (404, unknown.content)


async def test_the_same_key_is_the_same_request(url, trail):
    async with opened_door(url, trail) as opened:
        request_id = await ask(opened, trail, **KEY)
        again = await opened.client.post("/v1/questions", json=LEAVE, headers=ADA | KEY)
        await forget(opened)
        elsewhere = await opened.client.post("/v1/questions", json=LEAVE, headers=ADA | KEY)
        assert [again.json()["request_id"], elsewhere.json()["request_id"]] == [request_id] * 2
        assert len(asked_as(opened, request_id)) == 1
        answer(opened, request_id)
        await recorded(trail, request_id, outcome=True)
        later = await opened.client.post("/v1/questions", json=LEAVE, headers=ADA | KEY)
        assert (later.status_code, later.json()["status"]) == (200, "released")
        of_bob = await opened.client.post("/v1/questions", json=LEAVE, headers=BOB | KEY)
        assert of_bob.json()["request_id"] != request_id


@pytest.mark.parametrize("remembered", [True, False], ids=["here", "elsewhere"])
@pytest.mark.parametrize(
    "change",
    [{"question": "And you?"}, {"consequential": True}, {"deadline_seconds": 5}, {"as_of": "2026-01-01T00:00:00Z"}],
)
async def test_the_same_key_with_another_question_is_refused(url, trail, change, remembered):
    async with opened_door(url, trail) as opened:
        key = {"Idempotency-Key": uuid4().hex}
        request_id = await ask(opened, trail, **key)
        if not remembered:
            await forget(opened)
        found = await opened.client.post("/v1/questions", json=LEAVE | change, headers=ADA | key)
        assert found.status_code == 422
        assert found.json()["type"] == "urn:answerable:problem:idempotency_key_reused"
        assert found.json()["request_id"] == request_id
        assert len(asked_as(opened, request_id)) == 1


async def test_a_deadline_is_the_same_when_it_is_sent_again(url, trail):
    async with opened_door(url, trail) as opened:
        key = {"Idempotency-Key": uuid4().hex}
        body = LEAVE | {"deadline_seconds": 33.3333333}
        one = await opened.client.post("/v1/questions", json=body, headers=ADA | key)
        await recorded(trail, one.json()["request_id"])
        await forget(opened)
        again = await opened.client.post("/v1/questions", json=body, headers=ADA | key)
        assert (again.status_code, again.json()) == (202, one.json())


async def test_many_at_once_with_one_key_are_one_question(url, trail):
    async with opened_door(url, trail) as opened:
        key = {"Idempotency-Key": uuid4().hex}
        calls = [opened.client.post("/v1/questions", json=LEAVE, headers=ADA | key) for _ in range(20)]
        found = await asyncio.gather(*calls)
        assert {one.status_code for one in found} == {202}
        [request_id] = {one.json()["request_id"] for one in found}
        assert len(asked_as(opened, request_id)) == 1


async def test_after_an_unconfirmed_publish_the_same_key_is_safe(url, trail):
    async with opened_door(url, trail) as opened:
        key = {"Idempotency-Key": uuid4().hex}
        opened.broker.down = True
        failed = await opened.client.post("/v1/questions", json=LEAVE, headers=ADA | key)
        assert failed.status_code == 503
        opened.broker.down = False
        found = await opened.client.post("/v1/questions", json=LEAVE, headers=ADA | key)
        assert found.status_code == 202
        assert found.json()["request_id"] == failed.json()["request_id"]


async def test_a_stream_shows_the_request_and_ends_with_its_outcome(url, trail):
    async with opened_door(url, trail) as opened:
        request_id = await ask(opened, trail)
        following = asyncio.create_task(opened.client.get(f"/v1/requests/{request_id}/events", headers=ADA))
        await until(lambda: opened.board.taken)
        answer(opened, request_id)
        stream = await following
        assert [event["status"] for event in events_of(stream.text)] == ["pending", "released"]
        await recorded(trail, request_id, outcome=True)
        await forget(opened)
        late = await opened.client.get(f"/v1/requests/{request_id}/events", headers=ADA)
        assert events_of(late.text) == events_of(stream.text)[-1:]
        assert opened.board.taken == 0


async def test_an_outcome_that_the_topic_did_not_bring_is_found_in_the_record(url, trail):
    async with opened_door(url, trail) as opened:
        request_id = await ask(opened, trail)
        async with door(trail=trail) as elsewhere:
            path = f"/v1/requests/{request_id}/events"
            following = asyncio.create_task(elsewhere.client.get(path, headers=ADA))
            await until(lambda: elsewhere.board.taken)
            answer(opened, request_id)
            await recorded(trail, request_id, outcome=True)
            await until(lambda: elsewhere.board.overdue(1.0))
            await elsewhere.inquiries.sweep()
            stream = await following
    assert [event["status"] for event in events_of(stream.text)] == ["pending", "released"]


async def test_a_question_of_an_upstream_system_is_its_asker_s(url, trail):
    async with opened_door(url, trail) as opened:
        whole = flow(partition=1)
        opened.broker.append(whole.question)
        request_id = str(question_of(whole.question).request_id)
        await recorded(trail, request_id)
        assert (await opened.client.get(f"/v1/requests/{request_id}", headers=ADA)).status_code == 200
        assert (await opened.client.get(f"/v1/requests/{request_id}", headers=BOB)).status_code == 404
