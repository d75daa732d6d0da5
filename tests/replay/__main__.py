"""python -m tests.replay [--quick] [--seed N]: record, change, compact, restart, replay; write build/replay.json.

The documents are made up and embedded without a model, so that minutes are enough; ingestion, retrieval and replay are
the real ones. Replays run in processes of their own, with one thread and with four.
"""

import argparse
import asyncio
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from answerable_cli.output import console, print_table
from answerable_cli.results import Figure, write
from answerable_runtime.logs import configure
from tests.replay.corpus import Corpus
from tests.replay.recording import TENANT, Latencies, Site, measure_compaction, site

NAME = "replay"
_CHANGES_AT_ONCE = 250


@dataclass(frozen=True)
class Size:
    """Of a run."""

    questions: int
    changes: int
    large: int
    small: int
    words_each: int
    timed: int


FULL = Size(questions=500, changes=2_000, large=280, small=400, words_each=40 * 120, timed=100)
QUICK = Size(questions=30, changes=60, large=3, small=30, words_each=3 * 120, timed=5)


@dataclass(frozen=True)
class Recorded:
    """What happened before the restart."""

    records: Path
    passages: int
    bytes_per_change: float
    versions: int
    latencies: Latencies


def main() -> int:
    options = _options()
    configure("critical")
    started, begun = datetime.now(UTC), time.monotonic()
    figures = _measure(QUICK if options.quick else FULL, options.seed)
    print_table(
        ("figure", "value", "unit", "aim", ""),
        [
            (name.replace("_", " "), one.value, one.unit, one.aim or "", "" if one.met else "MISSED")
            for name, one in figures.items()
        ],
    )
    if options.quick:
        console().print("A quick run shows that the check works; nothing is written.")
        return 0 if all(figure.met for figure in figures.values()) else 1
    passed = write(NAME, started, time.monotonic() - begun, figures)
    console().print(f"{NAME}: {'passed' if passed else 'FAILED'} - build/{NAME}.json, seed {options.seed}")
    return 0 if passed else 1


def _measure(size: Size, seed: int) -> dict[str, Figure]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "index"
        done = asyncio.run(_record(folder, Corpus(seed), size))
        one, four = (_again(folder, done.records, threads) for threads in (1, 4))
        newest = _again(folder, done.records, 4, "--newest")
        asyncio.run(_erase_one(folder))
        erased = _again(folder, done.records, 4)
    identical = min(one.get("R1", 0), four.get("R1", 0))
    return {
        "replay_total": Figure(size.questions, "questions", aim=f"== {size.questions}"),
        "replay_identical": Figure(identical, "questions, with one thread and with four", aim=f"== {size.questions}"),
        "replay_same_bytes": Figure(
            min(one.get("bytes", 0), four.get("bytes", 0)), "whole events", aim=f"== {size.questions}"
        ),
        "changed_since": Figure(newest.get("differs", 0), "questions that the newest snapshot answers otherwise",
                                aim="> 0"),
        "r0_after_erasure": Figure(erased.get("snapshot_gone", 0), "questions", aim=f"== {size.questions}"),
        "changes": Figure(size.changes, "changes of documents"),
        "passages": Figure(done.passages, "passages when the questions were recorded"),
        "versions": Figure(done.versions, "versions kept"),
        "disk_per_change": Figure(round(done.bytes_per_change / 1000, 1), "kB, all versions kept"),
        "search_p50": Figure(round(done.latencies.quiet_p50, 1), "ms, one at a time"),
        "search_p99": Figure(round(done.latencies.quiet_p99, 1), "ms"),
        "search_p50_compacting": Figure(round(done.latencies.busy_p50, 1), "ms, while changing and compacting"),
        "search_p99_compacting": Figure(round(done.latencies.busy_p99, 1), "ms"),
        "compactions_meanwhile": Figure(done.latencies.reorganised_times, "times", aim="> 0"),
    }  # fmt: skip


async def _record(folder: Path, corpus: Corpus, size: Size) -> Recorded:
    async with site(folder) as opened:
        _say("documents")
        await opened.write(list(corpus.filled(size.large, size.small, size.words_each)))
        as_of = datetime.now(UTC)
        await opened.write(list(corpus.changes(size.changes // 20)))
        opened.index.upkeep.settle()
        passages = sum(row.passages for row in opened.index.documents(TENANT))
        _say(f"questions to {passages} passages")
        records = await opened.ask(list(corpus.questions(size.questions, as_of)))
        file = folder.parent / "records"
        file.write_bytes(pickle.dumps(records))
        grown = await _change(opened, corpus, size.changes)
        _say("searches while compacting")
        timed = list(corpus.questions(size.timed, as_of))
        latencies = await measure_compaction(opened, timed, list(corpus.changes(size.timed)))
        return Recorded(file, passages, grown / size.changes, opened.index.count_kept(TENANT), latencies)


async def _change(opened: Site, corpus: Corpus, count: int) -> int:
    """Apply the changes and compact; how many bytes that took."""
    before = opened.bytes_on_disk()
    messages = list(corpus.changes(count))
    for start in range(0, count, _CHANGES_AT_ONCE):
        _say(f"changes {start} of {count}")
        await opened.write(messages[start : start + _CHANGES_AT_ONCE])
    opened.index.upkeep.settle()
    for name in opened.index.upkeep.tables():
        assert opened.index.upkeep.retire(name, timedelta(days=400)), "the table was not compacted"
    return opened.bytes_on_disk() - before


async def _erase_one(folder: Path) -> None:
    async with site(folder) as opened:
        document = opened.index.documents(TENANT)[0].document_id
        await asyncio.to_thread(opened.index.erase, TENANT, document, datetime.now(UTC))


def _again(folder: Path, records: Path, threads: int, *options: str) -> dict[str, int]:
    """Replay in a process of its own, whose libraries have that many threads."""
    _say(f"replay with {threads} threads {' '.join(options)}")
    limits = {name: str(threads) for name in ("LANCE_CPU_THREADS", "RAYON_NUM_THREADS", "OMP_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.replay.again", str(folder), str(records), str(threads), *options],
        env=os.environ | limits, stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    told: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return told


def _say(text: str) -> None:
    console().print(f"{datetime.now(UTC):%H:%M:%S} {text}", highlight=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.replay", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small run, which writes nothing")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
