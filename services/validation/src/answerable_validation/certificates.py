"""The certificate in force: what is proved of the answers that are released, and whether it still speaks of them.

Certificates are governance events, so the record holds them. They are looked up by their key, once in a few seconds for
each tenant and risk class. Without the record nothing would be released anyway: audit could not write.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from answerable_events.governance import Certificate
from answerable_events.requests import DraftGenerated, RiskBound
from answerable_runtime.clock import Clock
from answerable_trail.certificates import Holder, Signed
from answerable_trail.errors import TrailError
from answerable_trust.checks import version_of_checks
from answerable_trust.confidence import coefficients
from answerable_validation.rules import Standing

_log = structlog.get_logger(__name__)

READ_EVERY = timedelta(seconds=2)
BELIEVED_FOR = timedelta(seconds=60)
"""A revocation holds within this time, whatever happens to the record meanwhile."""

_KEYS_REMEMBERED = 4096


def configuration_of(draft: DraftGenerated, scorer: str) -> dict[str, str]:
    """What made an answer, as certificates name it: a proof about one of them says nothing about another.

    `scorer` names the support scorer.
    """
    model, prompt = draft.model, draft.prompt
    return {
        "model": _short(f"{model.id} {model.adapter} {model.name} {model.revision}"),
        "prompt": f"{prompt.name} v{prompt.version}",
        "embedder": draft.embedder or "unknown",
        "checks": _short(version_of_checks()),
        "support": _short(scorer),
        "confidence": coefficients().version,
    }


def standing_of(signed: Signed, configuration: dict[str, str], *, now: datetime, largest_alpha: float) -> Standing:
    """Whether a certificate is in force for an answer that was made so."""
    reason = _reason(signed, configuration, now=now, largest_alpha=largest_alpha)
    return Standing(signed.certificate if reason is None else None, reason, configuration)


def _reason(signed: Signed, configuration: dict[str, str], *, now: datetime, largest_alpha: float) -> str | None:
    """Why it is not in force; None: it is."""
    certificate = signed.certificate
    if certificate is None:
        return "absent"
    if signed.revoked:
        return "revoked"
    if certificate.expires_at <= now:
        return "expired"
    if certificate.alpha > largest_alpha:
        return "alpha_too_large"
    names = sorted({*configuration, *certificate.configuration})
    changed = [name for name in names if configuration.get(name) != certificate.configuration.get(name)]
    return f"{changed[0]}_changed" if changed else None


def quoted(certificate: Certificate) -> RiskBound:
    """What a verdict says of its certificate."""
    return RiskBound.model_validate(certificate.model_dump(include=set(RiskBound.model_fields)))


@dataclass(slots=True)
class _Known:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    signed: Signed = field(default_factory=Signed)
    read_at: datetime | None = None
    tried_at: datetime | None = None


class Certificates:
    """What the record says, by tenant and risk class."""

    def __init__(self, read: Callable[[Holder], Awaitable[Signed]], clock: Clock) -> None:
        self._read_record = read
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()

    async def signed(self, tenant: str, risk_class: str) -> Signed | None:
        """None when the record could not be read for so long that a revocation may have been missed."""
        known = self._known.setdefault((tenant, risk_class), _Known())
        self._known.move_to_end((tenant, risk_class))
        if len(self._known) > _KEYS_REMEMBERED:
            self._known.popitem(last=False)
        async with known.lock:
            now = self._clock.now()
            if _older(known.tried_at, now, READ_EVERY):
                known.tried_at = now
                await self._read(known, tenant, risk_class, now)
            return None if _older(known.read_at, now, BELIEVED_FOR) else known.signed

    async def _read(self, known: _Known, tenant: str, risk_class: str, now: datetime) -> None:
        try:
            known.signed = await self._read_record(Holder(tenant, risk_class))
            known.read_at = now
        except TrailError as error:
            _log.warning("certificates not readable", exception=type(error).__name__)


def _older(moment: datetime | None, now: datetime, age: timedelta) -> bool:
    return moment is None or not timedelta(0) <= now - moment < age


def _short(text: str) -> str:
    """What is too long for a name, by its hash."""
    return text if len(text) <= 200 else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"  # noqa: PLR2004
