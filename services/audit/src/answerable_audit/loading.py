"""From the trace back into the gate: open requests, and questions that a lost log took with it."""

from collections.abc import Mapping, Sequence

from answerable_audit.cases import KEPT_BODIES, Case, Key, state_event
from answerable_events.message import Message
from answerable_events.topics import DOCUMENTS, QUESTIONS
from answerable_runtime.deadletters import RUNTIME_HEADERS
from answerable_runtime.log import Partition
from answerable_trail.client import Trail
from answerable_trail.reading import precedence
from answerable_trail.rows import Position, RequestState, Row, TraceRow


def case_of(key: Key, state: RequestState) -> Case | None:
    """The case of a recorded request; None when nothing of it is recorded."""
    if not state.events:
        return None
    first = min(state.events, key=lambda event: event.log_time)
    case = Case(key, opened_at=first.log_time)
    for event in state.events:
        case.add(event, state.bodies.get(event.type))
        if event.position.topic == QUESTIONS.name:
            place = event.position
            case.question_at = (place.epoch, place.partition)  # the newest copy: events come in order of precedence
    return case


def joined(state: RequestState, rows: Sequence[Row]) -> RequestState:
    """What is recorded once `rows` are, whether or not `state` holds some of them already."""
    events = {event.position: event for event in state.events}
    values: dict[Position, bytes] = {}
    for row in rows:
        event = state_event(row)
        events[event.position] = event
        values[event.position] = row.record.value
    ordered = sorted(events.values(), key=lambda event: precedence(event.position))
    bodies: dict[str, bytes] = {}
    for event in ordered:
        if event.type in KEPT_BODIES and event.type not in bodies:
            bodies[event.type] = values.get(event.position) or state.bodies.get(event.type, b"")
    return RequestState(tuple(ordered), bodies)


async def put_again(trail: Trail, cases: Mapping[Key, Case], epochs: Mapping[Partition, int]) -> list[Message]:
    """What is recorded but went with a lost log: open questions, and documents that ingestion did not answer.

    As they were: same bytes, same ids. A question that a person decides about has its draft; no other one would count.

    Raises:
        TrailUnavailable: try again.
    """
    rows = await trail.unfinished_documents({place[1]: e for place, e in epochs.items() if place[0] == DOCUMENTS.name})
    for key, case in cases.items():
        if case.question_at is None or case.question is None or case.review_by is not None:
            continue
        epoch, partition = case.question_at
        if epoch < epochs.get((QUESTIONS.name, partition), 0):
            recorded = await trail.request(*key)
            rows.append(next(row for row in recorded if row.position.topic == QUESTIONS.name))
    return [_original(row) for row in rows]


def _original(row: TraceRow) -> Message:
    headers = tuple((name, value) for name, value in row.headers if name not in RUNTIME_HEADERS)
    return Message(row.position.topic, row.key, row.body, headers, row.position.partition)
