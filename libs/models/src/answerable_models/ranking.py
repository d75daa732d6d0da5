"""Features of (question, candidate) pairs: how well a span of a source would answer the question. Pure.

Every feature lies roughly in 0..1 and none is a length, so that coefficients can be read and compared. Words weigh by
rarity squared: an idf that needs no corpus and is therefore the same for every tenant and every index.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from answerable_models.alignment import ALIGNED_FEATURES, aligned_features
from answerable_models.answer_types import offers
from answerable_models.embedding import Reading
from answerable_models.pieces import READ_FEATURES, read_features
from answerable_models.scenes import Scene

Features = NDArray[np.float64]

_WRITTEN = (
    "covered",  # rarity-weighted share of the question's words found in the candidate
    "covered_softly",  # with heading, list intro or table header, counting words that share a long prefix
    "covered_with_context",  # the same context, exact words
    "covered_with_title",  # with the document's title added
    "covered_by_source",  # by the whole passage and its title
    "covered_by_neighbours",  # by the sentence before and after
    "rarest_covered",  # is the rarest question word there?
    "names_covered",  # share of the question's names and numbers in candidate, context or title
    "pairs_covered",  # neighbouring question words that are neighbours here too
    "compactness",  # matched words stand close together
    "in_order",  # longest run of matched words in the question's order
    "bm25_local",  # BM25 over this request's candidates, relative to the best one
    "bm25_is_best",
    "offers_type",  # something of the asked kind that the question does not hold
    "offers_specific_type",  # ... where the asked kind is a narrow one
    "lacks_specific_type",
    "offer_is_near",  # ... close to a matched word
    "focus_covered",  # "which COUNTRY": the noun that wants the answer
    "news",  # share of content words that are not in the question
    "first_in_source",
    "depth_in_source",
    "source_rank",  # 1 for the first passage, 1/2 for the second, ...
    "is_question",
    "is_fragment",  # fewer than four words
    "opens_with_pronoun",
    "negation_differs",
)
LEXICAL_FEATURES = (*_WRITTEN, *ALIGNED_FEATURES)
EMBEDDED_FEATURES = (*LEXICAL_FEATURES, "cosine", "cosine_to_best", "cosine_times_covered", *READ_FEATURES)

_NEGATIONS = frozenset({"not", "no", "never", "cannot", "without", "except", "neither", "nor", "unless"})
_PRONOUNS = frozenset({"he", "she", "it", "they", "this", "these", "that", "those", "his", "her", "their", "its"})
_BROAD = frozenset({"thing", "manner", "yes_no"})
_FRAGMENT_WORDS = 4
_PREFIX_CHARS = 5
_NEAR_CHARS = 60.0
_BM25_K1 = 1.2
_BM25_B = 0.4


def lexical_features(scene: Scene) -> Features:
    """[candidates, len(LEXICAL_FEATURES)]"""
    bm25 = _bm25(scene)
    best = max(bm25, default=0.0) or 1.0
    rows = [
        [*_coverage(scene, at), score / best, float(score == best), *_offer(scene, at), *_shape(scene, at)]
        for at, score in enumerate(bm25)
    ]
    written = np.array(rows, dtype=np.float64).reshape(len(rows), len(_WRITTEN))
    return np.column_stack([written, aligned_features(scene)])


def embedded_features(lexical: Features, question: Reading, candidates: Sequence[Reading]) -> Features:
    """[chosen candidates, len(EMBEDDED_FEATURES)] from their lexical rows and what the network made of each text."""
    asked = question.vector.astype(np.float64)
    cosines = np.array([np.add.reduce(candidate.vector * asked) for candidate in candidates], dtype=np.float64)
    best = cosines.max(initial=0.0)
    near = read_features(question, candidates)
    return np.column_stack([lexical, cosines, cosines - best, cosines * lexical[:, 0], near])


def _coverage(scene: Scene, at: int) -> list[float]:
    candidate, keys = scene.candidates[at], scene.keys[at]
    with_context = keys | scene.context_keys[at]
    with_title = with_context | scene.title_keys[candidate.source]
    return [
        scene.covered(keys),
        _soft_coverage(scene, with_context),
        scene.covered(with_context),
        scene.covered(with_title),
        scene.covered(scene.source_keys[candidate.source]),
        scene.covered(_neighbours(scene, at)),
        float(scene.rarest in keys),
        len(scene.names & with_title) / len(scene.names) if scene.names else 1.0,
        _pairs(scene, at),
        _compactness(scene, at),
        _in_order(scene, at),
    ]


def _soft_coverage(scene: Scene, keys: frozenset[str]) -> float:
    prefixes = {key[:_PREFIX_CHARS] for key in keys if len(key) >= _PREFIX_CHARS}
    return sum(
        weight
        for key, weight in scene.weights.items()
        if key in keys or (len(key) >= _PREFIX_CHARS and key[:_PREFIX_CHARS] in prefixes)
    )


def _neighbours(scene: Scene, at: int) -> frozenset[str]:
    here = scene.candidates[at].source
    near = [n for n in (at - 1, at + 1) if 0 <= n < len(scene.candidates) and scene.candidates[n].source == here]
    return frozenset().union(*(scene.keys[n] for n in near))


def _pairs(scene: Scene, at: int) -> float:
    asked = [token.key for token in scene.question.tokens if not token.is_stop]
    here = [token.key for token in scene.tokens[at] if not token.is_stop]
    wanted = set(pairwise(asked))
    return len(wanted & set(pairwise(here))) / len(wanted) if wanted else 0.0


def _compactness(scene: Scene, at: int) -> float:
    """Matched weight in the best window of twelve words."""
    found = [(n, token.key) for n, token in enumerate(scene.tokens[at]) if token.key in scene.weights]
    best = 0.0
    for first in range(len(found)):
        window = {key for n, key in found[first:] if n - found[first][0] < 12}  # noqa: PLR2004 - see docstring
        best = max(best, sum(scene.weights[key] for key in window))
    return best


def _in_order(scene: Scene, at: int) -> float:
    """Longest increasing run of question positions among the matched words, as a share of the question's words."""
    places = {token.key: n for n, token in enumerate(scene.question.terms)}
    runs: list[int] = []
    longest = [0] * len(places)
    for token in scene.tokens[at]:
        place = places.get(token.key)
        if place is not None:
            longest[place] = 1 + max(longest[:place], default=0)
            runs.append(longest[place])
    return max(runs, default=0) / max(len(places), 1)


