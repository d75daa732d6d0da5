"""A request as reviewers and auditors need it: the events that count, out of the record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from answerable_events.answers import AnswerFailed, AnswerReleased, AnswerWithheld
from answerable_events.body import Ancestor, EventBody
from answerable_events.feedback import AnswerAudited
from answerable_events.requests import DraftGenerated, VerdictDecided
from answerable_events.topics import FEEDBACK
from answerable_gateway.resources import Outcome
from answerable_trail.reading import precedence
from answerable_trail.rows import TraceRow

BodyT = TypeVar("BodyT", bound=EventBody)
_OUTCOMES: dict[str, type[Outcome]] = {kind.TYPE: kind for kind in (AnswerReleased, AnswerWithheld, AnswerFailed)}


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is recorded of a request; None for what is not there, or cannot be read."""

    draft: DraftGenerated | None
    draft_row: TraceRow | None
    verdict: VerdictDecided | None
    verdict_row: TraceRow | None
    outcome: Outcome | None
    outcome_row: TraceRow | None
    auditors: frozenset[str] = frozenset()
    """Who has judged the outcome."""

    @property
    def in_review(self) -> bool:
        """Whether a person has to decide, and nobody has."""
        left = self.verdict is not None and self.verdict.action == "review" and self.verdict.review_by is not None
        return left and self.outcome_row is None


def dossier_of(rows: Sequence[TraceRow]) -> Dossier:
    """Of several copies of an event the first one counts."""
    first: dict[str, TraceRow] = {}
    for row in sorted(rows, key=lambda each: precedence(each.position)):
        kind = "outcome" if row.position.topic == "answers" else row.type
        if not row.position.topic.endswith("-retry"):
            first.setdefault(kind, row)
    draft, verdict, outcome = first.get(DraftGenerated.TYPE), first.get(VerdictDecided.TYPE), first.get("outcome")
    return Dossier(
        draft=_read(DraftGenerated, draft),
        draft_row=draft,
        verdict=_read(VerdictDecided, verdict),
        verdict_row=verdict,
        outcome=_read(_OUTCOMES[outcome.type], outcome) if outcome and outcome.type in _OUTCOMES else None,
        outcome_row=outcome,
        auditors=frozenset(one.auditor for row in rows if (one := _read(AnswerAudited, _only(row))) is not None),
    )


def _only(row: TraceRow) -> TraceRow | None:
    return row if row.type == AnswerAudited.TYPE and row.position.topic == FEEDBACK.name else None


def ancestor_of(row: TraceRow) -> Ancestor:
    return Ancestor(event_id=row.event_id, type=row.type, sha256=row.body_sha256)


def _read(kind: type[BodyT], row: TraceRow | None) -> BodyT | None:
    try:
        return None if row is None else kind.model_validate_json(row.body, strict=True)
    except ValidationError:
        return None
