"""What the record tells of reviewers, auditors and certificates, on a real ClickHouse engine."""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from answerable_events.body import Ancestor
from answerable_events.feedback import AnswerAudited, FeedbackGiven
from answerable_events.governance import Certificate, CertificateRevoked, CertificateSigned
from answerable_events.requests import Asker
from answerable_events.reviews import ReviewCompleted, ReviewRefused, ReviewSubmitted
from answerable_events.topics import FEEDBACK, GOVERNANCE, REVIEWS, VERDICTS
from answerable_trail.certificates import Holder, Signed, holders, read_signed
from answerable_trail.client import Trail
from answerable_trail.people import Draw, drawn_answers, open_reviews
from tests.support.stories import Story, tell
from tests.support.trail import ASKED_AT, Log, fresh_trail, rows

pytestmark = pytest.mark.integration

REQUEST = UUID(int=1)


@pytest.fixture
async def trail(clickhouse) -> AsyncIterator[Trail]:
    async with fresh_trail(clickhouse.url) as opened:
        yield opened


async def record(trail: Trail, log: Log) -> None:
    await trail.append(rows(*log.records))


def submit(log: Log, reviewer: str, at: datetime) -> tuple[Ancestor, ...]:
    body = ReviewSubmitted(
        tenant="acme",
        request_id=REQUEST,
        reviewer=Asker(subject=reviewer),
        decision="approve",
        reason="Read.",
        draft_sha256="a" * 64,
        draft_body="{}",
        claimed_at=at,
        submitted_at=at,
    )
    return log.write(body, REVIEWS, at=at).lineage


def judged(number: int, auditor: str, *, correct: bool, minute: int = 0) -> AnswerAudited:
    return AnswerAudited(
        tenant="acme",
        request_id=UUID(int=number),
        auditor=auditor,
        correct=correct,
        reason="Read.",
        answer_sha256="b" * 64,
        share=0.1,
        confidence=0.9,
        audited_at=ASKED_AT + timedelta(minutes=minute),
    )


async def test_each_decision_has_its_own_fate(trail: Trail) -> None:
    log = Log()
    settled: dict[str, Any] = {"tenant": "acme", "request_id": REQUEST, "decision": "approve", "draft_sha256": "a" * 64}
    for number, (reviewer, fate) in enumerate([("maud", "refused"), ("olle", "completed"), ("eve", "pending")]):
        at = ASKED_AT + timedelta(minutes=number)
        lineage = submit(log, reviewer, at)
        if fate == "refused":
            body: Any = ReviewRefused(**settled, reviewer=reviewer, reason="access_changed")
        else:
            body = ReviewCompleted(**settled, reviewer=reviewer)
        if fate != "pending":
            log.write(body.resting_on(lineage), VERDICTS, at=at)
    await record(trail, log)
    table = await trail.query("SELECT reviewer, fate, refused_because FROM trace.reviews ORDER BY submitted_at")
    assert list(table.rows) == [
        ("maud", "refused", "access_changed"),
        ("olle", "completed", ""),
        ("eve", "pending", ""),
    ]


async def test_auditors_and_askers_are_read_one_row_each(trail: Trail) -> None:
    log = Log()
    for number, (first, second) in enumerate([(True, True), (True, True), (False, True), (False, False)], 1):
        log.write(judged(number, "maud", correct=first), FEEDBACK, at=ASKED_AT)
        log.write(judged(number, "olle", correct=second, minute=5), FEEDBACK, at=ASKED_AT)
    given = FeedbackGiven(tenant="acme", request_id=REQUEST, by="ada", rating="wrong", comment="No.", given_at=ASKED_AT)
    log.write(given, FEEDBACK, at=ASKED_AT)
    log.write(given, FEEDBACK, at=ASKED_AT)
    await record(trail, log)
    assert list((await trail.query("SELECT count(), countIf(correct) FROM trace.audits")).rows) == [(8, 5)]
    said = await trail.query("SELECT given_by, rating, comment FROM trace.feedback")
    assert list(said.rows) == [("ada", "wrong", "No.")]
    [(tenant, answers, agreement, by_chance, kappa)] = (await trail.named_query("auditor_agreement")).rows
    assert (tenant, answers, agreement, by_chance, kappa) == ("acme", 4, 0.75, 0.5, 0.5)


async def test_certificates_are_listed_with_how_they_ended(trail: Trail) -> None:
    log = Log()
    for number in (1, 2):
        certificate = Certificate(
            certificate_id=UUID(int=number), alpha=0.05, delta=0.1, labelled=300, released=200, wrong=1, threshold=0.6,
            set_sha256="a" * 64, configuration={}, expires_at=ASKED_AT + timedelta(days=90),
        )  # fmt: skip
        signed = CertificateSigned(tenant="acme", reason="New.", by="maud", certificate=certificate, signed_at=ASKED_AT)
        log.write(signed, GOVERNANCE, at=ASKED_AT)
    revoked = CertificateRevoked(
        tenant="acme", reason="Old.", by="maud", certificate_id=UUID(int=1), cause="person", revoked_at=ASKED_AT
    )
    log.write(revoked, GOVERNANCE, at=ASKED_AT)
    await record(trail, log)
    table = await trail.query(
        "SELECT certificate_id, isNull(revoked_at), revoked_because FROM trace.certificates ORDER BY 1"
    )
    assert [(str(a)[-1], b, c) for a, b, c in table.rows] == [("1", 0, "person"), ("2", 1, "")]
    assert await holders(trail) == [Holder("acme", "standard")]
    found = await read_signed(trail, Holder("acme", "standard"))
    assert found.certificate is not None
    assert (found.certificate.certificate_id, found.revoked) == (UUID(int=2), False)
    assert await read_signed(trail, Holder("acme", "legal")) == Signed()


async def test_of_released_answers_a_share_is_drawn_until_enough_people_have_judged_it(trail: Trail) -> None:
    log = Log()
    for number in range(1, 41):
        ended = "released" if number <= 30 else "withheld:unsupported"
        tell(log, Story(number, ASKED_AT, ended=ended))
    log.write(judged(7, "maud", correct=True), FEEDBACK, at=ASKED_AT)
    await record(trail, log)
    answers = [one for one in log.records if one.topic == "answers"]
    digests = {UUID((one.key or b"").decode()): hashlib.sha256(one.value).hexdigest() for one in answers}
    released = {UUID(int=number) for number in range(1, 31)}
    for draw in (Draw(1.0, 0.0), Draw(1.0, 1.0), Draw(0.5, 0.5)):
        needed = {one: draw.people_needed(digests[one]) for one in released}
        judged_by = {UUID(int=7): ["maud"]}
        for auditor in ("maud", "olle"):
            expected = {
                one
                for one in released
                if auditor not in judged_by.get(one, []) and len(judged_by.get(one, [])) < needed[one]
            }
            found = await drawn_answers(trail, "acme", draw, auditor, 100)
            assert set(found) == expected
            assert found == sorted(found, key=lambda one: digests[one])
    assert 0 < len(await drawn_answers(trail, "acme", Draw(0.5, 0.0), "olle", 100)) < 30
    assert len(await drawn_answers(trail, "acme", Draw(1.0, 0.0), "olle", 5)) == 5
    assert await drawn_answers(trail, "other", Draw(1.0, 1.0), "olle", 100) == []


async def test_what_is_open_for_reviewers_has_no_outcome_yet(trail: Trail) -> None:
    assert await open_reviews(trail, "acme") == []
