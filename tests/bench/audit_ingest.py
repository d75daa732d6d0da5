"""How fast audit empties a backlog, beside the raw way from Kafka to ClickHouse on the same records.

Two backlogs: whole requests that are open, so that the gate decides and publishes an outcome for each; and documents,
which only have to be recorded. Rates are taken over the last nine tenths of a backlog: joining the group, loading
state and warming up are start-up, not throughput, on both sides.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain

from answerable_audit.main import build
from answerable_audit.settings import AuditSettings
from answerable_events.message import Message
from answerable_runtime.launch import running
from answerable_runtime.metrics import Metrics
from answerable_runtime.settings import RuntimeSettings
from tests.bench.figures import Aim, Figure, Scale, paired
from tests.bench.rates import sustained_rate
from tests.bench.raw_ingest import drain_raw
from tests.bench.servers import broker, clickhouse, fill
from tests.bench.traffic import documents, requests

AIM = Aim(at_least=0.7)
EVENTS_PER_REQUEST = 4


async def measure(scale: Scale) -> Sequence[Figure]:
    now = datetime.now(UTC)
    count, rounds = scale.of(60_000, 20_000), scale.of(3, 1)
    whole = list(chain.from_iterable(zip(*requests(count // EVENTS_PER_REQUEST, now), strict=True)))
    return [
        await _compare("audit_ingest", whole, count // EVENTS_PER_REQUEST, rounds),
        await _compare("audit_ingest_documents", list(documents(count, now)), 0, rounds),
    ]


async def _compare(name: str, backlog: list[Message], outcomes: int, rounds: int) -> Figure:
    audit, raw = [], []
    for turn in range(rounds):
        async with broker() as settings, clickhouse() as url:
            await fill(settings, backlog)
            runs: list[tuple[list[float], Callable[[], object]]] = [
                (raw, partial(drain_raw, settings, url, sorted({m.topic for m in backlog}), len(backlog))),
                (audit, partial(drain_audit, settings, url, len(backlog), outcomes)),
            ]
            for rates, run in reversed(runs) if turn % 2 else runs:
                rates.append(await run())  # type: ignore[misc]
    value, baseline = paired(audit, raw)
    note = f"{len(backlog)} events of {sum(len(m.value) for m in backlog) // len(backlog)} bytes, {outcomes} outcomes"
    details = {"rounds": [round(rate) for rate in audit], "baseline_rounds": [round(rate) for rate in raw]}
    return Figure(name, value, "events/s", baseline=baseline, aim=AIM, note=note, details=details)


async def drain_audit(settings: RuntimeSettings, clickhouse_url: str, backlog: int, outcomes: int) -> float:
    """Events per second of the audit service, until its outcomes are published and recorded as well."""
    audit = AuditSettings(
        **settings.model_dump(), clickhouse_url=clickhouse_url, audit_check_every=timedelta(hours=1)
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
