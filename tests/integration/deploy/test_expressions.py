"""Every expression of rules and dashboard, asked of a real Prometheus and ClickHouse engine while services work."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.deploy.expressions import promql, sql
from tests.integration.deploy.live import Live, live

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

_DATA_WITHIN_S = 60


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    if shutil.which("prometheus") is None:
        pytest.skip("no prometheus: install it (Debian: apt-get install prometheus)")
    async with live(tmp_path_factory.mktemp("live")) as found:
        yield found


@pytest.mark.parametrize("expression", promql(), ids=str)
async def test_a_promql_expression_gives_numbers(system: Live, expression) -> None:
    deadline = time.monotonic() + _DATA_WITHIN_S
    while not await system.values(expression.text):
        assert time.monotonic() < deadline, f"no data from {expression.text}"
        await asyncio.sleep(0.5)


@pytest.mark.parametrize("expression", sql(), ids=str)
async def test_an_sql_statement_gives_rows(system: Live, expression) -> None:
    deadline = time.monotonic() + _DATA_WITHIN_S
    while not await system.rows(expression.text):
        assert time.monotonic() < deadline, f"no rows from {expression.text}"
        await asyncio.sleep(0.5)
