"""A request as the log holds it, and a trail on a real ClickHouse engine."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from answerable_events.answers import AnswerReleased, AnswerWithheld
from answerable_events.body import EventBody
from answerable_events.codec import Event, Producer, decode, encode
from answerable_events.message import Record
from answerable_events.requests import (
    Asker,
    CheckResult,
    Citation,
    ContextRetrieved,
    DraftGenerated,
    DraftSentence,
    ModelUse,
    Passage,
    PromptUse,
    QuestionAsked,
    VerdictDecided,
)
from answerable_events.topics import ANSWERS, CONTEXTS, DRAFTS, QUESTIONS, VERDICTS, Topic
from answerable_trail.client import Trail, connect
from answerable_trail.identity import identify
from answerable_trail.rows import Row
from tests.support.servers import TOKEN

ASKED_AT = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
PRODUCER = Producer("/test", "run-1", 0)


@asynccontextmanager
async def fresh_trail(url: str) -> AsyncIterator[Trail]:
    """A migrated, empty trail on the endpoint at `url`."""
    async with connect(with_password(url)) as trail:
        await trail.query("DROP DATABASE IF EXISTS trace SYNC")
        await trail.migrate()
        yield trail


def with_password(url: str) -> str:
    return url.replace("http://", f"http://answerable:{TOKEN}@")


def record(
    offset: int, *, topic: str = "questions", partition: int = 0, body: bytes = b"{}", **attributes: str
) -> Record:
    """Any record; attributes become `ce_*` headers."""
    headers = tuple((f"ce_{name}", value.encode()) for name, value in attributes.items())
    return Record(topic, partition, offset, 1_793_696_400_000 + offset, b"key", body, headers)


def rows(*records: Record, epoch: int = 1) -> list[Row]:
    return [Row(epoch, one, identify(one)) for one in records]


@dataclass
class Log:
    """Writes events to a log in memory, as services would: next offset of the topic, one second apart."""

    partition: int = 0
    records: list[Record] = field(default_factory=list)

    def write(self, body: EventBody, topic: Topic, *, at: datetime) -> Event[EventBody]:
        message = encode(body, topic=topic, producer=PRODUCER, now=at)
        offset = sum(one.topic == topic.name for one in self.records)
        when = int(at.timestamp() * 1000)
        written = Record(topic.name, self.partition, offset, when, message.key, message.value, message.headers)
        self.records.append(written)
        return decode(written, topic)

    def of(self, *topics: Topic) -> list[Record]:
        return [one for one in self.records if one.topic in {topic.name for topic in topics}]


def question(request_id: UUID, tenant: str = "acme") -> QuestionAsked:
    return QuestionAsked(
        tenant=tenant,
        request_id=request_id,
        text="How many days of leave?",
        asker=Asker(subject="ada"),
        asked_at=ASKED_AT,
    )


def released_request(log: Log, request_id: UUID, tenant: str = "acme") -> list[Event[EventBody]]:
    """Question to released answer; two passages, of which the first is cited; stages of 1, 2, 3 and 4 seconds."""
    asked = question(request_id, tenant)
    first = log.write(asked, QUESTIONS, at=ASKED_AT)
    passages = tuple(_passage(label) for label in (1, 2))
    context = ContextRetrieved(
        tenant=tenant,
        request_id=request_id,
        ancestors=first.lineage,
        question=asked.question,
        snapshot="v7",
        passages=passages,
        embedder="minilm",
    )
    second = log.write(context, CONTEXTS, at=ASKED_AT + timedelta(seconds=1))
    sentences = (DraftSentence(text="Thirty days.", citations=(1,)),)
    draft = DraftGenerated(
        tenant=tenant,
        request_id=request_id,
        ancestors=second.lineage,
        question=asked.question,
        snapshot="v7",
        passages=passages,
        answered=True,
        sentences=sentences,
        prompt=PromptUse(name="answer", version=2, sha256="0" * 64),
        model=ModelUse(
            id="small",
            adapter="openai",
            name="tiny-1",
            revision="r1",
            input_tokens=900,
            output_tokens=12,
            cost_usd=0.25,
            duration_ms=1500,
        ),
    )
    third = log.write(draft, DRAFTS, at=ASKED_AT + timedelta(seconds=3))
    citations = (_citation(passages[0]),)
    verdict = VerdictDecided(
        tenant=tenant,
        request_id=request_id,
        ancestors=third.lineage,
        question=asked.question,
        snapshot="v7",
        action="release",
        sentences=sentences,
        citations=citations,
        checks=_checks(),
        confidence=0.9,
        threshold=0.8,
    )
    fourth = log.write(verdict, VERDICTS, at=ASKED_AT + timedelta(seconds=6))
    answer = AnswerReleased(
        tenant=tenant,
        request_id=request_id,
        ancestors=fourth.lineage,
        asker="ada",
        text="Thirty days.",
        sentences=sentences,
        citations=citations,
        confidence=0.9,
        decided_at=ASKED_AT + timedelta(seconds=10),
    )
    return [first, second, third, fourth, log.write(answer, ANSWERS, at=ASKED_AT + timedelta(seconds=10))]


def withheld_request(log: Log, request_id: UUID, tenant: str = "acme") -> None:
    """Question and outcome, nothing between."""
    log.write(question(request_id, tenant), QUESTIONS, at=ASKED_AT)
    answer = AnswerWithheld(
        tenant=tenant, request_id=request_id, asker="ada", reason="not_known", explanation="No.", decided_at=ASKED_AT
    )
    log.write(answer, ANSWERS, at=ASKED_AT + timedelta(seconds=2))


def _passage(label: int) -> Passage:
    return Passage(
        label=label,
        passage_id=f"p{label}",
        document_id=f"d{label}",
        document_version=label,
        title=f"Title {label}",
        source=f"file{label}.pdf",
        locator="page 3",
        text="Leave is thirty days.",
        scores={"bm25": label / 2},
        readers_matched=("user:ada",),
    )


def _citation(passage: Passage) -> Citation:
    return Citation(
        label=passage.label,
        passage_id=passage.passage_id,
        document_id=passage.document_id,
        document_version=passage.document_version,
        title=passage.title,
        source=passage.source,
        locator=passage.locator,
    )


def _checks() -> Sequence[CheckResult]:
    return (
        CheckResult(name="citations_resolve", version=1, passed=True, score=1.0),
        CheckResult(name="supported", version=3, passed=False, score=0.25, reason="unsupported"),
    )
