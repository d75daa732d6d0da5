"""`answerable erase`."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import typer
from pydantic import ValidationError

from answerable_cli.addresses import Addresses, locate
from answerable_cli.erasure import Chosen, Erasure, Order, Sinks, choose, erase
from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.index_place import index_place
from answerable_cli.output import console, note, notes, print_json
from answerable_cli.request_ids import no_request_id
from answerable_events.governance import Ordered, RecordErased
from answerable_events.identity import document_correlation
from answerable_knowledge.errors import IndexCorrupt, WriteFailed
from answerable_runtime.forgetting import open_effects
from answerable_trail.erasure import Blanked, Eraser, open_eraser
from answerable_trail.retention import holds, standing

IN_FLIGHT = timedelta(days=2)
"""What is older and has no outcome is not worked on any more: audit looks no further back."""

_PATIENCE = timedelta(minutes=10)
_LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class How:
    """What the command may do on the way."""

    dry_run: bool
    wait: bool
    yes: bool
    as_json: bool


async def erase_order(order: Order, how: How, data: Path) -> int:
    """Erase, publish the certificate and print it; 1 when anything is left.

    Raises:
        UsageRefused: the order makes no sense.
        CliError: there is nothing of it, or it must not be erased now.
    """
    addresses = locate(data)
    async with _known_failures(), open_sinks(addresses) as sinks:
        if order.kind == "document" and sinks.index is None:
            raise UsageRefused("the index is not here", "set ANSWERABLE_INDEX_PATH to its folder or URL")
        chosen = await _chosen(order, sinks.eraser)
        survey = await _ready(order, chosen, sinks.eraser, wait=how.wait and not how.dry_run)
        if how.dry_run:
            _print_survey(order, chosen, survey, as_json=how.as_json)
            return 0
        _confirm(order, chosen, survey, how)
        with notes().status("erasing, and looking through every sink"):
            done = await erase(order, chosen, sinks, erasure_id=uuid4(), now=datetime.now(UTC))
    _print(done, as_json=how.as_json)
    async with addresses.client() as client:
        await client.publish(done.certificate)
    return 1 if done.residues else 0


@asynccontextmanager
async def open_sinks(addresses: Addresses) -> AsyncIterator[Sinks]:
    """Every sink of an installation; the folders only of one that runs on this machine."""
    instance = addresses.instance
    folders = (
        {} if instance is None else {name: instance.data / name for name in ("index", "clickhouse", "valkey", "logs")}
    )
    place = index_place(addresses)
    async with AsyncExitStack() as stack:
        yield Sinks(
            await stack.enter_async_context(open_eraser(addresses.writer_trail_url)),
            await stack.enter_async_context(open_effects(addresses.redis_url)),
            await asyncio.to_thread(place.open) if place is not None else None,
            folders | ({"index": place.folder} if place is not None and place.folder is not None else {}),
        )


@asynccontextmanager
async def _known_failures() -> AsyncIterator[None]:
    try:
        yield
    except (IndexCorrupt, WriteFailed) as error:
        raise CliError(f"the index: {type(error).__name__}", "the same command again goes on where it ended") from None


async def _chosen(order: Order, eraser: Eraser) -> Chosen:
    try:
        return await choose(order, eraser)
    except ValueError:
        raise no_request_id(order.target) from None


async def _ready(order: Order, chosen: Chosen, eraser: Eraser, *, wait: bool) -> Blanked:
    """What is there to be erased, once no service works on any of it.

    Raises:
        CliError: nothing is there, something is held, or something is still open.
    """
    survey = await eraser.survey(chosen.selection)
    if not (survey.positions or survey.refused or survey.already or order.kind == "document"):
        raise CliError("nothing is recorded of it", "an asker who was erased is known to nobody any more")
    held = standing(await holds(eraser.trail))
    requests = {request for _, request in chosen.selection.requests}
    if any(each.tenant == order.tenant or each.request_id in requests for each in held):
        raise CliError("some of it is held", "`answerable retention show` says why; release the hold first")
    give_up = asyncio.get_running_loop().time() + _PATIENCE.total_seconds()
    while count := await _open(order, chosen, eraser):
        if not wait or asyncio.get_running_loop().time() > give_up:
            raise CliError(f"{count} of its requests or documents are still open", "try again later, or say --wait")
        await asyncio.sleep(_LOOK_AGAIN_S)
    return await eraser.survey(chosen.selection)


async def _open(order: Order, chosen: Chosen, eraser: Eraser) -> int:
    if order.kind != "document":
        return len(await eraser.still_open(chosen.selection.requests, IN_FLIGHT))
    correlation = document_correlation(order.tenant, order.target)
    requests = [request for request in chosen.selection.requests if request[1] != correlation]
    unanswered = await eraser.unanswered(order.tenant, correlation, IN_FLIGHT)
    return unanswered + len(await eraser.still_open(requests, IN_FLIGHT))


def _confirm(order: Order, chosen: Chosen, survey: Blanked, how: How) -> None:
    if how.yes:
        return
    if how.as_json or not sys.stdin.isatty():
        raise UsageRefused("this cannot be undone", "say --yes, or look first with --dry-run")
    what = f"{survey.positions} records of {_count(order, chosen)}"
    if not typer.confirm(f"Erase {what}? This cannot be undone.", err=True):
        raise CliError("nothing was erased")


def _count(order: Order, chosen: Chosen) -> str:
    requests = len(chosen.selection.requests) - (order.kind == "document")
    return f"{'the document and ' if order.kind == 'document' else ''}{requests} requests"


def _print_survey(order: Order, chosen: Chosen, survey: Blanked, *, as_json: bool) -> None:
    found: dict[str, Any] = {
        "kind": order.kind,
        "requests": [str(request) for _, request in chosen.selection.requests],
        "records": survey.positions,
        "refused": [f"{place.topic}/{place.partition}/{place.offset}" for place in sorted(survey.refused)],
        "erased_already": survey.already,
        "quoted_in": [str(request) for _, request in chosen.quoting],
    }
    if as_json:
        print_json(found)
        return
    console().print(f"would erase {survey.positions} records of {_count(order, chosen)}", highlight=False)
    _print_list("not what was sealed, would be left alone", found["refused"])
    _print_list("requests that quote the document and would stay (--with-answers)", found["quoted_in"])


def _print(done: Erasure, *, as_json: bool) -> None:
    body = done.certificate
    if as_json:
        print_json({"certificate": body.model_dump(mode="json"), "residues": list(done.residues)})
        return
    deleted = ", ".join(f"{count} from the {sink}" for sink, count in body.deleted.items() if sink != "snapshots")
    console().print(f"erased: {deleted}; erasure {body.erasure_id}", highlight=False)
    for scanned in body.scanned:
        console().print(
            f"  {scanned.sink}: looked through {scanned.searched}, {scanned.residues} left", highlight=False
        )
    if ended := body.deleted.get("snapshots"):
        note(f"{ended} snapshots of the index ended: what answers rested on in them stands as recorded (R0 only)")
    if gone := _gone_by(body):
        note(
            f"the broker's last copy is gone by {gone:%Y-%m-%d %H:%M} UTC; backups and exported bundles are not reached"
        )
    _print_list("requests that quote the document and stay (--with-answers)", [str(each) for each in body.quoted_in])
    _print_list("STILL THERE", done.residues)


def _gone_by(body: RecordErased) -> datetime | None:
    return max((each.gone_by for each in body.retention), default=None)


def _print_list(title: str, lines: Sequence[str]) -> None:
    if lines:
        console().print(f"{title}:", highlight=False)
    for line in lines:
        console().print(f"  {line}", highlight=False, markup=False)


def order_of(targets: dict[str, str | None], **fields: Any) -> Order:
    """The order for the one target that was named.

    Raises:
        UsageRefused: none was, or several, or no reason.
    """
    named = [(kind, target) for kind, target in targets.items() if target]
    if len(named) != 1:
        raise UsageRefused("name one subject, one request or one document")
    try:
        Ordered(reason=fields["reason"].strip(), by=fields["by"].strip())
    except ValidationError:
        raise UsageRefused("an erasure needs a reason and who ordered it, in at most 1000 and 256 letters") from None
    kind: Any = named[0][0]
    target = str(UUID(named[0][1])) if kind == "request" and _is_uuid(named[0][1]) else named[0][1]
    return Order(kind=kind, target=target, **fields)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
