"""What a service does with which topic. A handler is a plain function; registering it is this separate act."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from answerable_events.body import EventBody
from answerable_events.codec import Event
from answerable_events.topics import Topic
from answerable_runtime.errors import Transient

Handler = Callable[[Event[Any], Any], Awaitable[Sequence[EventBody]]]
"""`async def on_<event>(event, deps) -> list[EventBody]`; the runtime stamps the outputs, publishes, then commits."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a transient failure is tried again before the message dies."""

    tries_in_place: int = 3
    backoff: timedelta = timedelta(milliseconds=200)
    """Upper bound of the first pause; doubles with each try, drawn uniformly from zero (full jitter)."""
    later: tuple[timedelta, ...] = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=20))
    """Delays of the retry topic, one for each further round."""


@dataclass(frozen=True, slots=True)
class FailureBudget:
    """How many unexpected exceptions a route may turn into dead letters before its service stops."""

    consecutive: int = 10
    ratio: float = 0.5
    window: int = 100
    """The ratio counts over this many newest messages, once there are that many."""


@dataclass(frozen=True, slots=True)
class Route:
    """One topic, its handlers by event type, and how they are run: an in-flight window over single messages."""

    topic: Topic
    handlers: Mapping[type[EventBody], Handler]
    outputs: tuple[type[EventBody], ...]
    transient: tuple[type[Exception], ...] = ()
    """Exception types of the libraries that handlers call which mean "try again"."""
    permanent: tuple[type[Exception], ...] = ()
    """Exception types that mean "never": a dead letter at once, and no sign of a bug, so outside the budget."""
    concurrency: int = 16
    timeout: timedelta = timedelta(seconds=30)
    """Of one try."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    budget: FailureBudget = field(default_factory=FailureBudget)

    @property
    def retryable(self) -> tuple[type[Exception], ...]:
        return (Transient, TimeoutError, *self.transient)

    @property
    def worst_case(self) -> timedelta:
        """Longest time that one message can be worked on before it is done, retried later or dead."""
        pauses: timedelta = self.retry.backoff * (1 << self.retry.tries_in_place)
        return self.timeout * self.retry.tries_in_place + pauses
