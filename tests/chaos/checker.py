"""Decides whether the promises were kept, from the topics and ClickHouse alone. Knows nothing of how services work."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from answerable_events.answers import AnswerFailed
from answerable_events.body import RequestBody
from answerable_events.codec import Event, decode
from answerable_events.deadletters import DeadLettered
from answerable_events.errors import UndecodableEvent
from answerable_events.identity import event_id
from answerable_events.message import Record
from answerable_events.requests import VerdictDecided
from answerable_events.topics import DEAD_LETTER_SUFFIX, PARTITIONS, QUESTIONS, RETRY_SUFFIX, every_topic
from answerable_runtime.kafka_reader import KafkaReader
from answerable_runtime.settings import RuntimeSettings
from answerable_trail.client import Trail, connect

POISON_HEADER = "x-poison"
"""Marks the messages that the load meant to be unreadable, so that the topics themselves say which they are."""

LOST_REASONS = frozenset({"deadline_exceeded", "trace_incomplete", "retries_exhausted"})
"""The load sets deadlines that a working system keeps, whatever is killed: such an outcome is a lost question."""

Place = tuple[str, int, int]


@dataclass
class Findings:
    """What is wrong, by kind; empty lists mean that the promises held."""

    questions: int = 0
    lost: list[str] = field(default_factory=list)
    duplicate_outcomes: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    rows_missing: list[Place] = field(default_factory=list)
    rows_extra: list[Place] = field(default_factory=list)
    rows_altered: list[Place] = field(default_factory=list)
    dead_letters_missing: list[str] = field(default_factory=list)
    dead_letters_extra: list[str] = field(default_factory=list)
    foreign_ids: list[Place] = field(default_factory=list)
    """Events of services whose id is not the one that request, tenant and type give."""
    foreign_outcomes: list[Place] = field(default_factory=list)
    """Outcomes that were not written by audit, or that do not rest on a recorded verdict."""

    @property
    def problems(self) -> dict[str, int]:
        found = {name: len(value) for name, value in vars(self).items() if isinstance(value, list)}
        return {name: count for name, count in found.items() if count}


async def check(settings: RuntimeSettings, clickhouse_url: str) -> Findings:
    """Read everything there is and compare."""
    records = await read_log(settings)
    async with connect(clickhouse_url) as trail:
        rows = await read_trace(trail)
    findings = Findings()
    _check_rows(records, rows, findings)
    _check_outcomes(records, findings)
    _check_dead_letters(records, findings)
    _check_ids(records, findings)
    return findings


async def read_log(settings: RuntimeSettings) -> list[Record]:
    """Every record of every topic."""
    reader = KafkaReader(settings, "checker")
    places = [(topic.name, number) for topic in every_topic() for number in range(PARTITIONS)]
    return [record async for record in reader.read(await reader.bounds(places))]


async def read_trace(trail: Trail) -> dict[Place, tuple[str, int]]:
    """SHA-256 of the body, and rows, by log position; hashed anew from the bytes that are stored."""
    table = await trail.query(
        "SELECT topic, partition, offset, any(lower(hex(SHA256(body)))), uniqExact(body) FROM trace.events "
        "GROUP BY topic, partition, offset"
    )
    return {(topic, partition, offset): (digest, copies) for topic, partition, offset, digest, copies in table.rows}  # type: ignore[misc]


def _check_rows(records: Sequence[Record], rows: Mapping[Place, tuple[str, int]], findings: Findings) -> None:
    log = {record.position: hashlib.sha256(record.value).hexdigest() for record in records}
    findings.rows_missing = sorted(log.keys() - rows.keys())
    findings.rows_extra = sorted(rows.keys() - log.keys())
    findings.rows_altered = sorted(place for place in log.keys() & rows.keys() if rows[place] != (log[place], 1))


def _check_outcomes(records: Sequence[Record], findings: Findings) -> None:
    decoded = {event.id: event for _, event in decodable(records)}
    questions = {
        event.body.correlation_id: event for record, event in decodable(records) if record.topic == QUESTIONS.name
    }
    outcomes = [(record, event) for record, event in decodable(records) if record.topic == "answers"]
    count = Counter(event.body.correlation_id for _, event in outcomes)
    findings.questions = len(questions)
    findings.lost = [str(request) for request in questions if not count[request]]
    findings.duplicate_outcomes = [str(request) for request, number in count.items() if number > 1]
    for record, event in outcomes:
        body = event.body
        if isinstance(body, AnswerFailed):
            if body.reason in LOST_REASONS and body.request_id in questions:
                findings.lost.append(str(body.request_id))
        elif not _rests_on_a_verdict(event, decoded):
            findings.foreign_outcomes.append(record.position)
        if event.source != "/answerable/audit":
            findings.foreign_outcomes.append(record.position)
        question = questions.get(body.correlation_id)
        if question is not None and record.time > question.body.question.answer_by:  # type: ignore[attr-defined]
            findings.late.append(str(body.correlation_id))


def _rests_on_a_verdict(outcome: Event[RequestBody], decoded: Mapping[UUID, Event[RequestBody]]) -> bool:
    named = [decoded.get(ancestor.event_id) for ancestor in outcome.body.ancestors]
    return any(event is not None and isinstance(event.body, VerdictDecided) for event in named) and None not in named


def _check_dead_letters(records: Sequence[Record], findings: Findings) -> None:
    def name(topic: str, value: bytes) -> str:
        return f"{topic.removesuffix(RETRY_SUFFIX)}:{hashlib.sha256(value).hexdigest()[:16]}"

    poison = {
        name(record.topic, record.value)
        for record in records
        if POISON_HEADER in record.header_texts() and not record.topic.endswith(DEAD_LETTER_SUFFIX)
    }
    letters = set()
    for record in records:
        if record.topic.endswith(DEAD_LETTER_SUFFIX):
            body = DeadLettered.model_validate_json(record.value)
            letters.add(name(body.topic, body.value))
    findings.dead_letters_missing = sorted(poison - letters)
    findings.dead_letters_extra = sorted(letters - poison)


def _check_ids(records: Sequence[Record], findings: Findings) -> None:
    """Requests only: one event of each type, so the ordinal is 0."""
    for record, event in decodable(records):
        body = event.body
        if record.topic != QUESTIONS.name and event.id != event_id(body.request_id, body.tenant, body.TYPE, 0):
            findings.foreign_ids.append(record.position)


def decodable(records: Sequence[Record]) -> list[tuple[Record, Event[RequestBody]]]:
    """The legible events about requests, in log order, each from its own topic (retries are copies)."""
    topics = {topic.name: topic for topic in every_topic()}
    found: list[tuple[Record, Event[RequestBody]]] = []
    for record in records:
        if record.topic.endswith((RETRY_SUFFIX, DEAD_LETTER_SUFFIX)):
            continue
        try:
            event = decode(record, topics[record.topic])
        except UndecodableEvent:
            continue
        if isinstance(event.body, RequestBody):
            found.append((record, event))  # type: ignore[arg-type]
    return found
