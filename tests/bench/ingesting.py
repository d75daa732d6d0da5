"""python -m tests.bench.ingesting FOLDER COUNT EMBEDDER: ingest, and say what it cost; in a process of its own.

The way of a document through ingestion, with its index and its parsers, without a broker.
"""

import asyncio
import json
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psutil
from prometheus_client import CollectorRegistry

from answerable_cli.results import Figure
from answerable_events.codec import Event
from answerable_events.documents import DocumentIndexed, DocumentSubmitted
from answerable_ingestion.handlers import Deps, on_document_submitted
from answerable_ingestion.main import build
from answerable_ingestion.settings import IngestionSettings
from answerable_models.embedders import EmbedderName
from answerable_runtime.metrics import Metrics
from tests.bench import texts
from tests.bench.figures import rounded

_PASSAGES = 20
"""Of a document, in the source: about six pages. The chunking makes about as many of them."""

_MIB = 1024**2
_LOOK_EVERY_S = 0.05


def measure(folder: Path, documents: int) -> dict[str, Figure]:
    """Rates with both embedders, and how much more memory ten times as many documents take."""
    fast, slow = _run(folder / "fast", documents, "fast"), _run(folder / "minilm", max(documents // 50, 2), "minilm")
    return {
        "ingest_fast": Figure(rounded(fast["per_cpu_second"]), "passages per CPU second", ">= 200"),
        "ingest_minilm": Figure(rounded(slow["per_cpu_second"]), "passages per CPU second", ">= 10"),
        "ingest_memory": Figure(
            rounded(fast["peak_mib"]),
            "MiB at most, all documents",
            "ratio <= 1.15",
            rounded(fast["peak_mib_of_a_tenth"]),
        ),
    }


def _run(folder: Path, documents: int, embedder: EmbedderName) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.ingesting", str(folder), str(documents), embedder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


class _Peak:
    """The most memory of this process and its children, looked at all the time."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._done = threading.Event()
        self.mib = 0.0
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while not self._done.wait(_LOOK_EVERY_S):
            self.mib = max(self.mib, self._process.memory_info().rss / _MIB)


async def _ingest(folder: Path, documents: int, embedder: EmbedderName) -> dict[str, float]:
    settings = IngestionSettings.model_validate({"index_path": folder, "embedder": embedder})
    found = texts.passages(documents * _PASSAGES)
    groups = [found[start : start + _PASSAGES] for start in range(0, len(found), _PASSAGES)]
    peak = _Peak()
    tenth, passages = 0.0, 0
    async with build(settings, Metrics(CollectorRegistry())) as service:
        await service.verify()
        begun = _cpu_seconds()
        for start in range(0, len(groups), settings.ingestion_concurrency):
            part = range(start, min(start + settings.ingestion_concurrency, len(groups)))
            done = await asyncio.gather(*(_one(n, groups[n], service.deps) for n in part))
            passages += sum(done)
            if start <= len(groups) // 10:
                tenth = peak.mib
        spent = _cpu_seconds() - begun
    return {"per_cpu_second": passages / spent, "peak_mib": peak.mib, "peak_mib_of_a_tenth": tenth}


async def _one(number: int, group: list[texts.Text], deps: Deps) -> int:
    now = datetime.now(UTC)
    body = DocumentSubmitted.model_construct(
        tenant="bench",
        document_id=f"d{number}",
        version=1,
        filename=f"d{number}.txt",
        content="\n\n".join(text.text for text in group).encode(),
        title=group[0].title,
        readers=("group:all",),
        submitted_at=now,
    )
    [outcome] = await on_document_submitted(Event(body, UUID(int=number), "/bench", now, "", None), deps)
    return outcome.passages if isinstance(outcome, DocumentIndexed) else 0


def _cpu_seconds() -> float:
    """Of this process and its parsers."""
    own = psutil.Process()
    return sum(sum(each.cpu_times()[:2]) for each in (own, *own.children(recursive=True)))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_ingest(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))))  # type: ignore[arg-type] # a name of ours
