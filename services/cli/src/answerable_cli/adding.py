"""What the `knowledge` commands do: plan, send with a progress bar, sum up."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from answerable_cli.addresses import Addresses, locate
from answerable_cli.documents import LARGEST_FILE, Plan, Source, as_readers, find_sources, plan
from answerable_cli.errors import FAILURE, UsageRefused
from answerable_cli.known_documents import list_documents, read_known
from answerable_cli.manifest import Details, Manifest, end_of_day, read_manifest
from answerable_cli.output import console, note, notes, print_json, print_table
from answerable_cli.submission import Fate, Progress, set_access, submit, withdraw
from answerable_events.topics import MIB

_WHY_READERS = (
    "who may read decides who gets answers from it, and nobody may unless you say so: "
    "--readers GROUP (or user:NAME), or --nobody to add it for nobody yet"
)


def said_by_options(
    readers: Sequence[str],
    *,
    nobody: bool,
    owner: str | None,
    valid_until: datetime | None,
    manifest: Path | None,
) -> Manifest:
    """What the command line says of the files.

    Raises:
        UsageRefused: no readers are named anywhere, or the manifest cannot be read.
    """
    named = as_readers(readers) if manifest is not None else require_readers(readers, nobody=nobody)
    default = Details(named, owner, valid_until=None if valid_until is None else end_of_day(valid_until.date()))
    return read_manifest(manifest, default) if manifest is not None else Manifest(default=default)


def require_readers(readers: Sequence[str], *, nobody: bool) -> tuple[str, ...]:
    """Raises UsageRefused unless somebody, or nobody on purpose, is named."""
    named = as_readers(readers)
    if nobody and named:
        raise UsageRefused("--nobody and --readers contradict each other")
    if not named and not nobody:
        raise UsageRefused("no readers", _WHY_READERS)
    return named


async def add_files(paths: Sequence[Path], said: Manifest, tenant: str, data: Path, *, as_json: bool) -> int:
    """`knowledge add`; the exit status."""
    addresses = locate(data)
    sources = await asyncio.to_thread(find_sources, paths, said)
    _require_all_have_readers(sources, said)
    planned, fates = await ingest(addresses, sources, tenant)
    if as_json:
        print_json(summary(planned, fates))
    else:
        _print_summary(planned, fates)
    return FAILURE if planned.too_large or any(fate.outcome != "indexed" for fate in fates) else 0


async def ingest(addresses: Addresses, sources: Sequence[Source], tenant: str) -> tuple[Plan, list[Fate]]:
    """Submit what is new or changed, with a progress bar, and wait until all of it is settled."""
    async with addresses.trail() as trail:
        planned = plan(sources, await read_known(trail, tenant, [source.document_id for source in sources]))
    if not planned.submissions:
        return planned, []
    async with addresses.client() as client, _bars(len(planned.submissions)) as progress:
        return planned, await submit(client, planned.submissions, tenant, progress)


def summary(planned: Plan, fates: Iterable[Fate]) -> dict[str, object]:
    """What was done, for programs."""
    return {
        "documents": [asdict(fate) for fate in sorted(fates, key=lambda fate: fate.document_id)],
        "unchanged": [source.document_id for source in planned.unchanged],
        "too_large": [source.document_id for source in planned.too_large],
    }


async def show_documents(tenant: str, data: Path, *, as_json: bool) -> None:
    async with locate(data).trail() as trail:
        found = await list_documents(trail, tenant)
    if as_json:
        print_json([asdict(entry) for entry in found])
        return
    rows = [
        (e.document_id, e.version, e.state, e.passages, ", ".join(e.readers) or "nobody", e.owner, _day(e.valid_until))
        for e in found
    ]
    print_table(("document", "version", "state", "passages", "readers", "owner", "valid until"), rows)
    console().print(f"{len(found)} documents of {tenant}", highlight=False)


async def withdraw_document(tenant: str, document_id: str, data: Path) -> None:
    addresses = locate(data)
    await _require_known(addresses, tenant, document_id)
    async with addresses.client() as client:
        done = await withdraw(client, tenant, document_id)
    note(f"{document_id} is withdrawn, out of the index from snapshot {done.snapshot} on")


async def change_access(tenant: str, document_id: str, readers: tuple[str, ...], data: Path) -> None:
    addresses = locate(data)
    await _require_known(addresses, tenant, document_id)
    async with addresses.client() as client:
        done = await set_access(client, tenant, document_id, readers)
    note(f"{document_id} may be read by {', '.join(done.readers) or 'nobody'}, from snapshot {done.snapshot} on")


async def _require_known(addresses: Addresses, tenant: str, document_id: str) -> None:
    async with addresses.trail() as trail:
        if not await read_known(trail, tenant, [document_id]):
            raise UsageRefused(f"no document {document_id} of {tenant}", "`answerable knowledge list` shows them")


def _require_all_have_readers(sources: Iterable[Source], said: Manifest) -> None:
    if not said.entries and not said.folders:
        return  # the command line spoke for all of them
    bare = [source.document_id for source in sources if not source.details.readers]
    if bare:
        raise UsageRefused(f"no readers for {', '.join(bare[:5])}", _WHY_READERS)


@asynccontextmanager
async def _bars(total: int) -> AsyncIterator[Progress]:
    columns = (
        TextColumn("{task.description:>10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}"),
    )
    with Bars(*columns, console=notes()) as bars:
        sent, settled = (bars.add_task(name, total=total, what="") for name in ("submitted", "indexed"))
        yield Progress(
            submitted=lambda submission: bars.update(sent, advance=1, what=submission.source.document_id),
            settled=lambda fate: bars.update(settled, advance=1, what=fate.document_id),
        )


def _print_summary(planned: Plan, fates: Sequence[Fate]) -> None:
    troubles: list[tuple[str, str, str | None]] = [
        (fate.document_id, fate.outcome, fate.reason) for fate in fates if fate.outcome != "indexed"
    ]
    limit = f"larger than {LARGEST_FILE // MIB} MiB"
    troubles += [(source.document_id, "not sent", limit) for source in planned.too_large]
    if troubles:
        print_table(("document", "outcome", "reason"), sorted(troubles))
    for fate in fates:
        for line in fate.notes:
            note(f"{fate.document_id}: {line}")
    indexed = [fate for fate in fates if fate.outcome == "indexed"]
    console().print(
        f"{len(indexed)} indexed ({sum(fate.passages for fate in indexed)} passages), "
        f"{len(planned.unchanged)} unchanged, {len(troubles)} not taken",
        highlight=False,
    )


def _day(moment: str | None) -> str | None:
    return moment[:10] if moment else None
