"""`make chaos`: kill things while questions run, then let the checker decide; and show that the checker can say no.

Writes build/chaos.json and exits 0 only if every promise held and every planted defect was found.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from answerable_cli.results import Figure, write
from answerable_events.topics import CONTEXTS, DRAFTS, PARTITIONS, QUESTIONS, VERDICTS
from answerable_runtime.kafka import KafkaLog
from tests.chaos.checker import Findings, check
from tests.chaos.load import QUESTIONS_ASKED, ask, documents, poison, question
from tests.chaos.planted import DEFECTS
from tests.chaos.stack import Process, Stack, servers_running, service, strike_now_and_then, supervised
from tests.support import servers

ALLOWED = timedelta(seconds=100)
"""Deadline of the questions: a working system keeps it whatever is killed, so a miss is a loss."""

_DEFECTS_AT_ONCE = 3
"""They mostly wait for deadlines."""


@dataclass
class Tally:
    """What all runs together showed."""

    kills: int = 0
    recovery_s_max: float = 0.0
    defects_planted: int = 0
    defects_caught: int = 0
    findings: list[Findings] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)


async def storm(broker: str, arguments: argparse.Namespace, tally: Tally) -> None:
    """The real services, killed at random while questions and poison come in."""
    draw = random.Random(arguments.seed)
    async with servers_running(broker) as stack:
        processes = [
            service(stack, "ingestion"),
            service(stack, "retrieval"),
            service(stack, "inference", ANSWERABLE_MODEL_FAULT_RATE="0.05"),
            service(stack, "validation"),
            service(stack, "audit"),
        ]
        upstream = KafkaLog(stack.settings, client_id="upstream")
        await upstream.start(())
        with _logs_kept(processes):
            async with supervised(processes):
                await _prepare(upstream)
                print(f"  {broker}: {arguments.questions} questions, {arguments.kills} kills", flush=True)
                await _weather(upstream, processes[1:], arguments, tally, draw)
                await _until_recorded(stack)
        await upstream.stop()
        found = await check(stack.settings, stack.clickhouse_url)
        tally.findings.append(found)
        tally.unexpected += [f"{each.name}: exit {code}" for each in processes for code in each.unexpected]
        print(f"  {broker}: {found.questions} questions, problems: {found.problems or 'none'}", flush=True)
        if found.problems or tally.unexpected:
            _keep_logs(processes)


async def _weather(
    upstream: KafkaLog, processes: list[Process], arguments: argparse.Namespace, tally: Tally, draw: random.Random
) -> None:
    """Questions, poison and signals at once, then calm until everything is answered."""
    texts = [draw.choice(QUESTIONS_ASKED) for _ in range(arguments.questions)]
    load = asyncio.create_task(ask(upstream, texts, over=arguments.seconds, allowed=ALLOWED, draw=draw))
    await upstream.publish(poison([QUESTIONS, CONTEXTS, DRAFTS, VERDICTS], draw))
    every = arguments.seconds / max(1, arguments.kills + arguments.terms)
    tally.kills += await strike_now_and_then(
        processes, kills=arguments.kills, terms=arguments.terms, every=every, draw=draw
    )
    await load
    struck = time.monotonic()
    await _until_settled(upstream, ALLOWED.total_seconds() + 10)
    tally.recovery_s_max = max(tally.recovery_s_max, time.monotonic() - struck)


async def planted(defect: str, seed: int) -> Findings:
    """One defect, a few questions, two kills."""
    draw = random.Random(seed)
    async with servers_running(servers.TANSU) as stack:
        command = (sys.executable, "-m", "tests.chaos.planted")
        stages = Process("stages", (*command, "stages", defect), stack.environment, stack.folder / "stages.log")
        audit = Process("audit", (*command, "audit", defect), stack.environment, stack.folder / "audit.log")
        upstream = KafkaLog(stack.settings, client_id="upstream")
        await upstream.start(())
        with _logs_kept([stages, audit]):
            async with supervised([stages, audit]):
                await _answered(upstream, 60)
                load = asyncio.create_task(ask(upstream, ["?"] * 40, over=3, allowed=timedelta(seconds=18), draw=draw))
                await strike_now_and_then([stages], kills=1, terms=0, every=1.5, draw=draw)
                await load
                await _until_settled(upstream, 20)
                await asyncio.sleep(1)
        await upstream.stop()
        return await check(stack.settings, stack.clickhouse_url)


async def _prepare(upstream: KafkaLog) -> None:
    """Documents in, and every service has shown that it works."""
    messages = documents()
    await upstream.publish(messages)
    await _until(lambda: _size(upstream, "knowledge"), len(messages), 90)
    await _answered(upstream, 90)


async def _answered(upstream: KafkaLog, seconds: float) -> None:
    await upstream.publish([question(uuid4(), QUESTIONS_ASKED[0], allowed=timedelta(seconds=seconds))])
    await _until(lambda: _size(upstream, "answers"), 1, seconds)


async def _until_settled(upstream: KafkaLog, seconds: float) -> None:
    """As many different requests answered as asked, or the time is up: then the checker says what is missing."""

    async def open_requests() -> int:
        asked, answered = await _keys(upstream, "questions"), await _keys(upstream, "answers")
        return -len(asked - answered)

    await _until(open_requests, 0, seconds, strict=False)


async def _until_recorded(stack: Stack) -> None:
    """Audit has stored what is in the log, its own answers included."""

    async def behind() -> int:
        found = await check(stack.settings, stack.clickhouse_url)
        return -len(found.rows_missing) - len(found.dead_letters_missing)

    await _until(behind, 0, 30, strict=False)


async def _until(measure, enough: int, seconds: float, *, strict: bool = True) -> None:
    end = time.monotonic() + seconds
    while await measure() < enough:
        if time.monotonic() > end:
            if strict:
                raise SystemExit("the services did not come up; see the logs kept in build/chaos-logs")
            return
        await asyncio.sleep(0.5)


async def _size(log: KafkaLog, topic: str) -> int:
    bounds = await log.bounds([(topic, number) for number in range(PARTITIONS)])
    return sum(end for _, end in bounds.values())


async def _keys(log: KafkaLog, topic: str) -> set[bytes | None]:
    bounds = await log.bounds([(topic, number) for number in range(PARTITIONS)])
    return {record.key async for record in log.read(bounds)}


def _keep_logs(processes: list[Process]) -> None:
    kept = Path("build/chaos-logs")
    kept.mkdir(parents=True, exist_ok=True)
    for process in processes:
        (kept / process.log.name).write_bytes(process.log.read_bytes())


@contextmanager
def _logs_kept(processes: list[Process]) -> Iterator[None]:
    """Keep the logs when the block ends with an error: the folder of a run is removed with it."""
    try:
        yield
    except BaseException:
        _keep_logs(processes)
        raise


async def run(arguments: argparse.Namespace) -> Tally:
    tally = Tally()
    for broker in arguments.brokers:
        await storm(broker, arguments, tally)
    defects = () if arguments.no_defects else tuple(DEFECTS)
    few = asyncio.Semaphore(_DEFECTS_AT_ONCE)
    for defect, found in zip(
        defects, await asyncio.gather(*(_planted(each, arguments, few) for each in defects)), strict=True
    ):
        if defect == "none":
            tally.findings.append(found)
        else:
            tally.defects_planted += 1
            tally.defects_caught += bool(found.problems)
    return tally


async def _planted(defect: str, arguments: argparse.Namespace, few: asyncio.Semaphore) -> Findings:
    async with few:
        found = await planted(defect, arguments.seed)
        print(f"  planted {defect}: {found.problems or 'nothing found'}", flush=True)
        return found


def figures(tally: Tally, arguments: argparse.Namespace) -> dict[str, Figure]:
    def total(name: str) -> int:
        return sum(len(getattr(found, name)) for found in tally.findings)

    zero = ("lost", "duplicate_outcomes", "late", "rows_missing", "rows_extra", "rows_altered", "dead_letters_missing",
            "dead_letters_extra", "foreign_ids", "foreign_outcomes")  # fmt: skip
    asked = arguments.questions * len(arguments.brokers)
    planted_defects = 0 if arguments.no_defects else len(DEFECTS) - 1
    return {
        "questions": Figure(sum(found.questions for found in tally.findings), "questions", aim=f">= {asked}"),
        "kills": Figure(tally.kills, "signals", aim=f">= {arguments.kills * len(arguments.brokers)}"),
        **{name: Figure(total(name), "count", aim="== 0") for name in zero},
        "unexpected_exits": Figure(len(tally.unexpected), "exits", aim="== 0"),
        "defects_planted": Figure(tally.defects_planted, "defects", aim=f"== {planted_defects}"),
        "defects_caught": Figure(tally.defects_caught, "defects", aim=f"== {planted_defects}"),
        "recovery_s_max": Figure(round(tally.recovery_s_max, 1), "s"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--questions", type=int, default=300, help="questions per broker")
    parser.add_argument("--kills", type=int, default=12, help="SIGKILLs per broker")
    parser.add_argument("--terms", type=int, default=4, help="SIGTERMs per broker")
    parser.add_argument("--seconds", type=float, default=45, help="over which questions and kills are spread")
    parser.add_argument(
        "--brokers", nargs="+", default=servers.broker_kinds(), help="which brokers (default: all that run here)"
    )
    parser.add_argument("--seed", type=int, default=int(time.time()), help="repeat a run")
    parser.add_argument("--no-defects", action="store_true", help="leave the planted defects out")
    arguments = parser.parse_args()
    print(f"chaos on {', '.join(arguments.brokers)}, seed {arguments.seed}", flush=True)
    started, clock = datetime.now(UTC), time.monotonic()
    tally = asyncio.run(run(arguments))
    for text in tally.unexpected:
        print(f"  unexpected: {text}")
    passed = write("chaos", started, time.monotonic() - clock, figures(tally, arguments), Path("build"))
    print("chaos:", "passed" if passed else "FAILED", "- build/chaos.json")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
