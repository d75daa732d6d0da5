"""The brokers on which the behaviour suite runs: the in-process double, and every real one of this machine."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.support import servers
from tests.support.brokers import Bench
from tests.support.brokers import bench as open_bench

DOUBLE = "double"


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=[DOUBLE, *servers.broker_kinds()])
async def log_kind(request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, str | None]]:
    """Kind, and the address of a broker for all tests; Tansu starts so fast that each test gets its own."""
    if request.param in {DOUBLE, servers.TANSU}:
        yield request.param, None
    else:
        async with servers.start_broker(request.param) as server:
            yield request.param, server.url


@pytest.fixture
async def bench(log_kind: tuple[str, str | None]) -> AsyncIterator[Bench]:
    kind, url = log_kind
    async with AsyncExitStack() as stack:
        if kind == servers.TANSU:
            url = (await stack.enter_async_context(servers.start_broker(kind))).url
        yield await stack.enter_async_context(open_bench(kind, url))
