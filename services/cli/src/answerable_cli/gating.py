"""`answerable gate`: which certificates are in force, what others would do, and putting them in and out of force."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from answerable_cli.addresses import Addresses, locate
from answerable_cli.errors import RELEASED, WITHHELD, CliError, UsageRefused
from answerable_cli.gate_evaluation import best_coverage, gate_row
from answerable_cli.output import note, print_json, print_table
from answerable_cli.row_files import read_rows
from answerable_events.body import EventBody
from answerable_events.governance import Certificate, CertificateRevoked, CertificateSigned, Ordered
from answerable_trail.certificates import Holder, Signed, holders, read_signed
from answerable_trust.risk import Judged, bound_risk

ALPHAS = (0.01, 0.02, 0.05, 0.1, 0.2)
_RECORDED_WITHIN_S = 20.0

_CONFIDENCES = """
SELECT confidence
FROM trace.requests_now
WHERE tenant = {tenant:String} AND asked_at > now() - toIntervalDay({days:UInt32}) AND action != ''
    AND notEmpty(checks.check) AND NOT has(checks.passed, false) AND reason != 'consequential'
"""
"""Of the answers that only their confidence decided about."""


def ordered(reason: str, by: str) -> Ordered:
    """Raises UsageRefused: no reason, or nobody's word."""
    try:
        return Ordered(reason=reason.strip(), by=by.strip())
    except ValidationError:
        raise UsageRefused("this needs a reason and who says so, in at most 1000 and 256 letters") from None


async def sign(file: Path, order: Ordered, data: Path, *, as_json: bool) -> int:
    """Put a proposal in force.

    Raises:
        UsageRefused: the file holds no proposal.
    """
    tenant, certificate = read_proposal(file)
    if certificate.expires_at <= datetime.now(UTC):
        raise UsageRefused(f"{file} proposes what has expired", "`answerable calibrate` makes a new one")
    body = CertificateSigned(
        tenant=tenant, reason=order.reason, by=order.by, certificate=certificate, signed_at=datetime.now(UTC)
    )
    addresses = locate(data)
    await publish(addresses, body, Holder(tenant, certificate.risk_class), certificate.certificate_id, revoked=False)
    _print_one(tenant, certificate, "in force", as_json=as_json)
    return RELEASED


async def revoke(holder: Holder, order: Ordered, data: Path, *, as_json: bool) -> int:
    """End the certificate in force. Raises UsageRefused: there is none."""
    addresses = locate(data)
    async with addresses.trail() as trail:
        signed = await read_signed(trail, holder)
    if signed.certificate is None or signed.revoked:
        raise UsageRefused(
            f"no certificate of {holder.tenant} for {holder.risk_class} is in force", "`answerable gate show`"
        )
    body = CertificateRevoked(
        tenant=holder.tenant,
        reason=order.reason,
        by=order.by,
        certificate_id=signed.certificate.certificate_id,
        risk_class=holder.risk_class,
        cause="person",
        revoked_at=datetime.now(UTC),
    )
    await publish(addresses, body, holder, signed.certificate.certificate_id, revoked=True)
    _print_one(holder.tenant, signed.certificate, "revoked", as_json=as_json)
    return RELEASED


async def publish(addresses: Addresses, body: EventBody, holder: Holder, identity: UUID, *, revoked: bool) -> None:
    """Publish, and wait until the record holds it: from then on validation sees it, within seconds.

    Raises:
        CliError: audit did not record it in time.
    """
    async with addresses.client() as client:
        await client.publish(body)
    async with addresses.trail() as trail:
        try:
            async with asyncio.timeout(_RECORDED_WITHIN_S):
                while True:
                    found = await read_signed(trail, holder)
                    if found.certificate and found.certificate.certificate_id == identity and found.revoked == revoked:
                        return
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise CliError(
                "published, but audit has not recorded it", "`answerable doctor` tells what is down"
            ) from None


