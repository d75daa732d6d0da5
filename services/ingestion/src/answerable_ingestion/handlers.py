"""What ingestion does with each event about a document."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

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
)
from answerable_ingestion.reading import Limits, Reading, Refused, entry_of, read, refusal, usable
from answerable_knowledge.chunking import Passage
from answerable_knowledge.entries import IndexVersion
from answerable_knowledge.errors import Unreadable
from answerable_knowledge.index import Index
from answerable_models.embedding import Embedder, Vectors
from answerable_runtime.clock import Clock
from answerable_runtime.metrics import Metrics
from answerable_runtime.threads import run_on

_EMBEDDED_AT_ONCE = 16
"""Passages per turn on the one embedding thread: documents take turns, and a given-up one stops within a second."""


@dataclass(frozen=True, slots=True)
class Deps:
    """What the handlers work with. Parsing and index run on `workers`, the model on `embedding`, a single thread."""

    index: Index
    embedder: Embedder
    workers: Executor
    embedding: Executor
    limits: Limits
    metrics: Metrics
    clock: Clock


async def on_document_submitted(event: Event[DocumentSubmitted], deps: Deps) -> list[EventBody]:
    """Read, cut, embed, put; whatever is wrong with the document itself is an outcome, not an error.

    Raises:
        WriteFailed, ModelUnavailable: try again.
    """
    submitted = event.body
    try:
        reading = await run_on(deps.workers, read, submitted, deps.limits)
        entry = entry_of(submitted, reading, deps.clock.now())
    except (Unreadable, Refused) as error:
        return [_rejected(submitted, error.reason, deps)]
    vectors = await _embed(reading.passages, deps)
    done = await run_on(deps.workers, deps.index.put, entry, reading.passages, vectors)
    if not done.applied:
        held = await run_on(deps.workers, deps.index.document, submitted.tenant, submitted.document_id)
        if reason := refusal(submitted, reading.sha256, held):
            return [_rejected(submitted, reason, deps)]
    else:
        deps.metrics.passages.inc(len(reading.passages))
    return [_indexed(submitted, reading, done, deps)]


async def on_document_withdrawn(event: Event[DocumentWithdrawn], deps: Deps) -> list[EventBody]:
    """Take the document out, and keep out every version of it that was submitted before.

    Raises:
        WriteFailed: try again.
    """
    body = event.body
    done = await run_on(deps.workers, deps.index.remove, body.tenant, body.document_id, body.withdrawn_at)
    deps.metrics.documents.labels("removed").inc()
    return [DocumentRemoved(tenant=body.tenant, document_id=body.document_id, snapshot=done.snapshot)]


async def on_access_changed(event: Event[AccessChanged], deps: Deps) -> list[EventBody]:
    """Put the readers in force. For a document that is not here yet they are kept: a revocation is never lost.

    The outcome names the readers in force, which are those of a later change where that was here first.

    Raises:
        WriteFailed: try again.
    """
    body = event.body
    wanted = usable(body.readers)
    done = await run_on(deps.workers, deps.index.set_readers, body.tenant, body.document_id, wanted, body.changed_at)
    deps.metrics.documents.labels("access_applied").inc()
    return [
        AccessApplied(
            tenant=body.tenant, document_id=body.document_id, readers=done.readers or (), snapshot=done.snapshot
        )
    ]


async def _embed(passages: Sequence[Passage], deps: Deps) -> Vectors:
    texts = [passage.embedded_text for passage in passages]
    vectors = np.empty((len(texts), deps.embedder.dimensions), dtype=np.float32)
    for start in range(0, len(texts), _EMBEDDED_AT_ONCE):
        part = texts[start : start + _EMBEDDED_AT_ONCE]
        vectors[start : start + len(part)] = await run_on(deps.embedding, deps.embedder.embed, part)
    return vectors


def _indexed(submitted: DocumentSubmitted, reading: Reading, done: IndexVersion, deps: Deps) -> DocumentIndexed:
    deps.metrics.documents.labels("indexed" if done.applied else "unchanged").inc()
    return DocumentIndexed(
        tenant=submitted.tenant,
        document_id=submitted.document_id,
        version=submitted.version,
        title=reading.parsed.title,
        passages=len(reading.passages),
        snapshot=done.snapshot,
        content_sha256=reading.sha256,
        media_type=reading.parsed.media_type,
        encoding=reading.parsed.encoding,
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
