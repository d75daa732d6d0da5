"""Between events and the values of `answerable_trust`. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from answerable_events.requests import (
    CheckResult,
    Citation,
    DraftGenerated,
    DraftSentence,
    Evidence,
    Passage,
    VerdictDecided,
)
from answerable_trust import values
from answerable_trust.checks import run_checks
from answerable_trust.disclosure import masked
from answerable_trust.gate import decide
from answerable_validation.certificates import quoted
from answerable_validation.rules import NO_CERTIFICATE, Rules, Standing

RANKING_SCORE = "fused"
SOURCE_QUALITY = "quality"
SIMILARITY = "dense"
ANSWER_PROBABILITY = "answer_probability"


_NOTE_CHARACTERS = 1_000
_NONE_RELEASED = 1.0
"""Stands for the threshold where none is proved."""


def judge(  # noqa: PLR0917 - what a verdict rests on
    draft: DraftGenerated,
    rules: Rules,
    now: datetime,
    revoked: frozenset[int],
    standing: Standing = NO_CERTIFICATE,
    support: tuple[values.Support | None, ...] = (),
) -> VerdictDecided:
    """The verdict on a draft. Raises nothing, whatever the draft says: a draft is the output of a model.

    `revoked` are the labels of passages that the asker may not read any more, `support` what the scorer says.
    """
    policy = rules.under(standing)
    case = replace(case_under(policy, draft, now), revoked=revoked, support=support)
    results = run_checks(case)
    decision = decide(case, results, policy)
    if draft.unavailable is not None:  # nothing could be looked for, which is not the same as nothing was found
        decision = replace(decision, action="withhold", reason=draft.unavailable)
    verdict = verdict_of(draft, results, decision)
    if decision.action == "release":
        verdict = verdict.model_copy(update={"sentences": masked_sentences(draft.sentences, policy)})
    certificate = standing.certificate
    return verdict.model_copy(
        update={
            "certificate": None if certificate is None else quoted(certificate),
            "configuration": standing.configuration,
            "uncertified": standing.reason,
            "review_by": _review_by(draft, rules) if decision.action == "review" else None,
        }
    )


def _review_by(draft: DraftGenerated, rules: Rules) -> datetime:
    """A deadline that the asker named is kept; who named none waits as long as the tenant gives its reviewers."""
    return draft.question.deadline or draft.question.asked_at + rules.review_within


def case_of(draft: DraftGenerated, now: datetime) -> values.Case:
    return values.Case(
        question=draft.question.text,
        answered=draft.answered,
        sentences=sentences_of(draft),
        passages=tuple(_passage(passage) for passage in draft.passages),
        model_probability=draft.scores.get(ANSWER_PROBABILITY),
        consequential=draft.question.consequential,
        now=now,
    )


def case_under(policy: values.Policy, draft: DraftGenerated, now: datetime) -> values.Case:
    """The case, with what the tenant wants of its answers."""
    return replace(
        case_of(draft, now),
        source_quality=policy.source_quality,
        personal_data=policy.personal_data,
        secrets=policy.secrets,
    )


def masked_sentences(sentences: Sequence[DraftSentence], policy: values.Policy) -> tuple[DraftSentence, ...]:
    """What is released: the sentences without what the tenant masks. The record keeps the draft."""
    handled = {"personal_data": policy.personal_data, "secrets": policy.secrets}
    return tuple(one.model_copy(update={"text": masked(one.text, **handled)}) for one in sentences)


def sentences_of(draft: DraftGenerated) -> tuple[values.Sentence, ...]:
    return tuple(values.Sentence(sentence.text, sentence.citations) for sentence in draft.sentences)


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
        checks=tuple(check_of(result) for result in results),
        confidence=decision.confidence,
        threshold=_NONE_RELEASED if decision.threshold is None else decision.threshold,
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
        similarity=passage.scores.get(SIMILARITY),
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


def check_of(result: values.CheckResult) -> CheckResult:
    return CheckResult(
        name=result.name,
        version=result.version,
        passed=result.passed,
        score=result.score,
        reason=result.reason,
        evidence=_evidence(result.evidence),
        note=None if result.note is None else result.note[:_NOTE_CHARACTERS],
    )


def _evidence(spans: Sequence[values.Span]) -> tuple[Evidence, ...]:
    return tuple(Evidence(label=span.label, start=span.start, end=span.end) for span in spans)
