"""Throughput of the in-flight window when work is slow and uneven, beside what 64 places could do at best.

Model latencies are log-normal, p50 2 s and p99 15 s, all divided by TIMES_FASTER so that the run ends in time. The
ideal gives the same durations, in the same order, each to the next free of 64 places, with no overhead at all.
"""

import asyncio
import heapq
import math
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from answerable_cli.results import Figure
from answerable_events.body import EventBody
from answerable_events.codec import Event
from answerable_events.requests import QuestionAsked
from answerable_runtime.settings import RuntimeSettings
from tests.bench.figures import Measured, Scale, rounded
from tests.bench.servers import broker, fill, run_service
from tests.bench.traffic import questions
from tests.support.stages import context_of, stage

AIM = "ratio >= 0.9"
PLACES = 64
P50_S, P99_S = 2.0, 15.0
TIMES_FASTER = 10
_Z99 = 2.3263  # of the standard normal distribution
_SEED = 20261103
_LIMIT_S = 120


async def measure(scale: Scale) -> Measured:
    durations = log_normal(scale.of(3_000, 600))
    async with broker() as settings:
        await fill(settings, questions(len(durations), datetime.now(UTC)))
        seconds = await _run(settings, durations)
    best = ideal_seconds(durations, PLACES)
    note = f"{len(durations)} events, {PLACES} in flight, latencies divided by {TIMES_FASTER}"
    value, baseline = len(durations) / seconds, len(durations) / best
    return Measured({"window": Figure(rounded(value), "events/s", AIM, rounded(baseline))}, note)


def log_normal(count: int) -> list[float]:
    """Durations in seconds; the same for every run."""
    spread = math.log(P99_S / P50_S) / _Z99
    draw = random.Random(_SEED)
    return [draw.lognormvariate(math.log(P50_S / TIMES_FASTER), spread) for _ in range(count)]


def ideal_seconds(durations: Sequence[float], places: int) -> float:
    """How long the durations take, each beginning as soon as one of `places` is free."""
    free = [0.0] * places
    for duration in durations:
        heapq.heapreplace(free, free[0] + duration)
    return max(free)


async def _run(settings: RuntimeSettings, durations: Sequence[float]) -> float:
    """Seconds from the first handler call to the last."""
    upcoming, done, begun = iter(durations), asyncio.Event(), []
    left = len(durations)

    async def work(event: Event[QuestionAsked], _: object) -> list[EventBody]:
        nonlocal left
        begun.append(time.perf_counter())
        await asyncio.sleep(next(upcoming))
        left -= 1
        if left == 0:
            done.set()
        return [context_of(event)]

    async with run_service(stage(work, concurrency=PLACES), settings), asyncio.timeout(_LIMIT_S):
        await done.wait()
        return time.perf_counter() - begun[0]
