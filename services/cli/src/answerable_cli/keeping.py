"""What `retention` does."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from answerable_cli.addresses import locate
from answerable_cli.errors import UsageRefused
from answerable_cli.output import console, note, print_json, print_table
from answerable_events.body import Tenant
from answerable_trail import retention
from answerable_trail.identity import NIL
from answerable_trail.retention import Decision, Hold, Removal


async def show_retention(data: Path, *, as_json: bool) -> None:
    """What is in force, and with --json also how it came about."""
    async with locate(data).trail() as trail:
        decisions, holds = await retention.decisions(trail), await retention.holds(trail)
        tenants = {str(row[0]) for row in (await trail.query("SELECT DISTINCT tenant FROM trace.events")).rows}
    in_force = {decision.tenant: decision for decision in retention.in_force(decisions)}
    rows = [_in_force(tenant, in_force.get(tenant)) for tenant in sorted(tenants | in_force.keys())]
    held = [_held(each) for each in retention.standing(holds)]
    if as_json:
        changes: list[Decision | Hold] = [*decisions, *holds]
        history = [asdict(change) for change in sorted(changes, key=lambda one: one.since)]
        print_json({"default_days": retention.DEFAULT_DAYS, "tenants": rows, "holds": held, "history": history})
        return
    print_table(("tenant", "days", "reason", "by", "since"), [list(row.values()) for row in rows])
    if held:
        print_table(("held", "reason", "by", "since"), [list(each.values()) for each in held], title="Legal holds")


async def set_days(tenant: str, days: int, reason: str, by: str, data: Path) -> None:
    """Raises RetentionRefused."""
    async with locate(data).writer_trail() as trail:
        await retention.decide(trail, Decision(_tenant(tenant), days, reason, by, datetime.now(UTC)))
    note(f"requests of {tenant} are kept for {days} days after their newest record")


async def set_hold(subject: str, reason: str, by: str, data: Path, *, held: bool) -> None:
    """Raises RetentionRefused."""
    tenant, request_id = _subject(subject)
    async with locate(data).writer_trail() as trail:
        await retention.hold(trail, Hold(tenant, request_id, held, reason, by, datetime.now(UTC)))
    note(f"{subject} is {'held' if held else 'released'}")


async def enforce(data: Path, *, dry_run: bool, as_json: bool) -> None:
    """Remove what may go, or say what would be removed."""
    addresses = locate(data)
    async with addresses.trail() if dry_run else addresses.writer_trail() as trail:
        removals = await retention.enforce(trail, datetime.now(UTC), dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "removed": [asdict(each) for each in removals]})
    else:
        _print_removals(removals, dry_run=dry_run)


def _print_removals(removals: Sequence[Removal], *, dry_run: bool) -> None:
    if removals:
        print_table(("tenant", "table", "rows"), [(each.tenant, each.table, each.rows) for each in removals])
    else:
        console().print("nothing has to go" if dry_run else "nothing had to go")


def _in_force(tenant: str, decision: Decision | None) -> dict[str, Any]:
    if decision is None:
        return {"tenant": tenant, "days": retention.DEFAULT_DAYS, "reason": "default", "by": None, "since": None}
    return asdict(decision)


def _held(hold: Hold) -> dict[str, Any]:
    return {"held": hold.tenant or str(hold.request_id), "reason": hold.reason, "by": hold.by, "since": hold.since}


def _subject(text: str) -> tuple[str, UUID]:
    """A request id, or else a tenant."""
    try:
        return "", UUID(text)
    except ValueError:
        return _tenant(text), NIL


def _tenant(name: str) -> str:
    try:
        return TypeAdapter(Tenant).validate_python(name)
    except ValidationError:
        raise UsageRefused(f"{name} is neither a tenant nor a request id") from None
