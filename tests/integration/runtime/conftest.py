"""The brokers on which the behaviour suite runs: the in-process double, and every real one of this machine."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support import servers
from tests.support.brokers import Bench
from tests.support.brokers import bench as open_bench

DOUBLE = "double"


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=[DOUBLE, *servers.broker_kinds()])
async def log_kind(request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, str | None]]:
    """Kind and address; a real broker is started once for all tests of the suite."""
    if request.param == DOUBLE:
        yield DOUBLE, None
    else:
        async with servers.start_broker(request.param) as server:
            yield request.param, server.url


@pytest.fixture
async def bench(log_kind: tuple[str, str | None]) -> AsyncIterator[Bench]:
    async with open_bench(*log_kind) as opened:
        yield opened
