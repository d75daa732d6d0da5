"""Searches under limited rights in 100,000 passages, beside tantivy and LanceDB as it comes; and what changes cost."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from answerable_cli.results import BUILD, Figure
from answerable_knowledge import rows
from answerable_knowledge.access import Groups
from answerable_knowledge.index import Index
from answerable_knowledge.ranking import Standing
from answerable_models.static_embedding import StaticEmbedder
from answerable_retrieval.settings import RetrievalSettings
from tests.bench import engines, ingesting, texts
from tests.bench.engines import ASKER, TENANT, LanceDbDefault, Material, Tantivy
from tests.bench.figures import Measured, Scale, quantile, rounded
from tests.support import passages as made

_NEAREST = 10


async def measure(scale: Scale) -> Measured:
    if texts.absent():
        return Measured({}, "skipped: ../shared/data, of which passages and questions are made, is absent")
    return await asyncio.to_thread(_measure, scale)


def _measure(scale: Scale) -> Measured:
    material = engines.material(texts.passages(scale.of(100_000, 12_000)), BUILD)
    asked = texts.questions(scale.of(75, 5))
    vectors = engines.embedded(asked, BUILD)
    with TemporaryDirectory() as place:
        folder = Path(place)
        begun = time.perf_counter()
        index = engines.our_index(material, folder / "ours")
        seconds = time.perf_counter() - begun
        others = Tantivy(material, folder / "tantivy"), LanceDbDefault(index, folder / "lancedb")
        ours, tantivy, lancedb = _times(index, others, asked, vectors)
        recall, default_recall = _recalls(index, others[1], material, vectors)
        memory = _memory(folder / "ours")
        visible = _visible(index, scale.of(20, 3))
        ingested = ingesting.measure(folder / "ingested", scale.of(200, 20))
    p50, p99 = ({"ours": _ms(ours, share), "tantivy": _ms(tantivy, share)} for share in (0.5, 0.99))
    figures = {
        "retrieval_p50": Figure(p50["ours"], "ms", "<= 30", p50["tantivy"]),
        "retrieval_p99": Figure(p99["ours"], "ms", "<= 90", p99["tantivy"]),
        "retrieval_lancedb_p50": Figure(_ms(lancedb, 0.5), "ms"),
        "retrieval_lancedb_p99": Figure(_ms(lancedb, 0.99), "ms"),
        "ann_recall10": Figure(
            round(recall, 4), "of the nearest that may be read", ">= 0.95", round(default_recall, 4)
        ),
        "change_visible": Figure(rounded(max(visible)), "s", "<= 60"),
        "retrieval_memory": Figure(
            rounded(memory), "MiB more after a hundred searches, in a process of its own", "<= 500"
        ),
        **ingested,
    }
    note = (
        f"{len(material.texts)} passages of shared data and Python sources, {len(asked)} questions in turns; hybrid "
        f"with the filter of someone who may read {material.permitted().mean():.0%}; beside: tantivy BM25, and for the "
        "recall LanceDB's default index. Vectors of the fast embedder"
    )
    return Measured(figures, note, {"build_seconds": rounded(seconds)})


def _memory(folder: Path) -> float:
    command = [sys.executable, "-m", "tests.bench.searching", str(folder)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return float(told["after_mib"] - told["before_mib"])


def _times(
    index: Index, others: tuple[Tantivy, LanceDbDefault], asked: Sequence[str], vectors: np.ndarray
) -> tuple[list[float], list[float], list[float]]:
    """Seconds of each search, in turns, once all have been warmed up."""
    snapshot = index.snapshot(TENANT)
    tantivy, lancedb = others
    found: tuple[list[float], list[float], list[float]] = ([], [], [])
    for number, (text, vector) in enumerate(zip([*asked[:20], *asked], [*vectors[:20], *vectors], strict=True)):
        started = [time.perf_counter()]
        index.search(engines.query(text, vector, snapshot))
        started.append(time.perf_counter())
        tantivy.search(text)
        started.append(time.perf_counter())
        lancedb.search(text, vector)
        started.append(time.perf_counter())
        if number >= 20:
            for series, begun, ended in zip(found, started, started[1:], strict=False):
                series.append(ended - begun)
    return found


def _recalls(index: Index, default: LanceDbDefault, material: Material, vectors: np.ndarray) -> tuple[float, float]:
    """Share of the nearest ten that the asker may read, which our search and LanceDB's default find."""
    snapshot = index._at(TENANT, index._store.newest(TENANT).version)  # type: ignore[union-attr] # it was just written
    assert snapshot is not None
    assert snapshot._indexed
    condition = rows.permitted(Standing(Groups.of({}).closure(ASKER), made.NOW, frozenset()))
    permitted = material.permitted()
    ours = theirs = 0
    for vector in vectors:
        nearness = np.where(permitted, material.vectors @ vector, -2)
        exact = {engines.passage_id(int(n)) for n in np.argpartition(-nearness, _NEAREST)[:_NEAREST]}
        found = snapshot._by_meaning(rows.unit(vector), condition, ["passage_id"], 50)
        ours += len(exact.intersection(found.column("passage_id").to_pylist()[:_NEAREST]))
        theirs += len(exact & default.nearest(vector))
    return ours / _NEAREST / len(vectors), theirs / _NEAREST / len(vectors)


def _visible(index: Index, changes: int) -> list[float]:
    """Seconds from a change to a search that shows it: a document put, its readers changed, withdrawn.

    With the time for which retrieval goes on with a snapshot.
    """
    cadence = RetrievalSettings().retrieval_snapshot_every / timedelta(seconds=1)
    embedder = StaticEmbedder()
    found: list[float] = []
    for number in range(changes):
        name, text = f"fresh{number}", f"The zebrafish protocol {number} asks for eleven quiet tanks."
        [vector] = embedder.embed([text])
        steps = (
            (lambda: index.put(_fresh(name), made.passages(text), vector[None]), True),  # noqa: B023 - called at once
            (lambda: index.set_readers(TENANT, name, ["user:bob"], made.NOW), False),  # noqa: B023 - same
            (lambda: index.set_readers(TENANT, name, ["user:ann"], made.NOW + timedelta(1)), True),  # noqa: B023 - same
            (lambda: index.remove(TENANT, name, made.NOW + timedelta(2)), False),  # noqa: B023 - same
        )
        for change, is_there in steps:
            begun = time.perf_counter()
            change()
            hits = index.search(engines.query(text, vector, index.snapshot(TENANT))).hits
            found.append(time.perf_counter() - begun + cadence)
            assert any(hit.document_id == name for hit in hits) == is_there
    return found


def _fresh(name: str):
    return made.document(name, tenant=TENANT, readers=("user:ann",))


def _ms(seconds: Sequence[float], share: float) -> float:
    return rounded(1000 * quantile(seconds, share))
