"""What looking for holes costs: each depth of the check over a record of whole requests.

Processor time is ClickHouse's; of the deep check, this process's as well, because hashes are computed here.
"""

import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from statistics import median

import psutil

from answerable_audit.sealing import Rhythm, Sealer
from answerable_cli.results import Figure
from answerable_events.message import Record
from answerable_trail.client import Trail, connect
from answerable_trail.completeness import Depth
from answerable_trail.notes import LogSigner
from tests.bench.figures import Measured, Scale, rounded
from tests.bench.servers import clickhouse
from tests.bench.traffic import requests
from tests.support.keys import signing_key
from tests.support.requests import place

_BATCH = 5_000
_SIGNER_EVERY = timedelta(0)


async def measure(scale: Scale) -> Measured:
    count = scale.of(200_000, 8_000)
    async with clickhouse() as url, connect(url) as trail:
        await trail.migrate()
        server = psutil.Process().children()[-1]
        await _fill(trail, count)
        before = server.memory_info().rss
        used = {
            "quick": await _cost(server, lambda: _inspect(trail, Depth.QUICK, age=timedelta(0)), scale.of(3, 1)),
            "idle": await _cost(server, lambda: _inspect(trail, Depth.QUICK, age=timedelta(days=1)), scale.of(3, 1)),
            "full": await _cost(server, lambda: _inspect(trail, Depth.FULL, age=timedelta(0)), scale.of(3, 1)),
            "deep": await _cost(server, lambda: _recompute(trail), 1),
        }
        grown = server.memory_info().rss - before
    figures = {f"completeness_{name}": Figure(rounded(seconds), "s") for name, (seconds, _) in used.items()}
    details = {name: {"seconds": round(s, 2), "cpu_s": round(cpu, 2)} for name, (s, cpu) in used.items()}
    grew = f"ClickHouse grew by {grown >> 20} MiB"
    note = f"{count} events of 2 KB, all of them new to the quick check, none to the idle one; {grew}"
    return Measured(figures, note, details)


async def _fill(trail: Trail, count: int) -> None:
    sealer = Sealer(trail.trees, LogSigner.from_file(signing_key()), "bench", Rhythm(_SIGNER_EVERY, 1))
    await sealer.load({}, {("questions", number): 0 for number in range(6)})
    records = _records(count)
    while batch := tuple(islice(records, _BATCH)):
        await trail.append(await sealer.rows(batch, {}))
        sealer.stored()
    await sealer.checkpoints(datetime.now(UTC))


def _records(count: int) -> Iterator[Record]:
    """Messages at the offsets that a log gives them."""
    ends: dict[tuple[str, int | None], int] = {}
    now = datetime.now(UTC)
    for request in requests(count // 4, now):
        for message in request:
            offset = ends.get((message.topic, message.partition), 0)
            ends[message.topic, message.partition] = offset + 1
            yield place(message, offset, at=now)


async def _inspect(trail: Trail, depth: Depth, *, age: timedelta) -> None:
    found = await trail.inspector.inspect(depth, datetime.now(UTC) + age)
    problems = [problem for part in found.findings.values() for problem in part]
    assert not problems, problems[:3]


async def _recompute(trail: Trail) -> None:
    async for page in trail.recomputation.run(LogSigner.from_file(signing_key()).verifiers):
        assert not page.problems, page.problems[:3]


async def _cost(server: psutil.Process, run: Callable[[], Awaitable[None]], turns: int) -> tuple[float, float]:
    """Seconds, and seconds of processor time of both processes; medians."""
    seconds, cpu = [], []
    for _ in range(turns):
        used, begun = time.process_time() + sum(server.cpu_times()[:2]), time.perf_counter()
        await run()
        seconds.append(time.perf_counter() - begun)
        cpu.append(time.process_time() + sum(server.cpu_times()[:2]) - used)
    return median(seconds), median(cpu)
