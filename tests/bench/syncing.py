"""How long `knowledge sync` takes over a folder of 10,000 files: all new, all known, one of them changed.

Broker, record, audit and the command are the real ones; ingestion is a stand-in that answers at once, because parsing
and embedding are measured elsewhere and would be nearly all of it.
"""

import asyncio
import hashlib
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from answerable_cli.results import Figure
from answerable_events.body import EventBody
from answerable_events.codec import Event
from answerable_events.documents import (
    AccessChanged,
    DocumentIndexed,
    DocumentSubmitted,
    DocumentWithdrawn,
    GroupChanged,
)
from answerable_events.topics import DOCUMENTS
from answerable_runtime.routes import Handler, Route
from answerable_runtime.service import Service
from tests.bench.figures import Measured, Scale, rounded
from tests.bench.servers import run_service
from tests.chaos.stack import Stack, servers_running, service, supervised
from tests.support import servers
from tests.support.command import run
from tests.support.sources import write_files

_WORDS = 200


async def measure(scale: Scale) -> Measured:
    count = scale.of(10_000, 300)
    with tempfile.TemporaryDirectory(prefix="answerable-sync-") as name:
        folder = write_files(Path(name) / "wiki", {".answerable-rules.toml": "readers = ['staff']", **_files(count)})
        async with servers_running(servers.TANSU) as stack, _answering(stack):
            first = await _seconds(stack, folder, sent=count)
            again = await _seconds(stack, folder, sent=0)
            (folder / "0" / "0.md").write_text("Something else.")
            one = await _seconds(stack, folder, sent=1)
            full = await _seconds(stack, folder, "--full", sent=0)
    figures = {
        "sync_new": Figure(rounded(count / first), "documents/s"),
        "sync_unchanged": Figure(rounded(again), "s"),
        "sync_one_changed": Figure(rounded(one), "s"),
        "sync_unchanged_full": Figure(rounded(full), "s"),
    }
    return Measured(figures, f"{count} files of {_WORDS} words in {count // 100} folders; the command with its start")


def _files(count: int) -> dict[str, str]:
    return {f"{n // 100}/{n}.md": f"Rule {n}: " + "machines stop at noon. " * (_WORDS // 4) for n in range(count)}


async def _seconds(stack: Stack, folder: Path, *options: str, sent: int) -> float:
    data = stack.folder / "commands"
    begun = time.perf_counter()
    done = await asyncio.to_thread(
        run, "knowledge", "sync", folder, "--json", *options, data=data, within_s=3600, **stack.environment
    )
    took = time.perf_counter() - begun
    assert done.code == 0, done.err
    assert len(done.json["documents"]) == sent, (len(done.json["documents"]), sent)
    return took


@asynccontextmanager
async def _answering(stack: Stack) -> AsyncIterator[None]:
    """Audit as it is, and an ingestion that takes everything."""

    async def on_submitted(event: Event[DocumentSubmitted], _: Any) -> list[EventBody]:
        body = event.body
        return [
            DocumentIndexed(
                tenant=body.tenant,
                document_id=body.document_id,
                version=body.version,
                title=body.filename,
                passages=1,
                snapshot="bench@1",
                content_sha256=hashlib.sha256(body.content).hexdigest(),
                media_type="text/markdown",
            )
        ]

    async def on_other(_event: Event[Any], _: Any) -> list[EventBody]:
        return []

    handlers: dict[type[EventBody], Handler] = {DocumentSubmitted: on_submitted}
    handlers |= dict.fromkeys((DocumentWithdrawn, AccessChanged, GroupChanged), on_other)
    route = Route(topic=DOCUMENTS, handlers=handlers, outputs=(DocumentIndexed,), concurrency=16)
    settings = stack.settings.model_copy(update={"redis_url": stack.environment["ANSWERABLE_REDIS_URL"]})
    async with supervised([service(stack, "audit")]), run_service(Service("ingestion", (route,)), settings):
        yield
