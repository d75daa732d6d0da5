"""What a service is, as a value; `runner` runs it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from answerable_events.message import Record
from answerable_events.topics import ANSWERS, Topic, topic_of
from answerable_runtime.batch import BatchRoute
from answerable_runtime.errors import StartUpRefused
from answerable_runtime.log import Log
from answerable_runtime.routes import Route

Check = Callable[[], Awaitable[bool]]
Watcher = Callable[[Sequence[Record]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Watch:
    """Sees every new record of a topic from now on, on every instance, without a group and without promises."""

    topic: Topic
    watcher: Watcher


async def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Service:
    """A name, its routes, and what they need."""

    name: str
    routes: tuple[Route, ...] = ()
    batch: BatchRoute | None = None
    watches: tuple[Watch, ...] = ()
    deps: Any = None
    verify: Callable[[], Awaitable[None]] = _nothing
    """Real round trips to what the service depends on, before it takes its first message; raises what is wrong."""
    serve: Callable[[Log], AbstractAsyncContextManager[None]] | None = None
    """Something that runs beside the routes while the service does and may publish: the gateway's HTTP server."""
    ready: Mapping[str, Check] = field(default_factory=dict)
    """Dependencies by name, for /readyz."""

    @property
    def group(self) -> str:
        return f"answerable.{self.name}"


def require_declared(service: Service) -> None:
    """Refuse a service that does not do what the topics registry says of it.

    Raises:
        StartUpRefused: says what differs.
    """
    problems = [problem for route in service.routes for problem in _problems(service.name, route)]
    if service.batch is not None:
        problems += [
            f"the registry does not name {service.name} as a consumer of {topic.name}"
            for topic in service.batch.topics
            if service.name not in topic.consumers
        ]
    if problems:
        raise StartUpRefused("; ".join(problems))


def _problems(name: str, route: Route) -> list[str]:
    problems = []
    if name not in route.topic.consumers:
        problems.append(f"the registry does not name {name} as a consumer of {route.topic.name}")
    if missing := [event.TYPE for event in route.topic.events if event not in route.handlers]:
        problems.append(f"no handler for {', '.join(missing)}")
    for output in route.outputs:
        topic = topic_of(output)
        if name not in topic.producers:
            problems.append(f"the registry does not name {name} as a producer of {topic.name}")
        if topic == ANSWERS:
            problems.append("answers are written by the gate only")
    if not route.topic.retried:
        problems.append(f"{route.topic.name} has no retry topic")
    return problems