async def show(tenant: str | None, data: Path, *, as_json: bool) -> int:
    """Every certificate that is or was the newest of its kind. Exit code 3 where none is in force."""
    now = datetime.now(UTC)
    async with locate(data).trail() as trail:
        found = {holder: await read_signed(trail, holder) for holder in await holders(trail, tenant)}
    in_force = [signed for signed in found.values() if state_of(signed, now) == "in force"]
    if as_json:
        print_json([_as_value(holder, signed, now) for holder, signed in found.items()])
    elif not found:
        note("no certificate was ever signed: answers are released by none. `answerable calibrate` proposes one")
    else:
        print_table(
            ("tenant", "risk class", "at most wrong", "certainty", "labels", "threshold", "until", "state"),
            [
                (
                    holder.tenant, holder.risk_class, f"{one.alpha:.1%}", f"{1 - one.delta:.0%}", one.labelled,
                    f"{one.threshold:.2f}", f"{one.expires_at:%Y-%m-%d}", state_of(signed, now),
                )
                for holder, signed in found.items()
                if (one := signed.certificate) is not None
            ],
        )  # fmt: skip
        note("it is in force for answers that were made as those it was proved on: the verdict of each says so")
    return RELEASED if in_force else WITHHELD


async def simulate(file: Path, delta: float, tenant: str, days: int, data: Path, *, as_json: bool) -> int:
    """What labels prove for different shares of errors, and what that would have released of the traffic."""
    answers = [answer for _, answer in read_rows(file, gate_row, '{"id": "q1", "confidence": 0.93, "correct": true}')]
    traffic = await _confidences(tenant, days, data)
    rows = [_simulated(answers, alpha, delta, traffic) for alpha in ALPHAS]
    if as_json:
        print_json({"labelled": len(answers), "traffic": len(traffic), "days": days, "by_alpha": rows})
        return RELEASED
    print_table(
        ("at most wrong", "threshold", "released of the labels", "wrong", "at best", "released of the traffic"),
        [
            (
                f"{row['alpha']:.0%}",
                row["threshold"],
                row["released"],
                row["wrong"],
                row["coverage_best"],
                row["traffic"],
            )
            for row in rows
        ],
    )
    note(f"{len(answers)} labelled answers, certainty {1 - delta:.0%}; {len(traffic)} answers of the last {days} days")
    return RELEASED


def _simulated(answers: Sequence[Judged], alpha: float, delta: float, traffic: Sequence[float]) -> dict[str, Any]:
    bound = bound_risk(answers, alpha, delta)
    above = [one for one in traffic if bound is not None and one >= bound.threshold]
    return {
        "alpha": alpha,
        "threshold": None if bound is None else bound.threshold,
        "released": 0 if bound is None else bound.released,
        "wrong": 0 if bound is None else bound.wrong,
        "coverage_best": round(best_coverage(answers, alpha), 3),
        "traffic": round(len(above) / len(traffic), 3) if traffic else None,
    }


async def _confidences(tenant: str, days: int, data: Path) -> list[float]:
    """Of the traffic; none where no record is reachable: labels can be looked at without one."""
    try:
        async with locate(data).trail() as trail:
            table = await trail.query(_CONFIDENCES, parameters={"tenant": tenant, "days": days})
    except CliError:
        return []
    return [float(str(confidence)) for (confidence,) in table.rows]


def state_of(signed: Signed, now: datetime) -> str:
    """In words; whether the system still is as the certificate names it, only a verdict can say."""
    if signed.certificate is None:
        return "none"
    if signed.revoked:
        return "revoked"
    return "expired" if signed.certificate.expires_at <= now else "in force"


def read_proposal(file: Path) -> tuple[str, Certificate]:
    """Raises UsageRefused: it is none."""
    try:
        row: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
        return str(row["tenant"]), Certificate.model_validate_json(json.dumps(row["certificate"]))
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError):
        raise UsageRefused(f"{file} is no proposal", "`answerable calibrate` writes one") from None


def _as_value(holder: Holder, signed: Signed, now: datetime) -> dict[str, Any]:
    certificate = signed.certificate
    return {
        "tenant": holder.tenant,
        "risk_class": holder.risk_class,
        "state": state_of(signed, now),
        "certificate": None if certificate is None else certificate.model_dump(mode="json"),
    }


def _print_one(tenant: str, certificate: Certificate, state: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"tenant": tenant, "state": state, "certificate": certificate.model_dump(mode="json")})
        return
    note(f"{state}: certificate {certificate.certificate_id} of {tenant} for {certificate.risk_class}")
    if state == "in force":
        left = certificate.expires_at - datetime.now(UTC)
        note(
            f"at most {certificate.alpha:.1%} of released answers are wrong, said with {1 - certificate.delta:.0%} "
            f"certainty, for {left // timedelta(days=1)} days"
        )
