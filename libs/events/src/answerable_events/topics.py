"""The registry of topics: topic creation, AsyncAPI, subscriptions and the topology test all read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from answerable_events.answers import AnswerFailed, AnswerRecalled, AnswerReleased, AnswerWithheld
from answerable_events.body import EventBody
from answerable_events.deadletters import DeadLettered
from answerable_events.documents import (
    AccessApplied,
    AccessChanged,
    DocumentIndexed,
    DocumentRejected,
    DocumentRemoved,
    DocumentSubmitted,
    DocumentWithdrawn,
    GroupApplied,
    GroupChanged,
)
from answerable_events.feedback import AnswerAudited, FeedbackGiven
from answerable_events.governance import (
    CertificateRevoked,
    CertificateSigned,
    CheckpointSigned,
    RecordErased,
    TraceChecked,
)
from answerable_events.requests import ContextRetrieved, DraftGenerated, QuestionAsked, VerdictDecided
from answerable_events.reviews import ReviewCompleted, ReviewRefused, ReviewSubmitted

PARTITIONS = 6
"""The same for every topic: a request keeps its partition number, and one audit instance owns it everywhere."""

KIB = 1024
MIB = 1024 * KIB

RETRY_SUFFIX = "-retry"
DEAD_LETTER_SUFFIX = "-dlq"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: what it carries, who writes it, who reads it."""

    name: str
    events: tuple[type[EventBody], ...]
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    max_message_bytes: int = MIB
    retention: timedelta = timedelta(days=7)
    retried: bool = False
    """Processed by a service that may try again later; such a topic has a retry topic."""

    @property
    def retry(self) -> str:
        return self.name + RETRY_SUFFIX

    @property
    def dead_letters(self) -> str:
        return self.name + DEAD_LETTER_SUFFIX


QUESTIONS = Topic(
    "questions",
    (QuestionAsked,),
    producers=("upstream", "gateway", "audit"),
    consumers=("retrieval", "audit"),
    max_message_bytes=256 * KIB,
    retried=True,
)
CONTEXTS = Topic(
    "contexts",
    (ContextRetrieved,),
    producers=("retrieval",),
    consumers=("inference", "audit"),
    retried=True,
)
DRAFTS = Topic("drafts", (DraftGenerated,), producers=("inference",), consumers=("validation", "audit"), retried=True)
VERDICTS = Topic(
    "verdicts",
    (VerdictDecided, ReviewCompleted, ReviewRefused),
    producers=("validation",),
    consumers=("audit", "gateway"),
)
REVIEWS = Topic(
    "reviews",
    (ReviewSubmitted,),
    producers=("gateway",),
    consumers=("validation", "audit"),
    max_message_bytes=3 * MIB,
    retried=True,
)
ANSWERS = Topic(
    "answers",
    (AnswerReleased, AnswerWithheld, AnswerFailed),
    producers=("audit",),
    consumers=("upstream", "gateway", "audit"),
)
DOCUMENTS = Topic(
    "documents",
    (DocumentSubmitted, DocumentWithdrawn, AccessChanged, GroupChanged),
    producers=("upstream", "gateway", "cli", "audit"),
    consumers=("ingestion", "audit"),
    max_message_bytes=16 * MIB,
    retried=True,
)
KNOWLEDGE = Topic(
    "knowledge",
    (DocumentIndexed, DocumentRejected, DocumentRemoved, AccessApplied, GroupApplied),
    producers=("ingestion",),
    consumers=("upstream", "audit"),
)
FEEDBACK = Topic(
    "feedback",
    (FeedbackGiven, AnswerAudited),
    producers=("upstream", "gateway"),
    consumers=("audit",),
)
GOVERNANCE = Topic(
    "governance",
    (CheckpointSigned, TraceChecked, RecordErased, AnswerRecalled, CertificateSigned, CertificateRevoked),
    producers=("audit", "cli"),
    consumers=("upstream", "audit"),
)

TOPICS: tuple[Topic, ...] = (
    QUESTIONS,
    CONTEXTS,
    DRAFTS,
    VERDICTS,
    REVIEWS,
    ANSWERS,
    FEEDBACK,
    DOCUMENTS,
    KNOWLEDGE,
    GOVERNANCE,
)
"""The topics that carry events; each also has the companions that `every_topic` derives."""


def retry_topic(topic: Topic) -> Topic:
    """Messages of `topic` that wait for another try: the same bytes, with a `not_before` header."""
    consumer = topic.consumers[0]
    return Topic(
        topic.retry,
        topic.events,
        producers=(consumer,),
        consumers=(consumer, "audit"),
        max_message_bytes=topic.max_message_bytes,
        retention=topic.retention,
    )


def dead_letter_topic(topic: Topic) -> Topic:
    """Messages of `topic` that were given up, wrapped in `dead.lettered` (base64: a third larger)."""
    return Topic(
        topic.dead_letters,
        (DeadLettered,),
        producers=(topic.consumers[0],),
        consumers=("audit",),
        max_message_bytes=2 * topic.max_message_bytes,
        retention=timedelta(days=30),
    )


def processed(topic: Topic) -> bool:
    """Whether a service decodes the topic in order to act on it, so that a message of it can die."""
    return topic.name not in {ANSWERS.name, FEEDBACK.name, KNOWLEDGE.name, GOVERNANCE.name}


def every_topic() -> Iterator[Topic]:
    """All topics that exist, companions included; audit records every one."""
    for topic in TOPICS:
        yield topic
        if topic.retried:
            yield retry_topic(topic)
        if processed(topic):
            yield dead_letter_topic(topic)


REQUEST_TOPICS = frozenset(
    companion.name
    for topic in TOPICS
    if all(event.KEY == "request_id" for event in topic.events)
    for companion in every_topic()
    if companion.name in {topic.name, topic.retry, topic.dead_letters}
)
"""Topics whose records are about requests on their way, retries and dead letters included."""


def topic_of(event: type[EventBody]) -> Topic:
    """The topic that carries a type of event.

    Raises:
        LookupError: for `dead.lettered`, whose topic depends on where the message died.
    """
    for topic in TOPICS:
        if event in topic.events:
            return topic
    raise LookupError(f"{event.TYPE} has no topic of its own")


def event_types() -> dict[str, type[EventBody]]:
    """Every event type by its CloudEvents type."""
    return {event.TYPE: event for topic in every_topic() for event in topic.events}


def consumers_of(event: type[EventBody]) -> tuple[str, ...]:
    """Who reads a type of event, for the message of a failing compatibility check."""
    return tuple(sorted({name for topic in every_topic() if event in topic.events for name in topic.consumers}))
