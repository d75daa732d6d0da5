"""A record on a real ClickHouse with whole requests in it, sealed and signed as audit does it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prometheus_client import CollectorRegistry

from answerable_audit.cases import Case, decide
from answerable_audit.release import Releaser
from answerable_audit.sealing import Rhythm, Sealer
from answerable_events.message import Record
from answerable_runtime.metrics import Metrics
from answerable_trail import verify
from answerable_trail.bundle import assemble
from answerable_trail.client import Trail, connect
from answerable_trail.notes import LogSigner
from answerable_trail.rows import Row
from tests.support import servers
from tests.support.keys import signing_key
from tests.support.requests import flow, place
from tests.support.trail import with_password

TENANT = "norvik"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class LiveRecord:
    """The record, and what is in it."""

    trail: Trail
    sealer: Sealer
    requests: list[tuple[str, UUID]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    async def ask(self, *, signed_before_the_outcome: bool = False) -> None:
        """One more request with its outcome. Signed before, the receipt in the outcome quotes that checkpoint."""
        number, key = len(self.requests), (TENANT, UUID(int=len(self.requests) + 1))
        case = Case(key, opened_at=NOW)
        messages = flow(request_id=key[1], now=NOW, partition=0).messages
        for row in await self._store([place(message, number, at=NOW) for message in messages]):
            case.add_row(row)
        if signed_before_the_outcome:
            await self.sign()
        decision = decide(case, NOW, timedelta(0))
        assert decision is not None
        assert decision.cause is not None
        receipt = self.sealer.receipt(TENANT, case.events[decision.cause.type], NOW)
        releaser = Releaser(Metrics(CollectorRegistry()), "live")
        await self._store([place(releaser.message(case, decision, receipt, NOW), number, at=NOW)])
        self.requests.append(key)

    async def sign(self) -> None:
        """A checkpoint over everything."""
        await self.sealer.checkpoints(NOW + timedelta(minutes=len(self.rows)))

    async def export(self, count: int | None = None) -> bytes:
        """A bundle of the first requests, or of all."""
        keys = {"log": [key.text for key in LogSigner.from_file(signing_key()).verifiers], "witnesses": []}
        return await assemble(self.trail, self.requests[:count], now=NOW, keys=keys)

    async def _store(self, records: Sequence[Record]) -> list[Row]:
        rows = list(await self.sealer.rows(records, {}))
        await self.trail.append(rows)
        self.sealer.stored()
        self.rows += rows
        return rows


@asynccontextmanager
async def live_record(requests: int) -> AsyncIterator[LiveRecord]:
    """A record of its own with some requests, signed."""
    async with servers.start_clickhouse() as server, connect(with_password(server.url)) as trail:
        await trail.migrate()
        sealer = Sealer(trail.trees, LogSigner.from_file(signing_key()), "live", Rhythm(timedelta(seconds=1)))
        await sealer.load({}, {("questions", 0): 0})
        record = LiveRecord(trail, sealer)
        for _ in range(requests):
            await record.ask()
        await record.sign()
        yield record


def trusting_the_log() -> verify.Trust:
    keys = LogSigner.from_file(signing_key()).verifiers
    return verify.Trust(log=tuple(verify.Key.parse(key.text, verify.ED25519) for key in keys))
