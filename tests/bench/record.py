"""What the proof costs: sealing beside storing without it, verifying, and bytes on disk.

Processor time is that of this process and of ClickHouse together. The traffic repeats its text, so bytes on disk are
given for bodies of which each is different, which compress as real ones do or worse.
"""

import io
import random
import string
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from uuid import UUID

import psutil

from answerable_audit.sealing import Rhythm, Sealer
from answerable_cli.results import Figure
from answerable_events.message import Record
from answerable_trail import verify
from answerable_trail.client import Trail, connect
from answerable_trail.identity import identify
from answerable_trail.notes import LogSigner
from answerable_trail.rows import Row
from tests.bench.figures import Measured, Scale, rounded
from tests.bench.servers import clickhouse
from tests.bench.traffic import requests
from tests.support.bundles import SealedLog
from tests.support.keys import signing_key
from tests.support.requests import place
from tests.support.sealed import answered, asked

SEALING_AIM, VERIFIER_AIM, DISK_AIM = "<= 25", ">= 5000", "<= 0.4"
_BATCH = 5_000
_VOCABULARY, _WORDS = 1_200, 60


async def measure(scale: Scale) -> Measured:
    count, rounds = scale.of(40_000, 5_000), scale.of(3, 1)
    records = _records(count)
    sealed: list[float] = []
    plain: list[float] = []
    for _ in range(rounds):
        plain.append(await _cpu_us(records, _store_plain))
        sealed.append(await _cpu_us(records, _store_sealed))
    verified = _verified_per_second(scale.of(4_000, 200))
    ratio = await _bytes_on_disk(scale.of(20_000, 2_000))
    figures = {
        "sealing": Figure(rounded(min(sealed) - min(plain)), "µs/event", SEALING_AIM),
        "verifier": Figure(rounded(verified), "events/s", VERIFIER_AIM),
        "trace_bytes_ratio": Figure(rounded(ratio), "of body bytes", DISK_AIM),
    }
    note = f"{count} events of 2 KB in batches of {_BATCH}; least of {rounds} turns; bodies of different words on disk"
    return Measured(figures, note, {"sealed_us": sealed, "plain_us": plain})


def _records(count: int) -> list[Record]:
    messages = chain.from_iterable(requests(count // 4, datetime.now(UTC)))
    return [place(message, number) for number, message in enumerate(messages)]


Store = Callable[[Trail, Sequence[Record]], Awaitable[None]]


async def _cpu_us(records: Sequence[Record], store: Store) -> float:
    """Microseconds of processor time for each event, here and in ClickHouse."""
    async with clickhouse() as url, connect(url) as trail:
        await trail.migrate()
        server = psutil.Process().children()[-1]
        before = time.process_time() + sum(server.cpu_times()[:2])
        await store(trail, records)
        used = time.process_time() + sum(server.cpu_times()[:2]) - before
        return float(1e6 * used / len(records))


async def _store_plain(trail: Trail, records: Sequence[Record]) -> None:
    for batch in _batches(records):
        await trail.append([Row(0, record, identify(record)) for record in batch])


async def _store_sealed(trail: Trail, records: Sequence[Record]) -> None:
    sealer = Sealer(trail.trees, LogSigner.from_file(signing_key()), "bench", Rhythm(timedelta(seconds=10)))
    await sealer.load({}, {("questions", number): 0 for number in range(6)})
    for batch in _batches(records):
        await trail.append(await sealer.rows(batch, {}))
        sealer.stored()
        await sealer.checkpoints(datetime.now(UTC))


def _batches(records: Sequence[Record]) -> list[Sequence[Record]]:
    return [records[start : start + _BATCH] for start in range(0, len(records), _BATCH)]


def _verified_per_second(count: int) -> float:
    """Events that the offline verifier checks in a second, in one bundle of whole requests."""
    log = SealedLog()
    for number in range(1, count + 1):
        lines = [log.write(message) for message in asked(number)]
        answered(log, lines[-1], checkpoint=None)
    wanted = [("norvik", UUID(int=number)) for number in range(1, count + 1)]
    bundle = log.parts(wanted).zip()
    begun = time.perf_counter()
    found = verify.report(verify.examine(io.BytesIO(bundle)))
    assert found["verdict"] == "complete", found["verdict"]
    return float(found["records"] / (time.perf_counter() - begun))


async def _bytes_on_disk(count: int) -> float:
    draw = random.Random(7)
    words = ["".join(draw.choices(string.ascii_lowercase, k=draw.randrange(3, 10))) for _ in range(_VOCABULARY)]
    async with clickhouse() as url, connect(url) as trail:
        await trail.migrate()
        sealer = Sealer(trail.trees, LogSigner.from_file(signing_key()), "bench", Rhythm(timedelta(seconds=10)))
        await sealer.load({}, {("questions", number): 0 for number in range(6)})
        for batch in _batches([_varied(record, words, draw) for record in _records(count)]):
            await trail.append(await sealer.rows(batch, {}))
            sealer.stored()
        await trail.query("OPTIMIZE TABLE trace.events FINAL")
        disk = await trail.query("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'trace'")
        bodies = await trail.query("SELECT sum(length(body)) FROM trace.events")
        return int(str(disk.rows[0][0])) / int(str(bodies.rows[0][0]))


def _varied(record: Record, words: Sequence[str], draw: random.Random) -> Record:
    """The same record with words of its own in place of the text that all share."""
    text = " ".join(draw.choices(words, k=_WORDS)).encode()
    start = record.value.find(b"Employees who travel")
    value = record.value if start < 0 else record.value[:start] + text + record.value[start + len(text) :]
    return Record(record.topic, record.partition, record.offset, record.timestamp_ms, record.key, value, record.headers)
