"""Those who write to the log while audit reads it: askers and the services that answer them, a bit at a time."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from answerable_events.codec import Producer, encode
from answerable_events.documents import DocumentSubmitted
from answerable_events.message import Message, Record
from answerable_events.requests import Asker
from answerable_events.topics import DOCUMENTS, QUESTIONS
from answerable_runtime.deadletters import Death, bury
from answerable_runtime.memory import MemoryBroker
from tests.support.requests import flow

TENANTS = ("norvik", "acme")
Key = tuple[str, UUID]


@dataclass
class Asked:
    """A request: what is still to be written of it, and a text that only its records may hold."""

    key: Key
    asker: str
    canary: str
    coming: list[Message]
    written: list[Message] = field(default_factory=list)
    erased: bool = False


@dataclass
class Askers:
    """`shards`: the partitions that they write to. Numbers are taken modulo whatever there is."""

    broker: MemoryBroker
    shards: tuple[int, int]
    now: Callable[[], datetime]
    requests: dict[Key, Asked] = field(default_factory=dict)
    documents: dict[tuple[str, str], str] = field(default_factory=dict)
    """By tenant and document id, what only their records may hold."""

    def ask(self, where: int, kind: int, written: int) -> None:
        """A new request: answered, withheld, tried again on the way, or given up. Some of it is written at once."""
        key, shard = (TENANTS[where // 2 % 2], uuid4()), self.shards[where % 2]
        asker, canary = f"person-{len(self.requests)}", f"canary-{key[1].hex}"
        action, reason = ("withhold", "low_confidence") if kind % 4 == 1 else ("release", None)
        whole = flow(
            request_id=key[1], tenant=key[0], now=self.now(), partition=shard, asker=Asker(subject=asker),
            text=f'What does "{canary}" owe?', action=action, reason=reason,
        )  # fmt: skip
        coming = [_of_its_own_run(message) for message in whole.messages]
        if kind % 4 == 2:
            coming.insert(2, replace(coming[1], topic="contexts-retry"))
        if kind % 4 == 3:
            coming[1:] = [self._dead(coming[0], key, shard)]
        self.requests[key] = Asked(key, asker, canary, coming)
        self._write(self.requests[key], 1 + written)

    def go_on(self, which: int, count: int) -> None:
        """More messages of a request."""
        if self.requests:
            self._write(list(self.requests.values())[which % len(self.requests)], 1 + count)

    def write_again(self, which: int, message: int) -> None:
        """A copy, as at-least-once delivery makes them."""
        started = [asked for asked in self.requests.values() if asked.written and not asked.erased]
        if started:
            written = started[which % len(started)].written
            self.broker.append(written[message % len(written)])

    def write_other(self, where: int, illegible: int) -> None:
        """A document, or what nobody can read."""
        tenant, name, shard = TENANTS[where // 2 % 2], f"document-{uuid4().hex}.md", self.shards[where % 2]
        if illegible % 2:
            self.broker.append(Message("questions", b"key", b"\xff{", (), shard))
            return
        content = b64encode(f"canary-{name}".encode()).decode()
        body = DocumentSubmitted(
            tenant=tenant, document_id=name, version=1, filename=name, content=content, submitted_at=self.now()
        )
        message = encode(body, topic=DOCUMENTS, producer=Producer("/upstream", name, 1), now=self.now())
        self.broker.append(replace(message, partition=shard))
        self.documents[tenant, name] = content

    def records_of(self, name: str) -> list[Record]:
        """Everything in the log of a request id or a document id."""
        return [record for log in self.broker.logs.values() for record in log if record.key == name.encode()]

    def _write(self, asked: Asked, count: int) -> None:
        now, asked.coming = asked.coming[:count], asked.coming[count:]
        asked.written += now
        for message in now:
            self.broker.append(message)

    def _dead(self, question: Message, key: Key, shard: int) -> Message:
        at = Record(question.topic, shard, 0, 0, question.key, question.value, question.headers)
        producer = Producer("/answerable/retrieval", key[1].hex, 1)
        death = Death("processing_error", "KeyError", 3)
        return replace(bury(at, death, topic=QUESTIONS, producer=producer, now=self.now()), partition=shard)


def _of_its_own_run(message: Message) -> Message:
    """Numbers of a run must not repeat: each message comes from a run that wrote nothing else."""
    run = (message.key or b"") + b"/" + message.topic.encode()
    headers = tuple((name, run if name == "ce_producerid" else value) for name, value in message.headers)
    return replace(message, headers=headers)
