"""Certificates as the record holds them: governance events under one id for each tenant and risk class."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from pydantic import ValidationError

from answerable_events.body import EventBody
from answerable_events.governance import Certificate, CertificateRevoked, CertificateSigned
from answerable_events.identity import governance_correlation
from answerable_events.topics import GOVERNANCE
from answerable_trail.client import Trail
from answerable_trail.reading import literal
from answerable_trail.rows import TraceRow

_log = structlog.get_logger(__name__)

_KINDS: dict[str, type[EventBody]] = {kind.TYPE: kind for kind in (CertificateSigned, CertificateRevoked)}


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose certificate, and for which questions."""

    tenant: str
    risk_class: str

    @property
    def correlation_id(self) -> UUID:
        return governance_correlation(self.tenant, f"certificate/{self.risk_class}")


@dataclass(frozen=True, slots=True)
class Signed:
    """The newest certificate of a holder, and whether it was revoked since."""

    certificate: Certificate | None = None
    revoked: bool = False


def signed_of(rows: Sequence[TraceRow]) -> Signed:
    """From the governance records of one holder, in any order. What cannot be read does not count."""
    newest: Certificate | None = None
    revoked: set[UUID] = set()
    for row in sorted(rows, key=lambda each: (each.position.epoch, each.position.offset)):
        body = _read(row)
        if isinstance(body, CertificateSigned):
            newest = body.certificate
        elif isinstance(body, CertificateRevoked):
            revoked.add(body.certificate_id)
    return Signed(newest, newest is not None and newest.certificate_id in revoked)


async def read_signed(trail: Trail, holder: Holder) -> Signed:
    """Raises TrailUnavailable, TrailRefused."""
    return signed_of(await trail.request(holder.tenant, holder.correlation_id))


async def holders(trail: Trail, tenant: str | None = None) -> list[Holder]:
    """For whom something was ever signed. Raises TrailUnavailable, TrailRefused."""
    of_tenant = "" if tenant is None else f"AND tenant = {literal(tenant)}"
    table = await trail.query(f"""
SELECT DISTINCT tenant, JSONExtractString(body, 'certificate', 'risk_class') AS risk_class
FROM trace.events
WHERE topic = {literal(GOVERNANCE.name)} AND type = {literal(CertificateSigned.TYPE)} {of_tenant}
ORDER BY tenant, risk_class
""")  # noqa: S608 - `literal` quotes what is put in
    return [Holder(str(owner), str(risk_class)) for owner, risk_class in table.rows]


def _read(row: TraceRow) -> EventBody | None:
    kind = _KINDS.get(row.type)
    if kind is None or row.position.topic != GOVERNANCE.name:
        return None
    try:
        return kind.model_validate_json(row.body, strict=True)
    except ValidationError:
        _log.warning("certificate not legible", offset=row.position.offset)
        return None
