"""Which words of a claim stand in which sentences of the evidence, exactly and nearly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from answerable_models.support.alignment import Floats, WordVectors
from answerable_models.support.claims import Asked, split_claim
from answerable_models.support.reading import Sentence, Word, read_claim


@dataclass(frozen=True, slots=True)
class Matching:
    """A claim laid over evidence. Rows are the different words of the claim, in order; columns are sentences."""

    claim: Sentence
    evidence: tuple[Sentence, ...]
    words: tuple[Word, ...]
    weights: Floats
    held: NDArray[np.bool_]
    """[words, sentences]: the word stands in the sentence."""
    near: Floats
    """[words, sentences]: 1 where it does, else the cosine of the sentence's nearest word."""
    asked: Asked | None
    """The question that the claim is made of, where it is."""

    @property
    def total(self) -> float:
        return float(self.weights.sum())

    @property
    def anywhere(self) -> NDArray[np.bool_]:
        """[words]: which stand in some sentence."""
        return np.asarray(self.held.any(axis=1), dtype=np.bool_)

    def cover(self, weights: Floats | None = None) -> Floats:
        """[sentences]: the share of the weight of the claim's words that each sentence holds."""
        used = self.weights if weights is None else weights
        return np.asarray(np.where(self.held, used[:, None], 0.0).sum(axis=0) / max(used.sum(), 1e-9))

    def rows(self, kind: str) -> NDArray[np.bool_]:
        """[words]: which are numbers, names or rare words."""
        tests = {"numbers": lambda w: w.is_number, "names": lambda w: w.is_name, "rare": lambda w: w.weight > 0.8}  # noqa: PLR2004
        return np.array([tests[kind](word) for word in self.words], dtype=np.bool_)


def match(text: str, evidence: Sequence[Sentence], vectors: WordVectors) -> Matching | None:
    """The claim over the evidence; None where either has nothing to compare."""
    claim = read_claim(text)
    if not claim.content or not evidence:
        return None
    words: dict[str, Word] = {}
    for at in claim.content:
        words.setdefault(claim.words[at].key, claim.words[at])
    weights = np.array([word.weight for word in words.values()], dtype=np.float64)
    held = np.zeros((len(words), len(evidence)), dtype=np.bool_)
    rows = {key: row for row, key in enumerate(words)}
    for column, sentence in enumerate(evidence):
        for word in sentence.words:
            row = rows.get(word.key)
            if row is not None:
                held[row, column] = True
    near = _near(words, held, evidence, vectors)
    return Matching(claim, tuple(evidence), tuple(words.values()), weights, held, near, split_claim(text))


def _near(
    words: dict[str, Word], held: NDArray[np.bool_], evidence: Sequence[Sentence], vectors: WordVectors
) -> Floats:
    """Numbers are near to nothing but themselves: vectors know little about them."""
    near = held.astype(np.float64)
    wanted = [row for row, word in enumerate(words.values()) if not word.is_number and not held[row].all()]
    known: dict[str, int] = {}
    columns: list[list[int]] = []
    for sentence in evidence:
        found = (sentence.words[at] for at in sentence.content)
        columns.append(sorted({known.setdefault(word.word, len(known)) for word in found if not word.is_number}))
    ours = [word.word for word in words.values()]
    cosines = vectors.cosines([ours[row] for row in wanted], list(known))
    for column, members in enumerate(columns):
        if members and wanted:
            near[wanted, column] = np.maximum(near[wanted, column], cosines[:, members].max(axis=1))
    return near
