"""Validation as a service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from answerable_events.requests import DraftGenerated, VerdictDecided
from answerable_events.topics import DRAFTS
from answerable_runtime.clock import Clock
from answerable_runtime.launch import launch
from answerable_runtime.logs import configure
from answerable_runtime.metrics import Metrics
from answerable_runtime.routes import Route
from answerable_runtime.service import Service
from answerable_validation.handlers import Deps, on_draft_generated
from answerable_validation.settings import ValidationSettings


@asynccontextmanager
async def build(settings: ValidationSettings, metrics: Metrics) -> AsyncIterator[Service]:  # noqa: ARG001 - as every build
    """Validation; it depends on nothing."""
    route = Route(
        topic=DRAFTS,
        handlers={DraftGenerated: on_draft_generated},
        outputs=(VerdictDecided,),
        concurrency=settings.concurrency,
    )
    yield Service(name="validation", routes=(route,), deps=Deps(settings.policy_for, Clock()))


def main() -> None:
    """Run validation alone, with settings from the environment."""
    settings = ValidationSettings()
    configure(settings.log_level)
    asyncio.run(launch({"validation": partial(build, settings)}, settings))
