"""The services one by one with `answerable run`, on servers of their own: only addresses differ from `up`."""

import asyncio
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from answerable_cli.servers.ports import free_port
from tests.support import servers
from tests.support.command import COMMAND, Done, run, without_ours

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

SERVICES = ("audit", "ingestion", "retrieval", "inference", "validation", "gateway")
_READY_WITHIN_S = 150


@pytest.mark.parametrize("broker", servers.broker_kinds())
async def test_six_processes_answer_and_refuse_as_one_does(broker: str, tmp_path: Path) -> None:
    page = tmp_path / "leave.md"
    page.write_text("# Annual leave\n\nEvery employee has 27 days of annual leave per calendar year.\n")
    async with servers.start_broker(broker) as log, servers.start_clickhouse() as trace, servers.start_redis() as redis:
        gateway = free_port()
        settings = {
            "ANSWERABLE_KAFKA_BROKERS": log.url,
            "ANSWERABLE_KAFKA_FETCH_WAIT": "0.01" if broker == servers.TANSU else "0.5",
            "ANSWERABLE_REDIS_URL": redis.url,
            "ANSWERABLE_CLICKHOUSE_URL": trace.url.replace("://", f"://answerable:{servers.TOKEN}@"),
            "ANSWERABLE_INDEX_PATH": str(tmp_path / "index"),
            "ANSWERABLE_AUDIT_KEY_FILE": str(tmp_path / "keys" / "checkpoints.key"),
            "ANSWERABLE_AUDIT_LOG_NAME": "test",
            "ANSWERABLE_GATEWAY_PORT": str(gateway),
            "ANSWERABLE_GATEWAY_DEVELOPMENT_IDENTITY": "true",
            "ANSWERABLE_VALIDATION_DEVELOPMENT_THRESHOLD": "0.5",
        }
        command = settings | {"ANSWERABLE_GATEWAY_URL": f"http://127.0.0.1:{gateway}"}
        with _services(settings) as ports:
            await _ready(ports)
            added = await _run(command, "knowledge", "add", page, "--readers", "staff")
            assert added.code == 0, added
            ask = (
                "ask",
                "How many days of annual leave does every employee have?",
                "--as",
                "ada",
                "--json",
                "--groups",
            )
            released = await _run(command, *ask, "staff")
            assert released.code == 0, released
            assert "27 days" in released.json["answer"]["text"]
            withheld = await _run(command, *ask, "guests")
            assert (withheld.code, withheld.json["reason"]) == (3, "not_known")
            checked = await _run(command, "audit", "check")
            assert checked.code == 0, checked


@contextmanager
def _services(settings: Mapping[str, str]) -> Iterator[list[int]]:
    """Each in its own process with its own health port; all must end well when asked to."""
    ports = [free_port() for _ in SERVICES]
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        processes = []
        for name, port in zip(SERVICES, ports, strict=True):
            log = stack.enter_context((logs / name).open("w"))
            variables = without_ours({**settings, "ANSWERABLE_HTTP_PORT": str(port)})
            process = subprocess.Popen([COMMAND, "run", name], env=variables, stderr=log)
            stack.callback(process.kill)
            processes.append(process)
        yield ports
        for process in processes:
            process.terminate()
        codes = {name: process.wait(30) for name, process in zip(SERVICES, processes, strict=True)}
        assert codes == dict.fromkeys(SERVICES, 0)


async def _run(settings: Mapping[str, Any], *arguments: str | Path) -> Done:
    return await asyncio.to_thread(partial(run, *arguments, data=None, **settings))


async def _ready(ports: list[int]) -> None:
    async with asyncio.timeout(_READY_WITHIN_S), httpx2.AsyncClient(trust_env=False, timeout=5) as client:
        for port in ports:
            while not await _answers(client, port):
                await asyncio.sleep(0.3)


async def _answers(client: httpx2.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/readyz")).is_success
    except httpx2.HTTPError:
        return False
