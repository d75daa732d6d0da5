"""What becomes of questions, with ingestion beside retrieval on one folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from answerable_events.codec import decode
from answerable_events.message import Message
from answerable_events.requests import Asker, ContextRetrieved
from answerable_events.topics import CONTEXTS, QUESTIONS
from answerable_ingestion import main as ingestion
from answerable_ingestion.settings import IngestionSettings
from answerable_knowledge.errors import SnapshotGone
from answerable_knowledge.index import Index
from answerable_models.embedding import HashingEmbedder
from answerable_retrieval import main as retrieval
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime.memory import MemoryBroker
from answerable_runtime.metrics import Metrics
from answerable_runtime.service import Service
from answerable_runtime.testing import run
from tests.support.documents import access, submitted, withdrawn
from tests.support.questions import asked


@asynccontextmanager
async def both(folder: Path) -> AsyncIterator[tuple[Service, Service]]:
    """Ingestion and retrieval, each with an index of its own on the same folder."""
    embedder, metrics = HashingEmbedder(), Metrics(CollectorRegistry())
    writing = IngestionSettings(index_path=folder)
    reading = RetrievalSettings(index_path=folder, retrieval_snapshot_every=timedelta(0), retrieval_limit=3)
    async with (
        ingestion.build(writing, metrics, embedder=embedder) as writer,
        retrieval.build(reading, metrics, embedder=embedder) as reader,
    ):
        yield writer, reader


def contexts(broker: MemoryBroker) -> list[ContextRetrieved]:
    bodies = [decode(record, CONTEXTS).body for record in broker.records(CONTEXTS.name)]
    return [body for body in bodies if isinstance(body, ContextRetrieved)]


async def ask(folder: Path, documents: list[Message], *questions: Message) -> list[ContextRetrieved]:
    async with both(folder) as (writer, reader):
        await run([writer, reader], documents, patience=60)
        return contexts(await run([writer, reader], questions, patience=60))


async def test_a_question_gets_the_passages_that_its_asker_may_read(tmp_path):
    documents = [
        submitted("handbook/leave.md", "Everyone has 27 days of annual leave."),
        submitted("hr/leave.md", "Annual leave of the director: 40 days.", readers=("group:hr",)),
        submitted("hr/nobody.md", "Annual leave that nobody may read about.", readers=()),
    ]
    [context] = await ask(tmp_path, documents, asked())
    assert [(one.label, one.source, one.readers_matched) for one in context.passages] == [
        (1, "handbook/leave.md", ("group:staff",))
    ]
    assert context.left_out == {"access": 2}
    assert context.embedder == "hashing-ngrams@1"
    assert context.snapshot == Index.open(tmp_path).snapshot("norvik")


async def test_the_same_question_to_the_same_snapshot_gives_the_same_passages(tmp_path):
    documents = [submitted(f"d{number}.md", f"Annual leave rule {number}.") for number in range(9)]
    first, second = await ask(tmp_path, documents, asked(partition=0), asked(partition=1))
    assert len(first.passages) == 3
    assert (first.passages, first.snapshot) == (second.passages, second.snapshot)


async def test_what_is_withdrawn_or_revoked_is_not_found_any_more(tmp_path):
    documents = [submitted("a.md", "Annual leave."), submitted("b.md", "Annual leave days.")]
    [before] = await ask(tmp_path, documents, asked())
    [after] = await ask(tmp_path, [withdrawn("a.md"), access("group:hr", document_id="b.md")], asked())
    assert (len(before.passages), after.passages) == (2, ())


async def test_a_tenant_without_documents_gets_an_empty_context(tmp_path):
    [context] = await ask(tmp_path, [], asked())
    assert (context.passages, context.snapshot, context.left_out) == ((), "norvik@0", {})


async def test_another_tenant_finds_nothing(tmp_path):
    [context] = await ask(tmp_path, [submitted()], asked(tenant="other"))
    assert context.passages == ()


async def test_an_asker_whose_name_nobody_can_have_gets_an_empty_context_and_no_dead_letter(tmp_path):
    async with both(tmp_path) as services:
        await run(services, [submitted()], patience=60)
        broker = await run(services, [asked(asker=Asker(subject="*", groups=(" ",)))], patience=60)
    assert [context.passages for context in contexts(broker)] == [()]
    assert broker.records(QUESTIONS.dead_letters) == []


async def test_a_question_past_its_deadline_gets_no_context(tmp_path):
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    late = asked(asked_at=long_ago, deadline=long_ago + timedelta(minutes=1))
    assert await ask(tmp_path, [submitted()], late) == []


@pytest.mark.parametrize("failures", [1, 2, 3])
async def test_a_snapshot_that_is_gone_is_replaced_by_a_fresh_one(tmp_path, monkeypatch, failures):
    search, tries = Index.search, []

    def failing(index: Index, query: object) -> object:
        tries.append(query)
        if len(tries) <= failures:
            raise SnapshotGone
        return search(index, query)  # type: ignore[arg-type]

    async with both(tmp_path) as services:
        await run(services, [submitted(content="Annual leave.")], patience=60)
        monkeypatch.setattr(Index, "search", failing)
        broker = await run(services, [asked()], patience=60)
    assert [len(context.passages) for context in contexts(broker)] == [1]
    assert broker.records(QUESTIONS.dead_letters) == []


async def test_a_question_about_the_past_gets_what_could_be_read_then_and_still_may_be(tmp_path):
    documents = [submitted("a.md", "Annual leave is 25 days."), submitted("b.md", "Annual leave of parents.")]
    async with both(tmp_path) as services:
        await run(services, documents, patience=60)
        then = datetime.now(UTC)
        changes = [submitted("a.md", "Annual leave is 27 days.", version=2), access("group:hr", document_id="b.md")]
        await run(services, changes, patience=60)
        [past] = contexts(await run(services, [asked(as_of=then)], patience=60))
        [present] = contexts(await run(services, [asked()], patience=60))
    assert [(one.document_id, one.text) for one in past.passages] == [("a.md", "Annual leave is 25 days.")]
    assert [(one.document_id, one.text) for one in present.passages] == [("a.md", "Annual leave is 27 days.")]
    assert past.unavailable is None
    assert past.snapshot.endswith(f"/{present.snapshot.removeprefix('norvik@')}")
    assert past.left_out == {"access": 1}


@pytest.mark.parametrize("away", [timedelta(days=-1), timedelta(days=1)])
async def test_a_time_of_which_nothing_is_kept_or_that_is_to_come_is_unavailable_and_not_unknown(tmp_path, away):
    question = asked(as_of=datetime.now(UTC) + away)
    [context] = await ask(tmp_path, [submitted()], question)
    assert (context.passages, context.unavailable) == ((), "as_of_unavailable")


async def test_an_asker_whose_clock_is_ahead_gets_the_present(tmp_path):
    soon = datetime.now(UTC) + timedelta(seconds=30)
    [context] = await ask(
        tmp_path, [submitted()], asked(asked_at=soon, as_of=soon, deadline=soon + timedelta(minutes=1))
    )
    assert (len(context.passages), context.unavailable) == (1, None)


async def test_questions_asked_while_documents_arrive_are_all_answered(tmp_path):
    documents = [submitted(f"d{number}.md", f"Annual leave rule {number}.") for number in range(20)]
    questions = [asked(partition=number % 6) for number in range(30)]
    async with both(tmp_path) as services:
        broker = await run(services, [*documents, *questions], patience=60)
    assert len(contexts(broker)) == 30
    assert broker.records(QUESTIONS.dead_letters) == []
