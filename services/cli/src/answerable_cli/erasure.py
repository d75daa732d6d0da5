"""Erases a person, a request or a document: record, index, effect store; then looks whether anything is left.

Each step may be repeated: whatever broke on the way, the same order again finishes the work.
"""

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from answerable_cli.residues import FilesSearched, search_files
from answerable_events.governance import RecordErased, SinkScanned, TopicRetention
from answerable_events.identity import document_correlation
from answerable_events.topics import every_topic
from answerable_knowledge.index import Index
from answerable_runtime.forgetting import EffectsEraser, Looked
from answerable_trail.erasure import Blanked, Eraser, Request, Selection
from answerable_trail.searching import Searched
from answerable_trail.texts import SHORTEST, spellings, subject_texts

Kind = Literal["subject", "request", "document"]

SEGMENT_AT_MOST = timedelta(days=7)
"""Kafka deletes whole segments, by their newest record, and begins one after this long unless told otherwise."""

MOST_TEXTS = 200
"""Looked for in the record: each is looked for in every row. The longest ones say most."""

MOST_QUOTED = 1_000
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be erased, and on whose word."""

    tenant: str
    kind: Kind
    target: str
    """Name of the asker, request id, or document id."""
    reason: str
    by: str
    with_answers: bool = False
    """Requests whose records quote the document, too."""

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.tenant}\n{self.target}".encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Sinks:
    """Every place that text gets to."""

    eraser: Eraser
    effects: EffectsEraser
    index: Index | None
    """None where its folder cannot be reached; then documents cannot be erased."""
    folders: Mapping[str, Path] = field(default_factory=dict)
    """On this machine, to look for bytes in: index, clickhouse, valkey, logs."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an order comes to."""

    selection: Selection
    quoting: tuple[Request, ...] = ()
    """Requests that quote the document and stay."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """The certificate, and where to look if anything is left."""

    certificate: RecordErased
    residues: tuple[str, ...]


@dataclass(slots=True)
class _Scan:
    """What is looked for, and what was found of it."""

    sought: frozenset[str]
    strict: frozenset[str]
    """Texts that nobody else can rightly hold."""
    scanned: list[SinkScanned] = field(default_factory=list)
    residues: list[str] = field(default_factory=list)
    shared: frozenset[str] = frozenset()

    @property
    def nobodys(self) -> frozenset[str]:
        """What no file may hold any more."""
        return (self.sought - self.shared) | self.strict

    def result(self) -> dict[str, Any]:
        """Its fields of the certificate."""
        return {
            "scanned": tuple(self.scanned),
            "residues": len(self.residues),
            "texts_sought": len(self.sought),
            "texts_shared": len(self.shared),
        }

    def note(self, sink: str, searched: int, residues: Collection[str]) -> None:
        self.scanned.append(SinkScanned(sink=sink, searched=searched, residues=len(residues)))
        self.residues += residues


async def choose(order: Order, eraser: Eraser) -> Chosen:
    """Which requests and rows the order is about. Raises ValueError for what is no request id."""
    if order.kind == "subject":
        return Chosen(await eraser.of_subject(order.tenant, order.target))
    if order.kind == "request":
        return Chosen(Selection(((order.tenant, UUID(order.target)),)))
    document = (order.tenant, document_correlation(order.tenant, order.target))
    quoting = tuple(await eraser.quoting(order.tenant, order.target))
    if order.with_answers:
        return Chosen(Selection((document, *quoting)))
    return Chosen(Selection((document,)), quoting)


async def erase(
    order: Order, chosen: Chosen, sinks: Sinks, *, erasure_id: UUID, now: datetime, canaries: Sequence[str] = ()
) -> Erasure:
    """Delete everywhere, then search. `canaries`: texts that must be nowhere afterwards, besides those that are erased.

    Raises:
        TrailUnavailable, TrailRefused, EffectsUnavailable, WriteFailed: not finished; the same order again goes on.
    """
    passages = await _passages(order, sinks)
    survey = await sinks.eraser.survey(chosen.selection)
    roots = {*chosen.selection.requests, *survey.events}
    deleted = {"effects": await sinks.effects.forget(roots)}  # first: a service would publish it once more
    if order.kind == "document" and sinks.index is not None:
        deleted["snapshots"] = await asyncio.to_thread(sinks.index.count_kept, order.tenant)
        deleted["index"] = await asyncio.to_thread(sinks.index.erase, order.tenant, order.target, now)
    done = Blanked()
    old_files = await _empty(sinks.eraser, chosen.selection, done)
    deleted["trace"] = done.positions
    roots |= done.events
    deleted["effects"] += await sinks.effects.forget(roots)
    scan = _sought(done, passages, canaries)
    scan.note("old_parts", old_files, [f"{old_files} files of deleted rows are still in use"] if old_files else [])
    await _scan(order, chosen, sinks, scan, roots)
    body = RecordErased(
        tenant=order.tenant,
        erasure_id=erasure_id,
        kind=order.kind,
        target_sha256=order.digest,
        reason=order.reason,
        by=order.by,
        positions=done.positions,
        refused=len(done.refused),
        deleted=deleted,
        quoted_in=tuple(request for _, request in chosen.quoting[:MOST_QUOTED]),
        retention=retention(done.newest),
        erased_at=now,
        **scan.result(),
    )
    return Erasure(body, tuple(scan.residues))


def retention(newest: Mapping[str, datetime]) -> tuple[TopicRetention, ...]:
    """Until when the log may hold the records, by topic; `newest`: when the last of them was written."""
    topics = {topic.name: topic.retention for topic in every_topic()}
    return tuple(
        TopicRetention(topic=name, days=kept.total_seconds() / 86_400, gone_by=newest[name] + kept + SEGMENT_AT_MOST)
        for name, kept in topics.items()
        if name in newest
    )


async def _empty(eraser: Eraser, selection: Selection, done: Blanked) -> int:
    """Blank and purge until nothing more has come; how many old files ClickHouse still holds."""
    for _ in range(_ROUNDS):
        await eraser.blank(selection, done)
        left = await eraser.purge()
        if not (await eraser.survey(selection)).positions:
            break
    return left


async def _passages(order: Order, sinks: Sinks) -> frozenset[str]:
    if order.kind != "document" or sinks.index is None:
        return frozenset()
    return await asyncio.to_thread(sinks.index.texts, order.tenant, order.target)


def _sought(done: Blanked, passages: Collection[str], canaries: Sequence[str]) -> _Scan:
    texts = {text for text in (*done.own, *passages) if len(text) >= SHORTEST}
    longest = sorted(texts, key=lambda text: (-len(text), text))[:MOST_TEXTS]
    return _Scan(frozenset(longest) | frozenset(canaries), frozenset(canaries))


async def _scan(order: Order, chosen: Chosen, sinks: Sinks, scan: _Scan, roots: Collection[Request]) -> None:
    """Search every sink. The record comes first: it tells which texts others rightly hold as well."""
    await _scan_record(order, chosen, sinks, scan)
    if order.kind == "document" and sinks.index is not None:
        scan.shared |= await asyncio.to_thread(sinks.index.quoted, order.tenant, scan.sought) - scan.strict
    names = subject_texts(order.target) if order.kind == "subject" else ()
    await _scan_effects(sinks, scan, roots)
    wanted = {
        "clickhouse": scan.nobodys,
        "valkey": scan.nobodys,
        "logs": scan.sought | frozenset(names),  # logs quote nobody, whoever else asked the same
        # A request leaves nothing in the index: what is found there is of a document that stays.
        "index": scan.nobodys if order.kind == "document" else scan.strict,
    }
    for name, folder in sinks.folders.items():
        searched: FilesSearched = await asyncio.to_thread(search_files, folder, wanted[name])
        scan.note(f"{name}_files", searched.files, [str(file) for file in searched.found])


async def _scan_record(order: Order, chosen: Chosen, sinks: Sinks, scan: _Scan) -> None:
    """Whoever has the text in records of their own may; no record that was erased may have any."""
    erased = set(chosen.selection.requests)
    searched: Searched = await sinks.eraser.search(sorted(scan.sought))
    residues: dict[str, None] = {}
    for found in searched.found:
        if (found.tenant, found.request_id) in erased or found.text in scan.strict or not found.tenant:
            residues[f"trace.{found.table}, request {found.request_id}"] = None
        else:
            scan.shared |= {found.text}
    if order.kind == "subject":
        again = await sinks.eraser.of_subject(order.tenant, order.target)
        residues |= {f"trace.events, request {request} names the person": None for _, request in again.requests}
    left = await sinks.eraser.survey(chosen.selection)
    residues |= {f"trace.events, {place.topic}/{place.partition}/{place.offset}": None for place in left.refused}
    scan.note("trace", searched.rows, list(residues))


async def _scan_effects(sinks: Sinks, scan: _Scan, roots: Collection[Request]) -> None:
    wanted = [spelling for text in scan.strict for spelling in spellings(text)]
    looked: Looked = await sinks.effects.search(lambda value: any(each in value for each in wanted))
    held = await sinks.effects.holds(roots)
    residues = [f"effect store, {key}" for key in looked.found]
    scan.note("effects", looked.values, residues + ([f"effect store, {held} results"] if held else []))
