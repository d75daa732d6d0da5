"""Between events and the values of `answerable_trust`. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from answerable_events.requests import CheckResult, Citation, DraftGenerated, Evidence, Passage, VerdictDecided
from answerable_trust import values
from answerable_trust.checks import run_checks
from answerable_trust.gate import decide

RANKING_SCORE = "fused"
SOURCE_QUALITY = "quality"
ANSWER_PROBABILITY = "answer_probability"


def judge(draft: DraftGenerated, policy: values.Policy, now: datetime, revoked: frozenset[int]) -> VerdictDecided:
    """The verdict on a draft. Raises nothing, whatever the draft says: a draft is the output of a model.

    `revoked` are the labels of passages that the asker may not read any more.
    """
    case = replace(case_of(draft, now), revoked=revoked, source_quality=policy.source_quality)
    results = run_checks(case)
    decision = decide(case, results, policy)
    if draft.unavailable is not None:  # nothing could be looked for, which is not the same as nothing was found
        decision = replace(decision, action="withhold", reason=draft.unavailable)
    return verdict_of(draft, results, decision)


def case_of(draft: DraftGenerated, now: datetime) -> values.Case:
    return values.Case(
        question=draft.question.text,
        answered=draft.answered,
        sentences=tuple(values.Sentence(sentence.text, sentence.citations) for sentence in draft.sentences),
        passages=tuple(_passage(passage) for passage in draft.passages),
        model_probability=draft.scores.get(ANSWER_PROBABILITY),
        consequential=draft.question.consequential,
        now=now,
    )


def verdict_of(
    draft: DraftGenerated, results: Iterable[values.CheckResult], decision: values.Decision
) -> VerdictDecided:
    """The event. A withheld draft keeps its sentences for reviewers and auditors; the asker never sees them."""
    return VerdictDecided(
        tenant=draft.tenant,
        request_id=draft.request_id,
        question=draft.question,
        snapshot=draft.snapshot,
        action=decision.action,
        reason=decision.reason,
        sentences=draft.sentences,
        citations=citations_of(draft),
        checks=tuple(_check(result) for result in results),
        confidence=decision.confidence,
        threshold=decision.threshold,
    )


def citations_of(draft: DraftGenerated) -> tuple[Citation, ...]:
    """Where to read on: one for each label that is cited and exists, in the order in which they are cited."""
    passages = {passage.label: passage for passage in reversed(draft.passages)}
    cited = dict.fromkeys(label for sentence in draft.sentences for label in sentence.citations)
    return tuple(_citation(passages[label]) for label in cited if label in passages)


def _passage(passage: Passage) -> values.Passage:
    return values.Passage(
        label=passage.label,
        passage_id=passage.passage_id,
        document_id=passage.document_id,
        title=passage.title,
        text=passage.text,
        stale=passage.stale,
        score=passage.scores.get(RANKING_SCORE, 0.0),
        quality=passage.scores.get(SOURCE_QUALITY, 1.0),
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


def _check(result: values.CheckResult) -> CheckResult:
    return CheckResult(
        name=result.name,
        version=result.version,
        passed=result.passed,
        score=result.score,
        reason=result.reason,
        evidence=_evidence(result.evidence),
    )


def _evidence(spans: Sequence[values.Span]) -> tuple[Evidence, ...]:
    return tuple(Evidence(label=span.label, start=span.start, end=span.end) for span in spans)
