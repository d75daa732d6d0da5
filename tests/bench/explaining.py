"""How long "why did it say that?" takes, on a record of 50,000 events and trees with thousands of checkpoints."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import replace
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
from tests.bench.servers import clickhouse
from tests.bench.traffic import TENANT, requests
from tests.support.command import run
from tests.support.keys import signing_key
from tests.support.requests import place

AIM = "<= 50"
_BATCH = 5_000


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
    assert found.proof == "signed", found.proof
    return took


def _command_seconds(url: str, request_id: UUID) -> float:
    begun = time.perf_counter()
    done = run("explain", str(request_id), "--json", ANSWERABLE_CLICKHOUSE_URL=url)
    assert done.code == 0, done
    return time.perf_counter() - begun
