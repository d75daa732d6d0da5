"""Question words beside the words of a candidate that mean nearly the same ("cost", "price"). Pure.

What counts is for each question word the nearest word of the text, weighted as in `ranking`: a soft coverage that
needs no network, because the nearness of single words is looked up in the table of the static embedder.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from answerable_models.scenes import Scene
from answerable_models.support.alignment import WordVectors

ALIGNED_FEATURES = (
    "aligned",  # rarity-weighted nearness of each question word to the candidate's nearest word
    "aligned_with_context",  # with heading, list intro or table header, and the document's title
    "aligned_by_source",  # the whole passage and its title
    "aligned_by_neighbours",
    "least_aligned",  # the question word, of the heavy ones, that has nothing near it
)
_HEAVY_SHARE = 0.4
"""A question word is heavy from this share of the heaviest one's weight on."""


@lru_cache(maxsize=1)
def word_vectors() -> WordVectors:
    """The packaged table, opened once."""
    return WordVectors()


def aligned_features(scene: Scene) -> NDArray[np.float64]:
    """[candidates, len(ALIGNED_FEATURES)]"""
    if not scene.candidates or not scene.weights:
        return np.zeros((len(scene.candidates), len(ALIGNED_FEATURES)))
    return _Aligner(scene).rows()


class _Aligner:
    """One matrix of nearness for the whole scene: every question word beside every word of its sources."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        terms, keys = scene.question.terms, scene.word_keys
        words = list(keys)
        self._column = {word: n for n, word in enumerate(words)}
        self._near = word_vectors().cosines([term.word for term in terms], words)
        same = np.array([[keys[word] == term.key for word in words] for term in terms]).reshape(self._near.shape)
        self._near[same] = 1.0
        self._weights = np.array([scene.weights[term.key] for term in terms])
        self._heavy = self._weights >= _HEAVY_SHARE * self._weights.max()

    def rows(self) -> NDArray[np.float64]:
        scene = self._scene
        where = [candidate.source for candidate in scene.candidates]
        alone = self._best(scene.words)
        around = [context | scene.title_words[at] for context, at in zip(scene.context_words, where, strict=True)]
        with_context = np.maximum(alone, self._best(around))
        whole = zip(scene.source_words, scene.title_words, strict=True)
        by_source = self._best([words | title for words, title in whole])[where]
        return np.column_stack(
            [
                *(self._weighed(near) for near in (alone, with_context, by_source, _beside(alone, where))),
                alone[:, self._heavy].min(axis=1),
            ]
        )

    def _best(self, groups: Sequence[frozenset[str]]) -> NDArray[np.float64]:
        """[groups, question words]: the nearness of each to the nearest word of the group; 0 for an empty one."""
        best = np.zeros((len(groups), len(self._near)))
        filled = [at for at, group in enumerate(groups) if group]
        if filled:
            starts = np.cumsum([0, *(len(groups[at]) for at in filled[:-1])])
            columns = [self._column[word] for at in filled for word in groups[at]]
            best[filled] = np.maximum.reduceat(self._near[:, columns], starts, axis=1).T
        return best

    def _weighed(self, near: NDArray[np.float64]) -> NDArray[np.float64]:
        """Summed word by word, without BLAS: the same bits on every machine."""
        total: NDArray[np.float64] = np.add.reduce(near * self._weights, axis=1)
        return total


def _beside(alone: NDArray[np.float64], where: Sequence[int]) -> NDArray[np.float64]:
    """What the candidates before and after, of the same source, are near to."""
    beside = np.zeros_like(alone)
    for at in range(1, len(where)):
        if where[at - 1] == where[at]:
            beside[at - 1] = np.maximum(beside[at - 1], alone[at])
            beside[at] = np.maximum(beside[at], alone[at - 1])
    return beside
