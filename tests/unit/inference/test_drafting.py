"""What the model is asked, and what becomes of what it says."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_events.requests import DraftGenerated
from answerable_inference.drafting import (
    MOST_CHARACTERS,
    MOST_SENTENCES,
    ModelIdentity,
    draft_of,
    request_of,
    unanswered,
)
from answerable_models.errors import ModelOutputInvalid
from answerable_models.generation import Generation, Parameters, Sentence
from tests.support.drafts import SAID, context, generation
from tests.support.requests import PASSAGE

PARAMETERS = Parameters(temperature=0.0, seed=3, max_output_tokens=50)
MODEL = ModelIdentity("small", "openai", "small-1", "unpinned", PARAMETERS)
MINUTE = timedelta(minutes=1)
TEXTS = st.text(st.characters(exclude_categories=()), max_size=200)


def drafted(said: Generation) -> DraftGenerated:
    asked = request_of(context(), PARAMETERS, MINUTE)
    return draft_of(context(), said, model=MODEL, prompt=asked.prompt, duration=timedelta(milliseconds=1500))


def test_the_model_is_asked_with_every_passage_under_its_label():
    second = PASSAGE.model_copy(update={"label": 2, "passage_id": "leave#2", "text": "It grows with age."})
    request = request_of(context([PASSAGE, second]), PARAMETERS, MINUTE)
    assert [(source.label, source.text) for source in request.sources] == [(1, PASSAGE.text), (2, second.text)]
    assert request.question == context().question.text
    assert (request.parameters, request.timeout) == (PARAMETERS, MINUTE)


def test_the_same_context_gives_the_same_prompt_and_another_question_another():
    first, second = (request_of(context(), PARAMETERS, MINUTE).prompt for _ in range(2))
    assert first == second
    assert request_of(context(text="Why?"), PARAMETERS, MINUTE).prompt.sha256 != first.sha256


def test_a_draft_carries_the_context_on_and_says_how_it_came_about():
    draft = drafted(SAID)
    assert (draft.question, draft.snapshot, draft.passages) == (context().question, "norvik@1", (PASSAGE,))
    assert draft.answered
    assert [(sentence.text, sentence.citations) for sentence in draft.sentences] == [(SAID.sentences[0].text, (1,))]
    assert draft.scores == {"answer_probability": 0.9}
    assert draft.model.model_dump() == {
        "id": "small", "adapter": "fake", "name": "fake-model", "revision": "7", "temperature": 0.0, "seed": 3,
        "max_output_tokens": 50, "input_tokens": 120, "output_tokens": 30, "cost_usd": 0.5, "duration_ms": 1500.0,
    }  # fmt: skip
    assert (draft.prompt.name, draft.prompt.version) == ("answer", 1)
    assert draft.prompt.sha256 == request_of(context(), PARAMETERS, MINUTE).prompt.sha256


@pytest.mark.parametrize(
    "said",
    [generation(answered=True), generation(Sentence("Perhaps.", (1,)), answered=False), generation()],
    ids=["answered without a sentence", "sentences of a model that says it does not know", "nothing"],
)
def test_an_answer_is_both_claimed_and_said_or_it_is_none(said):
    assert (drafted(said).answered, drafted(said).sentences) == (False, ())


def test_without_passages_the_configured_model_is_recorded_as_not_asked():
    draft = unanswered(context([]), MODEL, request_of(context([]), PARAMETERS, MINUTE))
    assert (draft.answered, draft.sentences, draft.scores) == (False, (), {})
    assert (draft.model.id, draft.model.adapter, draft.model.name) == ("small", "openai", "small-1")
    assert (draft.model.input_tokens, draft.model.duration_ms) == (0, 0.0)


@pytest.mark.parametrize(
    ("revision", "recorded"),
    [("fp_1", "fp_1"), ("", "unknown"), ("a\x00b\ud800", "a\ufffdb\ufffd"), ("x" * 300, "x" * 256)],
)
def test_a_revision_is_recorded_as_far_as_an_event_can_hold_it(revision, recorded):
    assert drafted(generation(Sentence("Yes.", (1,)), revision=revision)).model.revision == recorded


@pytest.mark.parametrize(
    "sentences",
    [
        [Sentence("Yes.", (1,))] * (MOST_SENTENCES + 1),
        [Sentence("y" * (MOST_CHARACTERS + 1), (1,))],
        [Sentence("Yes.", (10**30,))],
        [Sentence("Yes.", (1,) * 5_000)],
    ],
    ids=["sentences", "characters", "label", "labels"],
)
def test_more_than_any_answer_could_be_is_invalid_output(sentences):
    with pytest.raises(ModelOutputInvalid):
        drafted(generation(*sentences))


@given(text=TEXTS, label=st.integers(-(2**31) + 1, 2**31 - 1))
def test_whatever_characters_a_model_writes_the_draft_can_be_sent(text, label):
    draft = drafted(generation(Sentence(text, (label,))))
    assert DraftGenerated.model_validate_json(draft.model_dump_json(), strict=True) == draft
    assert draft.sentences[0].citations == (label,)
