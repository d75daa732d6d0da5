"""The proof that audit keeps: every row a leaf, one tree without gaps or forks, signed, whatever dies or interferes."""

from base64 import b64decode
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from answerable_audit.sealing import Rhythm, Sealer
from answerable_cli.servers.process import Server
from answerable_events.codec import decode
from answerable_events.governance import CheckpointSigned
from answerable_events.message import Record
from answerable_events.topics import GOVERNANCE
from answerable_runtime.errors import StateOutdated
from answerable_trail.client import Trail, connect
from answerable_trail.errors import TrailRefused
from answerable_trail.identity import identify
from answerable_trail.leaves import seal_record
from answerable_trail.merkle import Tree, inclusion_places, inclusion_proof
from answerable_trail.notes import LogSigner, origin_of
from answerable_trail.rows import PlacedLeaf, PlacedNode, Row
from tests.support.keys import signing_key
from tests.support.requests import flow, place
from tests.support.trail import with_password

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
RHYTHM = Rhythm(timedelta(seconds=10), 10_000)
TENANT = "norvik"


@pytest.fixture
async def trail(clickhouse: Server) -> AsyncIterator[Trail]:
    async with connect(with_password(clickhouse.url)) as opened:
        await opened.query("DROP DATABASE IF EXISTS trace SYNC")
        await opened.migrate()
        yield opened


def sealer(trail: Trail, instance: str = "one") -> Sealer:
    return Sealer(trail.trees, LogSigner.from_file(signing_key()), instance, RHYTHM)


def records(first: int, count: int, *, partition: int = 0, topic: str = "questions") -> list[Record]:
    """Records of as many requests of one tenant, at successive offsets."""
    return [place(flow(partition=partition).question, first + n, at=NOW) for n in range(count)]


async def write(trail: Trail, by: Sealer, batch: list[Record]) -> list[Row]:
    rows = list(await by.rows(batch, {}))
    await trail.append([row for row in rows if not row.seal.is_erased])
    by.stored()
    return rows


async def load(trail: Trail, by: Sealer, partition: int = 0) -> None:
    places = {("questions", partition): 0}
    await by.load(await trail.positions(), places)


async def leaves(trail: Trail, partition: int = 0, tenant: str = TENANT) -> list[bytes]:
    """As the rows have them."""
    table = await trail.query(
        "SELECT hex(leaf_hash) FROM trace.events WHERE tenant = {tenant:String} AND partition = {shard:UInt16} "
        "ORDER BY leaf_index, seal DESC LIMIT 1 BY leaf_index",
        parameters={"tenant": tenant, "shard": partition},
    )
    return [bytes.fromhex(str(text)) for (text,) in table.rows]


async def written(trail: Trail) -> list[tuple[int, int]]:
    """Places and tokens of the leaves that are written."""
    table = await trail.query("SELECT leaf_index, seal FROM trace.leaves FINAL ORDER BY tenant, shard, leaf_index")
    return [(int(str(index)), int(str(token))) for index, token in table.rows]


async def test_a_row_is_the_leaf_that_its_bytes_give(trail: Trail) -> None:
    one = sealer(trail)
    await load(trail, one)
    batch = records(0, 5)
    await write(trail, one, batch)
    found = [row for record in batch for row in await trail.request(TENANT, decode_request(record))]
    assert [row.seal.leaf_index for row in found] == [0, 1, 2, 3, 4]
    for record, row in zip(batch, found, strict=True):
        assert row.seal.leaf_hash == seal_record(record, 0, identify(record), row.seal.salt)
    assert await leaves(trail) == [row.seal.leaf_hash for row in found]


async def test_a_restart_continues_the_tree(trail: Trail) -> None:
    first = sealer(trail)
    await load(trail, first)
    before = await write(trail, first, records(0, 3))
    await first.checkpoints(NOW)
    more = await write(trail, first, records(3, 2))
    second = sealer(trail, "two")
    await load(trail, second)
    after = await write(trail, second, records(5, 2))
    assert [row.seal.leaf_index for row in after] == [5, 6]
    assert await leaves(trail) == [row.seal.leaf_hash for row in (*before, *more, *after)]


