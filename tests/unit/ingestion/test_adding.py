"""Documents that wait together go into the index as one commit, and none is the fault of another."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from answerable_ingestion.adding import Additions
from answerable_ingestion.examining import Incoming
from answerable_knowledge.index import Index
from tests.support import passages as made


@pytest.fixture
def index(tmp_path):
    return Index.open(tmp_path / "index", dimensions=made.DIMENSIONS)


@pytest.fixture
def workers():
    with ThreadPoolExecutor(2) as pool:
        yield pool


def add(additions, document_id, *, tenant="acme", vectors=None, texts=("One text.",)):
    passages = made.passages(*texts)
    incoming = Incoming(made.document(document_id, tenant=tenant), passages)
    return additions.add(incoming, made.vectors(passages) if vectors is None else vectors)


def version(index, tenant="acme"):
    return int(index.snapshot(tenant).rpartition("@")[2])


async def test_what_waits_together_is_one_commit_of_its_tenant(index, workers):
    additions = Additions(index, workers)
    await add(additions, "first")
    before = version(index)
    added = await asyncio.gather(
        *(add(additions, f"d{number}") for number in range(9)), add(additions, "x", tenant="other")
    )
    assert {one.version.snapshot for one in added} == {f"acme@{before + 1}", index.snapshot("other")}
    assert [row.document_id for row in index.documents("acme")] == [*(f"d{number}" for number in range(9)), "first"]
    assert [row.document_id for row in index.documents("other")] == ["x"]


async def test_what_comes_during_a_commit_goes_into_the_next(index, workers):
    additions = Additions(index, workers)
    first = asyncio.create_task(add(additions, "first"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # its commit has begun
    rest = await asyncio.gather(*(add(additions, f"d{number}") for number in range(3)))
    assert len({one.version.snapshot for one in rest}) == 1
    assert (await first).version.snapshot != rest[0].version.snapshot


async def test_one_that_cannot_be_put_is_refused_alone(index, workers):
    additions = Additions(index, workers)
    bad = add(additions, "bad", vectors=np.full((1, made.DIMENSIONS), np.nan, np.float32))
    done = await asyncio.gather(add(additions, "a"), bad, add(additions, "b"), return_exceptions=True)
    assert [type(each).__name__ for each in done] == ["Added", "ValueError", "Added"]
    assert [row.document_id for row in index.documents("acme")] == ["a", "b"]


async def test_one_that_is_given_up_holds_nobody_up(index, workers):
    additions = Additions(index, workers)
    given_up = asyncio.create_task(add(additions, "given up"))
    kept = asyncio.create_task(add(additions, "kept"))
    await asyncio.sleep(0)
    given_up.cancel()
    assert (await kept).version.applied
    assert (await add(additions, "later")).version.applied


async def test_a_commit_has_a_bounded_number_of_passages(index, workers):
    additions = Additions(index, workers)
    await add(additions, "first")
    before = version(index)
    texts = [f"Text {number}." for number in range(900)]
    added = await asyncio.gather(*(add(additions, f"d{number}", texts=texts) for number in range(3)))
    snapshots = [int(one.version.snapshot.rpartition("@")[2]) for one in added]
    assert snapshots[0] == snapshots[1] == before + 1
    assert snapshots[2] > snapshots[1]
