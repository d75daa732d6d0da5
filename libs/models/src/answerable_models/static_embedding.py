"""Text to vectors without a network: one learned vector for each word piece, added up."""

import hashlib
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from answerable_models.embedding import GRID_STEPS_PER_UNIT, Vectors, normalise, open_tokenizer, quantise
from answerable_models.errors import ModelUnavailable

FILE = "static.v1.npy"
DIMENSIONS = 384
TITLE_WEIGHT = np.float32(0.5)  # chosen on MultiHop-RAG facts; near where sums agree most with MiniLM
ROW = np.dtype([("scale", "<f4"), ("steps", "i1", (DIMENSIONS,))])
"""A word piece: its vector is `scale * steps`. How long it is, is how much the piece says about a text."""


class StaticEmbedder:
    """Vectors distilled from all-MiniLM-L6-v2 into a table: hundreds of times faster, blind to word order.

    A text is the sum of its first 512 word pieces, scaled to length one and rounded to the int8 grid. The first of
    several lines is taken for a title: it weighs half as much as all others together, however long they are, since a
    sum would drown it and MiniLM does not. Sums run piece by piece in the order of the text, without BLAS: the same
    bits in any batch, on any number of threads. Safe to share between threads; needs no onnxruntime.
    """

    name = "static-minilm"
    dimensions = DIMENSIONS
    max_tokens = 512

    def __init__(self, *, weights: Path | None = None) -> None:
        content = (weights or packaged_weights()).read_bytes()
        self.revision = f"{hashlib.sha256(content).hexdigest()[:12]}-grid{GRID_STEPS_PER_UNIT}"
        table = _table(content)
        self._scale, self._steps = table["scale"].copy(), table["steps"].copy()
        self._tokenizer = open_tokenizer(self.max_tokens)
        if self._tokenizer.get_vocab_size() != len(table):
            raise ModelUnavailable("the weights of the static embedder belong to another tokenizer")

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            rows[row] = self._pool(text)
        return normalise(quantise(normalise(rows)))

    def word_steps(self, word: str) -> NDArray[np.int8]:
        """int8 [dimensions]: a word by itself, on the grid, without the marks around a text."""
        ids = self._tokenizer.encode(word).ids[1:-1]
        total = np.add.reduce(self._steps[ids] * self._scale[ids, None], axis=0, dtype=np.float32)
        return quantise(normalise(total[None, :]))[0] if total.any() else np.zeros(self.dimensions, dtype=np.int8)

    def _pool(self, text: str) -> Vectors:
        title, _, body = text.partition("\n")
        if not title.strip() or not body.strip():
            return self._sum(text)
        parts = normalise(np.stack([self._sum(title), self._sum(body)]))
        pooled: Vectors = TITLE_WEIGHT * parts[0] + parts[1]
        return pooled

    def _sum(self, text: str) -> Vectors:
        ids = self._tokenizer.encode(text).ids
        pieces = self._steps[ids] * self._scale[ids, None]
        total: Vectors = np.add.reduce(pieces, axis=0)
        return total


def packaged_weights() -> Traversable:
    """The file that `libs/models/training/train_static.py` wrote."""
    return resources.files("answerable_models") / "weights" / FILE


def weights_of(vectors: NDArray[np.floating[Any]]) -> NDArray[np.void]:
    """Vectors of word pieces as they are stored: int8 steps of a scale of their own. Costs a cosine of 1e-4."""
    table = np.zeros(len(vectors), dtype=ROW)
    largest = np.abs(vectors).max(axis=1)
    table["scale"] = np.where(largest == 0, 1.0, largest) / 127
    table["steps"] = np.rint(vectors / table["scale"][:, None].astype(np.float64))
    return table


def _table(content: bytes) -> NDArray[np.void]:
    try:
        table: NDArray[np.void] = np.load(BytesIO(content), allow_pickle=False)
    except (ValueError, OSError) as error:
        raise ModelUnavailable("the weights of the static embedder cannot be read") from error
    if table.dtype != ROW:
        raise ModelUnavailable("the weights of the static embedder have another layout")
    return table
