"""What retention removes on a real ClickHouse engine, and what it leaves."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from answerable_trail.client import Trail
from answerable_trail.errors import RetentionRefused
from answerable_trail.identity import NIL
from answerable_trail.retention import (
    KEPT,
    Decision,
    Hold,
    Removal,
    decide,
    decisions,
    enforce,
    hold,
    holds,
    removal_statements,
    standing,
)
from answerable_trail.retention import expiries as expiries_of
from tests.support.servers import start_clickhouse
from tests.support.settled import age, refresh
from tests.support.trail import Log, fresh_trail, record, released_request, rows, withheld_request

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

OLD, HELD, YOUNG = UUID(int=1), UUID(int=2), UUID(int=3)
LATER = timedelta(days=401)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url() -> AsyncIterator[str]:
    async with start_clickhouse() as server:
        yield server.url


@pytest_asyncio.fixture(loop_scope="module")
async def trail(url: str) -> AsyncIterator[Trail]:
    """Of acme: two requests recorded 401 days ago and one of today; of other: one recorded 401 days ago."""
    async with fresh_trail(url) as opened:
        log = Log()
        released_request(log, OLD)
        released_request(log, HELD)
        released_request(log, OLD, tenant="other")
        unreadable = record(90, topic="questions-dlq", body=b"?", tenant="acme")
        document = record(0, topic="documents", body=b"{}", tenant="acme", correlationid=str(UUID(int=77)))
        await opened.append(rows(*log.records, unreadable, document))
        await age(opened, LATER)
        await refresh(opened)
        fresh = Log()
        withheld_request(fresh, YOUNG)
        await opened.append(rows(*(replace(one, offset=one.offset + 3) for one in fresh.records)))
        yield opened


def now() -> datetime:
    return datetime.now(UTC)


def held(tenant: str = "", request_id: UUID = NIL, *, still: bool = True) -> Hold:
    return Hold(tenant, request_id, still, "lawsuit 7", "ada", now())


async def count(trail: Trail, table: str, where: str = "1") -> object:
    ((found,),) = (await trail.query(f"SELECT count() FROM trace.{table} WHERE {where}")).rows
    return found


def by_table(removals: list[Removal], tenant: str) -> Mapping[str, int]:
    return {one.table: one.rows for one in removals if one.tenant == tenant}


async def test_requests_older_than_the_limit_go_from_every_table_and_the_rest_stays(trail: Trail) -> None:
    removals = await enforce(trail, now())
    assert by_table(removals, "acme") == {"requests": 2, "events": 11}
    assert by_table(removals, "other") == {"requests": 1, "events": 5}
    assert await trail.request(None, OLD) == []
    assert await trail.request(None, HELD) == []
    assert len(await trail.request("acme", YOUNG)) == 2
    assert await count(trail, "events") == 3
    assert await count(trail, "events", "topic = 'documents'") == 1
    assert await count(trail, "answers") == 1
    assert await enforce(trail, now()) == []


async def test_what_is_gone_is_not_merely_hidden(trail: Trail) -> None:
    await enforce(trail, now())
    table = await trail.query(
        "SELECT table, sum(rows), countIf(has_lightweight_delete) FROM system.parts "
        "WHERE database = 'trace' AND active AND table IN ('events') GROUP BY table ORDER BY table"
    )
    assert table.rows == (("events", 3, 0),)


async def test_a_dry_run_counts_and_removes_nothing(trail: Trail) -> None:
    planned = await enforce(trail, now(), dry_run=True)
    assert await count(trail, "events") == 19
    assert await count(trail, "expired") == 0
    assert await enforce(trail, now()) == planned


async def test_a_request_with_one_young_record_stays_whole(trail: Trail) -> None:
    await trail.append(rows(record(50, topic="contexts-retry", tenant="acme", correlationid=str(OLD))))
    removals = await enforce(trail, now())
    assert by_table(removals, "acme")["events"] == 6
    assert len(await trail.request("acme", OLD)) == 6
    assert await trail.request("other", OLD) == []


async def test_a_held_request_stays_and_goes_once_it_is_released(trail: Trail) -> None:
    await hold(trail, held(request_id=HELD))
    await enforce(trail, now())
    assert len(await trail.request("acme", HELD)) == 5
    assert await trail.request("acme", OLD) == []
    assert await count(trail, "answers", f"request_id = '{HELD}'") == 1
    await hold(trail, held(request_id=HELD, still=False))
    assert by_table(await enforce(trail, now()), "acme") == {"requests": 1, "events": 5}
    assert [(one.held, one.reason, one.by) for one in await holds(trail)] == [
        (True, "lawsuit 7", "ada"),
        (False, "lawsuit 7", "ada"),
    ]
    assert standing(await holds(trail)) == []


async def test_a_held_tenant_loses_nothing(trail: Trail) -> None:
    await hold(trail, held("acme"))
    removals = await enforce(trail, now())
    assert {one.tenant for one in removals} == {"other"}
    assert await count(trail, "events", "tenant = 'acme'") == 14


async def test_a_tenants_own_limit_counts(trail: Trail) -> None:
    await decide(trail, Decision("acme", 500, "contract", "ada", now()))
    assert {one.tenant for one in await enforce(trail, now(), dry_run=True)} == {"other"}
    await decide(trail, Decision("acme", 400, "", "bob", now()))
    assert {one.tenant for one in await enforce(trail, now(), dry_run=True)} == {"acme", "other"}
    assert [(one.tenant, one.days, one.reason, one.by) for one in await decisions(trail)] == [
        ("acme", 500, "contract", "ada"),
        ("acme", 400, "", "bob"),
    ]


@pytest.mark.parametrize(("days", "reason"), [(0, "why not"), (36_501, ""), (182, ""), (182, "  ")])
async def test_a_decision_that_may_not_be_taken_is_refused(trail: Trail, days: int, reason: str) -> None:
    with pytest.raises(RetentionRefused):
        await decide(trail, Decision("acme", days, reason, "ada", now()))
    assert await decisions(trail) == []


async def test_fewer_than_six_months_need_a_reason_and_183_days_do_not(trail: Trail) -> None:
    await decide(trail, Decision("acme", 30, "asked by the works council", "ada", now()))
    await decide(trail, Decision("acme", 183, "", "ada", now()))
    assert [one.days for one in await decisions(trail)] == [30, 183]


@pytest.mark.parametrize(
    "change",
    [
        held(),
        held("acme", OLD),
        replace(held("acme"), reason=" "),
        held("acme", still=False),
        held(request_id=OLD, still=False),
    ],
)
async def test_a_hold_on_nothing_or_without_reason_and_a_release_of_nothing_are_refused(
    trail: Trail, change: Hold
) -> None:
    with pytest.raises(RetentionRefused):
        await hold(trail, change)
    assert await holds(trail) == []


async def test_what_was_removed_is_no_hole_and_what_never_came_is_one(trail: Trail) -> None:
    before = await trail.holes()
    await enforce(trail, now())
    assert await trail.holes() == before
    assert {(one.topic, one.first_missing, one.last_missing) for one in before} == {("questions-dlq", 0, 89)}
    assert await trail.conflicts() == []
    assert await count(trail, "expired") == 16


async def test_a_run_that_was_cut_off_is_ended_by_the_next(trail: Trail) -> None:
    expiry = next(one for one in expiries_of(["acme"], [], [], now()))
    await trail.query(removal_statements(expiry)[0])
    removals = await enforce(trail, now())
    assert by_table(removals, "acme") == {"events": 11}
    assert await count(trail, "answers", "tenant = 'acme'") == 1


async def test_every_table_is_either_emptied_or_kept_for_a_reason(trail: Trail) -> None:
    table = await trail.query("SELECT name FROM system.tables WHERE database = 'trace' AND engine LIKE '%MergeTree'")
    names = {str(row[0]) for row in table.rows}
    assert names == {"events", "requests"} | KEPT.keys()
