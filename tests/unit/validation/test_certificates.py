"""Which certificate is in force."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from answerable_events.body import EventBody
from answerable_events.codec import Producer, encode
from answerable_events.governance import Certificate, CertificateRevoked, CertificateSigned
from answerable_events.requests import RiskBound
from answerable_events.topics import GOVERNANCE
from answerable_trail.certificates import Holder, Signed, signed_of
from answerable_trail.errors import TrailUnavailable
from answerable_trail.rows import Position, Seal, TraceRow
from answerable_trust.values import Policy
from answerable_validation.certificates import Certificates, configuration_of, standing_of
from answerable_validation.judging import judge
from answerable_validation.rules import Rules, Standing
from tests.support.drafts import NOW, REQUEST, draft, question

FIRST, SECOND = (uuid5(REQUEST, name) for name in ("first", "second"))
DRAFT = draft(embedder="minilm@1")
CONFIGURED = configuration_of(DRAFT, "trees 1")
NOTHING: frozenset[int] = frozenset()


def certificate(identity: UUID = FIRST, **changes: Any) -> Certificate:
    fields: dict[str, Any] = {
        "certificate_id": identity,
        "alpha": 0.05,
        "delta": 0.1,
        "labelled": 300,
        "released": 200,
        "wrong": 2,
        "threshold": 0.6,
        "set_sha256": "a" * 64,
        "configuration": CONFIGURED,
        "expires_at": NOW + timedelta(days=90),
    }
    return Certificate.model_validate(fields | changes)


def signed(one: Certificate) -> CertificateSigned:
    return CertificateSigned(tenant="norvik", reason="Labelled.", by="maud", certificate=one, signed_at=NOW)


def revoked(identity: UUID) -> CertificateRevoked:
    return CertificateRevoked(
        tenant="norvik", reason="Wrong.", by="maud", certificate_id=identity, cause="person", revoked_at=NOW
    )


def row(event: EventBody, offset: int, **changes: Any) -> TraceRow:
    message = encode(event, topic=GOVERNANCE, producer=Producer("/tests", "tests", 1), now=NOW)
    fields: dict[str, Any] = {
        "tenant": event.tenant,
        "request_id": event.correlation_id,
        "position": Position(0, "governance", 0, offset),
        "log_time": NOW,
        "log_time_ms": 0,
        "event_id": REQUEST,
        "type": event.TYPE,
        "body_sha256": "",
        "body": message.value,
        "headers": message.headers,
        "key": message.key,
        "recorded_at": NOW,
        "seal": Seal(0, bytes(32), bytes(32), 0),
        "erased_leaf": "",
    }
    return TraceRow(**(fields | changes))


def test_the_newest_one_counts_whatever_the_order_of_the_records() -> None:
    rows = [row(signed(certificate(SECOND)), 9), row(signed(certificate(FIRST)), 4)]
    found = signed_of(rows)
    assert found.certificate is not None
    assert (found.certificate.certificate_id, found.revoked) == (SECOND, False)


def test_a_revocation_ends_the_one_that_it_names_and_no_later_one() -> None:
    rows = [row(signed(certificate(FIRST)), 4), row(revoked(FIRST), 5)]
    assert signed_of(rows).revoked
    assert not signed_of([*rows, row(signed(certificate(SECOND)), 6)]).revoked


def test_what_cannot_be_read_does_not_count() -> None:
    assert signed_of([row(signed(certificate()), 4, body=b"{}")]) == Signed()
    assert signed_of([row(signed(certificate()), 4, position=Position(0, "questions", 0, 4))]) == Signed()


def standing(
    one: Certificate | None = None, *, is_revoked: bool = False, of: Any = DRAFT, later: float = 0
) -> Standing:
    now = NOW + timedelta(days=later)
    return standing_of(Signed(one, is_revoked), configuration_of(of, "trees 1"), now=now, largest_alpha=0.1)


def test_one_that_holds_is_in_force() -> None:
    assert standing(certificate()) == Standing(certificate(), None, CONFIGURED)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"one": None}, "absent"),
        ({"is_revoked": True}, "revoked"),
        ({"later": 90}, "expired"),
        ({"one": certificate(alpha=0.11)}, "alpha_too_large"),
        ({"of": draft(embedder="minilm@2")}, "embedder_changed"),
        ({"of": draft(embedder="minilm@1", model=DRAFT.model.model_copy(update={"revision": "2"}))}, "model_changed"),
        ({"of": draft(embedder="minilm@1", prompt=DRAFT.prompt.model_copy(update={"version": 2}))}, "prompt_changed"),
        ({"one": certificate(configuration=CONFIGURED | {"checks": "access0"})}, "checks_changed"),
        ({"one": certificate(configuration=CONFIGURED | {"more": "x"})}, "more_changed"),
    ],
    ids=str,
)
def test_one_that_does_not_speak_of_this_answer_is_not_in_force(changes: dict[str, Any], reason: str) -> None:
    found = standing(**({"one": certificate()} | changes))
    assert (found.certificate, found.reason) == (None, reason)


def test_a_verdict_quotes_the_certificate_and_releases_by_its_threshold() -> None:
    verdict = judge(DRAFT, Rules(Policy(None)), NOW, NOTHING, Standing(certificate()))
    assert (verdict.action, verdict.threshold, verdict.uncertified) == ("release", 0.6, None)
    assert verdict.certificate == RiskBound.model_validate(certificate().model_dump())
    strict = judge(DRAFT, Rules(Policy(0.1)), NOW, NOTHING, Standing(certificate(threshold=1.0)))
    assert (strict.action, strict.reason, strict.threshold) == ("withhold", "low_confidence", 1.0)


def test_a_verdict_without_one_says_why_and_releases_nothing() -> None:
    verdict = judge(DRAFT, Rules(Policy(None)), NOW, NOTHING, Standing(None, "expired"))
    assert (verdict.action, verdict.reason, verdict.uncertified) == ("withhold", "not_certified", "expired")
    assert (verdict.certificate, verdict.threshold) == (None, 1.0)


def test_a_review_lasts_as_long_as_the_asker_or_else_the_tenant_says() -> None:
    rules = Rules(Policy(None, uncertified="review"), review_within=timedelta(hours=3))
    assert judge(DRAFT, rules, NOW, NOTHING).review_by == NOW + timedelta(hours=3)
    hurried = draft(question=question(deadline=NOW + timedelta(minutes=5)))
    assert judge(hurried, rules, NOW, NOTHING).review_by == NOW + timedelta(minutes=5)
    assert judge(DRAFT, Rules(Policy(None)), NOW, NOTHING).review_by is None


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> Any:
        return self.at


class Record:
    """A record that can be down, and counts how often it is read."""

    def __init__(self, *rows: TraceRow) -> None:
        self.rows, self.down, self.reads = list(rows), False, 0

    async def read(self, holder: Holder) -> Signed:
        self.reads += 1
        if self.down:
            raise TrailUnavailable("down")
        mine = (holder.tenant, holder.correlation_id)
        return signed_of([each for each in self.rows if (each.tenant, each.request_id) == mine])


async def test_the_record_is_read_every_two_seconds_and_a_revocation_seen_then() -> None:
    record, clock = Record(row(signed(certificate()), 4)), Clock()
    certificates = Certificates(record.read, clock)  # type: ignore[arg-type]
    assert await certificates.signed("norvik", "standard") == Signed(certificate())
    record.rows.append(row(revoked(FIRST), 5))
    clock.at += timedelta(seconds=1.9)
    assert (await certificates.signed("norvik", "standard"), record.reads) == (Signed(certificate()), 1)
    clock.at += timedelta(seconds=0.1)
    assert await certificates.signed("norvik", "standard") == Signed(certificate(), revoked=True)
    assert await certificates.signed("norvik", "legal") == await certificates.signed("acme", "standard") == Signed()


async def test_a_record_that_is_down_is_believed_for_a_minute_and_then_nothing_is() -> None:
    record, clock = Record(row(signed(certificate()), 4)), Clock()
    certificates = Certificates(record.read, clock)  # type: ignore[arg-type]
    await certificates.signed("norvik", "standard")
    record.down = True
    clock.at += timedelta(seconds=59)
    assert await certificates.signed("norvik", "standard") == Signed(certificate())
    clock.at += timedelta(seconds=2)
    assert await certificates.signed("norvik", "standard") is None
    record.down = False
    clock.at += timedelta(seconds=2)
    assert await certificates.signed("norvik", "standard") == Signed(certificate())
