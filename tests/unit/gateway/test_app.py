"""The door as callers see it, with the record out of reach."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import structlog

from answerable_events.identity import request_id_of_key
from tests.support.gateway import ADA, BOB, LEAVE, door, events_of, until


async def test_a_question_is_published_as_its_asker_put_it():
    async with door() as opened:
        found = await opened.client.post(
            "/v1/questions",
            json={"question": "  How much? ", "deadline_seconds": 2.5, "consequential": True},
            headers=ADA,
        )
        [asked] = opened.questions
    assert found.status_code == 202
    assert found.headers["location"] == f"/v1/requests/{asked.request_id}"
    assert found.json()["status"] == "pending"
    assert UUID(found.json()["request_id"]) == asked.request_id
    assert asked.request_id.version == 7
    assert (asked.tenant, asked.asker.subject, asked.asker.groups) == ("norvik", "ada", ("staff",))
    assert (asked.text, asked.consequential) == ("How much?", True)
    assert asked.question.answer_by - asked.asked_at == timedelta(seconds=2.5)


async def test_a_question_about_the_past_is_published_with_its_moment_and_one_about_the_future_is_refused():
    async with door() as opened:
        past = await opened.client.post(
            "/v1/questions", json=LEAVE | {"as_of": "2020-02-01T09:00:00+01:00"}, headers=ADA
        )
        coming = await opened.client.post("/v1/questions", json=LEAVE | {"as_of": "2199-02-01T09:00:00Z"}, headers=ADA)
        [asked] = opened.questions
    assert (past.status_code, asked.as_of) == (202, datetime(2020, 2, 1, 8, tzinfo=UTC))
    assert coming.status_code == 422
    assert coming.json()["errors"] == [{"field": "as_of", "detail": "must not be in the future"}]


async def test_waiting_brings_the_outcome():
    async with door() as opened:
        asking = asyncio.create_task(opened.client.post("/v1/questions?wait=5", json=LEAVE, headers=ADA))
        await until(lambda: opened.questions)
        opened.answer(opened.questions[0].request_id)
        found = await asking
    assert found.status_code == 200
    assert found.json()["status"] == "withheld"
    assert found.json()["reason"] == "not_known"
    assert found.headers["preference-applied"] == "wait=5"
    assert opened.board.taken == 0


async def test_waiting_ends_when_no_outcome_comes():
    async with door() as opened:
        found = await opened.client.post("/v1/questions", json=LEAVE, headers=ADA | {"Prefer": "wait=0.05"})
    assert (found.status_code, found.headers["retry-after"]) == (202, "1")


async def test_an_outcome_that_names_somebody_else_is_not_shown():
    async with door() as opened:
        asking = asyncio.create_task(opened.client.post("/v1/questions?wait=0.3", json=LEAVE, headers=ADA))
        await until(lambda: opened.questions)
        opened.answer(opened.questions[0].request_id, asker="bob")
        assert (await asking).json()["status"] == "pending"


async def test_without_room_to_wait_a_question_is_accepted_all_the_same():
    async with door(gateway_places=1) as opened:
        with opened.board.place(("norvik", uuid4())):
            found = await opened.client.post("/v1/questions?wait=5", json=LEAVE, headers=ADA)
            assert found.status_code == 202
            assert len(opened.questions) == 1


async def test_a_question_that_is_not_confirmed_is_not_accepted():
    async with door() as opened:
        opened.broker.down = True
        found = await opened.client.post("/v1/questions", json=LEAVE, headers=ADA)
        assert found.status_code == 503
        assert found.headers["retry-after"]
        assert found.json()["type"] == "urn:answerable:problem:not_confirmed"
        assert UUID(found.json()["request_id"])


async def test_with_the_record_out_of_reach_a_key_cannot_be_checked():
    async with door() as opened:
        found = await opened.client.post("/v1/questions", json=LEAVE, headers=ADA | {"Idempotency-Key": "k"})
        assert found.status_code == 503
        assert opened.questions == []
        assert (await opened.client.get(f"/v1/requests/{uuid4()}", headers=ADA)).status_code == 503


async def test_an_outcome_that_came_here_is_shown_even_then():
    async with door() as opened:
        asked = (await opened.client.post("/v1/questions", json=LEAVE, headers=ADA)).json()["request_id"]
        opened.answer(asked)
        await until(lambda: getattr(opened.board.known(("norvik", UUID(asked))), "outcome", None))
        found = await opened.client.get(f"/v1/requests/{asked}", headers=ADA)
        assert found.json()["status"] == "withheld"
        assert (await opened.client.get(f"/v1/requests/{asked}", headers=BOB)).status_code == 503
        stream = await opened.client.get(f"/v1/requests/{asked}/events", headers=ADA)
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert [event["status"] for event in events_of(stream.text)] == ["withheld"]


async def test_the_id_of_a_key_is_the_asker_s_own():
    assert request_id_of_key("norvik", "ada", "k") != request_id_of_key("norvik", "bob", "k")
    assert request_id_of_key("norvik", "ada", "k") != request_id_of_key("acme", "ada", "k")


async def test_without_credentials_nothing_is_read():
    async with door() as opened:
        for method, path in (
            ("POST", "/v1/questions"),
            ("GET", "/v1/requests/x"),
            ("GET", f"/v1/requests/{uuid4()}/events"),
        ):
            found = await opened.client.request(method, path, content=b"\x00" * 1_000_000)
            assert found.status_code == 401
            assert found.headers["www-authenticate"] == 'Development realm="answerable"'


async def test_every_response_carries_the_security_headers():
    async with door() as opened:
        found = [
            await opened.client.get("/docs"),
            await opened.client.get("/nowhere"),
            await opened.client.delete("/docs"),
            await opened.client.post("/v1/questions", json=LEAVE, headers=ADA),
            await opened.client.post("/v1/questions", json={}, headers=ADA),
        ]
    assert [one.status_code for one in found] == [200, 404, 405, 202, 422]
    for one in found:
        assert one.headers["x-content-type-options"] == "nosniff"
        assert one.headers["x-frame-options"] == "DENY"
        assert one.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in one.headers["content-security-policy"]
        assert "access-control-allow-origin" not in one.headers


async def test_a_bug_is_a_problem_without_details(monkeypatch):
    async with door() as opened:
        monkeypatch.setattr(opened.broker, "append", lambda _: 1 / 0)
        found = await opened.client.post("/v1/questions", json=LEAVE, headers=ADA)
    assert found.status_code == 500
    assert found.json() == {
        "type": "urn:answerable:problem:internal",
        "title": "Something went wrong here.",
        "status": 500,
    }
    assert found.headers["x-frame-options"] == "DENY"


async def test_a_preflight_of_a_browser_gets_no_permission():
    async with door() as opened:
        found = await opened.client.options(
            "/v1/questions", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        )
    assert found.status_code == 405
    assert not [name for name in found.headers if name.startswith("access-control")]


async def test_metrics_name_routes_and_never_paths():
    async with door() as opened:
        await opened.client.get("/secret-1")
        await opened.client.get("/secret-2/%00")
        await opened.client.request("SECRET", "/docs")
        await opened.client.get(f"/v1/requests/{uuid4()}", headers=ADA)
        samples = {
            tuple(sample.labels.values())
            for metric in opened.metrics.http_requests.collect()
            for sample in metric.samples
            if sample.name.endswith("_total")
        }
    assert samples == {
        ("GET", "unmatched", "404"),
        ("OTHER", "/docs", "405"),
        ("GET", "/v1/requests/{request_id}", "503"),
    }


async def test_the_access_log_holds_no_words_of_the_caller():
    with structlog.testing.capture_logs() as lines:
        async with door() as opened:
            asked = await opened.client.post(
                "/v1/questions?wait=0&note=secret", json={"question": "secret"}, headers=ADA
            )
            await opened.client.get("/secret")
    assert [line["route"] for line in lines if line["event"] == "request"] == ["/v1/questions", "unmatched"]
    assert lines[0]["correlation_id"] == asked.json()["request_id"]
    assert "secret" not in repr(lines)
    assert "ada" not in repr(lines)
