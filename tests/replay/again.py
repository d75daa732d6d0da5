"""python -m tests.replay.again FOLDER RECORDS THREADS [--newest]: replay recorded contexts in a process of its own.

Prints how many came out as recorded. `--newest` searches the newest snapshot instead of the recorded one: what a replay
without snapshots would find.
"""

import asyncio
import json
import pickle
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from prometheus_client import CollectorRegistry

from answerable_cli import replaying
from answerable_events.message import Record
from answerable_models.embedding import HashingEmbedder
from answerable_retrieval import main as retrieval
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime.metrics import Metrics
from answerable_trail.rows import TraceRow
from tests.replay.recording import TENANT
from tests.support.tracerows import trace_row


async def replay_all(folder: Path, records: list[Record], threads: int, *, newest: bool) -> Counter[str]:
    """Grades and reasons; `bytes` counts the events that are the same to the last byte."""
    settings = RetrievalSettings(index_path=folder, retrieval_threads=threads)
    told: Counter[str] = Counter()
    async with retrieval.build(settings, Metrics(CollectorRegistry()), embedder=HashingEmbedder()) as service:
        current = service.deps.index.snapshot(TENANT)

        async def one(record: Record) -> None:
            row = trace_row(record)
            done = await replaying.replay(TENANT, [_moved(row, current) if newest else row], service.deps)
            told.update([done.grade, *([done.reason] if done.reason else []), *(["bytes"] if done.same_bytes else [])])

        for start in range(0, len(records), threads):
            await asyncio.gather(*(one(record) for record in records[start : start + threads]))
    return told


def _moved(row: TraceRow, snapshot: str) -> TraceRow:
    body = json.loads(row.body)
    return replace(row, body=json.dumps(body | {"snapshot": snapshot}).encode())


def main() -> None:
    folder, file, threads = sys.argv[1:4]
    records = pickle.loads(Path(file).read_bytes())
    told = asyncio.run(replay_all(Path(folder), records, int(threads), newest="--newest" in sys.argv))
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
