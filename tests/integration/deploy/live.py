"""All services in this process on real servers, with traffic of every kind, and a Prometheus that watches them."""

import asyncio
import contextlib
import math
import shutil
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import yaml

from answerable_cli.servers.ports import LOOPBACK, free_port
from answerable_cli.servers.probes import http_ok
from answerable_cli.servers.process import serving
from answerable_cli.services import SERVICES, build, configured
from answerable_events.documents import AccessChanged, DocumentSubmitted
from answerable_events.message import Message
from answerable_events.topics import QUESTIONS
from answerable_runtime import client as broker_client
from answerable_runtime.deadletters import NOT_BEFORE_HEADER
from answerable_runtime.kafka import KafkaLog
from answerable_runtime.launch import running
from answerable_runtime.settings import RuntimeSettings
from tests.integration.deploy.expressions import DEPLOY, RULES
from tests.support import servers
from tests.support.questions import asked

TENANT = "norvik"
_PAUSE_S = 0.4
_SCRAPE = "1s"
_RATE = "15s"
"""In place of Grafana's $__rate_interval: several scrapes."""
_READY_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True)
class Live:
    """Where to ask."""

    prometheus_url: str
    clickhouse_url: str
    began: int

    async def values(self, promql: str) -> list[float]:
        """Values of an instant query; NaN is left out."""
        query = promql.replace("$__rate_interval", _RATE)
        async with httpx2.AsyncClient() as http:
            reply = await http.get(f"{self.prometheus_url}/api/v1/query", params={"query": query})
        found = reply.json()
        assert found["status"] == "success", found.get("error")
        values = [float(series["value"][1]) for series in found["data"]["result"]]
        return [value for value in values if not math.isnan(value)]

    async def rows(self, sql: str) -> list[list[Any]]:
        """Rows of a statement, asked as an analyst, with the plugin's macros filled in as the plugin does."""
        statement = sql.replace("$__fromTime", f"toDateTime({self.began})").replace("$__toTime", "now()")
        for column in ("moment", "began_at"):
            statement = statement.replace(
                f"$__timeInterval({column})", f"toStartOfInterval(toDateTime({column}), INTERVAL 10 second)"
            )
        async with httpx2.AsyncClient(auth=("analyst", "")) as http:
            reply = await http.post(self.clickhouse_url, content=statement + "\nFORMAT JSONCompact")
        assert reply.status_code == 200, reply.text
        rows: list[list[Any]] = reply.json()["data"]
        return rows


@asynccontextmanager
async def live(folder: Path) -> AsyncIterator[Live]:
    """Everything, for the block. It runs in a task of its own: fixtures may enter and leave from different ones."""
    ready: asyncio.Future[Live] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()

    async def work() -> None:
        async with _system(folder) as found:
            ready.set_result(found)
            await done.wait()

    task = asyncio.create_task(work())
    waited: set[asyncio.Future[Any]] = {task, ready}
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield ready.result()
    finally:
        done.set()
        await task


@asynccontextmanager
async def _system(folder: Path) -> AsyncIterator[Live]:
    async with (
        servers.start_broker(servers.TANSU) as broker,
        servers.start_redis() as redis,
        servers.start_clickhouse() as clickhouse,
    ):
        overrides = {
            "kafka_brokers": broker.url,
            "kafka_fetch_wait": timedelta(milliseconds=10),
            "redis_url": redis.url,
            "clickhouse_url": clickhouse.url.replace("http://", f"http://answerable:{servers.TOKEN}@"),
            "index_path": folder / "index",
            "audit_key_file": folder / "checkpoints.key",
            "audit_log_name": "live",
            "audit_check_every": timedelta(seconds=1),
            "gateway_port": free_port(),
            "gateway_development_identity": True,
            "http_port": free_port(),
            "drain": timedelta(seconds=1),
        }
        settings = {name: configured(name, overrides) for name in SERVICES}
        builds = {name: build(name, settings[name]) for name in SERVICES}
        async with (
            running(builds, settings["audit"]),
            _prometheus(folder / "prometheus", settings["audit"].http_port) as url,
            _traffic(settings["audit"], f"http://{LOOPBACK}:{overrides['gateway_port']}"),
        ):
            yield Live(url, clickhouse.url, began=int(time.time()) - 60)


@asynccontextmanager
async def _prometheus(folder: Path, services_port: int) -> AsyncIterator[str]:
    binary = shutil.which("prometheus")
    assert binary is not None
    config = _prometheus_config(folder, services_port)
    port = free_port()
    command = [binary, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]

    async def probe() -> bool:
        return await http_ok(port, "/-/ready")

    command.append(f"--web.listen-address={LOOPBACK}:{port}")
    async with serving("Prometheus", command, probe, folder / "prometheus.log", _READY_WITHIN):
        yield f"http://{LOOPBACK}:{port}"


def _prometheus_config(folder: Path, services_port: int) -> Path:
    """The project's rules; the targets and the pace of the test."""
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": _SCRAPE, "scrape_timeout": _SCRAPE, "evaluation_interval": _SCRAPE}
    config["rule_files"] = [str(RULES)]
    targets = [{"targets": [f"{LOOPBACK}:{services_port}"]}]
    config["scrape_configs"] = [{"job_name": "answerable", "static_configs": targets}]
    folder.mkdir()
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    return file


@asynccontextmanager
async def _traffic(settings: RuntimeSettings, gateway: str) -> AsyncIterator[None]:
    """Documents, questions over Kafka and HTTP, unreadable ones, and one that stays open, for as long as the block."""
    log = KafkaLog(settings, client_id="upstream")
    await log.start(())
    async with broker_client.connect(settings) as broker, httpx2.AsyncClient() as http:
        await log.publish([_open_question()])

        async def load() -> None:
            number = 0
            while True:
                number += 1
                await broker.publish(_document(number), ordinal=number)
                await broker.publish(_change(), ordinal=number)
                broken = replace(asked(tenant=TENANT), value=b"{")
                await log.publish([asked(tenant=TENANT), asked("Who won the chess tournament?", tenant=TENANT), broken])
                await http.post(
                    f"{gateway}/v1/questions",
                    json={"question": "How many days of annual leave do I have?"},
                    headers={"Authorization": f"Development ada;groups=staff;tenant={TENANT}"},
                )
                await asyncio.sleep(_PAUSE_S)

        task = asyncio.create_task(load())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await log.stop()


def _change() -> AccessChanged:
    """Of rights, to the same."""
    return AccessChanged(
        tenant=TENANT, document_id="handbook/leave.md", readers=("group:staff",), changed_at=datetime.now(UTC)
    )


def _document(version: int) -> DocumentSubmitted:
    text = f"# Annual leave\n\nEveryone at Norvik has 27 days of annual leave. Revision {version}.\n"
    return DocumentSubmitted(
        tenant=TENANT,
        document_id="handbook/leave.md",
        version=version,
        filename="leave.md",
        content=b64encode(text.encode()).decode(),
        readers=("group:staff",),
        submitted_at=datetime.now(UTC),
    )


def _open_question() -> Message:
    """A question that waits for another try until long after the test, so that one request is always open."""
    message = asked(tenant=TENANT, deadline=datetime.now(UTC) + timedelta(minutes=10))
    later = (datetime.now(UTC) + timedelta(minutes=4)).isoformat().encode()
    return replace(message, topic=QUESTIONS.retry, headers=(*message.headers, (NOT_BEFORE_HEADER, later)))
