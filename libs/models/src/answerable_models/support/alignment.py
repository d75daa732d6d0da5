"""How near a word of the claim comes to words of the evidence: cosines of the static vectors, exact on any machine."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from answerable_models.embedding import GRID_STEPS_PER_UNIT
from answerable_models.static_embedding import StaticEmbedder

Floats = NDArray[np.float64]

_KEPT_WORDS = 20_000  # 384 bytes each


class WordVectors:
    """Cosines between single words, by the table that was distilled from MiniLM.

    The vectors hold whole numbers below 128, so every partial sum of a product is exact in float32: neither the order
    of summation nor the number of threads changes a bit. Safe to share between threads.
    """

    def __init__(self, embedder: StaticEmbedder | None = None) -> None:
        table = embedder or StaticEmbedder()
        self.revision = table.revision
        self._steps = lru_cache(_KEPT_WORDS)(table.word_steps)

    def cosines(self, ours: Sequence[str], theirs: Sequence[str]) -> Floats:
        """float64 [ours, theirs], from 0 to 1; what is below 0 counts as 0."""
        if not ours or not theirs:
            return np.zeros((len(ours), len(theirs)))
        left, right = (np.stack([self._steps(word) for word in words]).astype(np.float32) for words in (ours, theirs))
        # Not `@`: starting BLAS's threads costs more than products this small.
        products: Floats = np.einsum("ik,jk->ij", left, right).astype(np.float64)
        return np.clip(products / GRID_STEPS_PER_UNIT**2, 0.0, 1.0)
