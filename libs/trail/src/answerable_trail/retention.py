"""How long requests are kept: decisions about it, and the job that removes what is older.

A request goes as a whole, once its newest record is older than its tenant's limit and nobody holds it. Records of
documents stay: what the index holds, and which version a document has, rests on them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from answerable_events.answers import AnswerRecalled
from answerable_events.topics import REQUEST_TOPICS
from answerable_trail.client import Trail
from answerable_trail.errors import RetentionRefused
from answerable_trail.identity import NIL
from answerable_trail.reading import listed, literal, milliseconds

DEFAULT_DAYS = 400
"""A year, so that what happens once a year can be compared, and a month to do it in."""

LEAST_DAYS = 183
"""Six months: what Regulation (EU) 2024/1689, Art. 19 and 26, asks of logs. Fewer days need a reason on record."""

MOST_DAYS = 36_500

STATEMENT_WITHIN = timedelta(hours=1)
"""For one statement of `enforce`: the first run on an old installation may have years to remove."""

KEPT = {
    "expired": "positions and numbers without content, so that completeness can tell them from holes",
    "retention": "who decided what about retention",
    "holds": "who decided what about retention",
    "leaves": "salted hashes: the trees of what stays are made of them",
    "nodes": "hashes of leaves",
    "claims": "who may write which tree",
    "checkpoints": "what was signed",
    "migrations": "which schema this is",
    "probes": "goes by itself after a day",
}
"""Tables of `trace` that retention leaves alone, and why."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A tenant's requests are kept this long."""

    tenant: str
    days: int
    reason: str
    by: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """What must be kept whatever its age: all of a tenant, or one request, whosever it is."""

    tenant: str
    """Empty when one request is meant."""
    request_id: UUID
    """Nil when a tenant is meant."""
    held: bool
    reason: str
    by: str
    since: datetime

    @property
    def subject(self) -> tuple[str, UUID]:
        return self.tenant, self.request_id


@dataclass(frozen=True, slots=True)
class Expiry:
    """Requests of the tenant whose newest record is older than `before` may go, but for those that are spared."""

    tenant: str
    before: datetime
    spared: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Removal:
    """What a run removed, or would remove, for one tenant from one table."""

    tenant: str
    table: str
    rows: int


def expiries(
    tenants: Iterable[str], decisions: Sequence[Decision], holds: Sequence[Hold], now: datetime
) -> list[Expiry]:
    """What may go now; of decisions and holds, all that were ever made."""
    days = {decision.tenant: decision.days for decision in in_force(decisions)}
    held = standing(holds)
    whole = {hold.tenant for hold in held}
    spared = frozenset(hold.request_id for hold in held if not hold.tenant)
    return [
        Expiry(tenant, now - timedelta(days=days.get(tenant, DEFAULT_DAYS)), spared)
        for tenant in sorted(tenants)
        if tenant not in whole
    ]


def in_force(decisions: Iterable[Decision]) -> list[Decision]:
    """The newest decision of each tenant."""
    newest = {decision.tenant: decision for decision in sorted(decisions, key=lambda one: one.since)}
    return [newest[tenant] for tenant in sorted(newest)]


def standing(holds: Iterable[Hold]) -> list[Hold]:
    """Holds that were not released."""
    newest = {hold.subject: hold for hold in sorted(holds, key=lambda one: one.since)}
    return [newest[subject] for subject in sorted(newest, key=str) if newest[subject].held]


async def decisions(trail: Trail) -> list[Decision]:
    """Every decision that was ever made, oldest first."""
    table = await trail.query("SELECT tenant, days, reason, by, since FROM trace.retention ORDER BY since")
    return [Decision(*row) for row in table.rows]  # type: ignore[arg-type]


async def holds(trail: Trail) -> list[Hold]:
    """Every hold and release, oldest first."""
    table = await trail.query("SELECT tenant, request_id, held, reason, by, since FROM trace.holds ORDER BY since")
    return [Hold(*row) for row in table.rows]  # type: ignore[arg-type]


async def decide(trail: Trail, decision: Decision) -> None:
    """Record a decision, which counts from now on.

    Raises:
        RetentionRefused: no such number of days, or fewer than six months without a reason.
    """
    if not 1 <= decision.days <= MOST_DAYS:
        raise RetentionRefused(f"requests can be kept for 1 to {MOST_DAYS} days, not {decision.days}")
    if decision.days < LEAST_DAYS and not decision.reason.strip():
        raise RetentionRefused(f"fewer than {LEAST_DAYS} days need a reason")
    await trail.query(
        "INSERT INTO trace.retention (tenant, days, reason, by, since) SELECT {tenant:String}, {days:UInt16}, "
        "{reason:String}, {by:String}, fromUnixTimestamp64Milli({since:Int64}, 'UTC')",
        parameters={**_values(decision), "days": decision.days},
    )


