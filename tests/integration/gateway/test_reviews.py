"""Decisions over HTTP, with a record on a real ClickHouse engine and claims in a real store."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from answerable_cli.servers.process import Server
from answerable_events.topics import REVIEWS
from answerable_runtime.leases import Leases
from tests.support.gateway import door
from tests.support.stories import Story, tell
from tests.support.trail import Log, fresh_trail, rows

pytestmark = pytest.mark.integration

REQUEST = UUID(int=1)
MAUD = {"Authorization": "Development maud;groups=reviewers;tenant=acme"}


async def test_a_decision_that_finds_no_room_says_so_and_takes_no_number(clickhouse: Server, redis: Server) -> None:
    """A number that is taken and not published is what the completeness check reports as a lost message."""
    now, leases = datetime.now(UTC), Leases(redis.url)
    log = Log()
    tell(log, Story(1, now, ended=None, review_by=now + timedelta(hours=1)))
    async with (
        fresh_trail(clickhouse.url) as trail,
        door(trail=trail, leases=leases, gateway_places=1) as opened,
    ):
        await trail.append(rows(*log.records))
        assert (await opened.client.post(f"/v1/reviews/{REQUEST}/claim", headers=MAUD)).status_code == 200
        shown = (await opened.client.get(f"/v1/reviews/{REQUEST}", headers=MAUD)).json()
        body = {"decision": "approve", "reason": "Read.", "draft_sha256": shown["draft_sha256"]}
        path = f"/v1/reviews/{REQUEST}/decision"
        with opened.board.place(("acme", UUID(int=2))):
            full = await opened.client.post(path, json=body, headers=MAUD)
        assert (full.status_code, full.headers["retry-after"]) == (503, "2")
        assert full.json()["type"].endswith(":busy")
        assert list(opened.broker.records(REVIEWS.name)) == []
        opened.board.close()  # so that nobody waits for services that are not here
        assert (await opened.client.post(path, json=body, headers=MAUD)).status_code == 202
        [record] = opened.broker.records(REVIEWS.name)
        assert dict(record.headers)["ce_producerseq"] == b"1"
    await leases.close()
