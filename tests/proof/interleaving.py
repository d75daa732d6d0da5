"""Whatever is written, sealed, signed, taken over, cut off, delivered again and erased, in any order: what must hold.

Stories of `tests.support.world` are drawn by hypothesis and told to the real gate, sealer and ClickHouse engine.
"""

import asyncio
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from answerable_events.codec import decode
from answerable_events.governance import CheckpointSigned
from answerable_events.message import Record
from answerable_events.topics import GOVERNANCE
from answerable_trail.bundle import assemble
from answerable_trail.client import Trail
from answerable_trail.completeness import Depth, Problem
from answerable_trail.connection import Connection, open_connection
from answerable_trail.errors import NotSealedYet, ProofInvalid
from answerable_trail.identity import identify
from answerable_trail.keys import read_keys
from answerable_trail.leaves import seal_record
from answerable_trail.merkle import Tree, consistency_proof, verify_consistency
from answerable_trail.notes import Checkpoint, parse_checkpoint, parse_note, tree_of, verify
from answerable_trail.reading import listed, literal
from answerable_trail.rows import TraceRow, TreeId
from answerable_trail.verify import examine
from tests.support.asking import Asked
from tests.support.keys import signing_key
from tests.support.servers import start_clickhouse
from tests.support.trail import with_password
from tests.support.world import STEPS, Step, World

_LATER = timedelta(days=1)
"""Nothing is too fresh to be judged."""

_STORIES_A_RECORD = 10
_SHORTEST, _LONGEST = 12, 40
_OFTEN = ("ask", "ask", "take", "take", "settle", "settle", "catch up", "catch up", "start", "erase", "wait", "look")
_STEP = st.tuples(st.sampled_from((*STEPS, *_OFTEN)), *[st.integers(0, 7)] * 3)
STORIES = st.lists(_STEP, min_size=_SHORTEST, max_size=_LONGEST)

Tell = Callable[[Sequence[Step]], list[str]]


@contextmanager
def telling(url: str) -> Iterator[Tell]:
    """A function that tells a story to an empty record on this endpoint, and returns what did not hold."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        opening = open_connection(with_password(url), statement_timeout=timedelta(minutes=2))
        connection = runner.run(stack.enter_async_context(opening))
        teller = _Teller(connection)
        try:
            runner.run(Trail(connection).migrate())
            yield lambda steps: runner.run(teller.tell(steps))
        finally:
            runner.run(stack.aclose())


class _Teller:
    """Each story has partitions of its own; the record is emptied when it has many of them, or a broken one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._told = _STORIES_A_RECORD

    async def tell(self, steps: Sequence[Step]) -> list[str]:
        if self._told >= _STORIES_A_RECORD:
            await _empty(self._connection)
            self._told = 0
        told, self._told = self._told, _STORIES_A_RECORD
        problems = await _tell(World(self._connection, (2 * told, 2 * told + 1)), steps)
        self._told = _STORIES_A_RECORD if problems else told + 1
        return problems


async def _tell(world: World, steps: Sequence[Step]) -> list[str]:
    await world.play([("start", 0, 0, 0)])
    for step in steps:
        if step[0] != "look":
            await world.play([step])
        elif problems := await _problems(world):
            return problems
    await world.end()
    return [*await _problems(world), *await _problems_at_the_end(world)]


async def _empty(connection: Connection) -> None:
    tables = "SELECT name FROM system.tables WHERE database = 'trace' AND engine LIKE '%MergeTree' AND total_rows > 0"
    for (name,) in (await connection.select(f"{tables} AND name != 'migrations'")).rows:
        await connection.command(f"TRUNCATE TABLE trace.{name}")


async def _problems(world: World) -> list[str]:
    """What must hold at any time."""
    outcomes = Counter((record.key, record.partition) for record in world.broker.records("answers"))
    problems = [f"{count} outcomes of {key!r}" for (key, _), count in outcomes.items() if count > 1]
    problems += await _forks(world)
    settled = [asked for asked in world.askers.requests.values() if world.is_over(asked.key)]
    return problems + await _verdicts(world, settled)


async def _problems_at_the_end(world: World) -> list[str]:
    """What must hold once everything is recorded and signed."""
    answered = {record.key for record in world.broker.records("answers")}
    asked = [one for one in world.askers.requests.values() if str(one.key[1]).encode() not in answered]
    problems = [f"no outcome of {one.key}" for one in asked]
    problems += await _verdicts(world, [*world.askers.requests.values()], late=True)
    problems += await _rows_and_leaves(world)
    problems += [str(problem) for problem in await _found(world)]
    return problems + await _residues(world)


async def _forks(world: World) -> list[str]:
    """Every checkpoint that was ever stored or published is of the tree that there is, and leads to the next one."""
    keys = [key.verifier for key in read_keys(signing_key())]
    texts = {body.note for body in map(_signed, world.broker.records(GOVERNANCE.name)) if body is not None}
    mine = f"shard IN {listed(world.shards)}"
    stored = await world.trail.query(f"SELECT note FROM trace.checkpoints WHERE {mine}")
    signed: dict[TreeId, dict[int, Checkpoint]] = {}
    problems = []
    for note in (parse_note(text) for text in texts | {str(row[0]) for row in stored.rows}):
        checkpoint = parse_checkpoint(note.body)
        if not verify(note, keys):
            problems.append(f"nobody signed {checkpoint}")
        one = signed.setdefault(tree_of(checkpoint.origin), {}).setdefault(checkpoint.size, checkpoint)
        if one.root != checkpoint.root:
            problems.append(f"fork: two checkpoints of {checkpoint.origin} at {checkpoint.size}")
    for tree, sizes in signed.items():
        problems += _broken(tree, sizes, (await _leaves(world, tree))[: max(sizes)])
    return problems