async def hold(trail: Trail, change: Hold) -> None:
    """Record a hold, or its release.

    Raises:
        RetentionRefused: no reason, a tenant and a request at once or neither, or a release of what is not held.
    """
    if not change.reason.strip():
        raise RetentionRefused("a hold and its release need a reason")
    if bool(change.tenant) == (change.request_id != NIL):
        raise RetentionRefused("a hold is on a tenant or on a request")
    if not change.held and change.subject not in {each.subject for each in standing(await holds(trail))}:
        raise RetentionRefused(f"{change.tenant or change.request_id} is not held")
    await trail.query(
        "INSERT INTO trace.holds (tenant, request_id, held, reason, by, since) SELECT {tenant:String}, {request:UUID}, "
        "{held:Bool}, {reason:String}, {by:String}, fromUnixTimestamp64Milli({since:Int64}, 'UTC')",
        parameters={**_values(change), "request": str(change.request_id), "held": str(change.held).lower()},
    )


def _values(change: Decision | Hold) -> dict[str, object]:
    since = milliseconds(change.since)
    return {"tenant": change.tenant, "reason": change.reason, "by": change.by, "since": since}


async def enforce(trail: Trail, now: datetime, *, dry_run: bool = False) -> list[Removal]:
    """Remove what may go: when it returns, no part in use holds its bytes. May be repeated.

    Needs a connection whose statements may take STATEMENT_WITHIN. With `dry_run` it only counts. A run that was cut off
    is ended by the next.
    """
    tenants = [str(row[0]) for row in (await trail.query("SELECT DISTINCT tenant FROM trace.events")).rows]
    removals = []
    for expiry in expiries(tenants, await decisions(trail), await holds(trail), now):
        found = await _count(trail, expiry)
        if found and not dry_run:
            await trail.query(emptied_statement(expiry, now))
            for statement in removal_statements(expiry):
                await trail.query(statement)
        removals += found
    if removals and not dry_run:
        for table in {removal.table: None for removal in removals}:
            await trail.query(f"ALTER TABLE trace.{table} APPLY DELETED MASK SETTINGS mutations_sync = 2")
    return removals


async def _count(trail: Trail, expiry: Expiry) -> list[Removal]:
    found = []
    for table, condition in _conditions(expiry).items():
        result = await trail.query(f"SELECT count() FROM trace.{table} WHERE {condition}")  # noqa: S608 - see below
        ((rows,),) = result.rows
        if rows:
            found.append(Removal(expiry.tenant, table, int(str(rows))))
    return found


def emptied_statement(expiry: Expiry, now: datetime) -> str:
    """Notes the positions of what is about to go."""
    return f"""
INSERT INTO trace.expired (epoch, topic, partition, offset, tenant, producer, number, recorded_at, expired_at)
SELECT epoch, topic, partition, offset, tenant, producer, number, recorded_at,
       fromUnixTimestamp({milliseconds(now) // 1000})
FROM trace.events
WHERE {_conditions(expiry)["events"]}
"""  # noqa: S608 - `literal` quotes what is put in


def removal_statements(expiry: Expiry) -> list[str]:
    """Events last, because the others are found by them."""
    return [
        f"DELETE FROM trace.{table} WHERE {condition} SETTINGS lightweight_deletes_sync = 2"  # noqa: S608 - the same
        for table, condition in _conditions(expiry).items()
    ]


def _conditions(expiry: Expiry) -> dict[str, str]:
    """By table: which rows go."""
    ours = f"topic IN {listed(sorted(REQUEST_TOPICS))}"
    before = f"fromUnixTimestamp64Milli({milliseconds(expiry.before)}, 'UTC')"
    mine = f"tenant = {literal(expiry.tenant)}"
    nil = literal(NIL)
    spared = f" AND request_id NOT IN {listed(sorted(expiry.spared))}" if expiry.spared else ""
    old = (
        f"request_id IN (SELECT request_id FROM trace.events WHERE {mine} AND {ours} AND request_id != {nil}"  # noqa: S608
        f"{spared} GROUP BY request_id HAVING max(recorded_at) < {before})"
    )
    return {
        "requests": f"{mine} AND {old}",
        "events": f"{mine} AND ((({ours} OR type = {literal(AnswerRecalled.TYPE)}) AND {old}) "
        f"OR ({ours} AND request_id = {nil} AND recorded_at < {before}))",
    }
