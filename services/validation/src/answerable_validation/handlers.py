"""What validation does with a draft."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime

from answerable_events.body import EventBody
from answerable_events.codec import Event
from answerable_events.requests import DraftGenerated
from answerable_events.reviews import ReviewSubmitted
from answerable_knowledge.index import Index
from answerable_models.support.port import SupportScorer
from answerable_runtime.clock import Clock
from answerable_runtime.snapshots import Snapshots
from answerable_runtime.threads import run_on
from answerable_validation.access import revoked_labels
from answerable_validation.certificates import Certificates, configuration_of, standing_of
from answerable_validation.judging import judge
from answerable_validation.reviewing import decided_draft, settle
from answerable_validation.rules import NO_CERTIFICATE, UNREADABLE, Rules, Standing
from answerable_validation.supporting import supports


@dataclass(frozen=True, slots=True)
class Deps:
    """What the handlers use: the rules of each tenant, its certificates, the index, which is read on `workers`, time.

    `certificates`: None where no record was named, so that none is ever in force.
    """

    rules_for: Callable[[str], Rules]
    certificates: Certificates | None
    scorer: SupportScorer
    index: Index
    snapshots: Snapshots
    workers: Executor
    clock: Clock


async def on_draft_generated(event: Event[DraftGenerated], deps: Deps) -> list[EventBody]:
    """One verdict, always; the asker's access is looked up last, in what the index says now. Where the index is as the
    draft's search found it, nothing has changed and nothing is looked up.

    Raises:
        IndexCorrupt, ModelError: try again.
    """
    draft = event.body
    now = deps.clock.now()
    rules = deps.rules_for(draft.tenant)
    standing = await _standing(draft, rules, now, deps)
    support = await supports(deps.scorer, draft)
    return [judge(draft, rules, now, await _revoked(draft, now, deps), standing, support)]


async def on_review_submitted(event: Event[ReviewSubmitted], deps: Deps) -> list[EventBody]:
    """Whether a person's decision is accepted; access is looked up last, as for a draft.

    Raises:
        IndexCorrupt: try again.
    """
    now = deps.clock.now()
    draft = decided_draft(event.body)
    revoked: frozenset[int] = frozenset()
    if draft is not None and event.body.decision != "reject":
        revoked = await _revoked(draft, now, deps)
    policy = deps.rules_for(event.body.tenant).policy
    return [settle(event.body, draft, policy, revoked, now)]


async def _revoked(draft: DraftGenerated, now: datetime, deps: Deps) -> frozenset[int]:
    """Labels of what the asker may not read any more; nothing, where the index is as the search found it."""
    if draft.question.as_of is None and draft.snapshot == await deps.snapshots.current(draft.tenant):
        return frozenset()
    return await run_on(deps.workers, revoked_labels, deps.index, draft, now)


async def _standing(draft: DraftGenerated, rules: Rules, now: datetime, deps: Deps) -> Standing:
    configuration = configuration_of(draft, f"{deps.scorer.name} {deps.scorer.revision}")
    if deps.certificates is None:
        return replace(NO_CERTIFICATE, configuration=configuration)
    signed = await deps.certificates.signed(draft.tenant, draft.question.risk_class)
    if signed is None:
        return replace(UNREADABLE, configuration=configuration)
    return standing_of(signed, configuration, now=now, largest_alpha=rules.largest_alpha)
