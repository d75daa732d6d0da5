"""From settings to running services: what every `main` and `answerable up` call."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import structlog
from prometheus_client import CollectorRegistry

from answerable_runtime.delivery import Harness
from answerable_runtime.effects import RedisEffects
from answerable_runtime.errors import BrokerUnavailable
from answerable_runtime.health import health_app, serving
from answerable_runtime.kafka import KafkaLog
from answerable_runtime.kafka_topics import create_topics
from answerable_runtime.metrics import Metrics
from answerable_runtime.runner import Runner
from answerable_runtime.service import Service
from answerable_runtime.settings import RuntimeSettings

_log = structlog.get_logger(__name__)

Build = Callable[[Metrics], AbstractAsyncContextManager[Service]]
"""Opens what a service depends on, and closes it at the end."""

_BROKER_PATIENCE = timedelta(seconds=60)


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; a second signal ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def request() -> None:
        stop.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, request)
    return stop


@asynccontextmanager
async def running(builds: Mapping[str, Build], settings: RuntimeSettings) -> AsyncIterator[Sequence[Runner]]:
    """Services in this process, started and healthy; leaving the block drains and stops them.

    When one breaks, the block is cancelled and what broke it is raised.

    Raises:
        StartUpRefused: a declaration, a setting or a dependency is not as it must be.
        BrokerUnavailable: no broker within 60 s.
    """
    metrics = Metrics(CollectorRegistry())
    stop = asyncio.Event()
    await _prepare_broker(settings)
    async with AsyncExitStack() as stack:
        effects = RedisEffects(settings.redis_url, keep=settings.effects_kept)
        stack.push_async_callback(effects.close)
        runners = []
        for name, build in builds.items():
            service = await stack.enter_async_context(build(metrics))
            log = KafkaLog(settings, client_id=f"answerable-{name}")
            harness = Harness(service.name, str(uuid4()), log, effects, metrics, service.deps)
            runners.append(Runner(service, harness, drain=settings.drain))
        if settings.http_port:
            app = health_app(runners, metrics.registry)
            await stack.enter_async_context(serving(app, settings.http_host, settings.http_port))
        try:
            async with asyncio.TaskGroup() as group:
                for runner in runners:
                    group.create_task(runner.run(stop))
                for runner in runners:
                    await runner.started.wait()
                _calm_collector()
                yield runners
                stop.set()
        except BaseExceptionGroup as broken:
            raise _first(broken) from None


async def launch(builds: Mapping[str, Build], settings: RuntimeSettings) -> None:
    """Run services until SIGTERM or SIGINT."""
    stop = stop_on_signals()
    async with running(builds, settings):
        await stop.wait()
        _log.info("stopping")


async def _prepare_broker(settings: RuntimeSettings) -> None:
    """Wait for the broker, which may start at the same time as we do, and create the topics."""
    try:
        async with asyncio.timeout(_BROKER_PATIENCE.total_seconds()):
            while True:
                try:
                    if settings.kafka_create_topics:
                        created = await create_topics(settings)
                        _log.info("topics", created=len(created))
                except BrokerUnavailable:
                    _log.info("waiting for the broker")
                    await asyncio.sleep(1)
                else:
                    return
    except TimeoutError:
        raise BrokerUnavailable(f"no broker at {settings.kafka_brokers}") from None


def _calm_collector() -> None:
    """Fewer, later collections: each event allocates thousands of short-lived objects, and what start-up made stays.

    Measured on audit: 143 to 102 microseconds of CPU per event.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
