"""The hand-written examples of `schemas/examples`: the fixtures of everything that reads events."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from answerable_events.message import EPOCH, Headers, Record
from answerable_events.topics import Topic, every_topic

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
LOGGED_AT = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
"""Time of the log record of every example: what `Event.time` falls back to."""


@dataclass(frozen=True, slots=True)
class Example:
    """One file: headers as text, key, and the body as JSON."""

    name: str
    """`<type>/v<N>/<file>`, also the test id."""
    headers: dict[str, str]
    key: str
    body: dict[str, Any]

    def __str__(self) -> str:
        return self.name

    @property
    def event_type(self) -> str:
        return self.headers["ce_type"]

    @property
    def value(self) -> bytes:
        """The body as `jq -c .body` prints it."""
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()

    @property
    def header_bytes(self) -> Headers:
        return tuple((name, text.encode()) for name, text in self.headers.items())

    def record(self, topic: Topic, *, partition: int = 0, offset: int = 0) -> Record:
        """The example as it would lie in the log of `topic`."""
        return Record(
            topic=topic.name,
            partition=partition,
            offset=offset,
            timestamp_ms=(LOGGED_AT - EPOCH) // timedelta(milliseconds=1),
            key=self.key.encode(),
            value=self.value,
            headers=self.header_bytes,
        )


@cache
def every_example() -> tuple[Example, ...]:
    return tuple(_read(path) for path in sorted(EXAMPLES.glob("*/v*/*.json")))


def examples_for(topic_name: str) -> tuple[Example, ...]:
    """Every example that may arrive on a topic, for `@pytest.mark.parametrize(..., ids=str)`.

    Raises:
        LookupError: no topic has this name.
    """
    topic = topic_named(topic_name)
    types = {event.TYPE for event in topic.events}
    return tuple(example for example in every_example() if example.event_type in types)


def example(name: str) -> Example:
    """One example by its short name, `question.asked/full`."""
    subject, _, file = name.partition("/")
    return next(one for one in every_example() if one.name == f"io.answerable.{subject}/v1/{file}")


def topic_named(name: str) -> Topic:
    for topic in every_topic():
        if topic.name == name:
            return topic
    raise LookupError(f"no topic is named {name}")


def homes() -> Iterator[tuple[Topic, Example]]:
    """Every example on every topic that may carry it, retries and dead letters included."""
    return ((topic, one) for topic in every_topic() for one in examples_for(topic.name))


def _read(path: Path) -> Example:
    content = json.loads(path.read_text("utf-8"))
    name = path.relative_to(EXAMPLES).with_suffix("").as_posix()
    return Example(name, content["headers"], content["key"], content["body"])
