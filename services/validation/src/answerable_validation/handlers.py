"""What validation does with a draft."""

from collections.abc import Callable
from dataclasses import dataclass

from answerable_events.body import EventBody
from answerable_events.codec import Event
from answerable_events.requests import DraftGenerated
from answerable_runtime.clock import Clock
from answerable_trust.values import Policy
from answerable_validation.judging import judge


@dataclass(frozen=True, slots=True)
class Deps:
    """What the handler uses: the policy of each tenant, and the time."""

    policy_for: Callable[[str], Policy]
    clock: Clock


async def on_draft_generated(event: Event[DraftGenerated], deps: Deps) -> list[EventBody]:
    """One verdict, always."""
    draft = event.body
    return [judge(draft, deps.policy_for(draft.tenant), deps.clock.now())]
