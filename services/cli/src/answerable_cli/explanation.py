"""One request out of the record: what was asked, found, written, checked and decided, and when. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from answerable_cli.evidence import (
    CheckedReceipt,
    Checkpoints,
    ProofState,
    RecordedAncestor,
    RecordProof,
    SealState,
    check_receipt,
    find_ancestors,
    is_erased,
    overall,
    prove,
    weakest,
)
from answerable_events.answers import AnswerFailed, AnswerRecalled, AnswerReleased, AnswerWithheld
from answerable_events.body import EventBody
from answerable_events.deadletters import DeadLettered
from answerable_events.feedback import AnswerAudited, FeedbackGiven
from answerable_events.requests import ContextRetrieved, DraftGenerated, QuestionAsked, VerdictDecided
from answerable_events.reviews import ReviewCompleted, ReviewRefused, ReviewSubmitted
from answerable_events.topics import RETRY_SUFFIX, REVIEWS
from answerable_trail.rows import TraceRow

BodyT = TypeVar("BodyT", bound=EventBody)
Outcome = AnswerReleased | AnswerWithheld | AnswerFailed

STAGES = (
    ("retrieval", ContextRetrieved.TYPE),
    ("inference", DraftGenerated.TYPE),
    ("validation", VerdictDecided.TYPE),
)
"""A stage takes from the event before it to its own; the outcome is audit's."""

Said = ReviewSubmitted | ReviewCompleted | ReviewRefused | AnswerAudited | FeedbackGiven
"""Events of people about a request, and what became of their decisions."""

_SAID: Mapping[str, type[Said]] = {
    kind.TYPE: kind for kind in (ReviewSubmitted, ReviewCompleted, ReviewRefused, AnswerAudited, FeedbackGiven)
}
_OUTCOMES: Mapping[str, type[Outcome]] = {kind.TYPE: kind for kind in (AnswerReleased, AnswerWithheld, AnswerFailed)}


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a stage took, by the broker's clock."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What the models took, each call once that is on record."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = None
    """None when no call says what it cost."""


@dataclass(frozen=True, slots=True)
class RestsOn:
    """The newest event that can be read, as far as it names what it rests on: the outcome where there is one."""

    type: str
    ancestors: tuple[RecordedAncestor, ...]


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
    proof: RecordProof


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
    outcome_type: str | None
    """Known also when the outcome cannot be read, because it was erased or is no outcome."""
    people: tuple[Said, ...]
    """What reviewers, auditors and the asker said, by time."""
    recalls: tuple[AnswerRecalled, ...]
    """What its asker was told later about a source of it."""
    dead_letters: tuple[DeadLettered, ...]
    timings: tuple[Timing, ...]
    cost: Cost
    rests_on: RestsOn | None
    receipt: CheckedReceipt | None
    log: tuple[LogEntry, ...]

    @property
    def status(self) -> str:
        return "open" if self.outcome_type is None else self.outcome_type.split(".")[3]

    @property
    def proof(self) -> ProofState:
        return overall([entry.proof for entry in self.log])

    @property
    def seal(self) -> SealState:
        """How the records are sealed, whether they are erased or not."""
        return weakest(entry.proof for entry in self.log)

    @property
    def erased(self) -> int:
        """How many records are erased."""
        return sum(entry.proof.erased for entry in self.log)


def explanations(rows: Sequence[TraceRow], checkpoints: Checkpoints | None = None) -> list[Explanation]:
    """The requests in these rows, by tenant: two tenants may have chosen the same id."""
    return [
        _explain(tenant, [row for row in rows if row.tenant == tenant], checkpoints or {})
        for tenant in _distinct(row.tenant for row in rows)
    ]


