"""A stage whose handler a test supplies: questions in, contexts out, as retrieval has it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from answerable_events.body import EventBody
from answerable_events.codec import Event
from answerable_events.requests import ContextRetrieved, QuestionAsked
from answerable_events.topics import QUESTIONS
from answerable_runtime.routes import FailureBudget, RetryPolicy, Route
from answerable_runtime.service import Service

QuestionHandler = Callable[[Event[QuestionAsked], Any], Awaitable[Sequence[EventBody]]]

QUICK = RetryPolicy(
    tries_in_place=2, backoff=timedelta(0), later=(timedelta(milliseconds=50), timedelta(milliseconds=50))
)


def context_of(event: Event[QuestionAsked]) -> ContextRetrieved:
    return ContextRetrieved(
        tenant=event.body.tenant,
        request_id=event.body.request_id,
        question=event.body.question,
        snapshot="norvik@1",
        passages=(),
        embedder="none@1",
    )


async def answer_at_once(event: Event[QuestionAsked], _: object) -> list[EventBody]:
    return [context_of(event)]


def stage(
    handler: QuestionHandler = answer_at_once,
    *,
    concurrency: int = 8,
    budget: FailureBudget | None = None,
    **route: Any,
) -> Service:
    return Service(
        name="retrieval",
        routes=(
            Route(
                topic=QUESTIONS,
                handlers={QuestionAsked: handler},
                outputs=(ContextRetrieved,),
                concurrency=concurrency,
                retry=route.pop("retry", QUICK),
                budget=budget or FailureBudget(),
                **route,
            ),
        ),
    )
