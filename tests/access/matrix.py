"""Eight kinds of people at every endpoint of the gateway, on whole services and a real record."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
from prometheus_client import CollectorRegistry

from answerable_audit import main as audit
from answerable_audit.settings import AuditSettings
from answerable_events.body import EventBody
from answerable_events.documents import AccessChanged, DocumentSubmitted, GroupChanged
from answerable_runtime import testing
from answerable_runtime.health import health_app
from answerable_runtime.memory import MemoryBroker
from answerable_runtime.metrics import Metrics
from answerable_trail.client import connect
from tests.access.stage import published, running, services
from tests.support.gateway import ORIGIN, door
from tests.support.keys import signing_key
from tests.support.servers import start_clickhouse
from tests.support.trail import with_password

PATIENCE_S = 60.0
CANARY = {"norvik": "canarynorvikrule", "acme": "canaryacmesrules"}
"""In the title and the text of the one document of each organisation; both have the same id."""

QUESTION = {"question": "How many days of annual leave do I have?"}
PEOPLE = {
    "no identity": None,
    "other tenant": "Development ada;groups=staff;tenant=acme",
    "without groups": "Development eve",
    "member": "Development ada;groups=staff",
    "nested member": "Development nina;groups=shop",
    "denied member": "Development dan;groups=staff",
    "revoked": "Development rob",
    "service operator": "Development ops;groups=operators",
}
READS = {"other tenant": "acme", "member": "norvik", "nested member": "norvik"}
"""Whose document each of them may read now; the others read none."""


@dataclass
class Cells:
    """What was tried; `wrong` names the person and the endpoint."""

    tried: int = 0
    wrong: list[str] = field(default_factory=list)

    def judge(self, who: str, endpoint: str, reply: httpx2.Response, *, status: int, shows: str | None) -> None:
        """A reply has this status, and the canary of this organisation and of no other; None: of none."""
        self.tried += 1
        text = reply.text + str(reply.headers)
        shown = {tenant for tenant, canary in CANARY.items() if canary in text}
        if reply.status_code != status or shown != ({shows} if shows else set()):
            self.wrong.append(f"{who} at {endpoint}: {reply.status_code}, shows {sorted(shown) or 'nothing'}")


async def try_matrix(folder: Path) -> Cells:
    """Everybody at every endpoint, with requests of their own and of others."""
    cells = Cells()
    async with _site(folder) as (client, health):
        before = await _ask(client, "revoked")
        await client.revoke()
        told = await client.get("revoked", f"/v1/requests/{before}")  # what somebody was told stays with them
        cells.judge("revoked", "GET request of before", told, status=200, shows="norvik")
        own = {who: await _ask(client, who) for who in PEOPLE if PEOPLE[who] is not None}
        for who in PEOPLE:
            await _try_person(cells, client, who, own)
        for who in PEOPLE:  # they reach the health endpoints of a machine; what is there is for everybody
            for path in ("/livez", "/readyz", "/metrics"):
                cells.judge(who, path, await health.get(path), status=200, shows=None)
    return cells


async def _try_person(cells: Cells, client: "_Client", who: str, own: dict[str, str]) -> None:
    unknown = PEOPLE[who] is None
    asked = await client.post(who)
    cells.judge(who, "POST /v1/questions", asked, status=401 if unknown else 200, shows=READS.get(who))
    for whose, request in [*own.items(), ("nobody", str(uuid4()))]:
        mine = who == whose
        status = 401 if unknown else 200 if mine else 404
        for path in (f"/v1/requests/{request}", f"/v1/requests/{request}/events"):
            endpoint = f"GET {path.replace(request, f'request of {whose}')}"
            shows = READS.get(who) if mine else None
            cells.judge(who, endpoint, await client.get(who, path), status=status, shows=shows)
    for path, status in (("/docs", 200), ("/openapi.json", 200), ("/v1/documents", 404), ("/v1/questions", 405)):
        cells.judge(who, f"GET {path}", await client.get(who, path), status=status, shows=None)


@dataclass
class _Client:
    """Talks to the gateway as somebody."""

    http: httpx2.AsyncClient
    broker: MemoryBroker

    async def get(self, who: str, path: str) -> httpx2.Response:
        return await self.http.get(path, headers=_headers(who))

    async def post(self, who: str) -> httpx2.Response:
        return await self.http.post("/v1/questions?wait=30", json=QUESTION, headers=_headers(who))

    async def revoke(self) -> None:
        """Rob loses what he could read, and it is in force."""
        before = len(self.broker.records("knowledge"))
        self.broker.append(published(_access(("group:staff",))))
        async with asyncio.timeout(PATIENCE_S):
            while len(self.broker.records("knowledge")) == before:
                await asyncio.sleep(0.01)


async def _ask(client: _Client, who: str) -> str:
    """The id of a request that has its outcome, and is recorded with it."""
    reply = await client.post(who)
    request = str(reply.json()["request_id"])
    async with asyncio.timeout(PATIENCE_S):
        while (await client.get(who, f"/v1/requests/{request}")).status_code != 200:
            await asyncio.sleep(0.02)
    return request


def _headers(who: str) -> dict[str, str]:
    credentials = PEOPLE[who]
    return {} if credentials is None else {"Authorization": credentials}


@asynccontextmanager
async def _site(folder: Path) -> AsyncIterator[tuple[_Client, httpx2.AsyncClient]]:
    """Gateway, services and audit at work; both organisations have a document of the same id."""
    metrics, broker = Metrics(CollectorRegistry()), MemoryBroker()
    async with AsyncExitStack() as stack:
        url = with_password((await stack.enter_async_context(start_clickhouse())).url)
        recording = AuditSettings(
            clickhouse_url=url, audit_key_file=signing_key(), audit_check_every=timedelta(hours=1)
        )
        auditing = await stack.enter_async_context(audit.build(recording, metrics))
        parts = await stack.enter_async_context(services(folder, metrics, snapshot_every=timedelta(0)))
        founding = [published(body) for body in _founding()]
        await testing.run([parts.ingestion], founding, broker=broker, patience=PATIENCE_S)
        await stack.enter_async_context(running((auditing, *parts.all), broker))
        trail = await stack.enter_async_context(connect(url))
        opened = await stack.enter_async_context(door(trail=trail, broker=broker, gateway_max_wait=30))
        health = httpx2.ASGITransport(health_app((), metrics.registry))
        checks = await stack.enter_async_context(httpx2.AsyncClient(transport=health, base_url=ORIGIN))
        yield _Client(opened.client, broker), checks


def _founding() -> list[EventBody]:
    return [
        *(_document(tenant) for tenant in CANARY),
        _access(("group:staff", "user:rob")),
        GroupChanged(tenant="norvik", group="staff", members=("group:shop",), changed_at=datetime.now(UTC)),
    ]


def _document(tenant: str) -> DocumentSubmitted:
    canary = CANARY[tenant]
    text = f"Everyone has 27 days of annual leave by the rule {canary}.\n"
    return DocumentSubmitted.model_validate(
        {
            "tenant": tenant,
            "document_id": "leave.md",
            "version": 1,
            "filename": "leave.md",
            "title": f"Annual leave {canary}",
            "content": b64encode(text.encode()),
            "readers": ("group:staff",),
            "denied": ("user:dan",),
            "submitted_at": datetime.now(UTC) - timedelta(days=1),
        }
    )


def _access(readers: tuple[str, ...]) -> AccessChanged:
    now = datetime.now(UTC)
    return AccessChanged(tenant="norvik", document_id="leave.md", readers=readers, denied=("user:dan",), changed_at=now)
