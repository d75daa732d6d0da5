"""The blind audit and feedback over HTTP, with a record on a real ClickHouse engine."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from answerable_events.codec import decode
from answerable_events.feedback import AnswerAudited, FeedbackGiven
from answerable_events.topics import FEEDBACK
from answerable_trail.client import Trail
from tests.support.gateway import Door, door
from tests.support.stories import Story, tell
from tests.support.trail import ASKED_AT, Log, fresh_trail, rows

pytestmark = pytest.mark.integration

REQUEST = UUID(int=1)
MAUD, OLLE = ({"Authorization": f"Development {name};groups=reviewers;tenant=acme"} for name in ("maud", "olle"))
ADA = {"Authorization": "Development ada;groups=staff,reviewers;tenant=acme"}
BOB = {"Authorization": "Development bob;groups=staff;tenant=acme"}


@pytest.fixture
async def trail(clickhouse) -> AsyncIterator[Trail]:
    """A released answer and a withheld one."""
    async with fresh_trail(clickhouse.url) as opened:
        log = Log()
        tell(log, Story(1, ASKED_AT))
        tell(log, Story(2, ASKED_AT, ended="withheld:unsupported"))
        await opened.append(rows(*log.records))
        yield opened


def published(opened: Door) -> list[AnswerAudited | FeedbackGiven]:
    bodies = [decode(record, FEEDBACK).body for record in opened.broker.records("feedback")]
    return [body for body in bodies if isinstance(body, AnswerAudited | FeedbackGiven)]


async def record(opened: Door, trail: Trail) -> None:
    """As audit would."""
    await trail.append(rows(*opened.broker.records("feedback")))


async def test_an_auditor_sees_the_answer_and_nothing_that_would_tell_what_others_think(trail: Trail) -> None:
    async with door(trail=trail, gateway_audit_share=1.0) as opened:
        [item] = (await opened.client.get("/v1/audits", headers=MAUD)).json()["audits"]
        assert item["request_id"] == str(REQUEST)
        assert item["text"] == "Thirty."
        assert {"confidence", "checks", "certificate", "auditors", "score"}.isdisjoint(str(item).split("'"))
        assert all(passage["scores"] == {} for passage in item["passages"])


@pytest.mark.parametrize(("share", "headers"), [(0.0, MAUD), (1.0, ADA)], ids=["none is drawn", "the asker"])
async def test_who_has_nothing_to_judge_sees_nothing(trail: Trail, share: float, headers: dict[str, str]) -> None:
    async with door(trail=trail, gateway_audit_share=share) as opened:
        assert (await opened.client.get("/v1/audits", headers=headers)).json() == {"audits": []}


async def test_a_judgement_is_published_once_for_each_auditor_who_is_needed(trail: Trail) -> None:
    async with door(trail=trail, gateway_audit_share=1.0, gateway_audit_double_share=1.0) as opened:
        [item] = (await opened.client.get("/v1/audits", headers=MAUD)).json()["audits"]
        body = {"correct": False, "reason": "It is 27.", "answer_sha256": item["answer_sha256"]}
        for headers in (MAUD, OLLE):
            assert (await opened.client.post(f"/v1/audits/{REQUEST}", json=body, headers=headers)).status_code == 202
        await record(opened, trail)
        again = await opened.client.post(f"/v1/audits/{REQUEST}", json=body, headers=MAUD)
        third = {"Authorization": "Development eve;groups=reviewers;tenant=acme"}
        late = await opened.client.post(f"/v1/audits/{REQUEST}", json=body, headers=third)
        assert (again.status_code, late.status_code) == (409, 409)
        judged = published(opened)
        assert [(one.auditor, one.correct, one.share) for one in judged if isinstance(one, AnswerAudited)] == [
            ("maud", False, 1.0),
            ("olle", False, 1.0),
        ]
        assert judged[0].ancestors[-1].sha256 == item["answer_sha256"]
        assert (await opened.client.get("/v1/audits", headers=third)).json() == {"audits": []}


@pytest.mark.parametrize(
    ("headers", "request_id", "digest", "status"),
    [
        (ADA, REQUEST, None, 403),
        (BOB, REQUEST, None, 403),
        (MAUD, UUID(int=2), None, 404),
        (MAUD, UUID(int=3), None, 404),
        (MAUD, REQUEST, "0" * 64, 409),
    ],
    ids=["the asker", "no reviewer", "withheld", "nothing", "another answer"],
)
async def test_a_judgement_that_makes_no_sense_is_refused(
    trail: Trail, headers: dict[str, str], request_id: UUID, digest: str | None, status: int
) -> None:
    async with door(trail=trail, gateway_audit_share=1.0) as opened:
        [item] = (await opened.client.get("/v1/audits", headers=MAUD)).json()["audits"]
        body = {"correct": True, "reason": "Read.", "answer_sha256": digest or item["answer_sha256"]}
        found = await opened.client.post(f"/v1/audits/{request_id}", json=body, headers=headers)
        assert found.status_code == status
        assert published(opened) == []


async def test_the_asker_says_what_an_answer_was_worth_and_nobody_else_does(trail: Trail) -> None:
    async with door(trail=trail) as opened:
        body = {"rating": "wrong", "comment": " It is 27. "}
        assert (await opened.client.post(f"/v1/requests/{REQUEST}/feedback", json=body, headers=BOB)).status_code == 404
        path = f"/v1/requests/{UUID(int=2)}/feedback"
        assert (await opened.client.post(path, json=body, headers=ADA)).status_code == 404
        broken = await opened.client.post(f"/v1/requests/{REQUEST}/feedback", json={"rating": "meh"}, headers=ADA)
        assert broken.status_code == 422
        given = await opened.client.post(f"/v1/requests/{REQUEST}/feedback", json=body, headers=ADA)
        assert given.status_code == 202
        [found] = published(opened)
        assert isinstance(found, FeedbackGiven)
        assert (found.by, found.rating, found.comment) == ("ada", "wrong", "It is 27.")
