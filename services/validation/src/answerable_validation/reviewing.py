"""What becomes of a person's decision about a draft. Pure.

Whoever wrote the event, the decision is only accepted for the very draft that the reviewer saw, from somebody else than
the asker, while the asker may read every source, and with citations and figures that hold.
"""

import hashlib
from dataclasses import replace
from datetime import datetime

from pydantic import ValidationError

from answerable_events.requests import DraftGenerated, DraftSentence, VerdictDecided
from answerable_events.reviews import ReviewCompleted, ReviewRefused, ReviewSubmitted
from answerable_trust import values
from answerable_trust.checks import CHECKS, run_checks
from answerable_validation.judging import case_under, check_of, citations_of, masked_sentences

STALE = "review_stale"
OWN_QUESTION = "reviewer_is_asker"


def decided_draft(submission: ReviewSubmitted) -> DraftGenerated | None:
    """The draft that was decided about; None unless it is the one that the verdict was about, byte for byte."""
    named = {ancestor.type: ancestor.sha256 for ancestor in submission.ancestors}
    digest = hashlib.sha256(submission.draft_body.encode("utf-8", "surrogatepass")).hexdigest()
    if VerdictDecided.TYPE not in named or not digest == submission.draft_sha256 == named.get(DraftGenerated.TYPE):
        return None
    try:
        draft = DraftGenerated.model_validate_json(submission.draft_body, strict=True)
    except ValidationError:
        return None
    return draft if (draft.tenant, draft.request_id) == (submission.tenant, submission.request_id) else None


def settle(
    submission: ReviewSubmitted,
    draft: DraftGenerated | None,
    policy: values.Policy,
    revoked: frozenset[int],
    now: datetime,
) -> ReviewCompleted | ReviewRefused:
    """Accept or refuse a decision about `draft`. `revoked`: labels of what the asker may not read any more."""
    if draft is None:
        return _refuse(submission, STALE)
    if submission.reviewer.subject == draft.question.asker.subject:
        return _refuse(submission, OWN_QUESTION)
    if submission.decision == "reject":
        return _complete(submission, (), draft, ())
    sentences = submission.sentences if submission.decision == "correct" else draft.sentences
    released = draft.model_copy(update={"sentences": sentences, "answered": True})
    results = run_checks(replace(case_under(policy, released, now), revoked=revoked))
    binding = {check.name: check.reason_when_failed for check in CHECKS if check.binds_people}
    failed = next((result for result in results if result.name in binding and not result.passed), None)
    if failed is not None:
        return _refuse(submission, failed.reason or binding[failed.name], results)
    return _complete(submission, masked_sentences(sentences, policy), released, results)


def _complete(
    submission: ReviewSubmitted,
    sentences: tuple[DraftSentence, ...],
    released: DraftGenerated,
    results: tuple[values.CheckResult, ...],
) -> ReviewCompleted:
    return ReviewCompleted(
        tenant=submission.tenant,
        request_id=submission.request_id,
        reviewer=submission.reviewer.subject,
        decision=submission.decision,
        draft_sha256=submission.draft_sha256,
        sentences=sentences,
        citations=citations_of(released) if sentences else (),
        checks=tuple(check_of(result) for result in results),
    )


def _refuse(submission: ReviewSubmitted, reason: str, results: tuple[values.CheckResult, ...] = ()) -> ReviewRefused:
    return ReviewRefused(
        tenant=submission.tenant,
        request_id=submission.request_id,
        reviewer=submission.reviewer.subject,
        decision=submission.decision,
        draft_sha256=submission.draft_sha256,
        reason=reason,
        checks=tuple(check_of(result) for result in results),
    )
