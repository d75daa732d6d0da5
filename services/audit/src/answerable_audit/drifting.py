"""Looks whether certificates still hold: labels of audited answers, traffic against the calibration set.

What contradicts a certificate revokes it, on the record and at once: answers then go to a person or are withheld until
somebody signs another. One instance looks, the one that checks the record. Everything is counted out of the record each
time, so nothing is lost with a restart.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from answerable_audit.rounds import rounds
from answerable_events.codec import encode
from answerable_events.feedback import AnswerAudited
from answerable_events.governance import OPERATOR, Certificate, CertificateRevoked
from answerable_events.topics import FEEDBACK, GOVERNANCE
from answerable_runtime.clock import Clock
from answerable_runtime.errors import BrokerUnavailable
from answerable_runtime.log import Log
from answerable_runtime.metrics import Metrics
from answerable_runtime.numbering import Numbering
from answerable_trail.certificates import Holder, holders, read_signed
from answerable_trail.client import Trail
from answerable_trail.errors import TrailError
from answerable_trust.drift import differs, estimate_errors
from answerable_trust.risk import Watch

_log = structlog.get_logger(__name__)

WINDOW = 200
"""Questions that are compared at once: enough to see a change, few enough to see it soon."""

CAUSES = ("labels", "abstentions", "confidences", "similarities")

_JUDGED = f"""
FROM trace.events
WHERE topic = '{FEEDBACK.name}' AND type = '{AnswerAudited.TYPE}' AND tenant = {{tenant:String}} AND erased_leaf = ''
"""
_LABELS = f"""
SELECT NOT JSONExtractBool(body, 'correct') AS wrong
{_JUDGED}    AND JSONExtractString(body, 'certificate_id') = {{certificate:String}}
ORDER BY log_time, epoch, partition, offset
LIMIT 1 BY request_id
"""
_AUDITED = f"""
SELECT countIf(wrong) AS wrong, count() AS judged
FROM (SELECT NOT JSONExtractBool(body, 'correct') AS wrong {_JUDGED} ORDER BY log_time, epoch, partition, offset
      LIMIT 1 BY request_id)
