"""What retrieval does with a question."""

from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

from answerable_events.body import EventBody
from answerable_events.codec import Event
from answerable_events.requests import ContextRetrieved, Question, QuestionAsked
from answerable_knowledge.entries import Query
from answerable_knowledge.errors import SnapshotGone
from answerable_knowledge.index import Index
from answerable_knowledge.questions import searched
from answerable_models.embedding import Embedder
from answerable_retrieval.contexts import AS_OF_UNAVAILABLE, asker_principals, context_of, context_without
from answerable_runtime.clock import Clock
from answerable_runtime.snapshots import Snapshots
from answerable_runtime.threads import run_on


@dataclass(frozen=True, slots=True)
class Deps:
    """What the handler works with. Searches run on `workers`, the model on `embedding`, a single thread."""

    index: Index
    embedder: Embedder
    snapshots: Snapshots
    workers: Executor
    embedding: Executor
    limit: int
    max_tokens: int
    clock: Clock


async def on_question_asked(event: Event[QuestionAsked], deps: Deps) -> list[EventBody]:
    """Search what the asker may read, in one pinned snapshot.

    Nothing for a question past its deadline: its outcome is decided already, and a context would only cost a model
    call. A tenant without documents gets an empty context, which ends as an honest "not known".

    Raises:
        SnapshotGone: twice in a row; try again.
        ModelUnavailable: try again.
    """
    question = event.body.question
    now = deps.clock.now()
    if now >= question.answer_by:
        return []
    if question.as_of is not None:
        return [await _context_of_the_past(question, question.as_of, now, deps)]
    snapshot = await deps.snapshots.current(question.tenant)
    try:
        return [await find_context(question, snapshot, now, deps)]
    except SnapshotGone:
        fresh = await deps.snapshots.replace(question.tenant, snapshot)
        return [await find_context(question, fresh, now, deps)]


async def find_context(question: Question, snapshot: str, now: datetime, deps: Deps) -> ContextRetrieved:
    """What the asker may read in a snapshot that answers the question; `now` decides which documents are in force.

    The same three give the same context, byte for byte: a replay calls this with what is on record.

    Raises:
        SnapshotGone: it is not kept.
        ModelUnavailable: try again.
    """
    text = searched(question.text)
    [vector] = await run_on(deps.embedding, deps.embedder.embed, [text])
    query = Query(
        tenant=question.tenant,
        text=text,
        vector=vector,
        principals=asker_principals(question.asker),
        snapshot=snapshot,
        limit=deps.limit,
        now=now,
    )
    found = await run_on(deps.workers, deps.index.search, query)
    return context_of(question, found, embedder_of(deps), deps.max_tokens)


def embedder_of(deps: Deps) -> str:
    """As the context names it."""
    return f"{deps.embedder.name}@{deps.embedder.revision}"


async def _context_of_the_past(question: Question, as_of: datetime, now: datetime, deps: Deps) -> ContextRetrieved:
    """From the snapshot of that time. What is not kept, or was never there, is not "not known": it is unavailable."""
    if as_of <= max(now, question.asked_at):
        moment = judged_at(question, now)
        try:
            snapshot = await run_on(deps.workers, deps.index.snapshot_as_of, question.tenant, moment)
            return await find_context(question, snapshot, moment, deps)
        except SnapshotGone:
            pass  # by retention or an erasure, or the index is younger than the question
    current = await deps.snapshots.current(question.tenant)
    return context_without(question, current, embedder_of(deps), AS_OF_UNAVAILABLE)


def judged_at(question: Question, now: datetime) -> datetime:
    """The moment that decides which documents are in force; an asker whose clock is a little ahead means now."""
    return now if question.as_of is None else min(question.as_of, now)
