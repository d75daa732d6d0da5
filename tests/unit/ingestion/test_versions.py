"""Old versions of the index go on a schedule."""

import asyncio
from datetime import timedelta

from answerable_ingestion.versions import Retention, retire_all, retiring
from answerable_knowledge.index import Index
from answerable_knowledge.versions import SnapshotName
from answerable_runtime.clock import Clock
from tests.support import passages as made


def oldest(index: Index) -> int:
    kept = index.kept("acme")
    assert kept is not None
    return SnapshotName.parse("acme", kept[0]).version


def filled(folder) -> Index:
    index = Index.open(folder, dimensions=made.DIMENSIONS)
    for version in (1, 2, 3):
        passages = made.passages("words")
        index.put(made.document("d", version=version), passages, made.vectors(passages))
    return index


async def test_what_is_older_than_the_setting_goes_each_time_it_is_due(tmp_path):
    index = filled(tmp_path)
    newest = index.snapshot("acme")
    slept, turn = [], asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 2:
            turn.set()
            await asyncio.Event().wait()

    retention = Retention(keep=timedelta(milliseconds=1), every=timedelta(minutes=7))
    async with retiring(index.upkeep, retention, Clock(sleep=sleep)):
        await asyncio.wait_for(turn.wait(), 60)
    assert slept == [420, 420, 420]
    assert oldest(index) >= SnapshotName.parse("acme", newest).version > 3


async def test_an_index_that_cannot_be_read_is_left_to_the_next_time(tmp_path):
    index = filled(tmp_path / "index")
    (tmp_path / "index").rename(tmp_path / "away")
    (tmp_path / "index").write_text("a file")
    await retire_all(index.upkeep, timedelta(milliseconds=1))
    (tmp_path / "index").unlink()
    (tmp_path / "away").rename(tmp_path / "index")
    await retire_all(index.upkeep, timedelta(milliseconds=1))
    assert oldest(index) > 3
