"""What is found in quarterly reports and in encyclopedia paragraphs, as `answerable eval retrieval` does it.

With MiniLM, whose vectors are kept in build/ between runs, and beside it with the fast embedder.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from answerable_cli.collection import load_collection
from answerable_cli.results import Figure
from answerable_cli.retrieval_evaluation import Advance, Evaluation, evaluate
from answerable_models.embedding import Embedder, MiniLmEmbedder
from answerable_models.static_embedding import StaticEmbedder
from tests.eval.judged import DATA, rows, write_filings, write_paragraphs
from tests.support.vector_cache import CachedEmbedder

VECTORS = Path("build") / "eval-vectors.sqlite"
NEEDED = ("retrieval/sec10q_pages", "retrieval/sec10q_qa", "abstention/squad2")
_WRITERS = {"filings": write_filings, "squad": write_paragraphs}


def absent() -> list[str]:
    """Files of the shared data that are not here."""
    return [name for name in NEEDED if not (DATA / f"{name}.jsonl.gz").is_file()]


def measure(advance: Advance) -> dict[str, Figure]:
    """Figures of both collections. They are checked on others of their kinds: nothing may be tuned to these."""
    filings, paragraphs = (_evaluated(name, _minilm(), advance) for name in _WRITERS)
    fast_filings, fast_paragraphs = (_evaluated(name, StaticEmbedder(), advance) for name in _WRITERS)
    reports, recall = _reports_found(filings), paragraphs.quality.recall10
    return {
        "filings_recall10": Figure(round(reports, 4), "reports cited, of first 10 pages", ">= 0.85"),
        "filings_latency_p50": Figure(filings.latency_ms(0.5), "ms"),
        "squad_recall10": Figure(round(recall, 4), "paragraphs", ">= 0.97"),
        "squad_recall1": Figure(round(_first(paragraphs), 4), "paragraphs"),
        "squad_ndcg10": Figure(round(paragraphs.quality.ndcg10, 4), ""),
        "squad_mrr10": Figure(round(paragraphs.quality.mrr10, 4), ""),
        "squad_latency_p50": Figure(paragraphs.latency_ms(0.5), "ms"),
        "fast_filings_recall10": Figure(round(_reports_found(fast_filings), 4), "with static vectors", None, reports),
        "fast_squad_recall10": Figure(round(fast_paragraphs.quality.recall10, 4), "with static vectors", None, recall),
    }


def _minilm() -> Embedder:
    return CachedEmbedder(MiniLmEmbedder(cache_size=1), VECTORS)


def _evaluated(name: str, embedder: Embedder, advance: Advance) -> Evaluation:
    with TemporaryDirectory() as place:
        folder = Path(place)
        _WRITERS[name](folder / "collection")
        collection = load_collection(folder / "collection", None)
        return asyncio.run(evaluate(collection, embedder, folder / "index", advance))


def _reports_found(measured: Evaluation) -> float:
    """Of the reports that an answer cites, the share that has a page among the first ten."""
    cited = {row["id"]: set(row["cited_docs"]) for row in rows("retrieval/sec10q_qa")}
    of_page = {row["id"]: row["doc"] for row in rows("retrieval/sec10q_pages")}
    return fmean(
        _share(cited[each.query], [of_page[page] for page, _ in each.ranking[:10]]) for each in measured.answers
    )


def _first(measured: Evaluation) -> float:
    relevant: Mapping[str, str] = {row["id"]: row["para"] for row in rows("abstention/squad2")}
    return fmean(each.ranking[0][0] == relevant[each.query] for each in measured.answers if each.ranking)


def _share(wanted: set[str], found: Sequence[str]) -> float:
    return len(wanted.intersection(found)) / len(wanted)
