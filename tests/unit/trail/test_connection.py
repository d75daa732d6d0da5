"""Failures are sorted by the driver's exception type and ClickHouse's error code, never by text."""

from datetime import timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError, ProgrammingError, StreamFailureError

from answerable_trail.connection import Connection, open_connection
from answerable_trail.errors import QueryInvalid, TrailRefused, TrailUnavailable

SECRET = "ada@example.org asked about leave"


class FailingClient:
    def __init__(self, error: Exception) -> None:
        self.error = error

    async def query(self, *_: Any, **__: Any) -> Any:
        raise self.error


PASSING = {
    "no connection": OperationalError(SECRET),
    "a proxy": DatabaseError(SECRET),
    "too many parts": DatabaseError(SECRET, code=252, name="TOO_MANY_PARTS"),
    "memory, said in the stream": StreamFailureError(SECRET, code=241, name="MEMORY_LIMIT_EXCEEDED"),
    "busy": OperationalError(SECRET, code=202, name="TOO_MANY_SIMULTANEOUS_QUERIES"),
}
LASTING = {
    "no table": DatabaseError(SECRET, code=60, name="UNKNOWN_TABLE"),
    "no right": DatabaseError(SECRET, code=497, name="ACCESS_DENIED"),
    "a full disk quota said with 503": OperationalError(SECRET, code=201, name="QUOTA_EXCEEDED"),
    "misuse of the driver": ProgrammingError(SECRET),
}


@pytest.mark.parametrize("error", PASSING.values(), ids=PASSING.keys())
async def test_what_passes_by_itself_is_unavailable(error: Exception) -> None:
    with pytest.raises(TrailUnavailable) as caught:
        await Connection(FailingClient(error)).select("SELECT 1")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("error", LASTING.values(), ids=LASTING.keys())
async def test_what_does_not_pass_is_refused(error: Exception) -> None:
    with pytest.raises(TrailRefused) as caught:
        await Connection(FailingClient(error)).select("SELECT 1")
    assert SECRET not in str(caught.value)


async def test_only_the_author_of_a_statement_is_told_what_is_wrong_with_it() -> None:
    with pytest.raises(QueryInvalid, match=SECRET):
        await Connection(FailingClient(LASTING["no table"])).ask("SELECT 1")


@pytest.mark.parametrize("url", ["", "localhost:8123", "clickhouse://localhost", "http://"])
async def test_an_unusable_url_is_refused_before_connecting(url: str) -> None:
    with pytest.raises(ValueError, match="ClickHouse URL"):
        async with open_connection(url, statement_timeout=timedelta(seconds=1)):
            pass
