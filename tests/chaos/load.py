"""Questions and poison, published as upstream does it."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from answerable_events.codec import Producer, encode
from answerable_events.documents import DocumentSubmitted
from answerable_events.message import Message
from answerable_events.requests import Asker, QuestionAsked
from answerable_events.topics import DOCUMENTS, PARTITIONS, QUESTIONS, Topic
from answerable_runtime.log import Log
from tests.chaos.checker import POISON_HEADER

UPSTREAM = Producer(source="/chaos/upstream", id="chaos", sequence=1)
FACTS = {
    "annual leave": "Everyone at the company has 27 days of annual leave in a calendar year.",
    "the meal allowance": "The meal allowance on business trips is 42 euros for a full day.",
    "the parking fee": "The parking fee in the garage is 8 euros for a day.",
    "the notice period": "The notice period after the trial period is 3 months to the end of a quarter.",
    "the laptop budget": "The laptop budget is 1,600 euros for every new colleague.",
}
QUESTIONS_ASKED = (
    "How many days of annual leave does everyone have?",
    "How high is the meal allowance on business trips?",
    "How much is the parking fee for a day?",
    "How long is the notice period after the trial period?",
    "What is the laptop budget for a new colleague?",
    "Who won the chess tournament in the canteen?",
)


def documents() -> list[Message]:
    import base64  # noqa: PLC0415

    return [
        encode(
            DocumentSubmitted(
                tenant="norvik",
                document_id=f"{name}.md",
                version=1,
                filename=f"{name}.md",
                content=base64.b64encode(f"# About {name}\n\n{text}\n".encode()),
                readers=("group:staff",),
                submitted_at=datetime.now(UTC),
            ),
            topic=DOCUMENTS,
            producer=UPSTREAM,
            now=datetime.now(UTC),
        )
        for name, text in FACTS.items()
    ]


def question(request_id: UUID, text: str, *, allowed: timedelta) -> Message:
    now = datetime.now(UTC)
    body = QuestionAsked(
        tenant="norvik",
        request_id=request_id,
        text=text,
        asker=Asker(subject="ada", groups=("staff",)),
        asked_at=now,
        deadline=now + allowed,
    )
    return encode(body, topic=QUESTIONS, producer=UPSTREAM, now=now)


def poison(topics: Sequence[Topic], draw: random.Random) -> list[Message]:
    """Messages that nobody can read, some in each topic; each different, each marked."""
    found = []
    for number, topic in enumerate([*topics] * 3):
        whole = question(uuid4(), f"poison {number}", allowed=timedelta(minutes=5))
        kind = draw.choice(("garbage", "unknown type", "missing header", "wrong tenant"))
        headers = dict(whole.headers)
        value = whole.value
        if kind == "garbage":
            value = b"\xff\x00{" + str(number).encode() * 50
        elif kind == "unknown type":
            headers["ce_type"] = b"io.answerable.question.asked.v99"
        elif kind == "missing header":
            del headers["ce_specversion"]
        else:
            headers["ce_tenant"] = b"someone-else"
        marked = (*headers.items(), (POISON_HEADER, kind.encode()))
        found.append(Message(topic.name, whole.key, value, marked, draw.randrange(PARTITIONS)))
    return found


async def ask(log: Log, texts: Sequence[str], *, over: float, allowed: timedelta, draw: random.Random) -> None:
    """Publish questions spread over `over` seconds; one in twenty is sent twice, as a nervous upstream does."""
    pause = over / max(1, len(texts))
    for text in texts:
        message = question(uuid4(), text, allowed=allowed)
        await log.publish([message])
        if draw.random() < 0.05:
            await log.publish([message])
        await asyncio.sleep(pause * draw.uniform(0, 2))
