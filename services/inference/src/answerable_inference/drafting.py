"""From a context to what the model is asked, and from what it says to a draft. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from answerable_events.requests import (
    ContextRetrieved,
    DraftGenerated,
    DraftSentence,
    ModelUse,
    Passage,
    PromptUse,
)
from answerable_models.errors import ModelOutputInvalid
from answerable_models.generation import Generation, GenerationRequest, Parameters, RenderedPrompt, Sentence, Source
from answerable_models.prompting import render

PROMPT = "answer"
PROMPT_VERSION = 1

MOST_SENTENCES = 50
MOST_CHARACTERS = 16_000
"""Far above any answer that validation lets pass, far below what a message may hold."""
_LARGEST_LABEL = 2**31 - 1
_NAME_CHARACTERS = 256
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """The model as configured: what is recorded even when it was not asked."""

    id: str
    adapter: str
    name: str
    revision: str
    parameters: Parameters


def request_of(context: ContextRetrieved, parameters: Parameters, timeout: timedelta) -> GenerationRequest:
    """What the model is asked: the same context gives the same bytes."""
    sources = tuple(_source(passage) for passage in context.passages)
    prompt = render(PROMPT, f"v{PROMPT_VERSION}", context.question.text, sources)
    return GenerationRequest(context.question.text, sources, prompt, parameters, timeout)


def unanswered(context: ContextRetrieved, model: ModelIdentity, request: GenerationRequest) -> DraftGenerated:
    """The draft of a context without passages: nothing to answer from, so no model was asked."""
    return _draft(context, (), {}, _model_use(model, None, timedelta(0)), _prompt_use(request.prompt))


def draft_of(
    context: ContextRetrieved,
    generation: Generation,
    *,
    model: ModelIdentity,
    prompt: RenderedPrompt,
    duration: timedelta,
) -> DraftGenerated:
    """The draft that a generation amounts to.

    Characters that no event may hold become U+FFFD, on which validation withholds. `answered` without a sentence is
    no answer.

    Raises:
        ModelOutputInvalid: more than any answer could be.
    """
    _require_bounds(generation.sentences)
    sentences = tuple(
        DraftSentence(text=_printable(sentence.text), citations=sentence.citations)
        for sentence in (generation.sentences if generation.answered else ())
    )
    use = _model_use(model, generation, duration)
    return _draft(context, sentences, dict(generation.scores), use, _prompt_use(prompt))


def _draft(
    context: ContextRetrieved,
    sentences: tuple[DraftSentence, ...],
    scores: dict[str, float],
    model: ModelUse,
    prompt: PromptUse,
) -> DraftGenerated:
    return DraftGenerated(
        tenant=context.tenant,
        request_id=context.request_id,
        question=context.question,
        snapshot=context.snapshot,
        passages=context.passages,
        answered=bool(sentences),
        sentences=sentences,
        model=model,
        prompt=prompt,
        scores=scores,
        embedder=context.embedder,
        unavailable=context.unavailable,
    )


def _source(passage: Passage) -> Source:
    return Source(passage.label, passage.title, passage.locator, passage.text, passage.passage_id)


def _model_use(model: ModelIdentity, generation: Generation | None, duration: timedelta) -> ModelUse:
    usage = generation.usage if generation else None
    return ModelUse(
        id=_name(model.id),
        adapter=_name(generation.adapter if generation else model.adapter),
        name=_name(generation.model if generation else model.name),
        revision=_name(generation.revision if generation else model.revision),
        temperature=model.parameters.temperature,
        seed=model.parameters.seed,
        max_output_tokens=model.parameters.max_output_tokens,
        input_tokens=usage.input_tokens if usage else 0,
        output_tokens=usage.output_tokens if usage else 0,
        cost_usd=usage.cost_usd if usage else None,
        duration_ms=max(0.0, duration / timedelta(milliseconds=1)),
    )


def _prompt_use(prompt: RenderedPrompt) -> PromptUse:
    return PromptUse(name=prompt.name, version=PROMPT_VERSION, sha256=prompt.sha256)


def _name(text: str) -> str:
    """Endpoints name their revision as they like; an event does not."""
    return _printable(text)[:_NAME_CHARACTERS] or "unknown"


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)


def _require_bounds(sentences: Sequence[Sentence]) -> None:
    labels = [label for sentence in sentences for label in sentence.citations]
    within = (
        len(sentences) <= MOST_SENTENCES
        and sum(len(sentence.text) for sentence in sentences) <= MOST_CHARACTERS
        and len(labels) <= MOST_SENTENCES**2
        and all(abs(label) <= _LARGEST_LABEL for label in labels)
    )
    if not within:
        raise ModelOutputInvalid("more output than an answer can be")
