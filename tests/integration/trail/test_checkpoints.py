"""Which checkpoints of a tree are read to tell of a few of its leaves, on a real ClickHouse engine."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from answerable_cli.servers.process import Server
from answerable_trail.client import Trail
from answerable_trail.rows import TreeId
from answerable_trail.trees import Checkpoint
from tests.support.trail import fresh_trail

pytestmark = pytest.mark.integration

TREE: TreeId = ("norvik", 3)
SIGNED_AT = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


@pytest.fixture
async def trail(clickhouse: Server) -> AsyncIterator[Trail]:
    async with fresh_trail(clickhouse.url) as opened:
        yield opened


def signed(size: int, *, tree: TreeId = TREE, cosignatures: int = 0, token: int = 7) -> Checkpoint:
    at = SIGNED_AT + timedelta(seconds=size)
    return Checkpoint(tree, size, bytes([size % 256]) * 32, token, f"note {size}", cosignatures, at, b"frontier")


async def test_of_each_leaf_the_first_checkpoint_over_it_is_found(trail: Trail) -> None:
    every = [signed(size) for size in range(10, 100, 10)]
    await trail.trees.keep([*every, signed(15, tree=("other", 3)), signed(16, tree=("norvik", 4))])
    found = await trail.trees.covering(TREE, {9, 10, 11, 45})
    assert [each.size for each in found] == [10, 20, 50]
    assert found[0] == every[0]
    assert await trail.trees.covering(TREE, {90}) == []
    assert await trail.trees.covering(TREE, set()) == []


async def test_the_first_that_a_witness_signed_is_found_too(trail: Trail) -> None:
    await trail.trees.keep([signed(size, cosignatures=2 if size in {40, 60} else 0) for size in range(10, 100, 10)])
    found = await trail.trees.covering(TREE, {5, 25})
    assert [(each.size, each.cosignatures) for each in found] == [(10, 0), (30, 0), (40, 2)]


async def test_of_one_checkpoint_the_row_with_most_cosignatures_counts(trail: Trail) -> None:
    await trail.trees.keep([signed(10)])
    await trail.trees.keep([replace(signed(10), cosignatures=1, note="cosigned")])
    found = await trail.trees.covering(TREE, {5})
    assert [(each.size, each.cosignatures, each.note) for each in found] == [(10, 1, "cosigned")]


async def test_checkpoints_that_a_receipt_quotes_are_found_by_their_size(trail: Trail) -> None:
    await trail.trees.keep([signed(size) for size in range(10, 100, 10)])
    assert [each.size for each in await trail.trees.covering(TREE, {45}, {20, 70, 71})] == [20, 50, 70]
