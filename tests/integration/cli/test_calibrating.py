"""`answerable calibrate --from-record` on a real ClickHouse engine."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from answerable_cli.calibrating import audited
from answerable_cli.calibration import Aim, propose
from answerable_cli.errors import CliError
from answerable_events.feedback import AnswerAudited
from answerable_events.topics import FEEDBACK
from answerable_trail.client import Trail
from tests.support.stories import Story, tell
from tests.support.trail import ASKED_AT, Log, fresh_trail, rows

pytestmark = pytest.mark.integration

AIM = Aim("acme", 0.1, 0.1)


@pytest.fixture
async def trail(clickhouse) -> AsyncIterator[Trail]:
    async with fresh_trail(clickhouse.url) as opened:
        yield opened


def audit(log: Log, number: int, *, correct: bool, minute: int) -> None:
    body = AnswerAudited(
        tenant="acme",
        request_id=UUID(int=number),
        auditor="maud" if minute else "olle",
        correct=correct,
        reason="Read.",
        answer_sha256="b" * 64,
        share=0.1,
        confidence=0.9,
        audited_at=ASKED_AT + timedelta(minutes=minute),
    )
    log.write(body, FEEDBACK, at=ASKED_AT)


async def test_the_first_judgement_of_each_released_answer_is_its_label(trail: Trail) -> None:
    log = Log()
    for number in range(1, 46):
        tell(log, Story(number, ASKED_AT))
        audit(log, number, correct=True, minute=0)
    audit(log, 3, correct=False, minute=9)
    tell(log, Story(60, ASKED_AT, ended="withheld:unsupported"))
    await trail.append(rows(*log.records))
    seen = await audited(trail, AIM)
    assert (len(seen.labels), seen.released_from, all(label.correct for label in seen.labels)) == (45, 0.5, True)
    proposal = propose(seen, AIM, ASKED_AT)
    assert proposal is not None
    assert (proposal.threshold, proposal.released, proposal.confidences) == (0.5, 45, ())


async def test_without_audits_nothing_is_proposed(trail: Trail) -> None:
    with pytest.raises(CliError, match="audited"):
        await audited(trail, AIM)
