"""From the trace back into the gate: open requests, and questions that a lost log took with it."""

from collections.abc import Mapping

from answerable_audit.cases import Case, Key
from answerable_events.message import Message
from answerable_events.topics import QUESTIONS
from answerable_runtime.deadletters import RUNTIME_HEADERS
from answerable_runtime.log import Partition
from answerable_trail.client import Trail
from answerable_trail.rows import RequestState


def case_of(key: Key, state: RequestState) -> Case | None:
    """The case of a recorded request; None when nothing of it is recorded."""
    if not state.events:
        return None
    first = min(state.events, key=lambda event: event.log_time)
    case = Case(key, opened_at=first.log_time)
    for event in state.events:
        case.add(event.type, event.event_id, event.body_sha256, event.log_time, state.bodies.get(event.type))
        if event.position.topic == QUESTIONS.name:
            place = event.position
            case.question_at = (place.epoch, place.partition)  # the newest copy: events come in order of precedence
    return case


async def put_again(trail: Trail, cases: Mapping[Key, Case], epochs: Mapping[Partition, int]) -> list[Message]:
    """Open questions that are recorded but no longer in the log, as they were: same bytes, same ids.

    Raises:
        TrailUnavailable: try again.
    """
    messages = []
    for key, case in cases.items():
        if case.question_at is None or case.question is None:
            continue
        epoch, partition = case.question_at
        if epoch < epochs.get((QUESTIONS.name, partition), 0):
            rows = await trail.request(*key)
            original = next(row for row in rows if row.position.topic == QUESTIONS.name)
            headers = tuple((name, value) for name, value in original.headers if name not in RUNTIME_HEADERS)
            messages.append(Message(QUESTIONS.name, original.key, original.body, headers, partition))
    return messages