def _bm25(scene: Scene) -> list[float]:
    count = len(scene.candidates)
    idf = {
        key: math.log(1 + (count - df + 0.5) / (df + 0.5))
        for key in scene.weights
        if (df := sum(key in keys for keys in scene.keys))
    }
    lengths = [len(tokens) for tokens in scene.tokens]
    mean = (sum(lengths) / count if count else 0) or 1.0
    scores = []
    for keys, length in zip(scene.keys, lengths, strict=True):
        norm = _BM25_K1 * (1 - _BM25_B + _BM25_B * length / mean)
        scores.append(sum(idf[key] * scene.weights[key] * (1 + _BM25_K1) / (1 + norm) for key in idf if key in keys))
    return scores


def _offer(scene: Scene, at: int) -> list[float]:
    question, text = scene.question, scene.candidates[at].text
    places = offers(question, text, scene.tokens[at])
    narrow = question.asked not in _BROAD
    matched = [token.start for token in scene.tokens[at] if token.key in scene.weights]
    gap = min((abs(place - start) for place in places for start in matched), default=None)
    fresh = [token for token in scene.tokens[at] if not token.is_stop]
    news = sum(token.key not in scene.weights for token in fresh) / len(fresh) if fresh else 0.0
    return [
        float(bool(places)),
        float(bool(places) and narrow),
        float(not places and narrow),
        math.exp(-gap / _NEAR_CHARS) if gap is not None else 0.0,
        len(question.focus & scene.keys[at]) / len(question.focus) if question.focus else 0.5,
        news,
    ]


def _shape(scene: Scene, at: int) -> list[float]:
    candidate, tokens = scene.candidates[at], scene.tokens[at]
    words = {token.word for token in tokens}
    asked = {token.word for token in scene.question.tokens}
    length = max(len(scene.sources[candidate.source].text), 1)
    return [
        float(candidate.position == 0),
        candidate.start / length,
        1.0 / (1 + candidate.source),
        float(candidate.text.rstrip().endswith("?")),
        float(len(tokens) < _FRAGMENT_WORDS),
        float(bool(tokens) and tokens[0].word in _PRONOUNS),
        float(bool(words & _NEGATIONS) != bool(asked & _NEGATIONS)),
    ]
