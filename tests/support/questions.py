"""Builders of questions as they arrive."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from answerable_events.codec import Producer, encode
from answerable_events.message import Message
from answerable_events.requests import Asker, QuestionAsked
from answerable_events.topics import QUESTIONS

UPSTREAM = Producer(source="/tests/upstream", id="tests", sequence=1)


def question(
    text: str = "How many days of annual leave do I have?", *, request_id: UUID | None = None, **changes: object
) -> QuestionAsked:
    fields: dict[str, object] = {
        "tenant": "norvik",
        "asker": Asker(subject="ada", groups=("staff",)),
        "asked_at": datetime.now(UTC),
        "deadline": datetime.now(UTC) + timedelta(seconds=60),
    }
    return QuestionAsked.model_validate({"request_id": request_id or uuid4(), "text": text, **fields, **changes})


def asked(
    text: str = "How many days of annual leave do I have?", *, request_id: UUID | None = None, **changes: object
) -> Message:
    """A `question.asked` message; `partition` may be given."""
    partition = changes.pop("partition", None)
    assert partition is None or isinstance(partition, int)
    body = question(text, request_id=request_id, **changes)
    return encode(body, topic=QUESTIONS, producer=UPSTREAM, now=datetime.now(UTC), partition=partition)
