"""Runs services in this process on an in-memory broker: for the tests of handlers, in milliseconds."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from prometheus_client import CollectorRegistry

from answerable_events.message import Message
from answerable_runtime.clock import Clock
from answerable_runtime.delivery import Harness
from answerable_runtime.effects import EffectStore, MemoryEffects
from answerable_runtime.memory import MemoryBroker, MemoryLog
from answerable_runtime.metrics import Metrics
from answerable_runtime.runner import Runner
from answerable_runtime.service import Service

_TICK = timedelta(milliseconds=2)


def runner(
    service: Service, broker: MemoryBroker, *, effects: EffectStore | None = None, clock: Clock | None = None
) -> Runner:
    """A runner on the in-memory broker."""
    harness = Harness(
        service=service.name,
        instance=f"{service.name}-test",
        log=MemoryLog(broker),
        effects=effects or MemoryEffects(),
        metrics=Metrics(CollectorRegistry()),
        deps=service.deps,
        clock=clock or broker.clock,
        draw=lambda: 0.0,
    )
    return Runner(service, harness, drain=timedelta(seconds=1), house_keeping=_TICK)


async def run(
    services: Sequence[Service],
    messages: Sequence[Message],
    *,
    broker: MemoryBroker | None = None,
    patience: float = 10.0,
) -> MemoryBroker:
    """Publish `messages`, run the services until none has anything left to do, and return the logs.

    Raises:
        TimeoutError: still busy after `patience` seconds.
        Exception: what a service broke on.
    """
    broker = broker or MemoryBroker()
    for message in messages:
        broker.append(message)
    runners = [runner(service, broker) for service in services]
    stop = asyncio.Event()
    async with asyncio.timeout(patience), asyncio.TaskGroup() as group:
        tasks = [group.create_task(each.run(stop)) for each in runners]
        for each in runners:
            await each.started.wait()
        while not (broker.lag() == 0 and all(each.idle for each in runners)):
            await asyncio.sleep(_TICK.total_seconds())
            if any(task.done() for task in tasks):
                break
        stop.set()
    return broker
