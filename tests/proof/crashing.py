"""Audit killed at every step between a record's arrival and its commit, and what the record looks like afterwards.

    python -m tests.proof.crashing STEP [COUNT]     audit, which kills itself the COUNT-th time that it gets to STEP

The judge reads only topics and ClickHouse: every request one outcome, every tree without gaps, every checkpoint that
was ever published or stored a prefix of the one tree that there is.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial, wraps
from typing import Any
from uuid import uuid4

from rich.progress import track

from answerable_audit.main import build
from answerable_audit.sealing import Sealer
from answerable_audit.settings import AuditSettings
from answerable_events.topics import ANSWERS, GOVERNANCE, PARTITIONS
from answerable_runtime.batch import BatchSink
from answerable_runtime.kafka import KafkaLog, KafkaMember
from answerable_runtime.launch import launch
from answerable_trail.client import Trail, connect
from answerable_trail.connection import Connection
from answerable_trail.merkle import Tree
from answerable_trail.notes import parse_checkpoint, parse_note, tree_of
from answerable_trail.trees import TreeStore
from tests.chaos.stack import Process, Stack, servers_running
from tests.support import servers
from tests.support.requests import flow

STEPS: Mapping[str, tuple[type, str, str]] = {
    "claimed": (TreeStore, "claim", "after"),
    "loaded": (TreeStore, "resume", "after"),
    "sealed": (Sealer, "rows", "after"),
    "inserting": (Connection, "insert", "during"),
    "inserted": (Trail, "append", "after"),
    "noted as durable": (Sealer, "stored", "after"),
    "deciding": (KafkaLog, "publish", "before"),
    "publishing": (KafkaLog, "publish", "during"),
    "published": (KafkaLog, "publish", "after"),
    "settled": (BatchSink, "_settle", "after"),
    "committing": (KafkaMember, "commit", "before"),
    "committed": (KafkaMember, "commit", "after"),
    "signing": (TreeStore, "deposed", "after"),
    "writing leaves": (TreeStore, "grow", "during"),
    "leaves written": (TreeStore, "grow", "after"),
    "checkpoint stored": (TreeStore, "keep", "after"),
}
"""Step → what is wrapped, and whether audit dies before it, after it, or a moment into it."""

_MOMENT_S = 0.004
_REQUESTS_A_STEP = 12
_DIES_WITHIN_S = 60
_SETTLES_WITHIN_S = 60


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def plant(step: str, count: int) -> None:
    """Make this process kill itself the `count`-th time that it gets to the step."""
    owner, name, moment = STEPS[step]
    original: Callable[..., Any] = getattr(owner, name)
    calls = Counter[str]()

    def due() -> bool:
        calls[step] += 1
        return calls[step] == count

    @wraps(original)
    async def dying(*arguments: Any, **named: Any) -> Any:
        this_time = due()
        if this_time and moment == "before":
            _die()
        if this_time and moment == "during":
            asyncio.get_running_loop().call_later(_MOMENT_S, _die)
        result = await original(*arguments, **named)
        if this_time:
            _die()
        return result

    @wraps(original)
    def dying_at_once(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        if due():
            _die()
        return result

    setattr(owner, name, dying if asyncio.iscoroutinefunction(original) else dying_at_once)


@dataclass
class Judged:
    """What the judge found."""

    crash_points: int = 0
    not_reached: list[str] = field(default_factory=list)
    forks: int = 0
    gaps: int = 0
    double_releases: int = 0
    lost: int = 0


async def crash_everywhere(steps: Sequence[str] = tuple(STEPS)) -> Judged:
    """Every step once while a tree grows, then one run to the end, then the verdict."""
    found, asked = Judged(), set[bytes]()
    async with servers_running(servers.TANSU) as stack:
        log = KafkaLog(stack.settings, client_id="upstream")
        await log.start(())
        try:
            for step in track(steps, "crash points"):
                await _publish_requests(log, asked)
                died = await _run_until_it_dies(stack, step)
                found.crash_points += died
                found.not_reached += [] if died else [step]
            await _run_to_the_end(stack, log, asked)
            await judge(stack, log, asked, found)
        finally:
            await log.stop()
    return found


async def _publish_requests(log: KafkaLog, asked: set[bytes]) -> None:
    for number in range(_REQUESTS_A_STEP):
        messages = flow(request_id=uuid4(), now=datetime.now(UTC), partition=number % PARTITIONS).messages
        asked.add(messages[0].key or b"")
        await log.publish(messages)


async def _run_until_it_dies(stack: Stack, step: str) -> bool:
    environment = {**os.environ, **stack.environment, "ANSWERABLE_AUDIT_CHECKPOINT_EVERY": "0.5"}
    with (stack.folder / "audit.log").open("ab") as output:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.proof.crashing", step, env=environment, stdout=output, stderr=output
        )
    try:
        return await asyncio.wait_for(child.wait(), _DIES_WITHIN_S) == -signal.SIGKILL
    except TimeoutError:
        child.kill()
        await child.wait()
        return False


async def _run_to_the_end(stack: Stack, log: KafkaLog, asked: set[bytes]) -> None:
    """Audit as it is, until every request has its outcome and everything is recorded and signed."""
    environment = {**stack.environment, "ANSWERABLE_AUDIT_CHECKPOINT_EVERY": "0.5"}
    audit = Process("audit", (sys.executable, "-m", "tests.proof.crashing"), environment, stack.folder / "audit.log")
    running = asyncio.create_task(audit.keep_running())
    try:
        async with asyncio.timeout(_SETTLES_WITHIN_S):
            while {record.key for record in await read(log, ANSWERS.name)} < asked:
                await asyncio.sleep(0.5)
            await asyncio.sleep(3)  # the last records, and a checkpoint over them
    finally:
        await audit.end()
        await running


async def read(log: KafkaLog, topic: str) -> list[Any]:
    """All records of a topic."""
    places = [(topic, number) for number in range(PARTITIONS)]
    return [record async for record in log.read(dict(await log.bounds(places)))]


async def judge(stack: Stack, log: KafkaLog, asked: set[bytes], found: Judged) -> None:
    outcomes = Counter(record.key for record in await read(log, ANSWERS.name))
    found.double_releases = sum(count - 1 for count in outcomes.values())
    found.lost = len(asked - outcomes.keys())
    async with connect(stack.clickhouse_url) as trail:
        trees = {tree: await _leaves(trail, tree) for tree in await _trees(trail)}
        found.gaps = sum(missing for _, missing in trees.values())
        published = [_note_of(record) for record in await read(log, GOVERNANCE.name)]
        stored = [each.note for tree in trees for each in await trail.trees.checkpoints(tree)]
        whole = {tree: leaves for tree, (leaves, _) in trees.items()}
        found.forks = sum(not _is_prefix(note, whole) for note in {*published, *stored} if note is not None)
        rows = await trail.query("SELECT count() FROM trace.events FINAL")
        sealed = sum(len(leaves) for leaves in whole.values())
        found.gaps += abs(int(str(rows.rows[0][0])) - sealed)


async def _trees(trail: Trail) -> list[tuple[str, int]]:
    table = await trail.query("SELECT DISTINCT tenant, shard FROM trace.leaves")
    return [(str(tenant), int(str(shard))) for tenant, shard in table.rows]


async def _leaves(trail: Trail, tree: tuple[str, int]) -> tuple[list[bytes], int]:
    """Leaves that rows of the record stand for, in order, and how many places among them are empty."""
    table = await trail.query(
        "SELECT leaf_index, hex(leaf_hash) FROM trace.events FINAL "
        f"WHERE tenant = '{tree[0]}' AND partition = {tree[1]} ORDER BY leaf_index"
    )
    places = [int(str(index)) for index, _ in table.rows]
    return [bytes.fromhex(str(text)) for _, text in table.rows], sum(
        place != number for number, place in enumerate(places)
    )


def _note_of(record: Any) -> str | None:
    import json  # noqa: PLC0415

    body = json.loads(record.value)
    note = body.get("note")
    return str(note) if note else None


def _is_prefix(text: str, trees: Mapping[tuple[str, int], list[bytes]]) -> bool:
    """Whether a checkpoint is of the tree that there is, at some time before."""
    checkpoint = parse_checkpoint(parse_note(text).body)
    leaves = trees.get(tree_of(checkpoint.origin), [])
    return len(leaves) >= checkpoint.size and Tree(leaves[: checkpoint.size]).root() == checkpoint.root


def main() -> None:
    """Audit alone, with settings from the environment and a death in it."""
    if len(sys.argv) > 1:
        plant(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    settings = AuditSettings()
    asyncio.run(launch({"audit": partial(build, settings)}, settings))


if __name__ == "__main__":
    main()