async def test_what_is_delivered_again_keeps_its_seal(trail: Trail) -> None:
    first, batch = sealer(trail), records(0, 4)
    await load(trail, first)
    before = await write(trail, first, batch)
    second = sealer(trail, "two")
    await load(trail, second)
    again = await write(trail, second, [*batch, *records(4, 1)])
    assert [row.seal for row in again[:4]] == [row.seal for row in before]
    assert again[4].seal.leaf_index == 4
    assert len(await leaves(trail)) == 5


async def test_a_batch_of_which_only_the_end_was_written_is_sealed_again_without_a_gap(trail: Trail) -> None:
    died, batch = sealer(trail), records(0, 6)
    await load(trail, died)
    rows = await died.rows(batch, {})
    await trail.append(rows[3:])  # as a crash in the middle of an insert may leave it
    second = sealer(trail, "two")
    await load(trail, second)
    again = await write(trail, second, batch)
    assert [row.seal.leaf_index for row in again] == list(range(6))
    assert await leaves(trail) == [row.seal.leaf_hash for row in again]


async def test_an_orphan_leaf_of_a_dead_instance_never_becomes_part_of_the_tree(trail: Trail) -> None:
    died, batch = sealer(trail), records(0, 6)
    await load(trail, died)
    rows = await died.rows(batch, {})
    await trail.append(rows[5:])  # leaf 5 alone
    second = sealer(trail, "two")
    await load(trail, second)
    await write(trail, second, batch[:5])  # the tree grows up to the orphan
    third = sealer(trail, "three")
    await load(trail, third)
    [sealed] = await write(trail, third, batch[5:])
    assert sealed.seal.leaf_index == 5
    assert sealed.seal.token == third.token
    assert (await leaves(trail))[5] == sealed.seal.leaf_hash


async def test_rows_that_a_deposed_instance_still_writes_lose_against_those_of_the_new_one(trail: Trail) -> None:
    deposed, successor = sealer(trail, "old"), sealer(trail, "new")
    await load(trail, deposed)
    await write(trail, deposed, records(0, 2))
    late = await deposed.rows(batch := records(2, 3), {})
    await load(trail, successor)
    new = await write(trail, successor, batch)
    await trail.append(late)  # a process that was frozen goes on
    assert (await leaves(trail))[2:] == [row.seal.leaf_hash for row in new]
    [row] = await trail.request(TENANT, decode_request(batch[0]))
    assert row.seal == new[0].seal


async def test_a_deposed_instance_signs_nothing(trail: Trail) -> None:
    deposed, successor = sealer(trail, "old"), sealer(trail, "new")
    await load(trail, deposed)
    await write(trail, deposed, records(0, 2))
    await load(trail, successor)
    with pytest.raises(StateOutdated):
        await deposed.checkpoints(NOW)
    assert await trail.trees.checkpoints((TENANT, 0)) == []
    assert len(await successor.checkpoints(NOW)) == 1


async def test_a_checkpoint_is_over_the_leaves_that_are_durable(trail: Trail) -> None:
    one = sealer(trail)
    await load(trail, one)
    await write(trail, one, records(0, 7))
    await one.rows(records(7, 2), {})  # sealed, and not stored yet
    [message] = await one.checkpoints(NOW)
    body = decode(place(message, 0), GOVERNANCE).body
    assert isinstance(body, CheckpointSigned)
    assert (body.tenant, body.shard, body.size) == (TENANT, 0, 7)
    assert body.root == Tree(await leaves(trail)).root().hex()
    name, size, root = body.note.splitlines()[:3]
    assert (name, int(size), b64decode(root).hex()) == (origin_of(TENANT, 0), 7, body.root)


