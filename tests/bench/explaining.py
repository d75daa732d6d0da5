"""How long "why did it say that?" takes: on a record of 50,000 events, and on one of ten million.

The large one is filled by SQL (`filling`), and measured only when it is asked for: that takes minutes and 3 GB of disk.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from uuid import UUID

from answerable_audit.sealing import Rhythm, Sealer
from answerable_cli.explaining import read_explanations
from answerable_cli.results import Figure
from answerable_events.message import Record
from answerable_events.topics import PARTITIONS
from answerable_trail.client import Trail, connect
from answerable_trail.notes import LogSigner
from tests.bench.figures import Measured, Scale, quantile, rounded
from tests.bench.filling import fill, some_requests
from tests.bench.servers import clickhouse
from tests.bench.traffic import TENANT, requests
from tests.support.command import run
from tests.support.keys import signing_key
from tests.support.requests import place

AIM, LARGE_AIM, GROWTH_AIM = "<= 50", "<= 15", "ratio <= 2"
_BATCH = 5_000
_FILLED_WITHIN = timedelta(hours=1)


async def measure(scale: Scale) -> Measured:
    count, checkpoints, looks = scale.of(50_000, 5_000), scale.of(5_000, 100), scale.of(200, 10)
    records = [place(message, n) for n, message in enumerate(chain(*requests(count // 4, datetime.now(UTC))))]
    chosen = random.Random(7).sample(sorted({UUID((record.key or b"").decode()) for record in records}), looks)
    async with clickhouse() as url, connect(url) as trail:
        await trail.migrate()
        await _record(trail, records, checkpoints)
        of_tenant = [await _seconds(trail, TENANT, request) for request in chosen]
        of_any = [await _seconds(trail, None, request) for request in chosen]
        commands = [await asyncio.to_thread(_command_seconds, url, request) for request in chosen[: looks // 10]]
    figures = {
        "explain_p50": Figure(rounded(1000 * quantile(of_any, 0.5)), "ms", AIM),
        "explain_p99": Figure(rounded(1000 * quantile(of_any, 0.99)), "ms"),
        "explain_of_tenant_p50": Figure(rounded(1000 * quantile(of_tenant, 0.5)), "ms", AIM),
        "explain_command_p50": Figure(rounded(1000 * quantile(commands, 0.5)), "ms"),
    }
    note = (
        f"{count} events, {checkpoints} checkpoints a tree; read and told, {looks} requests; the command with its start"
    )
    return Measured(figures, note)


async def measure_large(scale: Scale) -> Measured:
    """Ten million events beside one million: a request in fifty thousand and in five takes about as long to read."""
    looks = scale.of(200, 10)
    small, large = scale.of(1_000_000, 10_000), scale.of(10_000_000, 20_000)
    before, after = await _looked(small, looks), await _looked(large, looks)
    p50, p99 = _of(after.of_tenant, before.of_tenant, 0.5), _of(after.of_tenant, before.of_tenant, 0.99)
    of_any = _of(after.of_any, before.of_any, 0.5)
    figures = {
        "explain_10m_p50": Figure(p50[0], "ms", LARGE_AIM, p50[1]),
        "explain_10m_growth": Figure(p50[0], "ms", GROWTH_AIM, p50[1]),
        "explain_10m_p99": Figure(p99[0], "ms", None, p99[1]),
        "explain_10m_of_any_p50": Figure(of_any[0], "ms", None, of_any[1]),
    }
    sizes = f"{large} events in {after.parts} parts beside {small} in {before.parts}"
    return Measured(figures, f"{sizes}; {looks} requests, with their tenant and without")


def _of(after: Sequence[float], before: Sequence[float], share: float) -> tuple[float, float]:
    return rounded(quantile(after, share)), rounded(quantile(before, share))


@dataclass(frozen=True, slots=True)
class _Looked:
    """Milliseconds of each look."""

    of_tenant: list[float]
    of_any: list[float]
    parts: int


async def _looked(events: int, looks: int) -> _Looked:
    async with clickhouse() as url, connect(url, statement_timeout=_FILLED_WITHIN) as trail:
        await trail.migrate()
        await fill(trail, events)
        chosen = await some_requests(trail, looks)
        of_tenant = [1000 * await _seconds(trail, tenant, request) for tenant, request in chosen]
        of_any = [1000 * await _seconds(trail, None, request) for _, request in chosen]
        of_events = "active AND database = 'trace' AND table = 'events'"
        parts = await trail.query(f"SELECT count() FROM system.parts WHERE {of_events}")
        return _Looked(of_tenant, of_any, int(str(parts.rows[0][0])))


async def _record(trail: Trail, records: Sequence[Record], checkpoints: int) -> None:
    """Sealed and signed; then as many checkpoints a tree as half a day makes, over leaves that nobody asks for."""
    sealer = Sealer(trail.trees, LogSigner.from_file(signing_key()), "bench", Rhythm(timedelta(seconds=10)))
    await sealer.load({}, {("questions", number): 0 for number in range(PARTITIONS)})
    now = datetime.now(UTC)
    for number, start in enumerate(range(0, len(records), _BATCH), 1):
        await trail.append(await sealer.rows(records[start : start + _BATCH], {}))
        sealer.stored()
        await sealer.checkpoints(now + timedelta(minutes=number))
    for newest in sealer.signed():
        for start in range(0, checkpoints, 100):
            steps = range(start + 1, start + 101)
            await trail.trees.keep([replace(newest, size=newest.size + step) for step in steps])


async def _seconds(trail: Trail, tenant: str | None, request_id: UUID) -> float:
    begun = time.perf_counter()
    (found,) = await read_explanations(trail, tenant, request_id)
    took = time.perf_counter() - begun
    assert all(entry.proof.signed_by for entry in found.log), found.proof
    return took


def _command_seconds(url: str, request_id: UUID) -> float:
    begun = time.perf_counter()
    done = run("explain", str(request_id), "--json", ANSWERABLE_CLICKHOUSE_URL=url)
    assert done.code == 0, done
    return time.perf_counter() - begun
