"""A question beside sentences, word piece by word piece, as the network understands each in its place. Pure.

Late interaction as in ColBERT (Khattab and Zaharia, 2020), from the same run of the network that gives a text its
vector. Steps are whole numbers, so that every product is exact in float32 on any machine.
"""

import json
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from answerable_models.embedding import GRID_STEPS_PER_UNIT, Reading, quantise, vendored_tokenizer
from answerable_models.terms import STOP_WORDS, rarity

READ_FEATURES = (
    "pieces_near",  # rarity-weighted nearness of each question piece to the sentence's nearest piece
    "pieces_near_evenly",  # ... all of them weighing the same
    "least_piece_near",  # the question piece, of the heavy ones, that has nothing near it
    "asking_piece_near",  # "who": nearness to a piece that the question does not hold
    "openings_near",  # what the network says about the two texts as wholes
    "news_near",  # nearness of the whole question to a piece that it does not hold
    "any_piece_near",
)
_HEAVY_SHARE = 0.4
"""A piece is heavy from this share of the heaviest one's weight on."""
_ASKING = frozenset({"who", "what", "when", "where", "which", "why", "how", "whose", "whom"})


def read_features(question: Reading, sentences: Sequence[Reading]) -> NDArray[np.float64]:
    """[sentences, len(READ_FEATURES)]"""
    rows = [_row(question, sentence) for sentence in sentences]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(READ_FEATURES))


def _row(question: Reading, sentence: Reading) -> list[float]:
    asked, said = list(question.pieces), list(sentence.pieces)
    rarities, silence, questioning = _tables()
    asking = questioning[asked]
    weights = np.where(silence[asked] | asking, 0.0, rarities[asked])
    near = _cosines(question.steps, sentence.steps)
    best = near.max(axis=1)
    heavy = weights >= _HEAVY_SHARE * weights.max()
    new = ~(silence[said] | np.isin(said, asked))
    whole = _cosines(quantise(question.vector[None, :]), sentence.steps)[0]
    return [
        float(np.add.reduce(weights * best) / (np.add.reduce(weights) or 1.0)),
        float(np.add.reduce(best[1:-1]) / max(len(best) - 2, 1)),
        float(best[heavy].min()),
        float(near[asking][:, new].max(initial=0.0)),
        float(near[0, 0]),
        float(whole[new].max(initial=0.0)),
        float(whole.max()),
    ]


def _cosines(left: NDArray[np.int8], right: NDArray[np.int8]) -> NDArray[np.float64]:
    products = np.einsum("ik,jk->ij", left.astype(np.float32), right.astype(np.float32))
    cosines: NDArray[np.float64] = products.astype(np.float64) / GRID_STEPS_PER_UNIT**2
    return cosines


@lru_cache(maxsize=1)
def _tables() -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Of every word piece: its weight, whether it says nothing alone, whether it asks."""
    vocabulary: dict[str, int] = json.loads(vendored_tokenizer().read_text(encoding="utf-8"))["model"]["vocab"]
    pieces = sorted(vocabulary, key=vocabulary.__getitem__)
    weights = [1.0 if piece.startswith("##") else rarity(piece) ** 2 for piece in pieces]
    silent = [piece in STOP_WORDS or not piece[-1].isalnum() for piece in pieces]
    return np.array(weights), np.array(silent), np.array([piece in _ASKING for piece in pieces])
