"""The gateway as it is started: over real sockets, with real tokens, until it is stopped."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry

from answerable_cli.servers.ports import free_port
from answerable_events.codec import decode
from answerable_events.topics import QUESTIONS
from answerable_gateway.main import build
from answerable_gateway.settings import GatewaySettings
from answerable_runtime.errors import StartUpRefused
from answerable_runtime.memory import MemoryBroker
from answerable_runtime.metrics import Metrics
from answerable_runtime.testing import runner
from tests.support.gateway import ADA, LEAVE, Issuer, until, withheld
from tests.support.servers import start_clickhouse
from tests.support.trail import fresh_trail, with_password

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url() -> AsyncIterator[str]:
    async with start_clickhouse() as server, fresh_trail(server.url):
        yield with_password(server.url)


@dataclass
class Gateway:
    client: httpx2.AsyncClient
    broker: MemoryBroker
    ready: Any
    stop: asyncio.Event
    task: "asyncio.Task[None]"

    async def question(self) -> UUID:
        """The id of the question that was published."""
        await until(lambda: self.broker.records("questions"))
        return decode(self.broker.records("questions")[-1], QUESTIONS).body.correlation_id


@asynccontextmanager
async def gateway(url: str, **values: Any) -> AsyncIterator[Gateway]:
    port = free_port()
    chosen = {"gateway_development_identity": True, "gateway_max_wait": 30, **values}
    settings = GatewaySettings(clickhouse_url=url, gateway_port=port, **chosen)
    broker, stop = MemoryBroker(), asyncio.Event()
    async with build(settings, Metrics(CollectorRegistry())) as service:
        running = runner(service, broker)
        task = asyncio.create_task(running.run(stop))
        started = asyncio.create_task(running.started.wait())
        await asyncio.wait({task, started}, return_when=asyncio.FIRST_COMPLETED)
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            try:
                yield Gateway(client, broker, service.ready, stop, task)
            finally:
                stop.set()
                await asyncio.wait({task})
        await task


async def test_a_question_is_answered_over_http(url):
    async with gateway(url) as running:
        asking = asyncio.create_task(running.client.post("/v1/questions?wait=10", json=LEAVE, headers=ADA))
        running.broker.append(withheld(await running.question()))
        found = await asking
        assert (found.status_code, found.json()["status"]) == (200, "withheld")
        assert [await check() for check in running.ready.values()] == [True, True]


async def test_who_hangs_up_leaves_the_place_to_others(url):
    async with gateway(url, gateway_places=1) as running:
        for _ in range(3):
            asking = asyncio.create_task(running.client.post("/v1/questions?wait=20", json=LEAVE, headers=ADA))
            await running.question()
            await asyncio.sleep(0.1)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            running.broker.logs.clear()
        await asyncio.sleep(0.1)
        asking = asyncio.create_task(running.client.post("/v1/questions?wait=20", json=LEAVE, headers=ADA))
        running.broker.append(withheld(await running.question()))
        assert (await asking).status_code == 200


async def test_a_stream_comes_as_it_happens_with_signs_of_life_in_between(url):
    async with gateway(url, gateway_heartbeat=0.05) as running:
        asked = await running.client.post("/v1/questions?wait=0", json=LEAVE, headers=ADA)
        lines: list[str] = []
        path = f"{asked.headers['location']}/events"
        async with asyncio.timeout(10), running.client.stream("GET", path, headers=ADA) as stream:
            async for line in stream.aiter_lines():
                lines.append(line)
                if line.startswith(":") and not any("withheld" in one for one in lines):
                    running.broker.append(withheld(await running.question()))
    assert [line for line in lines if line.startswith(("event", "id"))] == [
        "id: pending",
        "event: status",
        "id: withheld",
        "event: status",
    ]
    assert stream.headers["cache-control"] == "no-store"


async def test_a_full_gateway_refuses_streams(url):
    async with gateway(url, gateway_places=1) as running:
        asked = await running.client.post("/v1/questions?wait=0", json=LEAVE, headers=ADA)
        path = f"{asked.headers['location']}/events"
        async with running.client.stream("GET", path, headers=ADA) as stream:
            lines = stream.aiter_lines()
            while await anext(lines) != "event: status":
                continue
            await asyncio.sleep(0.1)
            found = await running.client.get(path, headers=ADA)
            assert (found.status_code, found.json()["type"]) == (503, "urn:answerable:problem:busy")


async def test_stopping_does_not_wait_for_those_who_wait(url):
    async with gateway(url) as running:
        waiting = asyncio.create_task(running.client.post("/v1/questions?wait=20", json=LEAVE, headers=ADA))
        request_id = await running.question()
        path = f"/v1/requests/{request_id}/events"
        following = asyncio.create_task(running.client.get(path, headers=ADA))
        await asyncio.sleep(0.3)
        started = time.monotonic()
        running.stop.set()
        await running.task
        assert time.monotonic() - started < 3
        assert (await waiting).status_code == 202
        assert (await following).text.count("event: status") == 1


async def test_tokens_are_verified_with_the_issuers_keys(url, tmp_path: Path):
    issuer, file = Issuer(), tmp_path / "jwks.json"
    file.write_bytes(issuer.jwks())
    oidc = {"oidc_issuer": issuer.url, "oidc_audience": issuer.audience, "oidc_jwks": str(file)}
    async with gateway(url, gateway_development_identity=False, **oidc) as running:
        good = {"Authorization": f"Bearer {issuer.token()}"}
        bad = {"Authorization": f"Bearer {issuer.token(aud='other')}"}
        assert (await running.client.post("/v1/questions?wait=0", json=LEAVE, headers=good)).status_code == 202
        assert (await running.client.post("/v1/questions?wait=0", json=LEAVE, headers=bad)).status_code == 401
        assert (await running.client.post("/v1/questions?wait=0", json=LEAVE, headers=ADA)).status_code == 401
        assert (await running.client.get("/openapi.json")).json()["components"]["securitySchemes"]["caller"]["scheme"]


async def test_without_the_issuers_keys_it_does_not_start(url, tmp_path: Path):
    oidc = {"oidc_issuer": "i", "oidc_audience": "a", "oidc_jwks": str(tmp_path / "missing.json")}
    with pytest.raises(StartUpRefused):
        async with gateway(url, gateway_development_identity=False, **oidc) as running:
            await running.task


async def test_while_the_record_is_away_requests_cannot_be_looked_up_and_questions_are_still_taken():
    async with start_clickhouse() as server, fresh_trail(server.url):
        opened = gateway(with_password(server.url))
        running = await opened.__aenter__()
        assert (await running.client.get(f"/v1/requests/{uuid4()}", headers=ADA)).status_code == 404
    try:
        found = await running.client.get(f"/v1/requests/{uuid4()}", headers=ADA)
        assert (found.status_code, found.json()["type"]) == (503, "urn:answerable:problem:unavailable")
        assert not await running.ready["trail"]()
        taken = await running.client.post("/v1/questions?wait=0", json=LEAVE, headers=ADA)
        assert taken.status_code == 202
    finally:
        await opened.__aexit__(None, None, None)
