"""Services with a defect planted on purpose: if the checker finds nothing wrong with them, it is worth nothing.

`python -m tests.chaos.planted DEFECT` runs retrieval, inference and validation as constant stages on the real runtime,
with one promise broken; audit runs beside them as it is, except for the defect that is about it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from answerable_audit.main import build as build_audit
from answerable_audit.settings import AuditSettings
from answerable_events.answers import AnswerReleased
from answerable_events.body import EventBody
from answerable_events.codec import Event
from answerable_events.message import Record
from answerable_events.requests import (
    ContextRetrieved,
    DraftGenerated,
    ModelUse,
    PromptUse,
    QuestionAsked,
    VerdictDecided,
)
from answerable_events.topics import CONTEXTS, DRAFTS, QUESTIONS
from answerable_runtime import delivery, kafka, runner, window
from answerable_runtime.launch import Build, launch
from answerable_runtime.logs import configure
from answerable_runtime.metrics import Metrics
from answerable_runtime.routes import Route
from answerable_runtime.service import Service
from answerable_runtime.settings import RuntimeSettings
from answerable_trail.client import Trail
from answerable_trail.rows import Row

WORK_S = 0.4
"""Long enough for a kill to strike in the middle."""


async def retrieve(event: Event[QuestionAsked], _: object) -> list[EventBody]:
    await asyncio.sleep(WORK_S)
    body = event.body
    return [
        ContextRetrieved(
            tenant=body.tenant,
            request_id=body.request_id,
            question=body.question,
            snapshot="s@1",
            passages=(),
            embedder="e@1",
        )
    ]


async def infer(event: Event[ContextRetrieved], _: object) -> list[EventBody]:
    await asyncio.sleep(WORK_S)
    body = event.body
    return [
        DraftGenerated(
            tenant=body.tenant,
            request_id=body.request_id,
            question=body.question,
            snapshot=body.snapshot,
            passages=(),
            answered=False,
            model=ModelUse(id="c", adapter="c", name="c", revision="1", duration_ms=0),
            prompt=PromptUse(name="p", version=1, sha256="0" * 64),
        )
    ]


async def validate(event: Event[DraftGenerated], _: object) -> list[EventBody]:
    body = event.body
    return [
        VerdictDecided(
            tenant=body.tenant,
            request_id=body.request_id,
            question=body.question,
            snapshot=body.snapshot,
            action="withhold",
            reason="not_known",
            confidence=0,
            threshold=0,
        )
    ]


async def validate_and_answer(event: Event[DraftGenerated], deps: object) -> list[EventBody]:
    """The defect: the answer leaves before anything is recorded."""
    body = event.body
    answer = AnswerReleased(
        tenant=body.tenant,
        request_id=body.request_id,
        asker=body.question.asker.subject,
        text="42",
        sentences=(),
        citations=(),
        confidence=1,
        decided_at=event.time,
    )
    return [*await validate(event, deps), answer]


def commit_before_publish() -> None:
    async def run(self: window.Window, record: Record) -> None:
        self._progress[record.topic, record.partition].finish(record.offset)
        await self._work(record)

    window.Window._run = run  # type: ignore[method-assign]


def random_ids() -> None:
    vars(delivery)["event_id"] = lambda *_: uuid4()


def ack_first() -> None:
    """Auto-commit behind the back of the start-up assertion, as FastStream's default does it."""
    subscribe = kafka.KafkaLog._subscribe

    def subscribe_then_spoil(self: kafka.KafkaLog, subscription: Any) -> None:
        subscribe(self, subscription)
        for subscriber in self._broker.subscribers:
            subscriber._connection_args |= {"enable_auto_commit": True, "auto_commit_interval_ms": 20}  # type: ignore[attr-defined]

    kafka.KafkaLog._subscribe = subscribe_then_spoil  # type: ignore[method-assign]


def dropped_trace_row() -> None:
    append = Trail.append
    seen = {"rows": 0}

    async def append_most(self: Trail, rows: Sequence[Row]) -> None:
        kept = []
        for row in rows:
            seen["rows"] += 1
            if seen["rows"] % 40:
                kept.append(row)
        await append(self, kept)

    Trail.append = append_most  # type: ignore[method-assign]


def answer_by_another() -> None:
    vars(runner)["require_declared"] = lambda _: None


def no_defect() -> None:
    pass


DEFECTS: Mapping[str, Callable[[], None]] = {
    "none": no_defect,
    "commit_before_publish": commit_before_publish,
    "random_ids": random_ids,
    "ack_first": ack_first,
    "dropped_trace_row": dropped_trace_row,
    "answer_by_another": answer_by_another,
}


def stages(defect: str) -> dict[str, Build]:
    validator = validate_and_answer if defect == "answer_by_another" else validate
    verdicts = (VerdictDecided, AnswerReleased) if defect == "answer_by_another" else (VerdictDecided,)
    routes = (
        ("retrieval", Route(QUESTIONS, {QuestionAsked: retrieve}, (ContextRetrieved,))),
        ("inference", Route(CONTEXTS, {ContextRetrieved: infer}, (DraftGenerated,))),
        ("validation", Route(DRAFTS, {DraftGenerated: validator}, verdicts)),
    )
    return {name: _stage(name, route) for name, route in routes}


def _stage(name: str, route: Route) -> Build:
    @asynccontextmanager
    async def build(_: Metrics) -> AsyncIterator[Service]:
        yield Service(name, routes=(route,))

    return build


def main() -> None:
    what, defect = sys.argv[1:]
    DEFECTS[defect]()
    settings: RuntimeSettings
    if what == "audit":
        audit = settings = AuditSettings()
        builds: dict[str, Build] = {"audit": lambda metrics: build_audit(audit, metrics)}
    else:
        settings = RuntimeSettings()
        builds = stages(defect)
    configure(settings.log_level)
    asyncio.run(launch(builds, settings))


if __name__ == "__main__":
    main()
