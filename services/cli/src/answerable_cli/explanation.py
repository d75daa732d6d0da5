"""One request out of the record: what was asked, found, written, checked and decided, and when. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError

from answerable_events.answers import AnswerFailed, AnswerReleased, AnswerWithheld
from answerable_events.body import EventBody
from answerable_events.deadletters import DeadLettered
from answerable_events.requests import ContextRetrieved, DraftGenerated, QuestionAsked, VerdictDecided
from answerable_events.topics import RETRY_SUFFIX
from answerable_trail.rows import TraceRow

BodyT = TypeVar("BodyT", bound=EventBody)
Outcome = AnswerReleased | AnswerWithheld | AnswerFailed

STAGES = (
    ("retrieval", ContextRetrieved.TYPE),
    ("inference", DraftGenerated.TYPE),
    ("validation", VerdictDecided.TYPE),
)
"""A stage takes from the event before it to its own; the outcome is audit's."""

_OUTCOMES: Mapping[str, type[Outcome]] = {kind.TYPE: kind for kind in (AnswerReleased, AnswerWithheld, AnswerFailed)}
_STATUSES: Mapping[type[Outcome], str] = {
    AnswerReleased: "released",
    AnswerWithheld: "withheld",
    AnswerFailed: "failed",
}


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a stage took, by the broker's clock."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A record of the request and where it stands; of copies of one event the first counts."""

    type: str
    topic: str
    partition: int
    offset: int
    epoch: int
    log_time: datetime
    event_id: UUID
    body_sha256: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything recorded of one request; what is not there is None."""

    tenant: str
    request_id: UUID
    question: QuestionAsked | None
    context: ContextRetrieved | None
    draft: DraftGenerated | None
    verdict: VerdictDecided | None
    outcome: Outcome | None
    dead_letters: tuple[DeadLettered, ...]
    timings: tuple[Timing, ...]
    log: tuple[LogEntry, ...]

    @property
    def status(self) -> str:
        return "open" if self.outcome is None else _STATUSES[type(self.outcome)]

    def as_json(self) -> dict[str, Any]:
        """For programs: the events as they are, without what they repeat of each other."""
        repeated = {"tenant", "request_id", "ancestors", "question"}
        return {
            "request_id": str(self.request_id),
            "tenant": self.tenant,
            "status": self.status,
            "question": _json(self.question, {"tenant", "request_id", "ancestors"}),
            "context": _json(self.context, repeated),
            "draft": _json(self.draft, repeated | {"passages"}),
            "verdict": _json(self.verdict, repeated),
            "outcome": _json(self.outcome, {"tenant", "request_id", "ancestors"}),
            "dead_letters": [_json(letter, {"value", "key", "headers", "ancestors"}) for letter in self.dead_letters],
            "seconds": {timing.stage: timing.seconds for timing in self.timings},
            "log": [
                {
                    "type": entry.type,
                    "position": [entry.epoch, entry.topic, entry.partition, entry.offset],
                    "log_time": entry.log_time.isoformat(),
                    "event_id": str(entry.event_id),
                    "body_sha256": entry.body_sha256,
                    "counts": entry.counts,
                }
                for entry in self.log
            ],
        }


def explanations(rows: Sequence[TraceRow]) -> list[Explanation]:
    """The requests in these rows, by tenant: two tenants may have chosen the same id."""
    return [
        _explain(tenant, [row for row in rows if row.tenant == tenant]) for tenant in _distinct(r.tenant for r in rows)
    ]


def _explain(tenant: str, rows: Sequence[TraceRow]) -> Explanation:
    first: dict[str, TraceRow] = {}
    for row in sorted(rows, key=_precedence):
        kind = "outcome" if row.type in _OUTCOMES else row.type
        if kind == DeadLettered.TYPE or kind not in first:
            first.setdefault(kind, row)
    outcome_row = first.get("outcome")
    letters = [_read(DeadLettered, row) for row in rows if row.type == DeadLettered.TYPE]
    return Explanation(
        tenant=tenant,
        request_id=rows[0].request_id,
        question=_read(QuestionAsked, first.get(QuestionAsked.TYPE)),
        context=_read(ContextRetrieved, first.get(ContextRetrieved.TYPE)),
        draft=_read(DraftGenerated, first.get(DraftGenerated.TYPE)),
        verdict=_read(VerdictDecided, first.get(VerdictDecided.TYPE)),
        outcome=_read(_OUTCOMES[outcome_row.type], outcome_row) if outcome_row else None,
        dead_letters=tuple(letter for letter in letters if letter is not None),
        timings=_timings(first),
        log=tuple(_entry(row, first) for row in sorted(rows, key=lambda row: row.log_time)),
    )


def _timings(first: Mapping[str, TraceRow]) -> tuple[Timing, ...]:
    chain = (("", QuestionAsked.TYPE), *STAGES, ("audit", "outcome"))
    known = [(stage, first[kind].log_time) for stage, kind in chain if kind in first]
    timings = [Timing(stage, (after - before).total_seconds()) for (_, before), (stage, after) in pairwise(known)]
    if QuestionAsked.TYPE in first and "outcome" in first:
        total = first["outcome"].log_time - first[QuestionAsked.TYPE].log_time
        timings.append(Timing("total", total.total_seconds()))
    return tuple(timings)


def _precedence(row: TraceRow) -> tuple[int, bool, int]:
    """Which copy counts: the earliest epoch, originals before retries, the lowest offset."""
    return row.position.epoch, row.position.topic.endswith(RETRY_SUFFIX), row.position.offset


def _entry(row: TraceRow, first: Mapping[str, TraceRow]) -> LogEntry:
    kind = "outcome" if row.type in _OUTCOMES else row.type
    place = row.position
    counts = kind == DeadLettered.TYPE or first.get(kind) is row
    return LogEntry(
        row.type, place.topic, place.partition, place.offset, place.epoch,
        row.log_time, row.event_id, row.body_sha256, counts,
    )  # fmt: skip


def _read(kind: type[BodyT], row: TraceRow | None) -> BodyT | None:
    try:
        return None if row is None else kind.model_validate_json(row.body)
    except ValidationError:
        return None


def _json(body: EventBody | None, without: set[str]) -> dict[str, Any] | None:
    return None if body is None else body.model_dump(mode="json", exclude=without, exclude_none=True)


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
