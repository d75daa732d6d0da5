"""What inference does with a context."""

from dataclasses import dataclass
from datetime import timedelta

from answerable_events.body import EventBody
from answerable_events.codec import Event
from answerable_events.requests import ContextRetrieved
from answerable_inference.drafting import ModelIdentity, draft_of, request_of, unanswered
from answerable_models.errors import ModelError, ModelOutputInvalid, ModelRejected, ModelUnavailable
from answerable_models.generation import Generator
from answerable_runtime.clock import Clock
from answerable_runtime.metrics import Metrics

_RESULTS: dict[type[ModelError], str] = {
    ModelUnavailable: "unavailable",
    ModelOutputInvalid: "invalid",
    ModelRejected: "rejected",
}


@dataclass(frozen=True, slots=True)
class Deps:
    """What the handler uses. `model` is what is recorded of the model, `timeout` the longest call."""

    generator: Generator
    model: ModelIdentity
    timeout: timedelta
    metrics: Metrics
    clock: Clock


async def on_context_retrieved(event: Event[ContextRetrieved], deps: Deps) -> list[EventBody]:
    """One draft; none for a question whose deadline has passed: its outcome is out, and a call costs money.

    Raises:
        ModelUnavailable, ModelOutputInvalid: worth another try.
        ModelRejected: not worth one; the request fails openly instead of looking like "not known".
    """
    context = event.body
    time_left = context.question.answer_by - deps.clock.now()
    if time_left <= timedelta(0):
        deps.metrics.model_calls.labels(deps.model.id, "expired").inc()
        return []
    request = request_of(context, deps.model.parameters, min(deps.timeout, time_left))
    if not request.sources:
        return [unanswered(context, deps.model, request)]
    started = deps.clock.now()
    try:
        generation = await deps.generator.generate(request)
        duration = deps.clock.now() - started
        draft = draft_of(context, generation, model=deps.model, prompt=request.prompt, duration=duration)
    except ModelError as error:
        deps.metrics.model_calls.labels(deps.model.id, _RESULTS.get(type(error), "failed")).inc()
        raise
    finally:
        elapsed = (deps.clock.now() - started).total_seconds()
        deps.metrics.model_seconds.labels(deps.model.id).observe(max(0.0, elapsed))
    deps.metrics.model_calls.labels(deps.model.id, "answered" if draft.answered else "abstained").inc()
    deps.metrics.model_tokens.labels(deps.model.id, "input").inc(max(0, draft.model.input_tokens))
    deps.metrics.model_tokens.labels(deps.model.id, "output").inc(max(0, draft.model.output_tokens))
    return [draft]