def _explain(tenant: str, rows: Sequence[TraceRow], checkpoints: Checkpoints) -> Explanation:
    first = counting(rows)
    letters = [_read(DeadLettered, row) for row in rows if row.type == DeadLettered.TYPE]
    context, draft = (
        _read(ContextRetrieved, first.get(ContextRetrieved.TYPE)),
        _read(DraftGenerated, first.get(DraftGenerated.TYPE)),
    )
    question, verdict = (
        _read(QuestionAsked, first.get(QuestionAsked.TYPE)),
        _read(VerdictDecided, first.get(VerdictDecided.TYPE)),
    )
    outcome_row = first.get("outcome")
    outcome = _read(_OUTCOMES[outcome_row.type], outcome_row) if outcome_row else None
    newest = next((event for event in (outcome, verdict, draft, context, question) if event is not None), None)
    receipt = outcome.receipt if outcome else None
    return Explanation(
        tenant=tenant,
        request_id=rows[0].request_id,
        question=question,
        context=context,
        draft=draft,
        verdict=verdict,
        outcome=outcome,
        outcome_type=outcome_row.type if outcome_row else None,
        people=_people(rows),
        recalls=_recalls(rows),
        dead_letters=tuple(letter for letter in letters if letter is not None),
        timings=_timings(first),
        cost=_cost(rows),
        rests_on=RestsOn(newest.TYPE, find_ancestors(newest.ancestors, rows)) if newest else None,
        receipt=check_receipt(receipt, rows, checkpoints) if receipt else None,
        log=tuple(_entry(row, first, checkpoints) for row in sorted(rows, key=lambda row: row.log_time)),
    )


def counting(rows: Sequence[TraceRow]) -> dict[str, TraceRow]:
    """Of each kind of event the copy that counts."""
    first: dict[str, TraceRow] = {}
    for row in sorted(rows, key=_precedence):
        first.setdefault("outcome" if row.type in _OUTCOMES else row.type, row)
    return first


def _people(rows: Sequence[TraceRow]) -> tuple[Said, ...]:
    """Each event once, by the time of its record."""
    first: dict[UUID, TraceRow] = {}
    for row in sorted((row for row in rows if row.type in _SAID), key=_precedence):
        first.setdefault(row.event_id, row)
    ordered = sorted(first.values(), key=lambda row: (row.log_time, row.position.topic != REVIEWS.name))
    return tuple(found for row in ordered if (found := _read(_SAID[row.type], row)) is not None)


def _recalls(rows: Sequence[TraceRow]) -> tuple[AnswerRecalled, ...]:
    """One for each recall, the first copy, by time."""
    first: dict[UUID, TraceRow] = {}
    for row in sorted((row for row in rows if row.type == AnswerRecalled.TYPE), key=_precedence):
        first.setdefault(row.event_id, row)
    found = [_read(AnswerRecalled, row) for row in first.values()]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: (one.recalled_at, one.recall_id)))


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


def _entry(row: TraceRow, first: Mapping[str, TraceRow], checkpoints: Checkpoints) -> LogEntry:
    kind = "outcome" if row.type in _OUTCOMES else row.type
    place = row.position
    counts = kind in {DeadLettered.TYPE, AnswerRecalled.TYPE, *_SAID} or first.get(kind) is row
    return LogEntry(
        row.type, place.topic, place.partition, place.offset, place.epoch,
        row.log_time, row.event_id, row.body_sha256, counts, prove(row, checkpoints),
    )  # fmt: skip


def _cost(rows: Sequence[TraceRow]) -> Cost:
    """A draft that is recorded twice with the same bytes was written once."""
    rows_by_bytes = {row.body_sha256: row for row in rows if row.type == DraftGenerated.TYPE}
    drafts = [draft for row in rows_by_bytes.values() if (draft := _read(DraftGenerated, row)) is not None]
    prices = [draft.model.cost_usd for draft in drafts if draft.model.cost_usd is not None]
    return Cost(
        calls=len(drafts),
        input_tokens=sum(draft.model.input_tokens for draft in drafts),
        output_tokens=sum(draft.model.output_tokens for draft in drafts),
        usd=sum(prices) if prices else None,
    )


def _read(kind: type[BodyT], row: TraceRow | None) -> BodyT | None:
    try:
        return None if row is None or is_erased(row) else kind.model_validate_json(row.body)
    except ValidationError:
        return None


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
