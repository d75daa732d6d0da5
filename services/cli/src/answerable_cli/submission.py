"""Sends changes of documents, access and groups, and waits for what becomes of each."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import ValidationError

from answerable_cli.errors import NotReachable
from answerable_cli.rules import Details
from answerable_cli.sources.items import Item, Trouble, Unreadable
from answerable_events.body import EventBody
from answerable_events.codec import decode
from answerable_events.deadletters import DeadLettered
from answerable_events.documents import (
    AccessApplied,
    AccessChanged,
    DocumentIndexed,
    DocumentRejected,
    DocumentRemoved,
    DocumentSubmitted,
    DocumentWithdrawn,
    GroupApplied,
    GroupChanged,
)
from answerable_events.errors import UndecodableEvent
from answerable_events.message import Record
from answerable_events.topics import DOCUMENTS, KNOWLEDGE, dead_letter_topic
from answerable_runtime.client import BrokerClient

IN_FLIGHT = 16
"""Changes sent and not settled yet: keeps ingestion busy, and ctrl-C cheap."""

PATIENCE = timedelta(minutes=3)
"""Without any sign of ingestion for this long, it is taken to be down."""

_DEAD = dead_letter_topic(DOCUMENTS)


@dataclass(frozen=True, slots=True)
class Change:
    """An event that ingestion answers; without a body it was published before."""

    name: str
    """Document or group."""
    version: int = 0
    body: EventBody | None = None
    event_id: UUID | None = None
    """Of what was published before."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a change."""

    document_id: str
    version: int
    outcome: Literal["indexed", "rejected", "failed", "access_changed", "withdrawn"]
    reason: str | None = None
    passages: int = 0
    title: str | None = None
    notes: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    snapshot: str | None = None


class Courier:
    """Publishes changes, at most IN_FLIGHT unsettled; `settled` is told what became of each."""

    def __init__(self, client: BrokerClient, records: AsyncIterator[Record], settled: Callable[[Fate], None]) -> None:
        self._client = client
        self._records = records
        self._settled = settled
        self._open: dict[UUID, Change] = {}

    async def send(self, change: Change) -> None:
        """Publish it, once there is room.

        Raises:
            NotReachable: ingestion gives no sign of life for PATIENCE.
            BrokerUnavailable: the broker does not answer.
        """
        while len(self._open) >= IN_FLIGHT:
            await self._settle()
        identity = change.event_id
        if change.body is not None:
            identity = _id((await self._client.publish(change.body)).headers)
        if identity is not None:
            self._open[identity] = change

    async def drain(self) -> None:
        """Wait until everything is settled. Raises as `send` does."""
        while self._open:
            await self._settle()

    async def _settle(self) -> None:
        """Take one record of what ingestion writes."""
        try:
            record = await asyncio.wait_for(anext(self._records), PATIENCE.total_seconds())
        except TimeoutError:
            raise NotReachable(
                f"ingestion gave no sign of life for {PATIENCE}", "`answerable topics` shows its lag"
            ) from None
        event = _event(record)
        if event is None:
            return
        for answered in _answered(event):
            change = self._open.pop(answered, None)
            if change is not None:
                self._settled(_fate(change, event))


@asynccontextmanager
async def courier(client: BrokerClient, settled: Callable[[Fate], None]) -> AsyncIterator[Courier]:
    """A courier that misses nothing that is answered after the block was entered."""
    async with client.follow(KNOWLEDGE, _DEAD) as records:
        yield Courier(client, records, settled)


async def deliver(client: BrokerClient, change: Change) -> Fate:
    """Publish one change and wait for what becomes of it."""
    fates: list[Fate] = []
    async with courier(client, fates.append) as one:
        await one.send(change)
        await one.drain()
    return fates[0]


def submission(item: Item, content: bytes, version: int, tenant: str, now: datetime) -> Change:
    """A document, or a new version of it.

    Raises:
        Unreadable: the contract does not take what its source says of it.
    """
    details = item.details
    try:
        body = DocumentSubmitted(
            tenant=tenant,
            document_id=item.document_id,
            version=version,
            filename=item.filename,
            content=b64encode(content),
            title=details.title,
            readers=details.readers,
            denied=details.denied,
            owner=details.owner,
            collection=details.collection,
            valid_from=details.valid_from,
            valid_until=details.valid_until,
            review_by=details.review_by,
            supersedes=details.supersedes,
            encoding_hint=details.encoding_hint,
            submitted_at=now,
        )
    except ValidationError as error:
        fields = sorted({str(problem["loc"][0]) for problem in error.errors()})
        trouble = Trouble(item.document_id, "details_invalid", f"too long, or no such thing: {', '.join(fields)}")
        raise Unreadable(trouble) from None
    return Change(item.document_id, version, body)


def submitted_before(item: Item, version: int, submission_id: UUID) -> Change:
    """A submission that is under way already."""
    return Change(item.document_id, version, event_id=submission_id)


def withdrawal(document_id: str, tenant: str, now: datetime) -> Change:
    body = DocumentWithdrawn(tenant=tenant, document_id=document_id, withdrawn_at=now)
    return Change(document_id, body=body)


def access_change(document_id: str, details: Details, tenant: str, now: datetime) -> Change:
    """Give a document exactly these readers, but for those denied."""
    body = AccessChanged(
        tenant=tenant, document_id=document_id, readers=details.readers, denied=details.denied, changed_at=now
    )
    return Change(document_id, body=body)


def group_change(group: str, members: tuple[str, ...], tenant: str, now: datetime) -> Change:
    """Give a group exactly these members."""
    body = GroupChanged(tenant=tenant, group=group, members=members, changed_at=now)
    return Change(group, body=body)


def _answered(event: EventBody) -> list[UUID]:
    """Ids of the events that this one answers."""
    if not isinstance(event, DeadLettered):
        return [ancestor.event_id for ancestor in event.ancestors]
    dead = _id([(header.name, header.value) for header in event.headers])
    return [] if dead is None else [dead]


def _id(headers: Iterable[tuple[str, bytes]]) -> UUID | None:
    """Of the event with these headers; None where they do not say it legibly."""
    try:
        return UUID(dict(headers)["ce_id"].decode("ascii", "replace"))
    except (KeyError, ValueError):
        return None


def _fate(change: Change, event: EventBody) -> Fate:
    match event:
        case DocumentIndexed():
            return Fate(
                change.name, change.version, "indexed", passages=event.passages, title=event.title,
                notes=event.notes, snapshot=event.snapshot,
            )  # fmt: skip
        case DocumentRejected():
            return Fate(change.name, change.version, "rejected", event.reason)
        case DocumentRemoved():
            return Fate(change.name, change.version, "withdrawn", snapshot=event.snapshot)
        case AccessApplied():
            return Fate(change.name, change.version, "access_changed", readers=event.readers, snapshot=event.snapshot)
        case GroupApplied():
            return Fate(change.name, change.version, "access_changed", readers=event.members, snapshot=event.snapshot)
        case DeadLettered():
            return Fate(change.name, change.version, "failed", event.reason)
    raise TypeError(f"{event.TYPE} answers nothing")


def _event(record: Record) -> EventBody | None:
    try:
        return decode(record, _DEAD if record.topic == _DEAD.name else KNOWLEDGE).body
    except UndecodableEvent:
        return None
