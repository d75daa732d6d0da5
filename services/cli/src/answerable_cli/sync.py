"""What `knowledge sync` does: a source is opened, brought in, and what is gone from it withdrawn."""

import asyncio
from collections.abc import Sized
from dataclasses import dataclass, replace
from pathlib import Path

from answerable_cli.addresses import Addresses, locate
from answerable_cli.errors import UsageRefused
from answerable_cli.manifest import Manifest
from answerable_cli.output import note
from answerable_cli.progress import progress_bars
from answerable_cli.rules import Details
from answerable_cli.sources.columns import mark_as_text, mark_from_text
from answerable_cli.sources.items import Source
from answerable_cli.sources.memory import Memory, memory_of
from answerable_cli.sources.opening import checked_name, name_of, open_source
from answerable_cli.sources.table import Query, TableSource, digest_of
from answerable_cli.sync_view import show
from answerable_cli.syncing import Report, Wish, running


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says."""

    place: str | None
    query: Query | None
    name: str | None
    details: Details
    wish: Wish
    delete: bool = False
    force: bool = False
    full: bool = False
    """Read all of it, whatever is remembered."""
    moved: bool = False
    """The source of this name is at another place now."""


async def sync(asked: Asked, data: Path, *, as_json: bool) -> int:
    """`knowledge sync`; the exit status.

    Raises:
        UsageRefused, CliError: the source as a whole cannot be read, or is another one than that of this name.
    """
    name, addresses = checked_name(asked.name or _default_name(asked)), locate(data)
    with memory_of(data, asked.wish.tenant, name) as memory:
        source = await asyncio.to_thread(_open, asked, name, memory)
        _require_same_place(asked, name, source, memory)
        try:
            report = await _bring(asked, name, source, memory, addresses)
        except asyncio.CancelledError:
            note("interrupted: what was sent stays, and the same command goes on from there")
            raise
        if not asked.wish.dry_run:
            memory.set_fact("location", source.location)
    show(report, as_json=as_json)
    return report.exit_code


async def _bring(asked: Asked, name: str, source: Source, memory: Memory, addresses: Addresses) -> Report:
    entries = await asyncio.to_thread(source.items)
    with progress_bars(len(entries) if isinstance(entries, Sized) else None) as progress:
        async with running(addresses, asked.wish, progress, None if asked.full else memory) as run:
            await run.take(entries)
            if asked.delete:
                present = await run.read(lambda: source.every_id(run.present))
                await run.withdraw(name, present, force=asked.force)
            report = run.report
    if isinstance(source, TableSource) and asked.query is not None:
        _keep_watermark(asked, source, report, memory)
    return report


def _default_name(asked: Asked) -> str:
    if asked.place is None:
        raise UsageRefused("--sql needs a --name", "ids of its documents begin with it")
    return name_of(asked.place)


def _open(asked: Asked, name: str, memory: Memory) -> Source:
    prefix, details = f"{name}/", replace(asked.details, collection=name)
    if asked.query is None:
        assert asked.place is not None
        return open_source(asked.place, prefix, Manifest(default=details))
    mark = memory.fact("watermark")
    same_query = memory.fact("query") == digest_of(asked.query)
    since = mark_from_text(mark) if mark is not None and same_query and not asked.full else None
    return TableSource(asked.query, prefix, details, since)


def _require_same_place(asked: Asked, name: str, source: Source, memory: Memory) -> None:
    """Two sources of one name would take turns in withdrawing each other's documents."""
    before = memory.fact("location")
    if before not in {None, source.location} and not asked.moved:
        raise UsageRefused(
            f"{name} is the source at {before}",
            "give this one another --name; or say --moved, if it is the same at a new place",
        )


def _keep_watermark(asked: Asked, source: TableSource, report: Report, memory: Memory) -> None:
    """Once all before it is settled. What failed for a reason of ours is read again next time."""
    if source.unmarked:
        note(f"{source.unmarked} rows have no watermark: they are read every time")
    failed = any(fate.outcome == "failed" for fate in report.fates)
    if source.reached is None or failed or asked.wish.dry_run or asked.query is None:
        return
    memory.set_fact("query", digest_of(asked.query))
    memory.set_fact("watermark", mark_as_text(source.reached))
