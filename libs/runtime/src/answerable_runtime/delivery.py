"""One message from broker to handler and back: decode, dedupe, work, record, publish. The only `except Exception`.

When `deliver` returns, the message is finished: its outputs, its retry or its dead letter are acknowledged by the
broker, and its offset may be committed. When it raises, nothing may be committed.
"""

import asyncio
import random
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog

from answerable_events.body import EventBody, RequestBody
from answerable_events.codec import Event, Producer, decode, encode
from answerable_events.errors import UndecodableEvent
from answerable_events.identity import event_id
from answerable_events.message import Message, Record
from answerable_events.topics import topic_of
from answerable_runtime.budget import FailureCount
from answerable_runtime.clock import Clock
from answerable_runtime.deadletters import Death, bury
from answerable_runtime.effects import EffectStore
from answerable_runtime.errors import BrokerUnavailable, UndeclaredOutput
from answerable_runtime.log import Log
from answerable_runtime.logs import note_work
from answerable_runtime.metrics import Metrics
from answerable_runtime.numbering import Numbering
from answerable_runtime.retry import not_before, pause_before, round_of, try_later
from answerable_runtime.routes import Route

_log = structlog.get_logger(__name__)

_LONGEST_WAIT = timedelta(minutes=5)
"""A forged `not_before` must not hold a place in the window for ever."""


class Disposition(StrEnum):
    """How a message ended."""

    DONE = "done"
    REPEATED = "repeated"
    """Its result was on record and was published again."""
    RETRIED = "retried"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Harness:
    """What delivery needs of the service around it."""

    service: str
    instance: str
    log: Log
    effects: EffectStore
    metrics: Metrics
    deps: Any
    clock: Clock = field(default_factory=Clock)
    draw: Callable[[], float] = random.random
    _numbering: Numbering = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_numbering", Numbering(f"/answerable/{self.service}", self.instance))

    def producer(self) -> Producer:
        """For the next message; it is published under `numbered`."""
        return self._numbering.next()

    @contextmanager
    def numbered(self) -> Iterator[None]:
        """Around the way of a message to the broker: whoever is stopped on it leaves a number behind."""
        try:
            yield
        except asyncio.CancelledError:
            self._numbering.begin_again()
            raise

    async def publish(self, messages: Sequence[Message]) -> None:
        """Publish until the broker confirms: there is nothing better to do with a finished result."""
        pause = 0.1
        while messages:
            try:
                await self.log.publish(messages)
            except BrokerUnavailable:
                _log.warning("publish not confirmed, trying again", topics=sorted({m.topic for m in messages}))
                await self.clock.sleep(pause)
                pause = min(2 * pause, 5.0)
            else:
                return


async def deliver(record: Record, route: Route, harness: Harness, failures: FailureCount) -> Disposition:
    """Carry one record through its route.

    Raises:
        TooManyFailures: the budget for unexpected exceptions is spent.
        asyncio.CancelledError: stopped on the way; the record will be delivered again.
    """
    started = harness.clock.now()
    note_work(harness.service, record)
    await _wait_for_its_time(record, harness.clock)
    try:
        event = decode(record, route.topic)
    except UndecodableEvent as error:
        disposition = await _die(record, Death(error.reason, type(error).__name__, 0), route, harness)
    else:
        disposition = await _handle(record, event, route, harness, failures)
    elapsed = (harness.clock.now() - started).total_seconds()
    harness.metrics.messages.labels(harness.service, route.topic.name, disposition.value).inc()
    harness.metrics.handling_seconds.labels(harness.service, route.topic.name).observe(elapsed)
    return disposition


