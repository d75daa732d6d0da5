"""How an outcome leaves: encoded, and counted."""

from datetime import datetime
from itertools import pairwise

from answerable_audit.cases import Case, Decision
from answerable_events.answers import AnswerReleased, AnswerWithheld, Receipt
from answerable_events.body import EventBody
from answerable_events.codec import Event, decode, encode
from answerable_events.errors import UndecodableEvent
from answerable_events.message import Message, Record
from answerable_events.requests import ContextRetrieved, DraftGenerated, QuestionAsked, VerdictDecided
from answerable_events.topics import ANSWERS, VERDICTS
from answerable_runtime.deadletters import Death, bury
from answerable_runtime.metrics import Metrics
from answerable_runtime.numbering import Numbering

STAGES = {
    QuestionAsked.TYPE: "question",
    ContextRetrieved.TYPE: "retrieval",
    DraftGenerated.TYPE: "inference",
    VerdictDecided.TYPE: "validation",
}
"""In the order of the flow; a stage takes from the event before it to its own."""


class Releaser:
    """Writes what audit publishes."""

    def __init__(self, metrics: Metrics, instance: str) -> None:
        self._metrics = metrics
        self._numbering = Numbering("/answerable/audit", instance)

    def begin_again(self) -> None:
        """Messages that were made and perhaps not published are made anew."""
        self._numbering.begin_again()

    def message(self, case: Case, decision: Decision, receipt: Receipt | None, now: datetime) -> Message:
        """An outcome, on the partition of its request."""
        return encode(
            decision.outcome.model_copy(update={"receipt": receipt}),
            topic=ANSWERS,
            producer=self._numbering.next(),
            now=now,
            causation_id=decision.cause.event_id if decision.cause else None,
            partition=case.partition,
        )

    @staticmethod
    def read(verdict: Record) -> Event[EventBody]:
        """Raises UndecodableEvent."""
        return decode(verdict, VERDICTS)

    def bury(self, verdict: Record, error: UndecodableEvent, now: datetime) -> Message:
        """The dead letter of a verdict that cannot be read."""
        self._metrics.dead_letters.labels("audit", VERDICTS.name, error.reason).inc()
        death = Death(error.reason, type(error).__name__, 0)
        return bury(verdict, death, topic=VERDICTS, producer=self._numbering.next(), now=now)

    def measure(self, case: Case, decision: Decision) -> None:
        """Count an outcome that was published."""
        outcome = decision.outcome
        released = isinstance(outcome, AnswerReleased)
        kind = "released" if released else "withheld" if isinstance(outcome, AnswerWithheld) else "failed"
        self._metrics.outcomes.labels(kind, "" if isinstance(outcome, AnswerReleased) else outcome.reason).inc()
        elapsed = (outcome.decided_at - case.opened_at).total_seconds()
        self._metrics.answer_seconds.labels(kind).observe(max(0.0, elapsed))
        known = [(stage, case.events[kind].log_time) for kind, stage in STAGES.items() if kind in case.events]
        for (_, before), (stage, after) in pairwise(known):
            self._metrics.stage_seconds.labels(stage).observe(max(0.0, (after - before).total_seconds()))
