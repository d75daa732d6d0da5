"""The services of this process on an in-memory broker: a step at a time, or all the while."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

from answerable_events.body import EventBody
from answerable_events.codec import Event, Producer, decode, encode
from answerable_events.documents import AccessChanged, DocumentSubmitted, DocumentWithdrawn, GroupChanged
from answerable_events.message import Message
from answerable_events.requests import Asker, ContextRetrieved
from answerable_events.topics import CONTEXTS, DOCUMENTS
from answerable_inference import main as inference
from answerable_inference.settings import InferenceSettings
from answerable_ingestion import main as ingestion
from answerable_ingestion.settings import IngestionSettings
from answerable_models.embedding import HashingEmbedder
from answerable_retrieval import main as retrieval
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime.memory import MemoryBroker
from answerable_runtime.metrics import Metrics
from answerable_runtime.service import Service
from answerable_runtime.testing import runner
from answerable_validation import main as validation
from answerable_validation.settings import ValidationSettings
from tests.access.organisation import Changed, Fact, Members, Person, Submitted, Withdrawn, moment
from tests.support.questions import asked

UPSTREAM = Producer(source="/tests/access", id="access", sequence=1)


@dataclass(frozen=True)
class Services:
    """What works on one index."""

    ingestion: Service
    retrieval: Service
    inference: Service
    validation: Service

    @property
    def all(self) -> tuple[Service, ...]:
        return self.ingestion, self.retrieval, self.inference, self.validation


@asynccontextmanager
async def services(folder: Path, metrics: Metrics, *, snapshot_every: timedelta) -> AsyncIterator[Services]:
    """Every service as it is, but for the embedder: hashed words, which need no model. No answer is unsure here."""
    embedder = HashingEmbedder()
    every = {"index_path": folder}
    async with AsyncExitStack() as stack:
        yield Services(
            await stack.enter_async_context(
                ingestion.build(IngestionSettings.model_validate(every), metrics, embedder=embedder)
            ),
            await stack.enter_async_context(
                retrieval.build(
                    RetrievalSettings.model_validate(every | {"retrieval_snapshot_every": snapshot_every}),
                    metrics,
                    embedder=embedder,
                )
            ),
            await stack.enter_async_context(inference.build(InferenceSettings(), metrics, embedder=embedder)),
            await stack.enter_async_context(
                validation.build(
                    ValidationSettings.model_validate(every | {"validation_development_threshold": 0}), metrics
                )
            ),
        )


@asynccontextmanager
async def running(parts: Iterable[Service], broker: MemoryBroker) -> AsyncIterator[None]:
    """The services at work while the block runs."""
    stop = asyncio.Event()
    runners = [runner(part, broker) for part in parts]
    async with asyncio.TaskGroup() as group:
        for each in runners:
            group.create_task(each.run(stop))
        try:
            for each in runners:
                await each.started.wait()
            yield
        finally:
            stop.set()


def message_of(fact: Fact, begin: datetime) -> Message:
    """The fact as its owner publishes it."""
    at = moment(fact.at, begin)
    body: EventBody
    match fact:
        case Submitted():
            body = submission(fact, begin)
        case Changed():
            body = AccessChanged(
                tenant=fact.tenant,
                document_id=fact.document,
                readers=tuple(fact.readers),
                denied=tuple(fact.denied),
                changed_at=at,
            )
        case Withdrawn():
            body = DocumentWithdrawn(tenant=fact.tenant, document_id=fact.document, withdrawn_at=at)
        case Members():
            body = GroupChanged(tenant=fact.tenant, group=fact.group, members=tuple(fact.members), changed_at=at)
    return published(body)


def submission(fact: Submitted, begin: datetime) -> DocumentSubmitted:
    text = "\n\n".join(f"## Part {number}\n\n{text}" for number, text in enumerate(fact.texts, start=1))
    return DocumentSubmitted.model_validate(
        {
            "tenant": fact.tenant,
            "document_id": fact.document,
            "version": fact.version,
            "filename": fact.document.rpartition("/")[2],
            "title": fact.canary,
            "content": b64encode(text.encode()),
            "readers": tuple(fact.readers),
            "denied": tuple(fact.denied),
            "valid_from": None if fact.begins is None else moment(fact.begins, begin),
            "valid_until": None if fact.ends is None else moment(fact.ends, begin),
            "supersedes": fact.supersedes,
            "submitted_at": moment(fact.at, begin),
        }
    )


def published(body: EventBody) -> Message:
    return encode(body, topic=DOCUMENTS, producer=UPSTREAM, now=datetime.now(UTC), identity=uuid4())


def question_of(person: Person, text: str, request_id: UUID) -> Message:
    asker = Asker(subject=person.name, groups=person.groups)
    deadline = datetime.now(UTC) + timedelta(hours=1)
    return asked(text, request_id=request_id, tenant=person.tenant, asker=asker, deadline=deadline)


def contexts_of(broker: MemoryBroker, requests: Collection[UUID]) -> dict[UUID, Event[ContextRetrieved]]:
    """The contexts of these requests that are there."""
    events = (decode(record, CONTEXTS) for record in broker.records(CONTEXTS.name))
    found = (cast("Event[ContextRetrieved]", event) for event in events)
    return {event.body.request_id: event for event in found if event.body.request_id in requests}
