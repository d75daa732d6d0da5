"""`answerable replay`: retrieval once more, on what is recorded of a request."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from pydantic import ValidationError

from answerable_cli.addresses import Addresses, locate
from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.evidence import is_erased
from answerable_cli.explanation import counting
from answerable_cli.index_place import index_place
from answerable_cli.output import console, notes, print_json
from answerable_cli.replay import REASONS, Grade, Replay, compare
from answerable_cli.request_ids import nothing_recorded, parse_request_id
from answerable_cli.services import configured
from answerable_events.codec import Producer, encode
from answerable_events.requests import ContextRetrieved
from answerable_events.topics import CONTEXTS
from answerable_knowledge.errors import IndexCorrupt, SnapshotGone
from answerable_retrieval import main as retrieval
from answerable_retrieval.handlers import Deps, embedder_of, find_context, judged_at
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime.metrics import Metrics
from answerable_trail.rows import TraceRow

EXIT_CODES: dict[Grade, int] = {"R1": 0, "R0": 3, "differs": 4}

_NOBODY = Producer("/answerable/replay", "replay", 1)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The context that counts, as it is on record."""

    context: ContextRetrieved
    body: bytes
    written_at: datetime
    """The moment that decided which documents were in force, but for the milliseconds that the search took."""


async def replay_request(request: str, tenant: str | None, data: Path, *, as_json: bool) -> int:
    """Replay what the record holds under this id, and tell; the exit status of the worst.

    Raises:
        UsageRefused: not a request id, or there is no index here.
        CliError: nothing is recorded under it, or the index cannot be read.
    """
    request_id = parse_request_id(request)
    addresses = locate(data)
    async with addresses.trail() as trail:
        rows = await trail.request(tenant, request_id)
    if not rows:
        raise nothing_recorded(request_id)
    with notes().status("searching again"):
        replays = await _replays(addresses, rows)
    if as_json:
        print_json([_value(each) for each in replays] if len(replays) > 1 else _value(replays[0]))
    else:
        for each in replays:
            _print(each)
    return max(EXIT_CODES[each.grade] for each in replays)


async def _replays(addresses: Addresses, rows: Sequence[TraceRow]) -> list[Replay]:
    """One for each tenant that chose the id."""
    place = index_place(addresses)
    if place is None:
        raise UsageRefused("the index is not here", "set ANSWERABLE_INDEX_PATH to its folder or URL")
    settings = configured("retrieval", {"index_path": place.location})
    assert isinstance(settings, RetrievalSettings)
    try:
        async with retrieval.build(settings, Metrics(CollectorRegistry())) as service:
            return [
                await replay(tenant, [row for row in rows if row.tenant == tenant], service.deps)
                for tenant in sorted({row.tenant for row in rows})
            ]
    except IndexCorrupt as error:
        raise CliError(f"the index cannot be read: {error}") from None


async def replay(tenant: str, rows: Sequence[TraceRow], deps: Deps) -> Replay:
    """What comes of the recorded question, in the recorded snapshot, at the recorded moment.

    Raises:
        IndexCorrupt, ModelUnavailable: it cannot be tried now.
    """
    recorded = recorded_context(rows)
    stored_only = Replay(tenant, rows[0].request_id, "R0")
    if isinstance(recorded, str):
        return dataclasses.replace(stored_only, reason=recorded)
    context = recorded.context
    moment = judged_at(context.question, recorded.written_at)
    stored_only = dataclasses.replace(
        stored_only, snapshot=context.snapshot, judged_at=moment, passages=len(context.passages)
    )
    if context.unavailable is not None:
        return dataclasses.replace(stored_only, reason="nothing_looked_for")
    if context.embedder != embedder_of(deps):
        return dataclasses.replace(stored_only, reason="embedder_differs")
    try:
        found = await find_context(context.question, context.snapshot, moment, deps)
    except SnapshotGone:
        kept = deps.index.kept(tenant)
        return dataclasses.replace(stored_only, reason="snapshot_gone", oldest=kept[0] if kept else None)
    differences = compare(context, found)
    return dataclasses.replace(
        stored_only,
        grade="differs" if differences else "R1",
        same_bytes=_bytes(found, context) == recorded.body,
        differences=differences,
    )


def recorded_context(rows: Sequence[TraceRow]) -> Recorded | str:
    """The context of a request, or why there is none: a key of REASONS."""
    row = counting(rows).get(ContextRetrieved.TYPE)
    if row is None:
        return "no_context"
    if is_erased(row):
        return "erased"
    try:
        return Recorded(ContextRetrieved.model_validate_json(row.body), row.body, _written_at(row))
    except ValidationError:
        return "no_context"


def _written_at(row: TraceRow) -> datetime:
    said = next((value for name, value in row.headers if name.lower() == "ce_time"), b"")
    try:
        moment = datetime.fromisoformat(said.decode("ascii", "replace"))
    except ValueError:
        return row.log_time
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bytes(found: ContextRetrieved, recorded: ContextRetrieved) -> bytes:
    """The body of the event as retrieval would publish it."""
    whole = found.resting_on(recorded.ancestors)
    return encode(whole, topic=CONTEXTS, producer=_NOBODY, now=recorded.question.asked_at).value


def _print(done: Replay) -> None:
    where = f", snapshot {done.snapshot}" if done.snapshot else ""
    match done.grade:
        case "R1":
            same = "the same bytes" if done.same_bytes else "the same passages and scores"
            said = f"R1: {same} ({done.passages} passages)"
        case "R0":
            kept = f"; kept from {done.oldest} on" if done.oldest else ""
            said = f"R0, what is stored and no more: {REASONS[done.reason or '']}{kept}"
        case "differs":
            said = f"differs in {len(done.differences)} respects"
    console().print(f"{done.request_id} of {done.tenant}{where}: {said}", highlight=False, markup=False)
    for each in done.differences:
        values = "" if each.was is None and each.now is None else f": was {each.was}, is {each.now}"
        console().print(f"  {each.what}{values}", highlight=False, markup=False)


def _value(done: Replay) -> dict[str, Any]:
    return {
        "request_id": str(done.request_id),
        "tenant": done.tenant,
        "grade": done.grade,
        "reason": done.reason,
        "snapshot": done.snapshot,
        "oldest_kept": done.oldest,
        "judged_at": done.judged_at and done.judged_at.isoformat(),
        "passages": done.passages,
        "same_bytes": done.same_bytes,
        "differences": [{"what": each.what, "was": each.was, "now": each.now} for each in done.differences],
    }
