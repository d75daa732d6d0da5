"""`answerable recall`: who got an answer that rests on a document, and a notice to each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from answerable_cli.addresses import Addresses, locate
from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.known_documents import read_known
from answerable_cli.output import note, notes, print_json, print_table
from answerable_cli.recall import Notice, Recall, Recipient, notice, recipients, recorded
from answerable_events.governance import Ordered


@dataclass(frozen=True, slots=True)
class How:
    """What the command may do on the way."""

    dry_run: bool = False
    as_json: bool = False


def recall_of(tenant: str, document_id: str, version: int | None, *, reason: str, by: str) -> Recall:
    """Raises UsageRefused: no reason, or nobody's word."""
    try:
        ordered = Ordered(reason=reason.strip(), by=by.strip())
    except ValidationError:
        raise UsageRefused("a recall needs a reason and who ordered it, in at most 1000 and 256 letters") from None
    return Recall(tenant, document_id, version, ordered.reason, ordered.by)


async def recall_document(recall: Recall, how: How, data: Path) -> int:
    """List everybody who got an answer that rests on the document, and publish a notice to each who has none yet.

    Raises:
        CliError: the record knows no such document.
    """
    addresses = locate(data)
    async with addresses.trail() as trail:
        found = await recipients(trail, recall)
        if not found and not await read_known(trail, recall.tenant, [recall.document_id]):
            raise CliError(
                f"nothing is recorded of that document in {recall.tenant}",
                "`answerable knowledge list` shows the ids; --tenant names the organisation",
            )
        notices = [notice(recall, recipient, datetime.now(UTC)) for recipient in found]
        told = await recorded(trail, notices)
    fresh = [each for each in notices if each.event_id not in told]
    if not how.dry_run:
        await _publish(addresses, fresh)
    _print(recall, found, how, sent=0 if how.dry_run else len(fresh), before=len(told))
    return 0


async def _publish(addresses: Addresses, fresh: Sequence[Notice]) -> None:
    """One notice after the other; when this is interrupted, the same recall goes on where it ended."""
    if not fresh:
        return
    async with addresses.client() as client:
        with notes().status("publishing notices") as status:
            for number, each in enumerate(fresh, 1):
                await client.publish(each.body, ordinal=each.ordinal)
                status.update(f"publishing notices: {number} of {len(fresh)}")


def _print(recall: Recall, found: Sequence[Recipient], how: How, *, sent: int, before: int) -> None:
    if how.as_json:
        print_json(_told(recall, found, how, sent=sent, before=before))
        return
    if not found:
        note("no released answer rests on it")
        return
    print_table(
        ("request", "asker", "asked", "version", "rests on it by"),
        [
            (each.request_id, each.asker, _minute(each.asked_at), each.version, "citation" if each.cited else "context")
            for each in found
        ],
    )
    if how.dry_run:
        note(f"would send {len(found) - before} notices; {before} were sent before")
    else:
        note(f"sent {sent} notices, {before} were sent before; recall {recall.recall_id}")
    note("the document itself stays a source until it is withdrawn: `answerable knowledge withdraw`")


def _told(recall: Recall, found: Sequence[Recipient], how: How, *, sent: int, before: int) -> dict[str, Any]:
    return {
        "recall_id": str(recall.recall_id),
        "tenant": recall.tenant,
        "document": recall.document_id,
        "version": recall.version,
        "dry_run": how.dry_run,
        "answers": [
            {
                "request_id": str(each.request_id),
                "asker": each.asker,
                "document_version": each.version,
                "cited": each.cited,
                "asked_at": each.asked_at and each.asked_at.isoformat(),
                "decided_at": each.decided_at and each.decided_at.isoformat(),
            }
            for each in found
        ],
        "notices_sent": sent,
        "notices_sent_before": before,
    }


def _minute(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M}"
