"""What ingestion does with each event about a document."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import numpy as np

from answerable_events.body import EventBody
from answerable_events.codec import Event
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
from answerable_ingestion.adding import Added, Additions
from answerable_ingestion.examining import Incoming
from answerable_ingestion.reading import Reading, Refused, entry_of, read, refusal, usable, usable_access
from answerable_knowledge.access import is_reader
from answerable_knowledge.chunking import Passage
from answerable_knowledge.entries import IndexVersion
from answerable_knowledge.errors import Unreadable
from answerable_knowledge.index import Index
from answerable_knowledge.isolation import Parsers
from answerable_models.embedding import Embedder, Vectors
from answerable_runtime.clock import Clock
from answerable_runtime.metrics import Metrics
from answerable_runtime.threads import run_on

_EMBEDDED_AT_ONCE = 16
"""Passages per turn on the one embedding thread: documents take turns, and a given-up one stops within a second."""


@dataclass(frozen=True, slots=True)
class Deps:
    """What the handlers work with. Parsing and index run on `workers`, the model on `embedding`, a single thread.

    `snapshot_every` is how long retrieval goes on with a snapshot: a change is in force that much later.
    """

    index: Index
    additions: Additions
    embedder: Embedder
    workers: Executor
    embedding: Executor
    parsers: Parsers
    metrics: Metrics
    clock: Clock
    snapshot_every: timedelta


async def on_document_submitted(event: Event[DocumentSubmitted], deps: Deps) -> list[EventBody]:
    """Read, cut, embed, put; whatever is wrong with the document itself is an outcome, not an error.

    Raises:
        WriteFailed, ModelUnavailable, ParserUnavailable: try again.
    """
    submitted = event.body
    try:
        reading = await run_on(deps.workers, read, submitted, deps.parsers)
        entry = entry_of(submitted, reading, deps.clock.now())
    except (Unreadable, Refused) as error:
        return [_rejected(submitted, error.reason, deps)]
    vectors = await _embed(reading.passages, deps)
    added = await deps.additions.add(Incoming(entry, reading.passages), vectors)
    if not added.version.applied:
        held = await run_on(deps.workers, deps.index.document, submitted.tenant, submitted.document_id)
        if reason := refusal(submitted, reading.sha256, held):
            return [_rejected(submitted, reason, deps)]
    else:
        deps.metrics.passages.inc(len(reading.passages))
    return [_indexed(added, reading, deps)]


async def on_document_withdrawn(event: Event[DocumentWithdrawn], deps: Deps) -> list[EventBody]:
    """Take the document out, and keep out every version of it that was submitted before.

    Nothing comes of one that arrives after a version that was submitted later: that one stays.

    Raises:
        WriteFailed: try again.
    """
    body = event.body
    done = await run_on(deps.workers, deps.index.remove, body.tenant, body.document_id, body.withdrawn_at)
    if not done.applied:
        later = await run_on(deps.workers, deps.index.document, body.tenant, body.document_id)
        if later is not None:
            return []
    deps.metrics.documents.labels("removed").inc()
    return [DocumentRemoved(tenant=body.tenant, document_id=body.document_id, snapshot=done.snapshot)]


async def on_access_changed(event: Event[AccessChanged], deps: Deps) -> list[EventBody]:
    """Put the readers in force. For a document that is not here yet they are kept: a revocation is never lost.

    The outcome names the readers in force, which are those of a later change where that was here first.

    Raises:
        WriteFailed: try again.
    """
    body = event.body
    readers, denied = usable_access(body.readers, body.denied)
    change = partial(deps.index.set_readers, body.tenant, body.document_id, readers, body.changed_at, denied)
    done = await run_on(deps.workers, change)
    deps.metrics.documents.labels("access_applied").inc()
    _time_revocation(event, done, deps)
    return [
        AccessApplied(
            tenant=body.tenant,
            document_id=body.document_id,
            readers=done.readers,
            denied=done.denied,
            snapshot=done.snapshot,
        )
    ]


async def on_group_changed(event: Event[GroupChanged], deps: Deps) -> list[EventBody]:
    """Put the members in force. The outcome names those in force: of a later change where that was here first.

    A group with a name that no reader can have has no members: no document can name it.

    Raises:
        WriteFailed: try again.
    """
    body = event.body
    if not is_reader(f"group:{body.group}"):
        snapshot = await run_on(deps.workers, deps.index.snapshot, body.tenant)
        return [GroupApplied(tenant=body.tenant, group=body.group, members=(), snapshot=snapshot)]
    members = usable(body.members)
    done = await run_on(deps.workers, deps.index.set_members, body.tenant, body.group, members, body.changed_at)
    _time_revocation(event, done, deps)
    return [GroupApplied(tenant=body.tenant, group=body.group, members=done.members, snapshot=done.snapshot)]


def _time_revocation(event: Event[AccessChanged] | Event[GroupChanged], done: IndexVersion, deps: Deps) -> None:
    """From the event's own time, not from `changed_at`, which may lie years back where old rights are loaded."""
    if done.applied:
        passed = deps.clock.now() - event.time + deps.snapshot_every
        deps.metrics.revocation_seconds.observe(max(0.0, passed.total_seconds()))


async def _embed(passages: Sequence[Passage], deps: Deps) -> Vectors:
    texts = [passage.embedded_text for passage in passages]
    vectors = np.empty((len(texts), deps.embedder.dimensions), dtype=np.float32)
    for start in range(0, len(texts), _EMBEDDED_AT_ONCE):
        part = texts[start : start + _EMBEDDED_AT_ONCE]
        vectors[start : start + len(part)] = await run_on(deps.embedding, deps.embedder.embed, part)
    return vectors


def _indexed(added: Added, reading: Reading, deps: Deps) -> DocumentIndexed:
    entry, done = added.entry, added.version
    deps.metrics.documents.labels("indexed" if done.applied else "unchanged").inc()
    return DocumentIndexed(
        tenant=entry.tenant,
        document_id=entry.document_id,
        version=entry.version,
        title=entry.title,
        passages=len(reading.passages),
        snapshot=done.snapshot,
        content_sha256=entry.content_sha256,
        media_type=entry.media_type,
        encoding=reading.parsed.encoding,
        language=reading.parsed.language,
        quality=entry.quality,
        findings=entry.findings,
        notes=reading.parsed.notes,
    )


def _rejected(submitted: DocumentSubmitted, reason: str, deps: Deps) -> DocumentRejected:
    deps.metrics.documents.labels("rejected").inc()
    return DocumentRejected(
        tenant=submitted.tenant,
        document_id=submitted.document_id,
        version=submitted.version,
        reason=reason,
        filename=submitted.filename,
    )
