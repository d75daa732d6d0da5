"""Sends documents, and waits for what becomes of each."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from answerable_cli.documents import Submission
from answerable_cli.errors import CliError, NotReachable
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
)
from answerable_events.errors import UndecodableEvent
from answerable_events.message import EPOCH, Record
from answerable_events.topics import DOCUMENTS, KNOWLEDGE, dead_letter_topic
from answerable_runtime.client import BrokerClient

IN_FLIGHT = 16
"""Documents sent and not settled yet: keeps ingestion busy, and ctrl-C cheap."""

PATIENCE = timedelta(minutes=3)
"""Without any document settled for this long, ingestion is taken to be down."""

_DEAD = dead_letter_topic(DOCUMENTS)

DoneT = TypeVar("DoneT", bound=EventBody)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a submitted version."""

    document_id: str
    version: int
    outcome: Literal["indexed", "rejected", "failed"]
    reason: str | None = None
    passages: int = 0
    title: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Progress:
    """Told about each step; both do nothing unless given."""

    submitted: Callable[[Submission], None] = lambda _: None
    settled: Callable[[Fate], None] = lambda _: None


@dataclass(slots=True)
class _Waiting:
    """Versions that were sent and have no fate yet, by document."""

    open: dict[str, Submission] = field(default_factory=dict)
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IN_FLIGHT))

    def settle(self, fate: Fate) -> bool:
        submission = self.open.get(fate.document_id)
        if submission is None or submission.version != fate.version:
            return False
        del self.open[fate.document_id]
        self.room.release()
        return True


async def submit(
    client: BrokerClient, submissions: Sequence[Submission], tenant: str, progress: Progress
) -> list[Fate]:
    """Send every document, at most IN_FLIGHT unsettled, and return what became of them.

    Raises:
        NotReachable: ingestion settles nothing for PATIENCE.
        BrokerUnavailable: the broker does not answer.
    """
    waiting = _Waiting()
    fates: list[Fate] = []

    async def send() -> None:
        for submission in submissions:
            await waiting.room.acquire()
            waiting.open[submission.source.document_id] = submission
            body = await asyncio.to_thread(_body, submission, tenant, datetime.now(UTC))
            await client.publish(body, ordinal=submission.version)
            progress.submitted(submission)

    async with client.follow(KNOWLEDGE, _DEAD) as records, _task(send) as sending:
        while len(fates) < len(submissions):
            record = await _next(records, sending)
            fate = _fate(record, tenant, waiting.open)
            if fate is not None and waiting.settle(fate):
                fates.append(fate)
                progress.settled(fate)
    return fates


async def withdraw(client: BrokerClient, tenant: str, document_id: str) -> DocumentRemoved:
    """Take a document back, and wait until it is out of the index."""
    now = datetime.now(UTC)
    body = DocumentWithdrawn(tenant=tenant, document_id=document_id, withdrawn_at=now)
    return await _change(client, body, now, DocumentRemoved)


async def set_access(client: BrokerClient, tenant: str, document_id: str, readers: tuple[str, ...]) -> AccessApplied:
    """Give a document exactly these readers, and wait until they are in force."""
    now = datetime.now(UTC)
    body = AccessChanged(tenant=tenant, document_id=document_id, readers=readers, changed_at=now)
    return await _change(client, body, now, AccessApplied)


async def _change(
    client: BrokerClient, body: DocumentWithdrawn | AccessChanged, now: datetime, done: type[DoneT]
) -> DoneT:
    async with client.follow(KNOWLEDGE, _DEAD) as records:
        await client.publish(body, ordinal=(now - EPOCH) // timedelta(microseconds=1))
        while True:
            event = _event(await _next(records))
            if event is None or event.correlation_id != body.correlation_id:
                continue
            if isinstance(event, done):
                return event
            if isinstance(event, DeadLettered):
                raise CliError(f"ingestion gave it up: {event.reason}", "`answerable dlq list` shows it")


def _body(submission: Submission, tenant: str, now: datetime) -> DocumentSubmitted:
    source, details = submission.source, submission.source.details
    try:
        return DocumentSubmitted(
            tenant=tenant,
            document_id=source.document_id,
            version=submission.version,
            filename=source.path.name,
            content=b64encode(source.path.read_bytes()),
            title=details.title,
            readers=details.readers,
            owner=details.owner,
            valid_from=details.valid_from,
            valid_until=details.valid_until,
            supersedes=details.supersedes,
            encoding_hint=details.encoding_hint,
            submitted_at=now,
        )
    except ValidationError as error:
        where = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors())
        raise CliError(f"{source.document_id} cannot be submitted: {where} not as the contract says") from None


def _fate(record: Record, tenant: str, open_ones: Mapping[str, Submission]) -> Fate | None:
    event = _event(record)
    if event is None or event.tenant != tenant:
        return None
    match event:
        case DocumentIndexed():
            return Fate(
                event.document_id, event.version, "indexed",
                passages=event.passages, title=event.title, notes=event.notes,
            )  # fmt: skip
        case DocumentRejected():
            return Fate(event.document_id, event.version, "rejected", event.reason)
        case DeadLettered():
            document_id = (event.key or b"").decode("utf-8", "replace")
            submission = open_ones.get(document_id)
            if submission is not None and _version(event) == submission.version:
                return Fate(document_id, submission.version, "failed", event.reason)
    return None


def _version(letter: DeadLettered) -> int | None:
    try:
        body = json.loads(letter.value)
    except ValueError:
        return None
    version = body.get("version") if isinstance(body, dict) else None
    return version if isinstance(version, int) else None


def _event(record: Record) -> EventBody | None:
    try:
        return decode(record, _DEAD if record.topic == _DEAD.name else KNOWLEDGE).body
    except UndecodableEvent:
        return None


async def _next(records: AsyncIterator[Record], beside: "asyncio.Task[None] | None" = None) -> Record:
    """The next record, unless the task beside breaks first."""
    coming = asyncio.ensure_future(anext(records))
    watched: set[asyncio.Future[Any]] = {coming}
    if beside is not None and not beside.done():
        watched.add(beside)
    try:
        while not coming.done():
            done, watched = await asyncio.wait(
                watched, timeout=PATIENCE.total_seconds(), return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                raise NotReachable(
                    f"ingestion gave no sign of life for {PATIENCE}", "`answerable topics` shows its lag"
                )
            for task in done:
                task.result()
        return coming.result()
    finally:
        coming.cancel()


@asynccontextmanager
async def _task(work: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(work())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
