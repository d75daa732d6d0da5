"""What validation does with a draft."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from answerable_events.body import EventBody
from answerable_events.codec import Event
from answerable_events.requests import DraftGenerated
from answerable_knowledge.index import Index
from answerable_runtime.clock import Clock
from answerable_runtime.snapshots import Snapshots
from answerable_runtime.threads import run_on
from answerable_trust.values import Policy
from answerable_validation.access import revoked_labels
from answerable_validation.judging import judge


@dataclass(frozen=True, slots=True)
class Deps:
    """What the handler uses: the policy of each tenant, the index, which is read on `workers`, and the time."""

    policy_for: Callable[[str], Policy]
    index: Index
    snapshots: Snapshots
    workers: Executor
    clock: Clock


async def on_draft_generated(event: Event[DraftGenerated], deps: Deps) -> list[EventBody]:
    """One verdict, always; the asker's access is looked up last, in what the index says now. Where the index is as the
    draft's search found it, nothing has changed and nothing is looked up.

    Raises:
        IndexCorrupt: try again.
    """
    draft = event.body
    now = deps.clock.now()
    revoked: frozenset[int] = frozenset()
    if draft.question.as_of is not None or draft.snapshot != await deps.snapshots.current(draft.tenant):
        revoked = await run_on(deps.workers, revoked_labels, deps.index, draft, now)
    return [judge(draft, deps.policy_for(draft.tenant), now, revoked)]
