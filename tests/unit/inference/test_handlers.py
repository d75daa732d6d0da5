"""A context becomes a draft, or the failure that says what to do next."""

from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from answerable_events.requests import DraftGenerated
from answerable_inference.drafting import ModelIdentity
from answerable_inference.handlers import Deps, on_context_retrieved
from answerable_models.errors import ModelOutputInvalid, ModelRejected, ModelUnavailable
from answerable_models.generation import Parameters, Sentence
from answerable_runtime.clock import Clock
from answerable_runtime.metrics import Metrics
from tests.support.drafts import NOW, SAID, ScriptedGenerator, context, event, generation

MINUTE = timedelta(minutes=1)


def deps(generator: ScriptedGenerator, *, now=NOW, timeout: timedelta = MINUTE) -> Deps:
    model = ModelIdentity("small", generator.adapter, generator.model, generator.revision, Parameters())
    return Deps(generator, model, timeout, Metrics(CollectorRegistry()), Clock(now=lambda: now))


def calls(used: Deps, result: str) -> float | None:
    return used.metrics.registry.get_sample_value("answerable_model_calls_total", {"model": "small", "result": result})


def tokens(used: Deps, direction: str) -> float | None:
    return used.metrics.registry.get_sample_value(
        "answerable_model_tokens_total", {"model": "small", "direction": direction}
    )


async def test_an_answer_becomes_a_draft_and_is_counted():
    used = deps(ScriptedGenerator())
    [draft] = await on_context_retrieved(event(context()), used)
    assert isinstance(draft, DraftGenerated)
    assert [sentence.text for sentence in draft.sentences] == [SAID.sentences[0].text]
    assert (calls(used, "answered"), tokens(used, "input"), tokens(used, "output")) == (1, 120, 30)
    assert used.metrics.registry.get_sample_value("answerable_model_seconds_count", {"model": "small"}) == 1


async def test_a_model_that_does_not_know_gives_an_unanswered_draft():
    used = deps(ScriptedGenerator(generation()))
    [draft] = await on_context_retrieved(event(context()), used)
    assert isinstance(draft, DraftGenerated)
    assert not draft.answered
    assert calls(used, "abstained") == 1


async def test_where_nothing_could_be_looked_for_no_model_is_asked_and_the_draft_says_why():
    used = deps(generator := ScriptedGenerator())
    nothing = context([]).model_copy(update={"unavailable": "as_of_unavailable"})
    [draft] = await on_context_retrieved(event(nothing), used)
    assert isinstance(draft, DraftGenerated)
    assert (draft.answered, draft.unavailable, generator.asked) == (False, "as_of_unavailable", [])


async def test_without_passages_no_model_is_asked():
    used = deps(generator := ScriptedGenerator())
    [draft] = await on_context_retrieved(event(context([])), used)
    assert isinstance(draft, DraftGenerated)
    assert not draft.answered
    assert generator.asked == []


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (ModelUnavailable("timeout"), "unavailable"),
        (ModelOutputInvalid("no JSON"), "invalid"),
        (ModelRejected("status 400"), "rejected"),
    ],
)
async def test_a_failing_model_fails_the_try_and_is_counted(error, result):
    used = deps(ScriptedGenerator(error))
    with pytest.raises(type(error)):
        await on_context_retrieved(event(context()), used)
    assert calls(used, result) == 1


async def test_output_beyond_all_bounds_counts_as_invalid():
    used = deps(ScriptedGenerator(generation(*[Sentence("Yes.", (1,))] * 1_000)))
    with pytest.raises(ModelOutputInvalid):
        await on_context_retrieved(event(context()), used)
    assert calls(used, "invalid") == 1


async def test_no_call_outlives_the_deadline_of_its_question():
    used = deps(generator := ScriptedGenerator(), now=NOW + timedelta(seconds=50))
    await on_context_retrieved(event(context(deadline=NOW + MINUTE)), used)
    assert generator.asked[0].timeout == timedelta(seconds=10)


async def test_after_the_deadline_nobody_is_asked_and_nothing_is_said():
    used = deps(generator := ScriptedGenerator(), now=NOW + MINUTE)
    assert await on_context_retrieved(event(context(deadline=NOW + MINUTE)), used) == []
    assert (generator.asked, calls(used, "expired")) == ([], 1)
