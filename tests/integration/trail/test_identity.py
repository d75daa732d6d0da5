"""What a leaf says of a record is what the columns of its row say, on a real ClickHouse."""

from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from answerable_events.message import Headers, Record
from answerable_trail.client import Trail
from answerable_trail.identity import Identity, identify
from tests.support.servers import start_clickhouse
from tests.support.trail import fresh_trail, rows

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

NAMES = ("ce_tenant", "ce_correlationid", "ce_id", "ce_type", "CE_TENANT", "Ce_Id")
UUIDS = st.uuids().flatmap(lambda one: st.sampled_from([str(one), str(one).upper(), one.hex, f"{{{one}}}"]))
# Bytes near the borders of UTF-8: first and middle bytes of sequences of every length, and what is none.
BROKEN = st.lists(st.sampled_from(b"a\x00\x7f\x80\x82\x9f\xa0\xac\xbf\xc1\xc3\xe0\xe2\xed\xef\xf0\xf4\xf5\xf8\xff"))
VALUES = UUIDS.map(str.encode) | st.text(max_size=12).map(str.encode) | BROKEN.map(bytes) | st.binary(max_size=40)
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6).map(tuple)
KEYS = st.none() | VALUES


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trail() -> AsyncIterator[Trail]:
    async with start_clickhouse() as server, fresh_trail(server.url) as opened:
        yield opened


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(HEADERS, KEYS), min_size=20, max_size=200))
async def test_columns_of_arbitrary_records_say_what_their_leaves_say(
    trail: Trail, contents: Sequence[tuple[Headers, bytes | None]]
) -> None:
    records = [Record("questions", 0, offset, 0, key, b"", headers) for offset, (headers, key) in enumerate(contents)]
    await trail.query("TRUNCATE TABLE trace.events")
    await trail.append(rows(*records))
    table = await trail.query(
        "SELECT tenant, toString(request_id), toString(event_id), type FROM trace.events ORDER BY offset"
    )
    assert [Identity._make(map(str, row)) for row in table.rows] == [identify(record) for record in records]
