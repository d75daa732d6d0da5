"""`answerable sql` and `answerable query` against a real ClickHouse engine."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pyarrow.parquet as pq
import pytest
import pytest_asyncio

from tests.support.command import Done, run
from tests.support.servers import start_clickhouse
from tests.support.trail import Log, fresh_trail, released_request, rows, withheld_request

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

RELEASED, WITHHELD = UUID(int=1), UUID(int=2)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url() -> AsyncIterator[str]:
    """Of a trace with a released and a withheld request, for readers."""
    async with start_clickhouse() as server, fresh_trail(server.url) as trail:
        log = Log()
        released_request(log, RELEASED)
        withheld_request(log, WITHHELD)
        await trail.append(rows(*log.records))
        yield server.url


async def answerable(url: str, *arguments: str | Path) -> Done:
    return await asyncio.to_thread(run, *arguments, ANSWERABLE_CLICKHOUSE_URL=url)


async def test_a_named_query_is_written_as_parquet(url: str, tmp_path: Path) -> None:
    file = tmp_path / "refusals.parquet"
    done = await answerable(url, "query", "run", "refusals_by_reason", "--param", "tenant=acme", "--parquet", file)
    assert (done.code, done.out) == (0, ""), done
    assert "1 rows" in done.err
    (row,) = pq.read_table(file).to_pylist()
    assert (row["tenant"], row["reason"], row["requests"], row["share"]) == ("acme", "not_known", 1, 0.5)


async def test_any_statement_is_written_as_parquet(url: str, tmp_path: Path) -> None:
    file = tmp_path / "answers.parquet"
    statement = "SELECT request_id, outcome, asked_at FROM trace.answers ORDER BY request_id"
    assert (await answerable(url, "sql", statement, "--parquet", file)).code == 0
    found = pq.read_table(file).to_pylist()
    assert [(row["request_id"], row["outcome"]) for row in found] == [
        (str(RELEASED), "released"),
        (str(WITHHELD), "withheld"),
    ]


async def test_the_same_is_printed_as_json_and_csv(url: str) -> None:
    query = ("query", "run", "outcomes_by_reason")
    assert {row["outcome"] for row in (await answerable(url, *query, "--json")).json} == {"released", "withheld"}
    lines = (await answerable(url, *query, "--csv")).out.splitlines()
    assert lines[0] == "outcome,reason,requests,share,seconds_p50,seconds_p99"
    assert len(lines) == 3


async def test_two_forms_at_once_contradict(url: str, tmp_path: Path) -> None:
    done = await answerable(url, "sql", "SELECT 1", "--json", "--parquet", tmp_path / "x")
    assert done.code == 2
    assert "contradict" in done.err
    assert not (tmp_path / "x").exists()


async def test_queries_are_listed_with_their_parameters(url: str) -> None:
    listed = (await answerable(url, "query", "list", "--json")).json
    assert len(listed) >= 15
    found = {query["name"]: query for query in listed}["unanswered_near_deadline"]
    assert [(one["name"], one["default"]) for one in found["parameters"]] == [("within_seconds", "10"), ("tenant", "%")]
