"""Whole services: rights that change while questions are under way, and what stands on topics, in logs and metrics."""

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

from prometheus_client import CollectorRegistry, generate_latest

from answerable_events.codec import Event, Producer, decode, encode
from answerable_events.message import Message
from answerable_events.requests import (
    ContextRetrieved,
    DraftGenerated,
    DraftSentence,
    ModelUse,
    PromptUse,
    VerdictDecided,
)
from answerable_events.topics import DRAFTS, VERDICTS
from answerable_knowledge.index import Index
from answerable_runtime import testing
from answerable_runtime.logs import configure
from answerable_runtime.memory import MemoryBroker
from answerable_runtime.metrics import Metrics
from tests.access.findings import Findings
from tests.access.organisation import (
    TENANTS,
    Fact,
    Organisation,
    Person,
    permitted_at_last,
    question_about,
    readable,
    rules,
)
from tests.access.stage import Services, contexts_of, message_of, question_of, services

PATIENCE_S = 300.0
BEGAN = timedelta(days=30)
"""The organisation's first fact lies that far back, and all others between it and now."""

_INFERENCE = Producer(source="/tests/access/inference", id="access", sequence=1)


@dataclass(frozen=True)
class Size:
    """How much is tried."""

    documents: int = 14
    people: int = 6
    groups: int = 7
    rounds: int = 3
    changes: int = 16


@dataclass
class Verdicts:
    """What became of drafts, some of whose sources were taken away before their verdict."""

    decided: int = 0
    released: int = 0
    revoked: int = 0
    released_after_revocation: int = 0
    false_alarms: int = 0


async def try_services(folder: Path, seed: int, size: Size, findings: Findings) -> Verdicts:
    """Facts through ingestion, questions through retrieval, drafts through validation; then logs and metrics."""
    log, metrics = io.StringIO(), Metrics(CollectorRegistry())
    configure("debug", stream=log)
    organisation = Organisation(seed, documents=size.documents, people=size.people, groups=size.groups)
    async with services(folder, metrics, snapshot_every=timedelta(0)) as parts:
        trial = _Trial(parts, organisation, findings)
        await trial.learn(organisation.founding())
        for _ in range(size.rounds):
            await trial.learn(organisation.changes(size.changes))
            asked = await trial.ask()
            await trial.learn(organisation.changes(size.changes))  # while the drafts are being written
            await trial.decide(asked)
        await trial.lose_a_snapshot(folder)
    configure("critical")
    findings.judge("logs", log.getvalue(), ())
    findings.judge("metrics", generate_latest(metrics.registry).decode(), ())
    return trial.verdicts


class _Trial:
    """The services, an organisation whose facts they are told, and what was found."""

    def __init__(self, parts: Services, organisation: Organisation, findings: Findings) -> None:
        self.verdicts = Verdicts()
        self._parts = parts
        self._organisation = organisation
        self._findings = findings
        self._broker = MemoryBroker()
        self._begin = datetime.now(UTC) - BEGAN
        self._facts: list[Fact] = []

    async def learn(self, fresh: Sequence[Fact]) -> None:
        arriving = self._organisation.arrival(fresh, self._facts)
        messages = [message_of(fact, self._begin) for fact in arriving]
        await testing.run([self._parts.ingestion], messages, broker=self._broker, patience=PATIENCE_S)
        self._facts += fresh

    async def ask(self) -> dict[UUID, Person]:
        """Everybody asks for every document by its word; a context holds what is permitted, and nothing else."""
        documents = {tenant: rules(tenant, self._facts) for tenant in TENANTS}
        wanted = {
            uuid4(): (person, target)
            for person in self._organisation.people
            for target, _, _ in documents[person.tenant].values()
        }
        messages = [_question(person, target.codeword, request) for request, (person, target) in wanted.items()]
        await testing.run([self._parts.retrieval], messages, broker=self._broker, patience=PATIENCE_S)
        found = contexts_of(self._broker, wanted)
        may = {person: readable(person, self._facts, self._organisation.now) for person in self._organisation.people}
        for request, (person, target) in wanted.items():
            context = found[request].body
            self._findings.searches += 1
            self._findings.triples += len(documents[person.tenant])
            permitted = {version.canary for version in may[person].values()}
            self._findings.judge("contexts", context.model_dump_json(), permitted)
            given = {passage.document_id for passage in context.passages}
            self._findings.hidden["contexts"] += target.document in may[person] and target.document not in given
        return {request: person for request, (person, _) in wanted.items()}

    async def decide(self, asked: dict[UUID, Person]) -> None:
        """Drafts quote what they were given, and were written before the last facts; their verdicts come after."""
        contexts = contexts_of(self._broker, asked)
        drafts = [draft_of(context) for context in contexts.values() if context.body.passages]
        await testing.run([self._parts.validation], drafts, broker=self._broker, patience=PATIENCE_S)
        gone = {person: _gone(person, self._facts) for person in self._organisation.people}
        for verdict in _verdicts(self._broker, asked):
            given = {passage.document_id for passage in contexts[verdict.request_id].body.passages}
            revoked = bool(given & gone[asked[verdict.request_id]])
            self.verdicts.decided += 1
            self.verdicts.revoked += revoked
            self.verdicts.released += verdict.action == "release"
            self.verdicts.released_after_revocation += revoked and verdict.action != "withhold"
            self.verdicts.false_alarms += not revoked and verdict.reason == "access_changed"

    async def lose_a_snapshot(self, folder: Path) -> None:
        """A document is erased, and every snapshot that services still use with it: they find a newer one."""
        document = min(rules(TENANTS[0], self._facts))
        Index.open(folder).erase(TENANTS[0], document, datetime.now(UTC))
        self._facts = [fact for fact in self._facts if not _about(fact, TENANTS[0], document)]
        await self.ask()


def draft_of(context: Event[ContextRetrieved]) -> Message:
    """What a model that copies the first passage would say."""
    body = context.body
    sentence = body.passages[0].text.rpartition("\n")[2]
    draft = DraftGenerated(
        tenant=body.tenant,
        request_id=body.request_id,
        question=body.question,
        snapshot=body.snapshot,
        passages=body.passages,
        answered=True,
        sentences=(DraftSentence(text=sentence, citations=(1,)),),
        model=ModelUse(id="copies", adapter="none", name="copies", revision="1", duration_ms=1),
        prompt=PromptUse(name="answer", version=1, sha256="0" * 64),
    )
    resting = draft.resting_on(context.lineage)
    return encode(resting, topic=DRAFTS, producer=_INFERENCE, now=datetime.now(UTC), cause=context)


def _question(person: Person, codeword: str, request: UUID) -> Message:
    return question_of(person, question_about(codeword), request)


def _gone(person: Person, facts: Collection[Fact]) -> set[str]:
    """Documents of the tenant that the person may not read any more: withdrawn, or not permitted."""
    permitted = permitted_at_last(person, facts)
    return {document for document in rules(person.tenant, facts) if permitted.get(document, True)}


def _verdicts(broker: MemoryBroker, asked: Collection[UUID]) -> list[VerdictDecided]:
    bodies = (cast("VerdictDecided", decode(record, VERDICTS).body) for record in broker.records(VERDICTS.name))
    return [verdict for verdict in bodies if verdict.request_id in asked]


def _about(fact: Fact, tenant: str, document: str) -> bool:
    return fact.tenant == tenant and getattr(fact, "document", None) == document
