"""Whole requests in a sealed log: events as the services encode them, from question to outcome."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from answerable_events.answers import AnswerFailed, AnswerReleased, AnswerWithheld
from answerable_events.body import Ancestor, EventBody
from answerable_events.codec import Event, Producer, decode, encode
from answerable_events.message import Message, Record
from answerable_events.requests import VerdictDecided
from answerable_events.topics import ANSWERS, QUESTIONS, VERDICTS, Topic, dead_letter_topic
from answerable_runtime.deadletters import Death, bury
from tests.support.bundles import STARTED_AT, Line, SealedLog, dumped
from tests.support.requests import flow

AUDIT = Producer("/answerable/audit", "audit-1", 1)


def asked(number: int, tenant: str = "norvik", *, partition: int = 0, **changes: Any) -> tuple[Message, ...]:
    """Question, context, draft and verdict of a request that has the number as its id."""
    now = STARTED_AT + timedelta(seconds=number)
    return flow(request_id=UUID(int=number), tenant=tenant, now=now, partition=partition, **changes).messages


def answered(log: SealedLog, verdict: Line, **receipt: Any) -> Line:
    """Write the outcome that follows from a sealed verdict, with the receipt of the verdict's leaf.

    `receipt` replaces parts of it, and None takes one out; with `checkpoint=None` it is a promise.
    """
    event = event_of(verdict, VERDICTS)
    body = event.body
    assert isinstance(body, VerdictDecided)
    kind = AnswerReleased if body.action == "release" else AnswerWithheld
    fields = {**body.model_dump(), "asker": "ada", "text": "27 days.", "explanation": "No.", "decided_at": STARTED_AT}
    message = outcome_of(kind.model_validate(fields), event.lineage, verdict["position"]["partition"])
    if "checkpoint" not in receipt:
        receipt["checkpoint"] = log.checkpoint((verdict["tree"]["tenant"], verdict["tree"]["shard"]))
    whole = {name: verdict[name] for name in ("tree", "event_id", "leaf_index", "leaf_hash")} | receipt
    kept = {name: value for name, value in whole.items() if value is not None}
    return log.write(replace(message, value=message.value[:-1] + b',"receipt":' + dumped(kept) + b"}"))


def failed(log: SealedLog, number: int, tenant: str = "norvik", *, partition: int = 0) -> Line:
    """A question that died, and its outcome."""
    message = asked(number, tenant, partition=partition)[0]
    question = log.write(message)
    place = record_of(question)
    death = Death("processing_error", "KeyError", 3)
    grave = log.write(bury(place, death, topic=QUESTIONS, producer=AUDIT, now=STARTED_AT))
    ancestors = [event_of(question, QUESTIONS).as_ancestor, event_of(grave, dead_letter_topic(QUESTIONS)).as_ancestor]
    fields = {"tenant": tenant, "request_id": UUID(int=number), "asker": "ada", "explanation": "A step failed."}
    outcome = AnswerFailed.model_validate({**fields, "reason": "processing_error", "decided_at": STARTED_AT})
    return log.write(outcome_of(outcome, ancestors, partition))


def outcome_of(body: EventBody, ancestors: Sequence[Ancestor], partition: int) -> Message:
    resting = body.resting_on(tuple(ancestors))
    return encode(resting, topic=ANSWERS, producer=AUDIT, now=STARTED_AT, partition=partition)


def event_of(line: Line, topic: Topic) -> Event[EventBody]:
    return decode(record_of(line), topic)


def record_of(line: Line) -> Record:
    position = line["position"]
    return Record(
        position["topic"],
        position["partition"],
        position["offset"],
        line["log_time_ms"],
        base64.b64decode(line["key"]),
        base64.b64decode(line["body"]),
        tuple((name, base64.b64decode(value)) for name, value in line["headers"]),
    )


RELEASED, WITHHELD, ELSEWHERE, FAILED, ERASED, OTHER = range(1, 7)
"""Request ids in `several_requests`; the last one is not exported."""
REQUESTS = (
    ("norvik", UUID(int=RELEASED)),
    ("norvik", UUID(int=WITHHELD)),
    ("acme", UUID(int=ELSEWHERE)),
    ("acme", UUID(int=FAILED)),
    ("norvik", UUID(int=ERASED)),
)


def several_requests(**changes: Any) -> SealedLog:
    """Two tenants, two shards; requests that overlap, one that was tried again, one that failed, one that was erased.

    `changes` are of the first request: `text`, `asker` and so on.
    """
    log = SealedLog()
    first, second = asked(RELEASED, **changes), asked(WITHHELD, action="withhold", reason="low_confidence")
    log.write(asked(OTHER)[0])
    for one, other in zip(first[:3], second[:3], strict=True):
        log.write(one)
        log.write(other)
    log.write(first[1], topic="contexts-retry")
    withheld = log.write(second[3])
    answered(log, log.write(first[3]))
    answered(log, withheld, checkpoint=None, promised_by="2026-11-03T09:01:00Z")
    for message in asked(ERASED)[:3]:
        log.write(message)
    answered(log, log.write(asked(ERASED)[3]))
    for message in asked(ELSEWHERE, "acme", partition=1)[:3]:
        log.write(message)
    failed(log, FAILED, "acme", partition=1)
    answered(log, log.write(asked(ELSEWHERE, "acme", partition=1)[3]))
    log.write(asked(OTHER)[1])
    log.erase(UUID(int=ERASED))
    return log
