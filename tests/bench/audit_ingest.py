"""How fast audit empties a backlog, beside the raw way from Kafka to ClickHouse on the same records.

Two backlogs: whole requests that are open, so that the gate decides and publishes an outcome for each; and documents,
which only have to be recorded. Rates are taken over the last nine tenths of a backlog: joining the group, loading
state and warming up are start-up, not throughput, on both sides.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain

from answerable_audit.main import build
from answerable_audit.settings import AuditSettings
from answerable_events.message import Message
from answerable_runtime.launch import running
from answerable_runtime.metrics import Metrics
from answerable_runtime.settings import RuntimeSettings
from tests.bench.figures import Measured, Scale, beside
from tests.bench.rates import sustained_rate
from tests.bench.raw_ingest import drain_raw
from tests.bench.servers import broker, clickhouse, fill
from tests.bench.traffic import documents, requests
from tests.support.keys import signing_key

AIM = "ratio >= 0.7"
EVENTS_PER_REQUEST = 4


async def measure(scale: Scale) -> Measured:
    now = datetime.now(UTC)
    count, rounds = scale.of(40_000, 20_000), scale.of(3, 1)
    whole = list(chain.from_iterable(zip(*requests(count // EVENTS_PER_REQUEST, now), strict=True)))
    backlogs = {
        "audit_ingest": (whole, count // EVENTS_PER_REQUEST),
        "audit_ingest_documents": (list(documents(count, now)), 0),
    }
    figures, turns = {}, {}
    for name, (backlog, outcomes) in backlogs.items():
        audit, raw = await _in_turns(backlog, outcomes, rounds)
        figures[name] = beside(audit, raw, "events/s", AIM)
        turns[name] = {"audit": [round(rate) for rate in audit], "raw": [round(rate) for rate in raw]}
    note = f"{count} events of 2 KB waiting: requests to decide, and documents; {rounds} turns on fresh servers"
    return Measured(figures, note, turns)


async def _in_turns(backlog: list[Message], outcomes: int, rounds: int) -> tuple[list[float], list[float]]:
    audit: list[float] = []
    raw: list[float] = []
    topics = sorted({message.topic for message in backlog})
    for turn in range(rounds):
        async with broker() as settings, clickhouse() as url:
            await fill(settings, backlog)
            runs: list[tuple[list[float], Callable[[], Awaitable[float]]]] = [
                (raw, partial(drain_raw, settings, url, topics, len(backlog))),
                (audit, partial(drain_audit, settings, url, len(backlog), outcomes)),
            ]
            for rates, run in reversed(runs) if turn % 2 else runs:
                rates.append(await run())
    return audit, raw


async def drain_audit(settings: RuntimeSettings, clickhouse_url: str, backlog: int, outcomes: int) -> float:
    """Events per second of the audit service, until its outcomes are published and recorded as well."""
    audit = AuditSettings(
        **settings.model_dump(),
        clickhouse_url=clickhouse_url,
        audit_key_file=signing_key(),
        audit_check_every=timedelta(hours=1),
    )
    total = backlog + outcomes
    async with running({"audit": partial(build, audit)}, audit) as [runner]:
        return await sustained_rate(total, partial(_recorded, runner.harness.metrics))


def _recorded(metrics: Metrics) -> float:
    return sum(
        sample.value
        for metric in metrics.recorded.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    )