"""  # noqa: S608 - constants only
_WINDOWS = f"""
SELECT window, reached, confidence_tenth, similarity_tenth, count() AS questions
FROM (
    SELECT
        intDiv(row_number() OVER (ORDER BY asked_at, request_id) - 1, {WINDOW}) AS window,
        toUInt8(NOT has(checks.passed, false)) AS reached,
        toUInt8(greatest(0, least(9, floor(ifNull(confidence, 0) * 10)))) AS confidence_tenth,
        arrayMax(arrayPushFront(arrayMap(s -> s['dense'], passages.scores), 0)) AS similarity,
        toUInt8(greatest(0, least(9, floor(similarity * 10)))) AS similarity_tenth
    FROM trace.requests_now
    WHERE tenant = {{tenant:String}} AND certificate_id = {{certificate:String}}
)
GROUP BY window, reached, confidence_tenth, similarity_tenth
ORDER BY window
"""  # noqa: S608 - constants only

Owner = Callable[[], Awaitable[bool]]


@dataclass(slots=True)
class Window:
    """What so many questions in a row were like: counts by tenth, and of answers by whether they came to the gate."""

    questions: int = 0
    confidences: list[int] = field(default_factory=lambda: [0] * 10)
    similarities: list[int] = field(default_factory=lambda: [0] * 10)

    def add(self, confidence_tenth: int, similarity_tenth: int, count: int, *, reached: bool) -> None:
        self.questions += count
        self.similarities[similarity_tenth] += count
        if reached:
            self.confidences[confidence_tenth] += count

    @property
    def abstained(self) -> int:
        return self.questions - sum(self.confidences)


def contradiction(certificate: Certificate, wrong: Sequence[bool], windows: Sequence[Window]) -> tuple[str, str] | None:
    """What contradicts the certificate, as a code and in words; None: nothing does.

    `wrong`: of its audited answers, in the order in which they were judged. `windows`: its traffic, oldest first.
    """
    if Watch(certificate.alpha, certificate.delta).after(wrong).is_broken:
        return "labels", f"of {len(wrong)} audited answers {sum(wrong)} are wrong"
    references = {
        "abstentions": (certificate.labelled, certificate.abstained) if certificate.confidences else (),
        "confidences": certificate.confidences,
        "similarities": certificate.similarities,
    }
    for number, window in enumerate(windows):
        if window.questions < WINDOW:
            continue  # it is not full yet
        seen = {
            "abstentions": (window.questions - window.abstained, window.abstained),
            "confidences": tuple(window.confidences),
            "similarities": tuple(window.similarities),
        }
        for cause, reference in references.items():
            if reference and differs(reference, seen[cause], number):
                first, last = number * WINDOW + 1, (number + 1) * WINDOW
                return cause, f"questions {first} to {last} differ from the calibration set"
    return None


class Drift:
    """Looks once in a while, revokes, and measures how often audited answers are wrong."""

    def __init__(self, trail: Trail, log: Log, metrics: Metrics, clock: Clock, numbering: Numbering) -> None:
        self._trail = trail
        self._log = log
        self._metrics = metrics
        self._clock = clock
        self._numbering = numbering
        for cause in CAUSES:
            metrics.certificates_revoked.labels(cause)  # at 0 from the start, so that the first one is a rise

    async def look(self) -> None:
        """Every certificate in force once. Raises TrailError, BrokerUnavailable: look again later."""
        found = await holders(self._trail)
        for tenant in sorted({holder.tenant for holder in found}):
            await self._measure(tenant)
        now = self._clock.now()
        for holder in found:
            signed = await read_signed(self._trail, holder)
            certificate = signed.certificate
            if certificate is None or signed.revoked or certificate.expires_at <= now:
                continue
            wrong, windows = await self._labels(holder, certificate), await self._windows(holder, certificate)
            if (why := contradiction(certificate, wrong, windows)) is not None:
                await self._revoke(holder, certificate, why, now)

    async def _revoke(self, holder: Holder, certificate: Certificate, why: tuple[str, str], now: datetime) -> None:
        cause, reason = why
        body = CertificateRevoked(
            tenant=holder.tenant,
            reason=reason,
            by=OPERATOR,
            certificate_id=certificate.certificate_id,
            risk_class=holder.risk_class,
            cause=cause,
            revoked_at=now,
        )
        try:
            await self._log.publish([encode(body, topic=GOVERNANCE, producer=self._numbering.next(), now=now)])
        except BrokerUnavailable:
            self._numbering.begin_again()
            raise
        self._metrics.certificates_revoked.labels(cause).inc()
        _log.error("certificate revoked", tenant=holder.tenant, risk_class=holder.risk_class, cause=cause)

    async def _measure(self, tenant: str) -> None:
        table = await self._trail.query(_AUDITED, parameters={"tenant": tenant})
        [(wrong, judged)] = table.rows
        estimate = estimate_errors(int(str(wrong)), int(str(judged)))
        if estimate is not None:
            for bound, share in (("low", estimate.low), ("share", estimate.share), ("high", estimate.high)):
                self._metrics.audited_errors.labels(tenant, bound).set(share)

    async def _labels(self, holder: Holder, certificate: Certificate) -> list[bool]:
        table = await self._trail.query(_LABELS, parameters=_parameters(holder, certificate))
        return [bool(wrong) for (wrong,) in table.rows]

    async def _windows(self, holder: Holder, certificate: Certificate) -> list[Window]:
        table = await self._trail.query(_WINDOWS, parameters=_parameters(holder, certificate))
        windows: list[Window] = []
        for row in table.rows:
            number, reached, confidence, similarity, count = (int(str(value)) for value in row)
            while len(windows) <= number:
                windows.append(Window())
            windows[number].add(confidence, similarity, count, reached=bool(reached))
        return windows


def drifting(drift: Drift, clock: Clock, owner: Owner, *, every: timedelta) -> AbstractAsyncContextManager[None]:
    """Look while the block runs; never, when `every` is nothing."""

    async def look() -> None:
        try:
            if await owner():
                await drift.look()
        except (TrailError, BrokerUnavailable) as error:
            _log.warning("certificates not looked at", exception=type(error).__name__)

    return rounds(look, clock, every=every)


def _parameters(holder: Holder, certificate: Certificate) -> dict[str, object]:
    return {"tenant": holder.tenant, "certificate": str(certificate.certificate_id)}
