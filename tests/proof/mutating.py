"""Falsified records: bundles changed in every way that we can think of, and a live ClickHouse behind audit's back.

Every mutant goes through both verifiers, the function that `answerable verify` calls and `verify.py` as a program of
its own; what they say must be the same, and it must be right.
"""

import io
import json
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from rich.progress import track

from answerable_trail import verify
from answerable_trail.errors import TrailError
from tests.proof.falsifying import TREE, WAYS, Victim
from tests.support.drafts_of_bundles import Base
from tests.support.live import LiveRecord, live_record, trusting_the_log
from tests.support.mutations import Judge, mutants
from tests.support.sealed import REQUESTS, several_requests

_PROGRAM_SHARE = 50
"""Every so many mutants also go through verify.py as a program: a process for each would take an hour."""


@dataclass
class Tally:
    mutants: int = 0
    detected: int = 0
    false_alarms: int = 0
    verifiers_disagree: int = 0
    missed: list[str] = field(default_factory=list)

    def count(self, name: str, *, changes: bool, right: bool) -> None:
        self.mutants += changes
        self.detected += changes and right
        self.false_alarms += not changes and not right
        if not right:
            self.missed.append(name)


def falsify_bundles(count: int, seed: int) -> Tally:
    """`count` mutants, and half as many rewritings of the same that must raise no alarm."""
    tally, judge = Tally(), Judge(Base(several_requests(), REQUESTS))
    with tempfile.TemporaryDirectory(prefix="answerable-proof-") as folder:
        program = Path(folder) / "verify.py"
        program.write_bytes((resources.files("answerable_trail") / "verify.py").read_bytes())
        made = mutants(judge.base, seed=seed, count=count * 7 // 5)  # a fifth of them change nothing
        for number, mutant in enumerate(track(made, "bundles", total=count * 7 // 5)):
            tally.count(mutant.name, changes=mutant.changes, right=judge.is_right(mutant))
            if number % _PROGRAM_SHARE == 0:
                tally.verifiers_disagree += not _agree(program, mutant.data)
    return tally


def _agree(program: Path, bundle: bytes) -> bool:
    """Whether verify.py, alone in a folder, says what the function says."""
    path = program.with_name("bundle.zip")
    path.write_bytes(bundle)
    done = subprocess.run(
        [sys.executable, "-I", str(program), str(path), "--json"], capture_output=True, check=False, cwd=program.parent
    )
    try:
        expected = verify.report(verify.examine(io.BytesIO(bundle)))["verdict"]
    except verify.Unreadable:
        expected = "unreadable"
    return (json.loads(done.stdout)["verdict"], done.returncode) == (expected, verify.EXIT_CODES[expected])


async def _victim(live: LiveRecord, draw: random.Random) -> Victim:
    row, other = draw.sample(live.rows, 2)
    while other.identity.request_id == row.identity.request_id:
        other = draw.choice(live.rows)
    theirs = tuple(each for each in live.rows if each.identity.request_id == row.identity.request_id)
    return Victim(live.trail, row, theirs, other, (await live.trail.trees.checkpoints(TREE))[-1])


async def _verdict(live: LiveRecord) -> str:
    """What the offline verifier says of an export of all of it; nothing to export is an alarm too."""
    try:
        bundle = await live.export()
    except (TrailError, ValueError, IndexError) as error:
        return f"no bundle: {type(error).__name__}"
    return str(verify.report(verify.examine(io.BytesIO(bundle), trusting_the_log()))["verdict"])


async def falsify_live(count: int, seed: int) -> Tally:
    """`count` falsifications of a record in ClickHouse, each undone before the next."""
    tally, draw = Tally(), random.Random(seed)
    async with live_record(12) as live:
        for number in track(range(count), "live record"):
            way, victim = WAYS[number % len(WAYS)], await _victim(live, draw)
            await way(victim, draw)
            tally.count(way.__name__, changes=True, right=await _verdict(live) not in {"complete", "erased"})
            await victim.restore()
            if number % len(WAYS) == 0:
                tally.count("restored", changes=False, right=await _verdict(live) == "complete")
    return tally
