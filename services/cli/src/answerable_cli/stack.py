"""Everything on this machine: embedded servers and all services in one process. What `up` and `demo` run."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from answerable_cli import instance as instances
from answerable_cli.errors import CliError, PartFailed
from answerable_cli.instance import Broker, Instance, ServerState
from answerable_cli.servers.clickhouse import clickhouse_endpoint
from answerable_cli.servers.kafka import fetch_kafka_jars, kafka
from answerable_cli.servers.ports import LOOPBACK, claim_port, free_port, is_free
from answerable_cli.servers.process import Server
from answerable_cli.servers.tansu import tansu
from answerable_cli.servers.valkey import valkey
from answerable_cli.services import SERVICES, build, configured, settings_class
from answerable_runtime.launch import running
from answerable_runtime.logs import configure
from answerable_runtime.runner import Runner
from answerable_runtime.settings import PREFIX

GATEWAY_PORT, BROKER_PORT, CLICKHOUSE_PORT, METRICS_PORT = 8080, 9092, 8123, 9464
OIDC_VARIABLE = f"{PREFIX}OIDC_ISSUER"
"""Set: the gateway verifies tokens, and nobody is believed without one."""
THRESHOLD_VARIABLE = f"{PREFIX}VALIDATION_DEVELOPMENT_THRESHOLD"
DEVELOPMENT_THRESHOLD = 0.5
"""Rather right than wrong, as far as confidence tells. Proves nothing."""

_reserved: list[socket.socket] = []
KEY_FILE = Path("keys") / "checkpoints.key"
LOG_NAME = "local"

_CHILDREN_END_WITHIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Ports:
    gateway: int
    broker: int
    clickhouse: int
    metrics: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start, and where."""

    data: Path
    broker: Broker
    ports: Ports
    chosen: Mapping[str, Any] = field(default_factory=dict)
    """Settings of services, by field, in place of those of the environment."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs."""

    instance: Instance
    servers: Mapping[str, Server]

    async def broken_server(self) -> PartFailed:
        """Wait until a server process ends by itself."""
        waits = {
            asyncio.create_task(process.wait()): name
            for name, server in self.servers.items()
            for process in server.processes
        }
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return self._failure(waits[done.pop()])
        finally:
            for wait in waits:
                wait.cancel()

    def _failure(self, name: str) -> PartFailed:
        log = next(state.log for state in self.instance.servers if state.name == name)
        codes = [process.returncode for process in self.servers[name].processes if process.returncode is not None]
        return PartFailed(f"{name} ended by itself (status {codes[0] if codes else 'unknown'})", f"its log: {log}")

    def dead_server(self) -> PartFailed | None:
        for name, server in self.servers.items():
            if any(process.returncode is not None for process in server.processes):
                return self._failure(name)
        return None


Report = Callable[[str], None]
"""Told what is being started."""


def choose_ports(
    *, gateway: int | None = None, metrics: int | None = None, default: bool = True
) -> tuple[Ports, list[str]]:
    """Ports that are free now: what was asked for, else the usual ones, else any; and what to tell about it.

    Raises:
        PortInUseError: a port that was asked for is taken.
    """
    notes: list[str] = []

    def choose(name: str, usual: int, asked: int | None) -> int:
        if asked is not None:
            return claim_port(asked)
        if default and is_free(usual) and _reserve(usual):
            return usual
        port = free_port()
        if default:
            notes.append(f"port {usual} is taken, so the {name} listens on {port}")
        return port

    ports = Ports(
        gateway=choose("gateway", GATEWAY_PORT, gateway),
        broker=choose("broker", BROKER_PORT, None),
        clickhouse=choose("ClickHouse endpoint", CLICKHOUSE_PORT, None),
        metrics=choose("metrics page", METRICS_PORT, metrics),
    )
    return ports, notes


def _reserve(port: int) -> bool:
    """Keep another `up` that starts at the same time from choosing the port, which is bound only seconds later.

    By a name that the kernel gives to one process and takes back when that ends; elsewhere than on Linux by nothing.
    """
    if sys.platform != "linux":
        return True
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0answerable-port-{port}")
    except OSError:
        name.close()
        return False
    _reserved.append(name)
    return True


@asynccontextmanager
async def open_stack(plan: Plan, report: Report) -> AsyncIterator[Stack]:
    """Servers and services for the block, which is cancelled when one of them breaks.

    Raises:
        PartFailed: names what broke, and its log.
        AlreadyRunning, ServerError, StartUpRefused, BrokerUnavailable: it could not start.
    """
    data = plan.data.absolute()
    with instances.held(data) as left_behind:
        if left_behind is not None:
            await _await_end(left_behind)
        log = data / "logs" / "services.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("a", buffering=1) as stream:
            async with AsyncExitStack() as stack:
                token = secrets.token_urlsafe(24)
                servers = await _start_servers(stack, plan, data, token, report)
                instance = _describe(plan, data, servers, token, log)
                settings = {
                    name: configured(name, {**plan.chosen, **overrides(instance, plan.ports)}) for name in SERVICES
                }
                configure(settings["audit"].log_level, stream=stream)
                report("services")
                opened = Stack(instance, servers)
                stack.push(partial(_blame, opened))
                builds = {name: build(name, settings[name]) for name in SERVICES}
                await stack.enter_async_context(running(builds, settings["audit"]))
                instances.write(instance)
                yield opened


