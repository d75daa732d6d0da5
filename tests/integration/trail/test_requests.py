"""Typed rows of requests: stored in the background, live until then, the same either way."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from answerable_cli.servers.clickhouse import clickhouse_endpoint
from answerable_events.message import Record
from answerable_events.topics import ANSWERS, CONTEXTS, QUESTIONS
from answerable_trail.client import Trail, connect
from tests.support.servers import TOKEN, start_clickhouse
from tests.support.settled import age, refresh, settle
from tests.support.trail import Log, fresh_trail, record, released_request, rows, with_password, withheld_request

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

REQUEST = UUID("0193a1b2-0000-7000-8000-000000000001")
OTHER = UUID("0193a1b2-0000-7000-8000-000000000002")
DIFFERENCE = """
SELECT count() FROM (SELECT * FROM trace.requests_now EXCEPT SELECT * FROM trace.requests_live)
UNION ALL
SELECT count() FROM (SELECT * FROM trace.requests_live EXCEPT SELECT * FROM trace.requests_now)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url() -> AsyncIterator[str]:
    async with start_clickhouse() as server:
        yield server.url


@pytest_asyncio.fixture(loop_scope="module")
async def trail(url: str) -> AsyncIterator[Trail]:
    async with fresh_trail(url) as opened:
        yield opened


async def value(trail: Trail, sql: str) -> object:
    ((found,),) = (await trail.query(sql)).rows
    return found


async def unsettled(trail: Trail) -> object:
    return await value(
        trail,
        "SELECT count() FROM trace.events WHERE recorded_at > (SELECT max(settled_until) FROM trace.requests)",
    )


async def test_a_settled_request_is_read_from_its_stored_row(trail: Trail) -> None:
    log = Log()
    released_request(log, REQUEST)
    withheld_request(log, OTHER, tenant="other")
    await trail.append(rows(*log.records))
    await settle(trail)
    assert await unsettled(trail) == 0
    assert await value(trail, "SELECT count() FROM trace.requests FINAL") == 2
    assert await value(trail, "SELECT count() FROM trace.requests_now") == 2
    assert (await trail.query(DIFFERENCE)).rows == ((0,), (0,))


async def test_what_is_younger_than_a_minute_is_looked_at_again(trail: Trail) -> None:
    log = Log()
    released_request(log, REQUEST)
    await trail.append(rows(*log.records))
    await refresh(trail)
    assert await value(trail, "SELECT count() FROM trace.requests FINAL") == 1
    settled = await value(trail, "SELECT max(settled_until) FROM trace.requests")
    assert isinstance(settled, datetime)
    assert timedelta(seconds=59) < datetime.now(UTC) - settled < timedelta(seconds=90)
    assert await unsettled(trail) == 5


async def test_an_outcome_is_seen_at_once_and_stored_later(trail: Trail) -> None:
    log = Log()
    released_request(log, REQUEST)
    await trail.append(rows(*(one for one in log.records if one.topic != ANSWERS.name)))
    await settle(trail)
    assert await value(trail, "SELECT outcome FROM trace.answers") == ""
    await trail.append(rows(*log.of(ANSWERS)))
    assert await value(trail, "SELECT outcome FROM trace.requests FINAL") == ""
    assert await value(trail, "SELECT outcome FROM trace.answers") == "released"
    await age(trail, timedelta(minutes=10))
    await refresh(trail)
    assert await unsettled(trail) == 0
    assert await value(trail, "SELECT outcome FROM trace.requests FINAL") == "released"
    assert await value(trail, "SELECT count() FROM trace.answers") == 1


async def test_a_copy_that_counts_more_and_comes_later_replaces_the_row_whole(trail: Trail) -> None:
    log = Log()
    released_request(log, REQUEST)
    (context,) = log.of(CONTEXTS)
    await trail.append(rows(*(replace(one, offset=one.offset + 5) for one in log.records)))
    await settle(trail)
    assert await value(trail, "SELECT count() FROM trace.passages") == 2
    fewer = context.value.replace(b'"label":2', b'"label":3').replace(b'"passages":[{"label":1', b'"other":[{"label":1')
    await trail.append(rows(replace(context, value=fewer)))
    await settle(trail)
    assert await value(trail, "SELECT count() FROM trace.passages") == 0
    assert await value(trail, "SELECT count() FROM trace.requests FINAL") == 1


async def test_of_two_rows_for_a_record_the_one_with_the_higher_seal_counts(trail: Trail) -> None:
    log = Log()
    released_request(log, REQUEST)
    await trail.append(rows(*log.records))
    await trail.query(
        "INSERT INTO trace.events SELECT * REPLACE ('' AS body, 7 AS seal) FROM trace.events WHERE topic = 'questions'"
    )
    assert await value(trail, "SELECT question FROM trace.answers") == ""
    await settle(trail)
    assert await value(trail, "SELECT question FROM trace.requests FINAL") == ""