async def test_leaves_are_written_before_a_checkpoint_over_them_and_of_a_tree_at_rest_too(trail: Trail) -> None:
    one = sealer(trail)
    await load(trail, one)
    await write(trail, one, records(0, 3))
    assert await written(trail) == []
    [message] = await one.checkpoints(NOW)
    assert await written(trail) == [(0, one.token), (1, one.token), (2, one.token)]
    await write(trail, one, [place(message, 0, at=NOW)])
    assert await one.checkpoints(NOW + timedelta(seconds=5)) == []
    assert len(await written(trail)) == 3
    assert await one.checkpoints(NOW + timedelta(seconds=11)) == []
    assert len(await written(trail)) == 4


async def test_a_batch_that_becomes_durable_while_leaves_are_written_is_neither_signed_nor_forgotten(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = sealer(trail)
    await load(trail, one)
    await write(trail, one, records(0, 3))
    grow = trail.trees.grow

    async def meanwhile(leaves: Sequence[PlacedLeaf], nodes: Sequence[PlacedNode]) -> None:
        monkeypatch.undo()
        await write(trail, one, records(3, 2))
        await grow(leaves, nodes)

    monkeypatch.setattr(trail.trees, "grow", meanwhile)
    await one.checkpoints(NOW)
    assert [each.size for each in one.signed()] == [3]
    await one.checkpoints(NOW + timedelta(seconds=11))
    assert [each.size for each in one.signed()] == [5]
    assert await written(trail) == [(index, one.token) for index in range(5)]


async def test_whoever_takes_over_writes_the_leaves_of_rows_whose_writer_died(trail: Trail) -> None:
    died, successor = sealer(trail), sealer(trail, "two")
    await load(trail, died)
    await write(trail, died, records(0, 300))
    await died.checkpoints(NOW)
    await write(trail, died, records(300, 250))
    await load(trail, successor)
    assert await written(trail) == [(index, died.token) for index in range(550)]
    await write(trail, successor, records(550, 1))
    await successor.checkpoints(NOW + timedelta(seconds=11))
    tree = Tree(await leaves(trail))
    stored = await trail.trees.hashes((TENANT, 0), inclusion_places(7, 551))
    assert inclusion_proof(7, 551, stored) == inclusion_proof(7, 551, tree.hashes)


async def test_a_proof_over_a_leaf_that_is_gone_is_refused_in_words(trail: Trail) -> None:
    one = sealer(trail)
    await load(trail, one)
    await write(trail, one, records(0, 20))
    await one.checkpoints(NOW)
    await trail.query("ALTER TABLE trace.leaves DELETE WHERE leaf_index = 9 SETTINGS mutations_sync = 2")
    with pytest.raises(TrailRefused, match="lacks hashes from leaf 8 on"):
        await trail.trees.hashes((TENANT, 0), inclusion_places(3, 20))


async def test_a_tree_is_signed_at_its_rhythm_and_a_tree_at_rest_is_not(trail: Trail) -> None:
    one = sealer(trail)
    await load(trail, one)
    await write(trail, one, records(0, 1))
    [message] = await one.checkpoints(NOW)
    assert await one.checkpoints(NOW + timedelta(seconds=60)) == []
    await write(trail, one, [place(message, 0, at=NOW)])  # the checkpoint is recorded as well, and calls for no other
    assert await one.checkpoints(NOW + timedelta(seconds=60)) == []
    await write(trail, one, records(1, 1))
    assert await one.checkpoints(NOW + timedelta(seconds=5)) == []
    assert len(await one.checkpoints(NOW + timedelta(seconds=11))) == 1


async def test_partitions_and_tenants_have_trees_of_their_own(trail: Trail) -> None:
    one = sealer(trail)
    await one.load({}, {("questions", 0): 0, ("questions", 4): 0})
    batch = [*records(0, 2), *records(0, 3, partition=4), Record("questions", 4, 9, 0, None, b"?", ())]
    rows = await write(trail, one, batch)
    assert [row.seal.leaf_index for row in rows] == [0, 1, 0, 1, 2, 0]
    assert len(await leaves(trail, 4)) == 3
    assert len(await leaves(trail, 4, "unknown")) == 1


def decode_request(record: Record) -> UUID:
    return UUID(identify(record).request_id)
