"""Migrations on a real ClickHouse engine."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from answerable_trail.client import Trail
from answerable_trail.connection import Connection, open_connection
from answerable_trail.errors import MigrationChanged, TrailRefused
from answerable_trail.migrations import Migration, migrate, migrations, require_migrated
from tests.support.servers import start_clickhouse
from tests.support.trail import record, rows, with_password

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

FIRST = Migration(1, "things", "CREATE TABLE IF NOT EXISTS trace.things (id UInt8) ENGINE = MergeTree ORDER BY id;\n")
SECOND = Migration(2, "more", "ALTER TABLE trace.things ADD COLUMN IF NOT EXISTS name String;\n")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url() -> AsyncIterator[str]:
    async with start_clickhouse() as server:
        yield with_password(server.url)


@pytest_asyncio.fixture(loop_scope="module")
async def connection(url: str) -> AsyncIterator[Connection]:
    async with open_connection(url, statement_timeout=timedelta(seconds=30)) as opened:
        await opened.command("DROP DATABASE IF EXISTS trace SYNC")
        yield opened


async def ledger(connection: Connection) -> list[object]:
    table = await connection.select("SELECT DISTINCT number FROM trace.migrations ORDER BY number")
    return [row[0] for row in table.rows]


async def test_those_of_this_release_apply_and_apply_again(connection: Connection) -> None:
    await migrate(connection, migrations())
    await migrate(connection, migrations())
    assert await ledger(connection) == [migration.number for migration in migrations()]
    await require_migrated(connection, migrations())


async def test_several_processes_may_start_at_once(url: str, connection: Connection) -> None:
    async def start() -> None:
        async with open_connection(url, statement_timeout=timedelta(seconds=30)) as own:
            await migrate(own, migrations())

    await asyncio.gather(*(start() for _ in range(4)))
    await Trail(connection).append(rows(record(0)))
    assert [(one.rows, one.last) for one in await Trail(connection).counts()] == [(1, 0)]


async def test_a_later_one_is_added_to_those_applied(connection: Connection) -> None:
    await migrate(connection, [FIRST])
    await connection.command("INSERT INTO trace.things VALUES (1)")
    await migrate(connection, [FIRST, SECOND])
    assert (await connection.select("SELECT id, name FROM trace.things")).rows == ((1, ""),)


async def test_a_changed_one_stops_before_anything_is_touched(connection: Connection) -> None:
    await migrate(connection, [FIRST])
    changed = Migration(1, "things", FIRST.text.replace("UInt8", "UInt64"))
    with pytest.raises(MigrationChanged, match="0001_things"):
        await migrate(connection, [changed, SECOND])
    assert await ledger(connection) == [1]


async def test_one_that_fails_half_way_is_applied_again_from_its_start(connection: Connection) -> None:
    broken = Migration(
        1, "things", FIRST.text + "CREATE OR REPLACE VIEW trace.v AS SELECT no_such FROM trace.things;\n"
    )
    with pytest.raises(TrailRefused):
        await migrate(connection, [broken])
    assert await ledger(connection) == []
    await migrate(connection, [FIRST])
    assert await ledger(connection) == [1]


async def test_an_older_release_lives_with_a_newer_schema(connection: Connection) -> None:
    await migrate(connection, [FIRST, SECOND])
    await migrate(connection, [FIRST])
    await require_migrated(connection, [FIRST])


async def test_a_missing_one_is_named(connection: Connection) -> None:
    await migrate(connection, [FIRST])
    with pytest.raises(TrailRefused, match="0002_more"):
        await require_migrated(connection, [FIRST, SECOND])
