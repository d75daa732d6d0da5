"""What every test sees; the how is in `tests.support`. Servers start with the first test that asks for them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import settings

from answerable_cli.servers.process import Server
from tests.support import servers

settings.register_profile("no clock", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("no clock")


def pytest_report_header() -> str:
    return servers.describe()


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(kind, marks=[pytest.mark.kafka] if "kafka" in kind else []) for kind in servers.broker_kinds()
    ],
)
def broker_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def broker(broker_kind: str) -> AsyncIterator[Server]:
    """A broker of each kind that this machine can run, shared by the session: use topics and groups of your own."""
    async with servers.start_broker(broker_kind) as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=servers.redis_kinds())
async def redis(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """A Redis of each kind, shared by the session: use keys of your own."""
    async with servers.start_redis(str(request.param)) as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def clickhouse() -> AsyncIterator[Server]:
    """The ClickHouse endpoint, shared by the session: use databases of your own."""
    async with servers.start_clickhouse() as server:
        yield server
