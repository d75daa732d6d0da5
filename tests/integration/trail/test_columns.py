"""Every column says what it holds, in the engine and in the README."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from answerable_trail.client import Trail
from tests.support.column_docs import README, column_docs, query_docs, section
from tests.support.servers import start_clickhouse
from tests.support.trail import fresh_trail

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

PLUMBING = re.compile(r"_(feed|live|now)$")
"""What fills a table, or is read through its views; it has the columns of the table it is named after."""

REWRITE = "out of date: python -m tests.support.column_docs rewrites it"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trail() -> AsyncIterator[Trail]:
    async with start_clickhouse() as server, fresh_trail(server.url) as opened:
        yield opened


async def columns(trail: Trail) -> dict[str, dict[str, str]]:
    """Comments by table and column, in their order."""
    table = await trail.query(
        "SELECT table, name, comment FROM system.columns WHERE database = 'trace' ORDER BY table, position"
    )
    found: dict[str, dict[str, str]] = {}
    for name, column, comment in table.rows:
        found.setdefault(str(name), {})[str(column)] = str(comment)
    return found


async def test_every_column_of_every_table_and_view_has_a_comment(trail: Trail) -> None:
    bare = [
        f"{table}.{column}"
        for table, comments in (await columns(trail)).items()
        if not PLUMBING.search(table)
        for column, comment in comments.items()
        if not comment
    ]
    assert bare == []


async def test_every_table_and_view_has_a_comment(trail: Trail) -> None:
    table = await trail.query("SELECT name FROM system.tables WHERE database = 'trace' AND comment = ''")
    assert [name for (name,) in table.rows if not PLUMBING.search(str(name))] == []


async def test_what_only_feeds_a_table_has_its_columns(trail: Trail) -> None:
    found = await columns(trail)
    plumbing = {name: list(found[name]) for name in found if PLUMBING.search(name)}
    assert plumbing.keys() >= {"requests_feed", "requests_live", "requests_now"}
    for name, theirs in plumbing.items():
        target = list(found[PLUMBING.sub("", name)])
        assert set(theirs) <= set(target), name
        if name.startswith("requests"):
            assert [*theirs, *target[len(theirs) :]] == target, f"{name}: other order"


async def test_columns_in_the_readme_are_those_of_the_engine(trail: Trail) -> None:
    assert section(README.read_text(), "columns") == await column_docs(trail), REWRITE


async def test_queries_in_the_readme_are_those_that_exist() -> None:
    assert section(README.read_text(), "queries") == query_docs(), REWRITE
