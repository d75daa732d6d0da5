"""What revokes a certificate, out of a record on a real ClickHouse engine."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry

from answerable_audit.drifting import WINDOW, Drift
from answerable_events.codec import decode
from answerable_events.feedback import AnswerAudited
from answerable_events.governance import Certificate, CertificateRevoked, CertificateSigned
from answerable_events.message import Message, Record
from answerable_events.topics import FEEDBACK, GOVERNANCE
from answerable_runtime.clock import Clock
from answerable_runtime.metrics import Metrics
from answerable_runtime.numbering import Numbering
from answerable_trail.client import Trail
from tests.support.stories import Story, tell
from tests.support.trail import ASKED_AT, Log, fresh_trail, rows

pytestmark = pytest.mark.integration

LATER = ASKED_AT + timedelta(days=3650)


def certificate(**changes: Any) -> Certificate:
    fields: dict[str, Any] = {
        "certificate_id": UUID(int=7),
        "alpha": 0.1,
        "delta": 0.1,
        "labelled": 180,
        "released": 150,
        "wrong": 3,
        "threshold": 0.6,
        "set_sha256": "a" * 64,
        "configuration": {},
        "expires_at": LATER,
        "confidences": (0, 0, 0, 0, 0, 0, 0, 0, 90, 90),
        "abstained": 20,
    }
    return Certificate.model_validate(fields | changes)


class Published:
    """Takes what is published."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def publish(self, messages: Sequence[Message]) -> None:
        self.messages += messages

    @property
    def revocations(self) -> list[CertificateRevoked]:
        bodies = [decode(Record(m.topic, 0, 0, 0, m.key, m.value, m.headers), GOVERNANCE).body for m in self.messages]
        return [body for body in bodies if isinstance(body, CertificateRevoked)]


@pytest.fixture
async def trail(clickhouse) -> AsyncIterator[Trail]:
    async with fresh_trail(clickhouse.url) as opened:
        yield opened


def sign(log: Log, one: Certificate) -> None:
    body = CertificateSigned(tenant="acme", reason="Labelled.", by="maud", certificate=one, signed_at=ASKED_AT)
    log.write(body, GOVERNANCE, at=ASKED_AT)


def traffic(log: Log, one: Certificate, questions: int, *, low: float = 0.0, failing: float = 0.1) -> None:
    """Questions under the certificate: a share `low` of the answers has low confidence, a share `failing` has none."""
    for number in range(1, questions + 1):
        share = (number * 7919 % questions) / questions
        confidence = 0.2 if share < low else (0.85 if number % 2 else 0.95)
        failed = "unsupported" if share >= 1 - failing else None
        ended = "released" if failed is None else "withheld:unsupported"
        at = ASKED_AT + timedelta(seconds=number)
        tell(log, Story(number, at, confidence=confidence, failed_check=failed, ended=ended, certificate=one))


def audit(log: Log, one: Certificate, wrong: Sequence[bool]) -> None:
    for number, each in enumerate(wrong, 1):
        body = AnswerAudited(
            tenant="acme",
            request_id=UUID(int=number),
            auditor="olle",
            correct=not each,
            reason="Read.",
            answer_sha256="b" * 64,
            share=0.1,
            confidence=0.9,
            certificate_id=one.certificate_id,
            audited_at=ASKED_AT,
        )
        log.write(body, FEEDBACK, at=ASKED_AT + timedelta(minutes=number))


async def looked(trail: Trail, log: Log) -> tuple[Published, Metrics]:
    await trail.append(rows(*log.records))
    published, metrics = Published(), Metrics(CollectorRegistry())
    drift = Drift(trail, published, metrics, Clock(), Numbering("/answerable/audit", "tests"))  # type: ignore[arg-type]
    await drift.look()
    return published, metrics


async def test_traffic_and_labels_as_they_were_revoke_nothing(trail: Trail) -> None:
    log, one = Log(), certificate()
    sign(log, one)
    traffic(log, one, 2 * WINDOW + 50)
    audit(log, one, [number % 20 == 0 for number in range(100)])
    published, metrics = await looked(trail, log)
    assert published.messages == []
    shares = {bound: metrics.audited_errors.labels("acme", bound)._value.get() for bound in ("low", "share", "high")}
    assert shares == {"low": pytest.approx(0.0164, abs=1e-3), "share": 0.05, "high": pytest.approx(0.1128, abs=1e-3)}


async def test_audited_answers_that_are_wrong_too_often_revoke_it(trail: Trail) -> None:
    log, one = Log(), certificate()
    sign(log, one)
    audit(log, one, [number % 2 == 0 for number in range(60)])
    published, metrics = await looked(trail, log)
    [found] = published.revocations
    assert (found.cause, found.by, found.certificate_id) == ("labels", "answerable", one.certificate_id)
    assert found.reason == "of 60 audited answers 30 are wrong"
    assert metrics.certificates_revoked.labels("labels")._value.get() == 1


async def test_labels_of_another_certificate_and_second_judgements_do_not_count(trail: Trail) -> None:
    log, one = Log(), certificate()
    sign(log, one)
    audit(log, certificate(certificate_id=UUID(int=8)), [True] * 60)
    audit(log, one, [False] * 30)
    audit(log, one, [True] * 30)
    published, _ = await looked(trail, log)
    assert published.messages == []


@pytest.mark.parametrize(
    ("changes", "cause"), [({"low": 0.5}, "confidences"), ({"failing": 0.5}, "abstentions")], ids=str
)
async def test_a_full_window_that_differs_from_the_calibration_set_revokes_it(
    trail: Trail, changes: dict[str, float], cause: str
) -> None:
    log, one = Log(), certificate()
    sign(log, one)
    traffic(log, one, WINDOW, **changes)
    published, _ = await looked(trail, log)
    [found] = published.revocations
    assert (found.cause, found.reason) == (cause, "questions 1 to 200 differ from the calibration set")


async def test_a_window_that_is_not_full_says_nothing(trail: Trail) -> None:
    log, one = Log(), certificate()
    sign(log, one)
    traffic(log, one, WINDOW - 1, low=0.5)
    published, _ = await looked(trail, log)
    assert published.messages == []


async def test_what_is_not_in_force_is_not_revoked_again(trail: Trail) -> None:
    log, one = Log(), certificate()
    sign(log, one)
    audit(log, one, [True] * 60)
    published, _ = await looked(trail, log)
    [found] = published.revocations
    log.write(found, GOVERNANCE, at=ASKED_AT + timedelta(days=1))
    again, _ = await looked(trail, log)
    assert again.messages == []


async def test_an_expired_one_is_left_alone(trail: Trail) -> None:
    log, one = Log(), certificate(expires_at=ASKED_AT)
    sign(log, one)
    audit(log, one, [True] * 60)
    published, _ = await looked(trail, log)
    assert published.messages == []
