"""A small in-memory corpus for training: the convex sum of BM25 and MiniLM, as the product retrieves."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from answerable_models.embedding import Embedder
from answerable_models.terms import tokenise

K1, B, DENSE_WEIGHT = 1.2, 0.75, 0.5


@dataclass(frozen=True)
class Passage:
    id: str
    title: str
    text: str


class Corpus:
    def __init__(self, passages: Sequence[Passage], embedder: Embedder) -> None:
        self._passages = passages
        self._embedder = embedder
        self._vectors = embedder.embed([f"{p.title}\n{p.text}" for p in passages])
        counts = [Counter(t.key for t in tokenise(f"{p.title} {p.text}") if not t.is_stop) for p in passages]
        lengths = np.array([sum(count.values()) for count in counts], dtype=np.float64)
        norm = K1 * (1 - B + B * lengths / lengths.mean())
        self._postings: dict[str, NDArray[np.float64]] = {}
        frequency = Counter(key for count in counts for key in count)
        for key, df in frequency.items():
            tf = np.array([count[key] for count in counts], dtype=np.float64)
            idf = math.log(1 + (len(passages) - df + 0.5) / (df + 0.5))
            self._postings[key] = idf * tf * (K1 + 1) / (tf + norm)

    def search(self, question: str, count: int, *, without: str | None = None) -> list[Passage]:
        """The best passages, those of the article `without` left out."""
        bm25 = np.zeros(len(self._passages))
        for key in {token.key for token in tokenise(question) if not token.is_stop}:
            bm25 += self._postings.get(key, 0.0)
        dense = self._vectors @ self._embedder.embed([question])[0]
        fused = DENSE_WEIGHT * _over_best(dense.astype(np.float64)) + (1 - DENSE_WEIGHT) * _over_best(bm25)
        order = np.argsort(-fused, kind="stable")
        kept = [self._passages[at] for at in order if self._passages[at].title != without]
        return kept[:count]


def _over_best(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(scores, 0.0) / (scores.max() if scores.max() > 0 else 1.0)
