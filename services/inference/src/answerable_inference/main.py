"""Inference as a service."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from answerable_events.requests import ContextRetrieved, DraftGenerated
from answerable_events.topics import CONTEXTS
from answerable_inference.drafting import ModelIdentity
from answerable_inference.faults import FaultyGenerator
from answerable_inference.handlers import Deps, on_context_retrieved
from answerable_inference.settings import InferenceSettings
from answerable_models.embedding import Embedder
from answerable_models.errors import ModelOutputInvalid, ModelRejected, ModelUnavailable
from answerable_models.generation import Generator
from answerable_models.openai_compatible import OpenAiGenerator
from answerable_models.registry import EXTRACTIVE, ModelEntry, find, load, parse_entries
from answerable_runtime.clock import Clock
from answerable_runtime.launch import launch
from answerable_runtime.logs import configure
from answerable_runtime.metrics import Metrics
from answerable_runtime.routes import Route
from answerable_runtime.service import Service

_GRACE = timedelta(seconds=5)
"""The adapter's own timeout should come first: it says what happened, the route's only that it took too long."""


@asynccontextmanager
async def build(
    settings: InferenceSettings, metrics: Metrics, *, embedder: Embedder | None = None
) -> AsyncIterator[Service]:
    """Inference with its model. Services in one process may share an `embedder`.

    Raises:
        OSError, InvalidEntry, UnknownModel: `models_file` or `model` is wrong.
        ModelRejected, ModelUnavailable: the model cannot be set up.
    """
    entry = find(await asyncio.to_thread(_entries, settings.models_file), settings.model)
    model = await asyncio.to_thread(load, entry, embedder=embedder)
    generator: Generator = model
    if settings.model_fault_rate:
        generator = FaultyGenerator(model, rate=settings.model_fault_rate, draw=random.random)
    parameters = entry.parameters.as_parameters()
    deps = Deps(
        generator=generator,
        model=ModelIdentity(entry.id, model.adapter, model.model, model.revision, parameters),
        timeout=settings.model_timeout,
        metrics=metrics,
        clock=Clock(),
    )
    route = Route(
        topic=CONTEXTS,
        handlers={ContextRetrieved: on_context_retrieved},
        outputs=(DraftGenerated,),
        transient=(ModelUnavailable, ModelOutputInvalid),
        permanent=(ModelRejected,),
        concurrency=settings.concurrency,
        timeout=settings.model_timeout + _GRACE,
    )
    try:
        yield Service(name="inference", routes=(route,), deps=deps, verify=generator.verify)
    finally:
        if isinstance(model, OpenAiGenerator):
            await model.aclose()


def _entries(models_file: Path | None) -> dict[str, ModelEntry]:
    if models_file is None:
        return {EXTRACTIVE.id: EXTRACTIVE}
    return parse_entries(models_file.read_text(encoding="utf-8"))


def main() -> None:
    """Run inference alone, with settings from the environment."""
    settings = InferenceSettings()
    configure(settings.log_level)
    asyncio.run(launch({"inference": partial(build, settings)}, settings))
