"""What the completeness check finds in a real record, and that it finds nothing where nothing is wrong."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from answerable_audit.sealing import Rhythm, Sealer
from answerable_cli.servers.process import Server
from answerable_events.message import Message, Record
from answerable_trail import merkle
from answerable_trail import rows as trail_rows
from answerable_trail.client import Trail, connect
from answerable_trail.completeness import Depth, Kind, Problem
from answerable_trail.identity import identify
from answerable_trail.keys import create_key
from answerable_trail.leaves import leaf_bytes, leaf_of
from answerable_trail.notes import LogSigner
from answerable_trail.rows import Row
from tests.bench.traffic import TENANT, requests
from tests.support.keys import signing_key
from tests.support.requests import place
from tests.support.trail import with_password

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=1)
REQUESTS = 120


@pytest.fixture
async def trail(clickhouse: Server) -> AsyncIterator[Trail]:
    """Migrated, empty; nothing is too fresh to be judged."""
    async with connect(with_password(clickhouse.url)) as opened:
        await opened.query("DROP DATABASE IF EXISTS trace SYNC")
        await opened.migrate()
        yield opened
        await opened.query("DROP DATABASE IF EXISTS trace SYNC")


def placed(messages: Sequence[Message]) -> list[Record]:
    """Messages at the offsets that a log would give them."""
    ends: dict[tuple[str, int | None], int] = {}
    records = []
    for message in messages:
        offset = ends.get((message.topic, message.partition), 0)
        ends[message.topic, message.partition] = offset + 1
        records.append(place(message, offset, at=NOW))
    return records


def traffic(count: int = REQUESTS) -> list[Message]:
    return [message for request in requests(count, NOW) for message in request]


async def seal(trail: Trail, records: Sequence[Record], *, epoch: int = 0) -> list[Row]:
    """Record as audit does, and sign; the rows."""
    sealer = Sealer(trail.trees, LogSigner.from_file(signing_key()), "one", Rhythm(timedelta(0), 1))
    places = {(record.topic, record.partition): epoch for record in records}
    await sealer.load(await trail.positions(), places)
    rows = list(await sealer.rows(records, places))
    await trail.append(rows)
    sealer.stored()
    await sealer.checkpoints(NOW)
    return rows


async def problems(trail: Trail, depth: Depth = Depth.FULL) -> list[Problem]:
    found = (await trail.inspector.inspect(depth, LATER)).findings
    named = [problem for part in found.values() for problem in part]
    if depth is Depth.DEEP:
        keys = LogSigner.from_file(signing_key()).verifiers
        named += [problem async for page in trail.recomputation.run(keys) for problem in page.problems]
    return named


def of(rows: Sequence[Row], topic: str, number: int) -> Row:
    """The row of this topic that holds the message with this number of its producer."""
    header = ("ce_producerseq", str(number).encode())
    return next(row for row in rows if row.record.topic == topic and header in row.record.headers)


def at(row: Row) -> str:
    """The condition for its position."""
    record = row.record
    return f"topic = '{record.topic}' AND partition = {record.partition} AND offset = {record.offset}"


def named(row: Row) -> str:
    return f"{row.record.topic}/{row.record.partition}/{row.record.offset}"


async def update(trail: Trail, what: str, row: Row) -> None:
    await trail.query(f"ALTER TABLE trace.events UPDATE {what} WHERE {at(row)} SETTINGS mutations_sync = 2")


async def delete(trail: Trail, table: str, where: str) -> None:
    await trail.query(f"DELETE FROM trace.{table} WHERE {where} SETTINGS lightweight_deletes_sync = 2")


async def erase(trail: Trail, row: Row) -> None:
    """As erasure leaves a record: the leaf, in place of what it is over."""
    text = leaf_bytes(leaf_of(row.record, row.epoch, row.identity, row.seal.salt)).decode()
    await trail.query(
        "INSERT INTO trace.events (epoch, topic, partition, offset, log_time, tenant, request_id, event_id, type, "
        "leaf_index, leaf_hash, seal, erased_leaf) SELECT epoch, topic, partition, offset, log_time, tenant, "
        "request_id, event_id, type, leaf_index, leaf_hash, seal + 1, {leaf:String} "
        f"FROM trace.events WHERE {at(row)}",
        parameters={"leaf": text},
    )


async def test_an_untouched_record_has_no_problem(trail: Trail) -> None:
    await seal(trail, placed(traffic()))
    assert await problems(trail, Depth.DEEP) == []
    assert await problems(trail, Depth.QUICK) == []


async def test_two_incarnations_of_a_log_have_no_problem(trail: Trail) -> None:
    await seal(trail, placed(traffic(30)))
    await seal(trail, placed(traffic(20)), epoch=1)
    assert await problems(trail, Depth.DEEP) == []


async def test_what_is_recorded_twice_has_no_problem(trail: Trail) -> None:
    rows = await seal(trail, placed(traffic(30)))
    await trail.append(rows[:50])
    assert await problems(trail, Depth.DEEP) == []


async def test_erased_records_are_no_problem(trail: Trail) -> None:
    rows = await seal(trail, placed(traffic()))
    for row in rows[40:44]:
        await erase(trail, row)
    assert await problems(trail, Depth.DEEP) == []
    await trail.query("OPTIMIZE TABLE trace.events FINAL")
    assert await problems(trail, Depth.DEEP) == []


async def test_records_that_retention_removed_are_no_problem(trail: Trail) -> None:
    rows = await seal(trail, placed(traffic(30)))
    for row in rows[40:44]:
        columns = "epoch, topic, partition, offset, tenant, producer, number, recorded_at"
        await trail.query(
            f"INSERT INTO trace.expired ({columns}, expired_at) "
            f"SELECT {columns}, now() FROM trace.events WHERE {at(row)}"
        )
        await delete(trail, "events", at(row))
    assert await problems(trail, Depth.DEEP) == []


async def test_a_message_that_a_service_never_sent_is_named(trail: Trail) -> None:
    """Its request simply ends there: only the numbers of the service tell."""
    messages = traffic()
    silent = next(each for each in messages if each.topic == "verdicts" and ("ce_producerseq", b"60") in each.headers)
    await seal(trail, placed([each for each in messages if each is not silent]))
    assert await problems(trail) == []  # it may be under way
    await trail.query(
        "ALTER TABLE trace.events UPDATE recorded_at = recorded_at + INTERVAL 61 SECOND WHERE number > 100 "
        "SETTINGS mutations_sync = 2"
    )
    [problem] = await problems(trail)
    assert (problem.kind, problem.place, problem.count) == (
        Kind.SEQUENCE,
        f"{dict(silent.headers)['ce_producerid'].decode()}#60",
        1,
    )
    assert await problems(trail, Depth.QUICK) == []  # nothing of it is new


async def test_a_number_with_two_events_is_named(trail: Trail) -> None:
    first, second = traffic(1), traffic(1)
    run = dict(first[0].headers)["ce_producerid"]
    headers = tuple((name, run if name == "ce_producerid" else value) for name, value in second[0].headers)
    await seal(trail, placed([*first, replace(second[0], headers=headers)]))
    [problem] = await problems(trail)
    assert (problem.kind, problem.place) == (Kind.SEQUENCE, f"{run.decode()}#1")


async def test_an_event_that_rests_on_nothing_recorded_is_named(trail: Trail) -> None:
    messages = traffic(3)
    missing = messages[1]  # the context of the first request; draft and verdict rest on it
    await seal(trail, placed([each for each in messages if each is not missing]))
    found = [problem for problem in await problems(trail) if problem.kind is Kind.MANIFEST]
    event = dict(missing.headers)["ce_id"].decode()
    places = {
        "/".join((TENANT, (messages[0].key or b"").decode(), dict(each.headers)["ce_id"].decode()))
        for each in messages[2:4]
    }
    assert {problem.place for problem in found} == places
    assert {problem.detail for problem in found} == {f"rests on {event}, which is not recorded"}


async def test_a_row_that_somebody_inserted_is_named(trail: Trail) -> None:
    await seal(trail, placed(traffic(30)))
    await trail.query(
        "INSERT INTO trace.events (epoch, topic, partition, offset, log_time, tenant, body) "
        f"VALUES (0, 'answers', 0, 0, now(), '{TENANT}', '{{}}')"
    )
    for depth in Depth:
        [problem] = await problems(trail, depth)
        assert (problem.kind, problem.place) == (Kind.ROW, "answers/0/0")


async def test_a_row_with_a_seal_that_nobody_may_give_is_named(trail: Trail) -> None:
    await seal(trail, placed(traffic(30)))
    await trail.query(
        "INSERT INTO trace.events (epoch, topic, partition, offset, log_time, tenant, body, leaf_index, leaf_hash, "
        f"seal) SELECT 0, 'answers', 0, 0, now(), '{TENANT}', '{{}}', 1000, SHA256('x'), max(token) + 1 "
        "FROM trace.claims"
    )
    [problem] = await problems(trail, Depth.QUICK)
    assert (problem.kind, problem.place) == (Kind.ROW, "answers/0/0")


async def test_another_content_at_a_position_is_named(trail: Trail) -> None:
    rows = await seal(trail, placed(traffic(30)))
    other = next(row for row in rows if row.record.topic == "questions" and row.record.offset == 2)
    forged = place(traffic(1)[0], 2, at=NOW)
    record = replace(forged, partition=other.record.partition)
    await trail.append([Row(0, record, identify(record))])
    assert {(each.kind, each.place) for each in await problems(trail, Depth.QUICK)} == {
        (Kind.CONFLICT, named(other)),
        (Kind.ROW, named(other)),
    }


async def test_a_deleted_row_is_named(trail: Trail) -> None:
    rows = await seal(trail, placed(traffic()))
    gone = of(rows, "verdicts", 60)
    await delete(trail, "events", at(gone))
    assert [(each.kind, each.place) for each in await problems(trail, Depth.QUICK)] == [(Kind.OFFSETS, named(gone))]
    assert {(each.kind, each.place) for each in await problems(trail)} == {
        (Kind.OFFSETS, named(gone)),
        (Kind.ROW, named(gone)),
    }


@pytest.mark.parametrize(
    "edit",
    [
        "body = replaceOne(body, 'release', 'withhold')",
        "headers = arrayMap(h -> (h.1, if(h.1 = 'ce_time', '2026-01-01T00:00:00Z', h.2)), headers)",
        "event_id = generateUUIDv4()",
        "key = 'other'",
        "salt = toFixedString('x', 32)",
        "leaf_hash = toFixedString('x', 32)",
    ],
)
async def test_an_edited_row_is_named(trail: Trail, edit: str) -> None:
    rows = await seal(trail, placed(traffic(60)))
    edited = of(rows, "verdicts", 30)
    await update(trail, edit, edited)
    found = {(each.kind, each.place) for each in await problems(trail, Depth.DEEP)}
    expected = {(Kind.ROW, named(edited))}
    assert found == (expected | {(Kind.LEAF, named(edited))} if edit.startswith("leaf_hash") else expected)


async def test_an_edited_body_that_others_rest_on_is_named_twice(trail: Trail) -> None:
    rows = await seal(trail, placed(traffic(3)))
    edited = of(rows, "contexts", 2)
    await update(trail, "body = concat(body, ' '), body_sha256 = SHA256(concat(body, ' '))", edited)
    found = await problems(trail, Depth.DEEP)
    assert [each.place for each in found if each.kind is Kind.ROW] == [named(edited)]
    assert {each.kind for each in found} == {Kind.ROW, Kind.MANIFEST}


async def test_a_deleted_leaf_is_named(trail: Trail) -> None:
    await seal(trail, placed(traffic(60)))
    await delete(trail, "leaves", "shard = 2 AND leaf_index IN (7, 8)")
    for depth in Depth:
        [problem] = await problems(trail, depth)
        assert (problem.kind, problem.place, problem.count) == (Kind.LEAF, f"{TENANT}/2#7", 2)


async def test_leaves_that_are_gone_at_the_end_of_a_tree_are_named(trail: Trail) -> None:
    rows = await seal(trail, placed(traffic(60)))
    await delete(trail, "leaves", "shard = 2")
    size = sum(row.record.partition == 2 for row in rows)
    [problem] = await problems(trail, Depth.DEEP)
    assert (problem.kind, problem.place, problem.count) == (Kind.LEAF, f"{TENANT}/2#0", size)


async def test_swapped_leaf_indexes_are_named(trail: Trail) -> None:
    rows = await seal(trail, placed(traffic(60)))
    first, second = (row for row in rows if row.record.partition == 3 and row.seal.leaf_index in {4, 9})
    for row, index in ((first, second.seal.leaf_index), (second, first.seal.leaf_index)):
        await update(trail, f"leaf_index = {index}", row)
    found = await problems(trail)
    assert {(each.kind, each.place) for each in found} == {(Kind.LEAF, named(first)), (Kind.LEAF, named(second))}


async def test_two_rows_at_one_leaf_are_named(trail: Trail) -> None:
    rows = await seal(trail, placed(traffic(60)))
    first, second = (row for row in rows if row.record.partition == 3 and row.seal.leaf_index in {4, 9})
    await update(trail, f"leaf_index = {first.seal.leaf_index}", second)
    assert [(each.kind, each.place) for each in await problems(trail)] == [(Kind.LEAF, named(second))]


async def test_leaves_that_changed_places_do_not_give_the_signed_root(trail: Trail) -> None:
    await seal(trail, placed(traffic(60)))
    await trail.query(
        "INSERT INTO trace.leaves (tenant, shard, leaf_index, leaf_hash, seal, epoch, topic, offset) "
        "SELECT tenant, shard, 13 - leaf_index, leaf_hash, seal + 1, epoch, topic, offset FROM trace.leaves "
        "WHERE shard = 3 AND leaf_index IN (4, 9)"
    )
    found = await problems(trail, Depth.DEEP)
    assert [each.kind for each in found] == [Kind.LEAF] * 3
    assert "root" in found[-1].detail


async def test_a_record_that_was_rewritten_with_its_leaf_does_not_give_the_signed_root(trail: Trail) -> None:
    rows = await seal(trail, placed(traffic(60)))
    edited = of(rows, "verdicts", 30)
    record = replace(edited.record, value=edited.record.value.replace(b"release", b"withhold"))
    forged = replace(edited, record=record)
    leaf = leaf_bytes(leaf_of(record, 0, edited.identity, edited.seal.salt))
    forged_leaf, place = merkle.leaf_hash(leaf), trail_rows.placed(edited)
    await trail.append([replace(forged, seal=replace(edited.seal, leaf_hash=forged_leaf))])
    await trail.trees.grow([place._replace(hash=forged_leaf)], [])
    await trail.query("OPTIMIZE TABLE trace.events FINAL")
    await trail.query("OPTIMIZE TABLE trace.leaves FINAL")
    [problem] = await problems(trail, Depth.DEEP)
    assert (problem.kind, "root" in problem.detail) == (Kind.LEAF, True)


async def test_a_checkpoint_that_somebody_else_signed_is_named(trail: Trail, tmp_path: Path) -> None:
    await seal(trail, placed(traffic(6)))
    create_key(tmp_path / "other.key", "answerable/test")
    keys = LogSigner.from_file(tmp_path / "other.key").verifiers
    found = [problem async for page in trail.recomputation.run(keys) for problem in page.problems]
    assert {problem.kind for problem in found} == {Kind.LEAF}
    assert len(found) == 6
