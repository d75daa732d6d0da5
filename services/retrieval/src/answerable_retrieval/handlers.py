"""What retrieval does with a question."""

from concurrent.futures import Executor
from dataclasses import dataclass, replace

from answerable_events.body import EventBody
from answerable_events.codec import Event
from answerable_events.requests import QuestionAsked
from answerable_knowledge.entries import Query
from answerable_knowledge.errors import SnapshotGone
from answerable_knowledge.index import Index
from answerable_models.embedding import Embedder
from answerable_retrieval.contexts import asker_principals, context_of
from answerable_retrieval.snapshots import Snapshots
from answerable_runtime.clock import Clock
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
    [vector] = await run_on(deps.embedding, deps.embedder.embed, [question.text])
    query = Query(
        tenant=question.tenant,
        text=question.text,
        vector=vector,
        principals=asker_principals(question.asker),
        snapshot=await deps.snapshots.current(question.tenant),
        limit=deps.limit,
        now=now,
    )
    try:
        found = await run_on(deps.workers, deps.index.search, query)
    except SnapshotGone:
        fresh = await deps.snapshots.replace(question.tenant, query.snapshot)
        found = await run_on(deps.workers, deps.index.search, replace(query, snapshot=fresh))
    return [context_of(question, found, f"{deps.embedder.name}@{deps.embedder.revision}")]
