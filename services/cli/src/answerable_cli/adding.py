"""What `knowledge add` and the commands about single documents do."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from answerable_cli.addresses import Addresses, locate
from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.known_documents import Listed, list_documents, read_known
from answerable_cli.manifest import Manifest, read_manifest
from answerable_cli.output import console, note, print_json, print_table
from answerable_cli.progress import progress_bars
from answerable_cli.rules import RULES_FILE, Details, as_readers, end_of_day
from answerable_cli.sources.items import Item, Trouble
from answerable_cli.sources.opening import open_source
from answerable_cli.submission import Change, Fate, access_change, deliver, withdrawal
from answerable_cli.sync_view import show
from answerable_cli.syncing import Report, Wish, running

_WHY_READERS = (
    "who may read decides who gets answers from it, and nobody may unless you say so: "
    f"--readers GROUP (or user:NAME), a {RULES_FILE} in the folder, or --nobody to add it for nobody yet"
)


def said_by_options(
    readers: Sequence[str], *, owner: str | None, valid_until: datetime | None, manifest: Path | None
) -> Manifest:
    """What the command line says of the files.

    Raises:
        UsageRefused: a reader can be nobody, or the manifest cannot be read.
    """
    until = None if valid_until is None else end_of_day(valid_until.date())
    default = Details(as_readers(readers), owner=owner, valid_until=until)
    return read_manifest(manifest, default) if manifest is not None else Manifest(default=default)


def refuse_contradiction(readers: Sequence[str], *, nobody: bool) -> None:
    if nobody and readers:
        raise UsageRefused("--nobody and --readers contradict each other")


def require_readers(readers: Sequence[str], *, nobody: bool) -> tuple[str, ...]:
    """Raises UsageRefused unless somebody, or nobody on purpose, is named."""
    refuse_contradiction(readers, nobody=nobody)
    named = as_readers(readers)
    if not named and not nobody:
        raise UsageRefused("no readers", _WHY_READERS)
    return named


async def add_sources(
    names: Sequence[str], said: Manifest, wish: Wish, data: Path, *, bare: bool, as_json: bool
) -> int:
    """`knowledge add`; the exit status. `bare`: documents without readers are meant."""
    addresses = locate(data)
    entries = await asyncio.to_thread(
        lambda: [entry for name in names for entry in open_source(name, "", said).items()]
    )
    _require_sense(entries, said, bare=bare)
    report = await ingest(addresses, entries, wish)
    show(report, as_json=as_json)
    return report.exit_code


async def ingest(addresses: Addresses, entries: Sequence[Item | Trouble], wish: Wish) -> Report:
    """Submit what is new or changed, with progress bars, and wait until all of it is settled."""
    with progress_bars(len(entries)) as progress:
        async with running(addresses, wish, progress) as run:
            await run.take(entries)
            return run.report


async def show_documents(tenant: str, data: Path, *, as_json: bool) -> None:
    async with locate(data).trail() as trail:
        found = await list_documents(trail, tenant)
    if as_json:
        print_json([asdict(entry) for entry in found])
        return
    rows = [(e.document_id, e.version, e.state, e.passages, _who(e), e.owner, _day(e.valid_until)) for e in found]
    print_table(("document", "version", "state", "passages", "readers", "owner", "valid until"), rows)
    console().print(f"{len(found)} documents of {tenant}", highlight=False)


async def withdraw_document(tenant: str, document_id: str, data: Path) -> None:
    addresses = locate(data)
    await _require_known(addresses, tenant, document_id)
    done = await _deliver(addresses, withdrawal(document_id, tenant, datetime.now(UTC)))
    note(f"{document_id} is withdrawn, out of the index from snapshot {done.snapshot} on")


async def change_access(tenant: str, document_id: str, access: Details, data: Path) -> None:
    """Readers and those denied; the other details stay."""
    addresses = locate(data)
    await _require_known(addresses, tenant, document_id)
    done = await _deliver(addresses, access_change(document_id, access, tenant, datetime.now(UTC)))
    note(f"{document_id} may be read by {', '.join(done.readers) or 'nobody'}, from snapshot {done.snapshot} on")


async def _deliver(addresses: Addresses, change: Change) -> Fate:
    async with addresses.client() as client:
        done = await deliver(client, change)
    if done.outcome == "failed":
        raise CliError(f"ingestion gave it up: {done.reason}", "`answerable dlq list` shows it")
    return done


async def _require_known(addresses: Addresses, tenant: str, document_id: str) -> None:
    async with addresses.trail() as trail:
        if not await read_known(trail, tenant, [document_id]):
            raise UsageRefused(f"no document {document_id} of {tenant}", "`answerable knowledge list` shows them")


def _require_sense(entries: Sequence[Item | Trouble], said: Manifest, *, bare: bool) -> None:
    """Refuse, before anything is sent, what cannot be meant.

    Raises:
        UsageRefused: no files there, two with one name, ones of the manifest that are not there, or without readers.
    """
    items = [entry for entry in entries if isinstance(entry, Item)]
    names = [item.document_id for item in items]
    if not entries:
        raise UsageRefused("no files there", "name files or folders that hold some")
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise UsageRefused(f"two files have the name {twice[0]}", "add the folders one at a time")
    if missing := sorted(set(said.entries).difference(entry.document_id for entry in entries)):
        raise UsageRefused(f"the manifest names files that are not there: {', '.join(missing[:5])}")
    without = [item.document_id for item in items if not item.details.readers]
    if without and not bare:
        raise UsageRefused(f"no readers for {', '.join(without[:5])}", _WHY_READERS)


def _who(entry: Listed) -> str:
    denied = f", not {', '.join(entry.denied)}" if entry.denied and entry.readers else ""
    return f"{', '.join(entry.readers) or 'nobody'}{denied}"


def _day(moment: str | None) -> str | None:
    return moment[:10] if moment else None