def _broken(tree: TreeId, sizes: dict[int, Checkpoint], leaves: Sequence[bytes]) -> list[str]:
    if len(leaves) < max(sizes):
        return [f"gap: {tree} was signed at {max(sizes)} and has {len(leaves)} leaves"]
    grown = Tree(leaves)
    problems = [
        f"fork: {tree} at {size} is not what was signed"
        for size, checkpoint in sizes.items()
        if Tree(leaves[:size]).root() != checkpoint.root
    ]
    for older, newer in pairwise(sorted(sizes)):
        proof = consistency_proof(older, newer, grown.hashes)
        try:
            verify_consistency(older, sizes[older].root, newer, sizes[newer].root, proof)
        except ProofInvalid:
            problems.append(f"fork: {tree} at {newer} does not continue {older}")
    return problems


async def _leaves(world: World, tree: TreeId) -> list[bytes]:
    """All leaf hashes that stand in a tree, in their order."""
    table = await world.trail.query(
        f"SELECT hex(leaf_hash) FROM trace.leaves WHERE tenant = {literal(tree[0])} AND shard = {tree[1]} "
        "ORDER BY leaf_index, seal DESC LIMIT 1 BY leaf_index"
    )
    return [bytes.fromhex(str(row[0])) for row in table.rows]


def _signed(record: Record) -> CheckpointSigned | None:
    body = decode(record, GOVERNANCE).body
    return body if isinstance(body, CheckpointSigned) else None


async def _verdicts(world: World, requests: Sequence[Asked], *, late: bool = False) -> list[str]:
    """Requests whose records are settled, exported one by one; `late`: everything is signed by now."""
    keys = {"log": [key.verifier.text for key in read_keys(signing_key())], "witnesses": []}
    problems = []
    for asked in requests:
        try:
            bundle = await assemble(world.trail, [asked.key], now=datetime.now(UTC), keys=keys)
        except NotSealedYet:
            problems += [f"{asked.key} is not signed"] if late else []
            continue
        verdict, reasons = examine(io.BytesIO(bundle)).result((asked.key[0], str(asked.key[1])))
        if verdict != ("erased" if asked.erased else "complete"):
            problems.append(f"{asked.key} is {verdict}: {reasons[:3]}")
    return problems


async def _rows_and_leaves(world: World) -> list[str]:
    """One row for each record, one leaf for each row, at its place; and what the bytes give."""
    logged = {
        (record.topic, record.partition, record.offset): record for log in world.broker.logs.values() for record in log
    }
    rows = await world.standing()
    trees: dict[TreeId, list[TraceRow]] = {}
    for row in rows:
        trees.setdefault((row.tenant, row.position.partition), []).append(row)
    places = [(row.position.topic, row.position.partition, row.position.offset) for row in rows]
    extra, lost = Counter(places) - Counter(list(logged)), logged.keys() - set(places)
    problems = [f"rows are not records: {dict(extra)} too many, {sorted(lost)} gone"] if extra or lost else []
    for tree, theirs in trees.items():
        theirs.sort(key=lambda row: row.seal.leaf_index)
        if [row.seal.leaf_index for row in theirs] != list(range(len(theirs))):
            problems.append(f"gap: {tree} has leaves {[row.seal.leaf_index for row in theirs]}")
        if await _leaves(world, tree) != [row.seal.leaf_hash for row in theirs]:
            problems.append(f"{tree} is not the tree of its rows")
    for row, place in zip(rows, places, strict=True):
        if not row.seal.is_erased and place in logged:
            record = logged[place]
            if seal_record(record, 0, identify(record), row.seal.salt) != row.seal.leaf_hash:
                problems.append(f"{place} is not sealed as it was logged")
    return problems


async def _found(world: World) -> list[Problem]:
    now = datetime.now(UTC) + _LATER
    found = (await world.trail.inspector.inspect(Depth.FULL, now)).findings
    keys = [key.verifier for key in read_keys(signing_key())]
    recomputed = [problem async for page in world.trail.recomputation.run(keys) for problem in page.problems]
    return [problem for part in found.values() for problem in part] + recomputed


async def _residues(world: World) -> list[str]:
    """What was erased is in no row of the files, whoever wrote it late."""
    canaries = [asked.canary for asked in world.askers.requests.values() if asked.erased]
    canaries += [world.askers.documents[each] for each in world.erased]
    if not canaries:
        return []
    await world.eraser.purge()
    table = await world.trail.query(
        "SELECT DISTINCT topic FROM trace.events WHERE multiSearchAny(body, {canaries:Array(String)})",
        parameters={"canaries": canaries},
    )
    return [f"erased text is back on {topic}" for (topic,) in table.rows]


@dataclass
class Interleaved:
    """What became of many stories."""

    interleavings: int = 0
    steps: int = 0
    broken: list[str] = field(default_factory=list)


async def interleave(count: int, draw: int) -> Interleaved:
    """Tell so many stories."""
    async with start_clickhouse() as server:
        return await asyncio.to_thread(_tell_many, server.url, count, draw)


def _tell_many(url: str, count: int, draw: int) -> Interleaved:
    done = Interleaved()
    with telling(url) as tell:

        @seed(draw)
        @settings(
            max_examples=count, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(STORIES)
        def one(steps: list[Step]) -> None:
            done.interleavings += 1
            done.steps += len(steps)
            done.broken += [f"{problem} after {steps}" for problem in tell(steps)[:1]]

        one()
    return done
