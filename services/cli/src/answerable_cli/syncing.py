"""Brings the documents of a source in: what is new or changed is sent, what is settled is left alone.

There is no list of what was done: the record knows, and is asked. So a run that was broken off, however, goes on where
it was when the command is given again.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from answerable_cli.addresses import Addresses
from answerable_cli.documents import Known, Step, decide, gone_from, looks_like_an_accident
from answerable_cli.errors import FAILURE
from answerable_cli.known_documents import await_record, read_collection, read_given_up, read_known
from answerable_cli.progress import Progress
from answerable_cli.sources.items import Item, Trouble, Unreadable
from answerable_cli.sources.memory import Memory
from answerable_cli.submission import (
    Change,
    Courier,
    Fate,
    access_change,
    courier,
    submission,
    submitted_before,
    withdrawal,
)
from answerable_events.topics import DOCUMENTS, KNOWLEDGE
from answerable_trail.client import Trail

_AT_ONCE = 100
_HELD_AT_ONCE = 32 * 1024 * 1024
"""Documents that are looked at together, and bytes of those that have to be kept until they are sent."""

_HINT = "change it, or send it once more with --again"
_HINTS = {
    "erased": "it stays out; what is not to be forgotten needs another name",
    "withdrawn": "--again brings it back",
}
"""For documents that are kept out, by reason."""

_READ = frozenset({DOCUMENTS.name, KNOWLEDGE.name, DOCUMENTS.dead_letters})

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Wish:
    """How it is to be done."""

    tenant: str
    again: bool = False
    """Send what was rejected or withdrawn once more."""
    dry_run: bool = False


@dataclass(slots=True)
class Report:
    """What was done, or would be."""

    dry_run: bool = False
    planned: list[tuple[str, str, int, str]] = field(default_factory=list)
    """Document, action, version, reason."""
    fates: list[Fate] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept_out: list[Trouble] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    nobody: list[str] = field(default_factory=list)
    """Documents that nobody may read."""
    refused: str | None = None
    """Why documents that are gone were not withdrawn."""

    @property
    def exit_code(self) -> int:
        bad = [fate for fate in self.fates if fate.outcome in {"rejected", "failed"}]
        rejected = [one for one in self.kept_out if one.reason not in {"withdrawn", "erased"}]
        return FAILURE if bad or rejected or self.troubles or self.refused else 0


class Run:
    """One run over one source."""

    def __init__(self, trail: Trail, courier: Courier, wish: Wish, progress: Progress, memory: Memory | None) -> None:
        self.report = Report(wish.dry_run)
        self.present: set[str] = set()
        self.memory = memory
        self._trail = trail
        self._courier = courier
        self._wish = wish
        self._progress = progress
        self._given_up: frozenset[str] = frozenset()
        self._reader = ThreadPoolExecutor(1, "source")
        """Sources are read by one thread: connections of databases belong to one."""

    async def take(self, entries: Iterable[Item | Trouble]) -> None:
        """Look at each document, send what is to be sent, and wait until it is settled."""
        self._given_up = await read_given_up(self._trail, self._wish.tenant)
        iterator = iter(entries)
        while batch := await self.read(lambda: list(_batch(iterator))):
            await self._take(batch)
        await self._courier.drain()

    async def withdraw(self, collection: str, present: Iterable[str], *, force: bool) -> None:
        """Withdraw the documents of the collection that are no longer there; most of them only by force."""
        known = await read_collection(self._trail, self._wish.tenant, collection)
        still = {*present, *self.present}
        gone = gone_from(known, still)
        if not force and looks_like_an_accident(len(gone), len(known)):
            self.report.refused = f"{len(gone)} of {len(known)} documents are gone from the source"
            return
        for name in gone:
            self.report.planned.append((name, "withdraw", 0, "gone"))
            await self._send(withdrawal(name, self._wish.tenant, datetime.now(UTC)))
        await self._courier.drain()

    async def read(self, work: Callable[[], ResultT]) -> ResultT:
        """Let the source work, on its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, work)

    def close(self) -> None:
        self._reader.shutdown(wait=False, cancel_futures=True)

    async def _take(self, batch: Sequence[Item | Trouble]) -> None:
        items = [entry for entry in batch if isinstance(entry, Item) and self._is_first(entry)]
        for entry in batch:
            if isinstance(entry, Trouble):
                self._refuse(entry)
        digests = await self.read(lambda: self._digests(items))
        known = await read_known(self._trail, self._wish.tenant, list(digests))
        for item in items:
            if item.document_id in digests:
                before = self._settled(known.get(item.document_id))
                step = decide(item, digests[item.document_id], before, again=self._wish.again)
                await self._do(step, before)
        self._progress.looked_at(len(batch))

    def _is_first(self, item: Item) -> bool:
        if item.document_id in self.present:
            hint = "two documents of the source have this name: rename one"
            self.report.troubles.append(Trouble(item.document_id, "twice", hint))
            return False
        self.present.add(item.document_id)
        return True

    def _refuse(self, trouble: Trouble) -> None:
        self.present.add(trouble.document_id)
        self.report.troubles.append(trouble)

    def _digests(self, items: Sequence[Item]) -> dict[str, str]:
        """SHA-256 of each document, read or remembered; what cannot be read is a trouble."""
        markers = {item.document_id: item.marker for item in items if item.marker}
        digests = self.memory.digests(markers) if self.memory is not None else {}
        seen: list[tuple[str, str, str]] = []
        for item in items:
            if item.document_id in digests:
                continue
            try:
                digests[item.document_id] = hashlib.sha256(item.read()).hexdigest()
            except Unreadable as error:
                self.report.troubles.append(error.trouble)
                continue
            if item.marker:
                seen.append((item.document_id, item.marker, digests[item.document_id]))
        if self.memory is not None and not self._wish.dry_run:
            self.memory.remember(seen)
        return digests

    def _settled(self, known: Known | None) -> Known | None:
        """What died in ingestion has failed, though the record has no outcome of it."""
        given_up = known is not None and known.outcome == "open" and str(known.event_id) in self._given_up
        return replace(known, outcome="failed") if known is not None and given_up else known

    async def _do(self, step: Step, known: Known | None) -> None:
        item, tenant, now = step.item, self._wish.tenant, datetime.now(UTC)
        if not item.details.readers and step.action != "keep_out":
            self.report.nobody.append(item.document_id)
        match step.action:
            case "keep":
                self.report.unchanged.append(item.document_id)
                return
            case "keep_out":
                self.report.kept_out.append(Trouble(item.document_id, step.reason, _HINTS.get(step.reason, _HINT)))
                return
        self.report.planned.append((item.document_id, step.action, step.version, step.reason))
        if step.action == "change_access" or step.access_first:
            await self._send(access_change(item.document_id, item.details, tenant, now))
        if step.action == "wait" and known is not None and known.event_id is not None:
            await self._send(submitted_before(item, step.version, known.event_id))
        if step.action == "submit" and not self._wish.dry_run:
            await self._submit(step)

    async def _submit(self, step: Step) -> None:
        try:
            content = await self.read(step.item.read)
            change = submission(step.item, content, step.version, self._wish.tenant, datetime.now(UTC))
        except Unreadable as error:
            self.report.troubles.append(error.trouble)
            return
        await self._send(change)

    async def _send(self, change: Change) -> None:
        if not self._wish.dry_run:
            await self._courier.send(change)
            self._progress.sent(change.name)


@asynccontextmanager
async def running(
    addresses: Addresses, wish: Wish, progress: Progress, memory: Memory | None = None
) -> AsyncIterator[Run]:
    """A run, once the record has everything that the log had when the command was given.

    Raises:
        CliError: the record stays behind the log.
    """
    fates: list[Fate] = []

    def settled(fate: Fate) -> None:
        fates.append(fate)
        progress.settled(fate.document_id)

    async with addresses.trail() as trail, addresses.client() as client, courier(client, settled) as one:
        bounds = await client.bounds()
        await await_record(trail, {place: end for place, (_, end) in bounds.items() if place[0] in _READ})
        run = Run(trail, one, wish, progress, memory)
        run.report.fates = fates
        try:
            yield run
        finally:
            run.close()


def _batch(entries: Iterator[Item | Trouble]) -> Iterator[Item | Trouble]:
    held = 0
    for count, entry in enumerate(entries, 1):
        yield entry
        held += entry.held_bytes if isinstance(entry, Item) else 0
        if count >= _AT_ONCE or held >= _HELD_AT_ONCE:
            return
