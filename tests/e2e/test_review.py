"""Reviewers against a running Answerable: whatever they do at once, a request gets one outcome, and it is on record."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from answerable_trail.client import Trail, connect
from tests.support.command import Up, run, up

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

QUESTION = "How many days of annual leave does everyone have?"
MAUD, OLLE = ("Development maud;groups=reviewers", "Development olle;groups=reviewers")
ADA = "Development ada;groups=staff"
ADA_REVIEWING = "Development ada;groups=staff,reviewers"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a running Answerable with one document."""
    root = tmp_path_factory.mktemp("review")
    with up(prepared(root)):
        add(root)
        yield root / "data"


def prepared(root: Path) -> Path:
    (root / "documents").mkdir()
    (root / "documents" / "leave.md").write_text("# Annual leave\n\nEveryone has 27 days of annual leave.\n")
    return root / "data"


def add(root: Path) -> None:
    assert run("knowledge", "add", root / "documents", "--readers", "staff", data=root / "data").code == 0


class Desk:
    """The gateway's pages for people, and the record."""

    def __init__(self, client: httpx2.AsyncClient, trail: Trail) -> None:
        self.client = client
        self.trail = trail

    async def ask(self, question: str = QUESTION) -> str:
        """A question that a person has to decide about."""
        body = {"question": question, "consequential": True}
        headers = {"Authorization": ADA, "Idempotency-Key": str(uuid4())}
        found = (await self.client.post("/v1/questions", json=body, headers=headers)).json()
        assert found["status"] == "in_review", found
        request_id: str = found["request_id"]
        await self.shown(request_id)
        return request_id

    async def shown(self, request_id: str) -> dict[str, Any]:
        """As soon as the record has it."""
        for _ in range(100):
            found = await self.client.get(f"/v1/reviews/{request_id}", headers={"Authorization": MAUD})
            if found.status_code == 200:
                shown: dict[str, Any] = found.json()
                return shown
            await asyncio.sleep(0.05)
        raise AssertionError("the review is not shown")

    async def claim(self, request_id: str, who: str) -> int:
        path = f"/v1/reviews/{request_id}/claim"
        return (await self.client.post(path, headers={"Authorization": who})).status_code

    async def give_back(self, request_id: str, who: str) -> int:
        path = f"/v1/reviews/{request_id}/claim"
        return (await self.client.delete(path, headers={"Authorization": who})).status_code

    async def decide(self, request_id: str, who: str, decision: str = "approve", **changes: Any) -> httpx2.Response:
        shown = await self.shown(request_id)
        body = {"decision": decision, "reason": "Read.", "draft_sha256": shown["draft_sha256"], **changes}
        path = f"/v1/reviews/{request_id}/decision"
        return await self.client.post(path, json=body, headers={"Authorization": who})

    async def outcomes(self, request_ids: Sequence[str]) -> Counter[str]:
        """Of these requests, the records on `answers` by type, once every request has one."""
        listed = ", ".join(f"'{each}'" for each in request_ids)
        sql = f"SELECT request_id, type FROM trace.events WHERE topic = 'answers' AND request_id IN ({listed})"
        for _ in range(200):
            rows = (await self.trail.query(sql)).rows
            if len({row[0] for row in rows}) == len(request_ids):
                await asyncio.sleep(1)  # a second outcome would come now
                rows = (await self.trail.query(sql)).rows
                return Counter(str(row[1]).split(".")[3] for row in rows)
            await asyncio.sleep(0.1)
        raise AssertionError("some requests have no outcome")


@asynccontextmanager
async def desk(data: Path) -> AsyncIterator[Desk]:
    state = json.loads((data / "answerable.json").read_text())
    async with (
        httpx2.AsyncClient(base_url=state["gateway_url"], timeout=60, trust_env=False) as client,
        connect(state["clickhouse_url"]) as trail,
    ):
        yield Desk(client, trail)


def code(found: httpx2.Response) -> str:
    return str(found.json().get("type", "")).rpartition(":")[2]


async def test_a_draft_is_released_by_whoever_claimed_it(data: Path) -> None:
    async with desk(data) as at:
        request_id = await at.ask()
        assert code(await at.decide(request_id, MAUD)) == "not_claimed"
        assert await at.claim(request_id, MAUD) == 200
        assert await at.claim(request_id, OLLE) == 409
        assert code(await at.decide(request_id, OLLE)) == "claimed"
        decided = await at.decide(request_id, MAUD)
        assert (decided.status_code, decided.json()["status"]) == (200, "released")
        status = (await at.client.get(f"/v1/requests/{request_id}", headers={"Authorization": ADA})).json()
        assert (status["status"], status["answer"]["reviewer"]) == ("released", "maud")
        assert code(await at.decide(request_id, MAUD)) == "decided"
        assert await at.outcomes([request_id]) == {"released": 1}


async def test_two_decisions_at_once_make_one_outcome(data: Path) -> None:
    """The claim is taken away between them, as when it runs out while somebody still has the page open."""
    async with desk(data) as at:
        requests = [await at.ask() for _ in range(3)]
        for request_id in requests:
            await at.claim(request_id, MAUD)
            first = asyncio.create_task(at.decide(request_id, MAUD, "approve"))
            await at.give_back(request_id, MAUD)
            await at.claim(request_id, OLLE)
            second = asyncio.create_task(at.decide(request_id, OLLE, "reject"))
            found = await asyncio.gather(first, second)
            assert {each.status_code for each in found} <= {200, 202, 409}
        assert sum((await at.outcomes(requests)).values()) == len(requests)