async def _handle(
    record: Record, event: Event[EventBody], route: Route, harness: Harness, failures: FailureCount
) -> Disposition:
    key = f"{harness.service}:{event.body.tenant}:{_root(event)}:{event.body.TYPE}"
    known = await harness.effects.get(key)
    harness.metrics.effects.labels(harness.service, "miss" if known is None else "hit").inc()
    if known is not None:
        await harness.publish(known)
        return Disposition.REPEATED
    try:
        outputs = await _work(event, route, harness)
    except route.retryable as error:
        return await _put_off(record, error, route, harness)
    except route.permanent as error:
        return await _die(record, _death(error, record), route, harness)
    except Exception as error:  # noqa: BLE001 - a bug in a handler: the one place that may catch everything
        _log.error("handler failed", exception=type(error).__name__, at=_place(error))
        failures.failed()
        return await _die(record, _death(error, record), route, harness)
    failures.succeeded()
    messages = _stamp(outputs, event, record, harness)
    with harness.numbered():
        await harness.effects.put(key, messages)
        await harness.publish(messages)
    return Disposition.DONE


async def _work(event: Event[EventBody], route: Route, harness: Harness) -> Sequence[EventBody]:
    """Call the handler, in place up to `tries_in_place` times."""
    handler = route.handlers[type(event.body)]
    for attempt in range(1, route.retry.tries_in_place + 1):
        try:
            async with asyncio.timeout(route.timeout.total_seconds()):
                outputs = await handler(event, harness.deps)
        except route.retryable as error:
            _log.warning("transient failure", attempt=attempt, exception=type(error).__name__)
            if attempt == route.retry.tries_in_place:
                raise
        else:
            if undeclared := {type(output) for output in outputs} - set(route.outputs):
                raise UndeclaredOutput(", ".join(sorted(kind.TYPE for kind in undeclared)))
            return outputs
        await harness.clock.sleep(pause_before(attempt, route.retry, harness.draw()).total_seconds())
    raise AssertionError("tries_in_place is at least 1")


def _stamp(outputs: Sequence[EventBody], cause: Event[EventBody], record: Record, harness: Harness) -> list[Message]:
    """Ids, ancestors, trace context; outputs of one type are numbered in the order the handler gave them."""
    ordinals: Counter[str] = Counter()
    messages = []
    for output in outputs:
        messages.append(
            encode(
                output.resting_on(cause.lineage),
                topic=topic_of(type(output)),
                producer=harness.producer(),
                now=harness.clock.now(),
                identity=event_id(_root(cause), output.tenant, output.TYPE, ordinals[output.TYPE]),
                cause=cause,
                partition=record.partition,
            )
        )
        ordinals[output.TYPE] += 1
    return messages


def _root(event: Event[EventBody]) -> UUID:
    """What ids are derived from: a request passes each stage once, a document or a review once for every event."""
    once = isinstance(event.body, RequestBody) and event.body.ONCE
    return event.body.correlation_id if once else event.id


def _death(error: Exception, record: Record) -> Death:
    return Death("processing_error", type(error).__name__, round_of(record) + 1)


def _place(error: Exception) -> str:
    """Where it was raised, without the text, which may quote a document or a question."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""


async def _put_off(record: Record, error: Exception, route: Route, harness: Harness) -> Disposition:
    later = try_later(record, route.retry, harness.clock.now())
    if later is None:
        attempts = (round_of(record) + 1) * route.retry.tries_in_place
        return await _die(record, Death("retries_exhausted", type(error).__name__, attempts), route, harness)
    await harness.publish([later])
    return Disposition.RETRIED


async def _die(record: Record, death: Death, route: Route, harness: Harness) -> Disposition:
    letter = bury(record, death, topic=route.topic, producer=harness.producer(), now=harness.clock.now())
    with harness.numbered():
        await harness.publish([letter])
    harness.metrics.dead_letters.labels(harness.service, route.topic.name, death.reason).inc()
    _log.error("dead letter", reason=death.reason, exception=death.exception_type, attempts=death.attempts)
    return Disposition.DEAD


async def _wait_for_its_time(record: Record, clock: Clock) -> None:
    moment = not_before(record)
    pause = (moment - clock.now()).total_seconds() if moment else 0.0
    if pause > 0:
        await clock.sleep(min(pause, _LONGEST_WAIT.total_seconds()))
