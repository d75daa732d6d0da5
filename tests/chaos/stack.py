"""Servers and services as separate processes, and a supervisor that starts again what was killed."""

import asyncio
import os
import random
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from answerable_runtime.kafka_topics import create_topics
from answerable_runtime.settings import RuntimeSettings
from answerable_trail.client import connect
from tests.support import servers

CLI = str(Path(sys.executable).with_name("answerable"))


@dataclass
class Stack:
    """Where everything is."""

    settings: RuntimeSettings
    clickhouse_url: str
    folder: Path
    environment: Mapping[str, str]


@asynccontextmanager
async def servers_running(broker: str) -> AsyncIterator[Stack]:
    """A fresh broker, record and effect store; the schema is there and the topics too."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="answerable-chaos-")))
        kafka = await stack.enter_async_context(servers.start_broker(broker))
        clickhouse = await stack.enter_async_context(servers.start_clickhouse())
        redis = await stack.enter_async_context(servers.start_redis())
        url = clickhouse.url.replace("http://", f"http://answerable:{servers.TOKEN}@")
        environment = {
            "ANSWERABLE_VALIDATION_DEVELOPMENT_THRESHOLD": "0.5",
            "ANSWERABLE_KAFKA_BROKERS": kafka.url,
            "ANSWERABLE_KAFKA_FETCH_WAIT": "PT0.01S" if broker == servers.TANSU else "PT0.5S",
            "ANSWERABLE_REDIS_URL": redis.url,
            "ANSWERABLE_CLICKHOUSE_URL": url,
            "ANSWERABLE_INDEX_PATH": str(folder / "index"),
            "ANSWERABLE_AUDIT_KEY_FILE": str(folder / "checkpoints.key"),
            "ANSWERABLE_AUDIT_LOG_NAME": "chaos",
            "ANSWERABLE_KAFKA_SESSION_TIMEOUT": "PT3S" if broker == servers.TANSU else "PT6S",
            "ANSWERABLE_LOG_LEVEL": "info",
        }
        settings = RuntimeSettings(kafka_brokers=kafka.url, kafka_fetch_wait=timedelta(milliseconds=10))
        await create_topics(settings)
        async with connect(url) as trail:
            await trail.migrate()
        yield Stack(settings, url, folder, environment)


@dataclass
class Process:
    """A service that is kept running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    child: asyncio.subprocess.Process | None = None
    starts: int = 0
    unexpected: list[int] = field(default_factory=list)
    """Exit codes that nobody caused."""
    _wanted: bool = True
    _provoked: int = 0

    async def keep_running(self) -> None:
        while self._wanted:
            with self.log.open("ab") as output:
                self.child = await asyncio.create_subprocess_exec(
                    *self.command, env={**os.environ, **self.environment}, stdout=output, stderr=output
                )
            self.starts += 1
            code = await self.child.wait()
            if self._provoked:
                self._provoked -= 1
            elif self._wanted:
                self.unexpected.append(code)
                await asyncio.sleep(0.5)

    def strike(self, number: signal.Signals) -> bool:
        """Send a signal; False when the process is not running just now."""
        if self.child is None or self.child.returncode is not None or self._provoked:
            return False
        self._provoked += 1
        self.child.send_signal(number)
        return True

    async def end(self) -> int:
        """SIGTERM, and the exit code."""
        self._wanted = False
        if self.child is None:
            return 0
        if self.child.returncode is None:
            self.child.terminate()
        try:
            return await asyncio.wait_for(self.child.wait(), 30)
        except TimeoutError:
            self.child.kill()
            return -9


@asynccontextmanager
async def supervised(processes: Sequence[Process]) -> AsyncIterator[None]:
    keepers = [asyncio.create_task(process.keep_running()) for process in processes]
    try:
        yield
    finally:
        codes = await asyncio.gather(*(process.end() for process in processes))
        await asyncio.gather(*keepers)
        for process, code in zip(processes, codes, strict=True):
            if code != 0:
                process.unexpected.append(code)


def service(stack: Stack, name: str, **extra: str) -> Process:
    environment = {**stack.environment, **extra}
    return Process(name, (CLI, "run", name), environment, stack.folder / f"{name}.log")


async def strike_now_and_then(
    processes: Sequence[Process], *, kills: int, terms: int, every: float, draw: random.Random
) -> int:
    """SIGKILL and SIGTERM in random order to random processes; returns how many were delivered."""
    signals = [signal.SIGKILL] * kills + [signal.SIGTERM] * terms
    draw.shuffle(signals)
    delivered = 0
    for number in signals:
        await asyncio.sleep(every * draw.uniform(0.5, 1.5))
        for process in draw.sample(list(processes), len(processes)):
            if process.strike(number):
                delivered += 1
                break
    return delivered