def overrides(instance: Instance, ports: Ports) -> dict[str, Any]:
    """What `up` decides, by settings field; the environment decides the rest."""
    return {
        "kafka_brokers": instance.kafka_brokers,
        "kafka_fetch_wait": timedelta(seconds=instance.fetch_wait_s),
        "kafka_create_topics": True,
        "kafka_replication": 1,
        "redis_url": instance.redis_url,
        "clickhouse_url": instance.writer_url,
        "index_path": instance.data / "index",
        "audit_key_file": instance.data / KEY_FILE,
        "audit_log_name": LOG_NAME,
        "gateway_host": LOOPBACK,
        "gateway_port": ports.gateway,
        "gateway_development_identity": OIDC_VARIABLE not in os.environ,
        "validation_development_threshold": float(os.environ.get(THRESHOLD_VARIABLE, DEVELOPMENT_THRESHOLD)),
        "http_host": LOOPBACK,
        "http_port": ports.metrics,
    }


def _blame(stack: Stack, _kind: object, error: BaseException | None, _traceback: object) -> None:
    """Say whose error it was that ended the block, where that can be told."""
    if not isinstance(error, Exception) or isinstance(error, CliError):
        return
    if (dead := stack.dead_server()) is not None:
        raise dead from error
    if (name := _broken_service(error)) is not None:
        text = f"the service {name} stopped: {type(error).__name__}: {error}"
        raise PartFailed(text, f"its log: {stack.instance.log}") from error


def _broken_service(error: BaseException) -> str | None:
    """The service whose runner the error came through."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        runner = frame.f_locals.get("self")
        if isinstance(runner, Runner):
            return runner.service.name
    return None


async def _start_servers(
    stack: AsyncExitStack, plan: Plan, data: Path, token: str, report: Report
) -> Mapping[str, Server]:
    """All servers at once; their modules are imported meanwhile."""
    starting: dict[str, AbstractAsyncContextManager[Server]] = {
        "ClickHouse": clickhouse_endpoint(data / "clickhouse", plan.ports.clickhouse, token=token, in_thread=False),
        "Valkey": valkey(data / "valkey", None),
    }
    if plan.broker == "kafka":
        report("Kafka's jars")
        jars = await asyncio.to_thread(fetch_kafka_jars, cache_folder())
        starting["Kafka"] = kafka(data / "kafka", jars, plan.ports.broker)
    else:
        starting["Tansu"] = tansu(plan.ports.broker, data / "logs" / "tansu.log")
    report(", ".join(starting))
    servers: dict[str, Server] = {}

    async def start(name: str, context: AbstractAsyncContextManager[Server]) -> None:
        servers[name] = await stack.enter_async_context(context)

    try:
        async with asyncio.TaskGroup() as group:
            for name, context in starting.items():
                group.create_task(start(name, context))
            for name in SERVICES:
                await asyncio.to_thread(settings_class, name)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return servers


def cache_folder() -> Path:
    """Where fetched programs are kept for all data folders."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "answerable"


def _describe(plan: Plan, data: Path, servers: Mapping[str, Server], token: str, log: Path) -> Instance:
    logs = {
        "ClickHouse": data / "clickhouse" / "clickhouse.log",
        "Valkey": data / "valkey" / "valkey.log",
        "Tansu": data / "logs" / "tansu.log",
        "Kafka": data / "kafka" / "node-1" / "kafka.log",
    }
    return Instance(
        pid=os.getpid(),
        version=version("answerable-cli"),
        started=datetime.now(UTC),
        data=data,
        broker=plan.broker,
        gateway_url=f"http://{LOOPBACK}:{plan.ports.gateway}",
        kafka_brokers=f"{LOOPBACK}:{plan.ports.broker}",
        clickhouse_url=servers["ClickHouse"].url,
        redis_url=servers["Valkey"].url,
        metrics_url=f"http://{LOOPBACK}:{plan.ports.metrics}",
        token=token,
        log=log,
        servers=tuple(
            ServerState(name=name, url=server.url, pids=tuple(p.pid for p in server.processes), log=logs[name])
            for name, server in servers.items()
        ),
    )


async def _await_end(left_behind: Instance) -> None:
    """Wait until the servers of an instance that was killed are gone, and end those that stay.

    The kernel ends them with their parent, but not in the same instant, and not on every system.
    """
    deadline = asyncio.get_running_loop().time() + _CHILDREN_END_WITHIN.total_seconds()
    pids = {pid for server in left_behind.servers for pid in server.pids}
    while alive := {pid for pid in pids if _is_ours(pid, left_behind)}:
        if asyncio.get_running_loop().time() > deadline:
            for pid in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.05)


def _is_ours(pid: int, left_behind: Instance) -> bool:
    """Whether the process still runs a server of this folder; a number that somebody else got since is not ours."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False
    ports = [server.url.rsplit(":", 1)[-1].split("/")[0] for server in left_behind.servers if pid in server.pids]
    return str(left_behind.data) in command or any(port in command for port in ports)