async def test_a_backlog_is_stored_in_pieces_and_seen_whole_meanwhile(trail: Trail) -> None:
    await trail.query("SYSTEM STOP VIEW trace.requests_feed")
    for piece in range(3):
        await trail.query(
            "INSERT INTO trace.events (epoch, topic, partition, offset, log_time, recorded_at, tenant, request_id) "
            f"SELECT 1, 'questions', 0, number, now64(3), now64(3) - INTERVAL {100 - piece} MINUTE, 'acme', "
            "toUUID(concat('0193a1b2-0000-7000-8000-', leftPad(toString(number), 12, '0'))) "
            f"FROM numbers({piece * 60_000}, 60000)"
        )
    await trail.query("SYSTEM START VIEW trace.requests_feed")
    for _ in range(2):
        await refresh(trail)
        assert await value(trail, "SELECT count() FROM trace.answers") == 180_000
    pieces = await trail.query("SELECT count() FROM trace.requests GROUP BY settled_until ORDER BY settled_until")
    assert pieces.rows == ((120_000,), (60_000,))
    assert await unsettled(trail) == 0


async def test_stored_and_live_rows_agree_in_whatever_order_records_come(trail: Trail) -> None:
    chance = random.Random(7)
    log = Log()
    for number in range(30):
        released_request(log, UUID(int=number + 1), tenant=chance.choice(["acme", "other"]))
    copies = [replace(one, offset=one.offset + chance.randint(100, 200), value=one.value.replace(b"0.9", b"0.7"))
              for one in log.records if chance.random() < 0.4]  # fmt: skip
    records: list[Record] = [*log.records, *copies, record(0, topic="questions", body=b"\xff", tenant="acme")]
    chance.shuffle(records)
    for start in range(0, len(records), 40):
        await trail.append(rows(*records[start : start + 40]))
        assert (await trail.query(DIFFERENCE)).rows == ((0,), (0,))
        if chance.random() < 0.7:
            await age(trail, timedelta(minutes=chance.choice([0, 2])))
            await refresh(trail)
            assert (await trail.query(DIFFERENCE)).rows == ((0,), (0,))
    await settle(trail)
    assert await unsettled(trail) == 0
    assert (await trail.query(DIFFERENCE)).rows == ((0,), (0,))
    assert await value(trail, "SELECT count() FROM trace.requests FINAL") == 30


async def test_new_records_are_found_without_reading_the_old_ones(trail: Trail) -> None:
    log = Log()
    released_request(log, REQUEST)
    await trail.append(rows(*log.records))
    plan = await trail.query("EXPLAIN indexes = 1 SELECT tenant FROM trace.events WHERE recorded_at > now64(3)")
    text = "\n".join(str(row[0]) for row in plan.rows)
    assert re.search(r"Skip\s+Name: recorded\s+Description: minmax .*?Granules: 0/1", text, re.DOTALL)


async def test_outcomes_are_counted_by_hour_and_reason(trail: Trail) -> None:
    log = Log()
    released_request(log, REQUEST)
    withheld_request(log, OTHER)
    withheld_request(log, UUID(int=9))
    await trail.append(rows(*log.records, log.of(QUESTIONS)[0]))
    table = await trail.query("SELECT * EXCEPT (hour) FROM trace.outcomes ORDER BY outcome")
    assert table.rows == (("acme", "released", "", 1, 10.0, 10.0), ("acme", "withheld", "not_known", 2, 2.0, 2.0))
    assert await value(trail, "SELECT DISTINCT hour FROM trace.outcomes") == datetime(2026, 11, 3, 9, tzinfo=UTC)


async def test_rows_are_stored_by_themselves_time_and_again_also_after_a_restart(tmp_path: Path) -> None:
    log = Log()
    released_request(log, REQUEST)
    withheld_request(log, OTHER)
    async with _endpoint(tmp_path) as trail:
        await trail.migrate()
        await trail.append(rows(*log.records[:5]))
    async with _endpoint(tmp_path) as trail:
        await _until_stored(trail, 1)
        await trail.append(rows(*log.records[5:]))
        await _until_stored(trail, 2)
        assert await value(trail, "SELECT groupArray(outcome) FROM trace.requests FINAL") == ["released", "withheld"]


async def _until_stored(trail: Trail, requests: int) -> None:
    async with asyncio.timeout(30):
        while await value(trail, "SELECT count() FROM trace.requests FINAL") != requests:
            await asyncio.sleep(0.2)


@asynccontextmanager
async def _endpoint(folder: Path) -> AsyncIterator[Trail]:
    async with (
        clickhouse_endpoint(folder, None, token=TOKEN, in_thread=False) as server,
        connect(with_password(server.url)) as trail,
    ):
        yield trail