async def test_twenty_clicks_at_once_release_it_once(data: Path) -> None:
    async with desk(data) as at:
        request_id = await at.ask()
        await at.claim(request_id, MAUD)
        found = await asyncio.gather(*(at.decide(request_id, MAUD) for _ in range(20)))
        assert {each.status_code for each in found} <= {200, 409}
        assert any(each.status_code == 200 for each in found)
        assert await at.outcomes([request_id]) == {"released": 1}


async def test_nobody_approves_in_bulk(data: Path) -> None:
    async with desk(data) as at:
        requests = [await at.ask() for _ in range(6)]
        claimed = await asyncio.gather(*(at.claim(request_id, MAUD) for request_id in requests))
        assert claimed.count(200) <= 3
        for request_id in requests:
            await at.claim(request_id, MAUD)
        found = await asyncio.gather(*(at.decide(request_id, MAUD) for request_id in requests))
        released = [request_id for request_id, each in zip(requests, found, strict=True) if each.status_code == 200]
        assert len(released) == 3
        assert {each.status_code for each in found} == {200, 409}
        assert await at.outcomes(released) == {"released": 3}
        for request_id in set(requests) - set(released):
            await at.claim(request_id, OLLE)
            assert (await at.decide(request_id, OLLE, "reject")).json()["status"] == "withheld"
        assert await at.outcomes(requests) == {"released": 3, "withheld": 3}


async def test_a_decision_about_another_draft_is_refused(data: Path) -> None:
    async with desk(data) as at:
        request_id, other = await at.ask(), await at.ask()
        await at.claim(request_id, MAUD)
        digest = (await at.shown(other))["draft_sha256"]
        assert code(await at.decide(request_id, MAUD, draft_sha256=digest)) == "stale"
        for each in (request_id, other):
            await at.claim(each, MAUD)
            assert (await at.decide(each, MAUD, "reject")).status_code == 200
        assert await at.outcomes([request_id, other]) == {"withheld": 2}


async def test_the_asker_neither_claims_nor_decides(data: Path) -> None:
    async with desk(data) as at:
        request_id = await at.ask()
        assert await at.claim(request_id, ADA) == 403
        assert await at.claim(request_id, ADA_REVIEWING) == 403
        assert code(await at.decide(request_id, ADA_REVIEWING)) == "own_question"
        await at.claim(request_id, MAUD)
        assert (await at.decide(request_id, MAUD, "reject")).status_code == 200


async def test_a_correction_that_does_not_hold_is_refused_and_can_be_mended(data: Path) -> None:
    async with desk(data) as at:
        request_id = await at.ask()
        await at.claim(request_id, MAUD)
        wrong = [{"text": "Everyone has 28 days of annual leave.", "citations": [1]}]
        refused = await at.decide(request_id, MAUD, "correct", sentences=wrong)
        assert (refused.status_code, refused.json()["reason"]) == (422, "number_mismatch")
        right = [{"text": "Everyone may take 27 days off.", "citations": [1]}]
        decided = await at.decide(request_id, MAUD, "correct", sentences=right)
        assert (decided.status_code, decided.json()["status"]) == (200, "released")
        assert await at.outcomes([request_id]) == {"released": 1}


async def test_access_that_was_taken_away_meanwhile_holds_the_release_back(tmp_path: Path) -> None:
    with up(prepared(tmp_path)):
        add(tmp_path)
        async with desk(tmp_path / "data") as at:
            request_id = await at.ask()
            assert run("knowledge", "access", "set", "leave.md", "--readers", "hr", data=tmp_path / "data").code == 0
            await at.claim(request_id, MAUD)
            refused = await at.decide(request_id, MAUD)
            assert (refused.status_code, refused.json()["reason"]) == (422, "access_changed")


@pytest.mark.parametrize("moment_s", [0.0, 0.02, 0.1])
async def test_a_crash_between_decision_and_release_makes_no_second_outcome(tmp_path: Path, moment_s: float) -> None:
    """Killed at once after the decision was sent; the embedded broker loses its log with it."""
    with up(prepared(tmp_path)) as first:
        add(tmp_path)
        async with desk(first.data) as at:
            request_id = await at.ask()
            await at.claim(request_id, MAUD)
            deciding = asyncio.create_task(at.decide(request_id, MAUD))
            await asyncio.sleep(moment_s)
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()
            await asyncio.gather(deciding, return_exceptions=True)
    with up(tmp_path / "data") as second:
        await settled_once(second, request_id)


async def settled_once(running: Up, request_id: str) -> None:
    """The decision took effect before the crash, or the request still waits and can be decided about."""
    async with desk(running.data) as at:
        shown = await at.shown(request_id)
        if (await at.claim(request_id, MAUD)) == 200:
            decided = await at.decide(request_id, MAUD)
            assert decided.status_code in {200, 409}, (shown, decided.text)
        assert await at.outcomes([request_id]) == {"released": 1}
