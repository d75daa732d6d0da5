"""Drills: the model fails as often as asked, and only then."""

import pytest

from answerable_inference.drafting import request_of
from answerable_inference.faults import FaultyGenerator
from answerable_models.errors import ModelUnavailable
from answerable_models.generation import Parameters
from tests.support.drafts import SAID, SECOND, ScriptedGenerator, context


def faulty(inner: ScriptedGenerator, rate: float, draw: float) -> FaultyGenerator:
    return FaultyGenerator(inner, rate=rate, draw=lambda: draw)


async def ask(generator: FaultyGenerator):
    return await generator.generate(request_of(context(), Parameters(), SECOND))


@pytest.mark.parametrize(("rate", "draw"), [(0.05, 0.0), (0.05, 0.049), (1.0, 0.999)])
async def test_a_draw_below_the_rate_fails_without_asking_the_model(rate, draw):
    inner = ScriptedGenerator()
    with pytest.raises(ModelUnavailable):
        await ask(faulty(inner, rate, draw))
    assert inner.asked == []


@pytest.mark.parametrize(("rate", "draw"), [(0.05, 0.05), (0.05, 0.9), (0.0, 0.0)])
async def test_any_other_draw_asks_the_model(rate, draw):
    assert await ask(faulty(ScriptedGenerator(), rate, draw)) == SAID


async def test_the_model_is_still_itself_and_start_up_is_no_drill():
    inner = ScriptedGenerator()
    generator = faulty(inner, 1.0, 0.0)
    await generator.verify()
    assert inner.verified == 1
    assert (generator.model, generator.revision, generator.adapter) == ("fake-model", "7", "fake")
