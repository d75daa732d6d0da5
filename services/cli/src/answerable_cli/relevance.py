"""How good a ranking is, by judgements of relevance; as trec_eval and pytrec_eval define it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from statistics import fmean

Judged = Mapping[str, int]
"""How relevant each judged document is to one query: 0 is not at all. What is not judged is not relevant."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of one ranking, or their means, between 0 and 1."""

    ndcg10: float
    recall10: float
    recall100: float
    mrr10: float


def quality(ranking: Sequence[str], judged: Judged) -> Quality:
    """The figures of one query; `ranking` are documents, best first, each once."""
    return Quality(
        ndcg10=ndcg(ranking, judged, 10),
        recall10=recall(ranking, judged, 10),
        recall100=recall(ranking, judged, 100),
        mrr10=reciprocal_rank(ranking, judged, 10),
    )


def mean(each: Sequence[Quality]) -> Quality:
    """Means over queries, all of the same weight."""
    names = ("ndcg10", "recall10", "recall100", "mrr10")
    return Quality(**{name: fmean(getattr(one, name) for one in each) for name in names})


def ndcg(ranking: Sequence[str], judged: Judged, depth: int) -> float:
    """Gains discounted by rank, over those of the best possible ranking. The gain is the relevance itself."""
    ideal = _gain(sorted(judged.values(), reverse=True)[:depth])
    return _gain([judged.get(document, 0) for document in ranking[:depth]]) / ideal if ideal else 0.0


def recall(ranking: Sequence[str], judged: Judged, depth: int) -> float:
    """Share of the relevant documents that are among the first."""
    relevant = {document for document, degree in judged.items() if degree > 0}
    return len(relevant.intersection(ranking[:depth])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], judged: Judged, depth: int) -> float:
    """One over the rank of the first relevant document; 0 where there is none among the first."""
    for rank, document in enumerate(ranking[:depth], start=1):
        if judged.get(document, 0) > 0:
            return 1 / rank
    return 0.0


def _gain(degrees: Sequence[int]) -> float:
    return sum(max(degree, 0) / log2(rank + 1) for rank, degree in enumerate(degrees, start=1))
