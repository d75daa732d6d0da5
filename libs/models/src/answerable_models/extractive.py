"""The embedded answerer: sentences of the sources, verbatim, or an honest "not known". No network, no randomness.

Candidates are ranked by a logistic model over readable features; a second one gives the probability that the best
candidate answers the question, and below the packaged threshold nothing is said. Only the few lexically best
candidates are read by the network, because that is where the time goes.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from answerable_models.alignment import ALIGNED_FEATURES
from answerable_models.answer_types import read_question
from answerable_models.coefficients import Coefficients, FeatureNames, Ranker, load_coefficients
from answerable_models.embedding import Embedder, Reader
from answerable_models.generation import Generation, GenerationRequest, Sentence, Source, Usage
from answerable_models.pieces import READ_FEATURES
from answerable_models.ranking import (
    EMBEDDED_FEATURES,
    LEXICAL_FEATURES,
    Features,
    embedded_features,
    lexical_features,
)
from answerable_models.scenes import Scene
from answerable_models.screening import instructs_model
from answerable_models.segmentation import Candidate, segment

SHORTLIST = 4
MOST_SENTENCES = 3
MOST_CANDIDATES = 600
LONGEST_CANDIDATE_CHARS = 1200
_NEW_COVERAGE = 0.2
_CLOSE_RATIO = 0.35
_SAME_JACCARD = 0.6

_ANSWER_SHAPE = (
    "rank_logit",
    "margin",  # in logits, to the second best
    "share_of_best",
    "missing_everywhere",  # rarity-weighted share of the question that no source holds
    "best_source_covered",
    "mean_source_covered",
    "rarest_in_sources",  # share of the sources that hold the rarest question word
    "best_source_aligned",
    "mean_source_aligned",
    "best_aligned",
    "best_title_covered",
    "three_sources_covered",  # what the three best hold each, on average
)
_FROM_BEST = (
    "covered", "covered_softly", "covered_with_title", "covered_by_source", "rarest_covered", "names_covered",
    "pairs_covered", "compactness", "offers_type", "offers_specific_type", "lacks_specific_type", "offer_is_near",
    "focus_covered", "negation_differs", "is_question", "is_fragment", *ALIGNED_FEATURES,
)  # fmt: skip
ANSWER_LEXICAL = (*_ANSWER_SHAPE, *_FROM_BEST)
_READ = ("cosine", *READ_FEATURES)
ANSWER_EMBEDDED = (*ANSWER_LEXICAL, *_READ, *(f"best_{name}" for name in _READ))
FEATURES = FeatureNames(LEXICAL_FEATURES, EMBEDDED_FEATURES, ANSWER_LEXICAL, ANSWER_EMBEDDED)


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The candidates that are compared, best lexical score first, with the features they are compared by."""

    chosen: NDArray[np.intp]
    features: Features


@dataclass(frozen=True, slots=True)
class Ranked:
    """Shortlist in final order: candidate numbers, their shares of belief (sum 1), and the answer probability."""

    order: tuple[int, ...]
    shares: tuple[float, ...]
    answer_probability: float


class ExtractiveGenerator:
    """Answers with one to three verbatim sentences, each with one citation, within about 60 ms of CPU.

    With another embedder than the one the coefficients were trained with, what a network makes of texts is left out
    and the purely lexical coefficients decide. `scores["answer_probability"]` is set on every generation. The prompt is
    not read.
    """

    adapter = "extractive"
    model = "extractive"

    def __init__(
        self, embedder: Embedder, coefficients: Coefficients | None = None, *, shipped_threshold: float | None = None
    ) -> None:
        self._embedder = embedder
        self._reader = embedder if isinstance(embedder, Reader) else None
        self._given = coefficients
        self._shipped_threshold = shipped_threshold

    @cached_property
    def _coefficients(self) -> Coefficients:
        return self._given or load_coefficients(FEATURES)

    @property
    def revision(self) -> str:
        if not self._embeds:
            return f"{self._coefficients.revision}+lexical"
        return f"{self._coefficients.revision}+{self._embedder.revision}"

    @property
    def _embeds(self) -> bool:
        return self._reader is not None and self._reader.name == self._coefficients.embedder

    @property
    def _ranker(self) -> Ranker:
        return self._coefficients.embedded if self._embeds else self._coefficients.lexical

    def always_answering(self) -> "ExtractiveGenerator":
        """The same, saying its best sentence however unsure it is: for measuring. `scores` hold both thresholds."""
        weights = self._coefficients
        unabashed = replace(
            weights,
            lexical=replace(weights.lexical, threshold=0.0),
            embedded=replace(weights.embedded, threshold=0.0),
        )
        return ExtractiveGenerator(self._embedder, unabashed, shipped_threshold=self._ranker.threshold)

    async def generate(self, request: GenerationRequest) -> Generation:
        return await asyncio.to_thread(self.answer, request.question, request.sources)

    async def verify(self) -> None:
        """Answers a question for real, so that a missing file or runtime shows at start-up."""
        source = Source(1, "", "", "The answer is here.", "")
        await asyncio.to_thread(self.answer, "Where is the answer?", (source,))

    def answer(self, question: str, sources: Sequence[Source]) -> Generation:
        """The same as `generate`, synchronously; CPU only."""
        scene, screened = set_scene(question, sources)
        if not scene.candidates or not scene.weights:
            return self._say((), {"answer_probability": 0.0, "screened": float(screened)})
        lexical = lexical_features(scene)
        shortlist = self._shorten(scene, lexical)
        ranked = rank(scene, lexical, shortlist, self._ranker)
        scores = {
            "answer_probability": ranked.answer_probability,
            "threshold": self._ranker.threshold,
            **({} if self._shipped_threshold is None else {"shipped_threshold": self._shipped_threshold}),
            "share_of_best": ranked.shares[0],
            "screened": float(screened),
        }
        if ranked.answer_probability < self._ranker.threshold:
            return self._say((), scores)
        picked = [scene.candidates[at] for at in pick(scene, ranked)]
        return self._say(tuple(Sentence(c.text, (sources[c.source].label,)) for c in picked), scores)

    def _shorten(self, scene: Scene, lexical: Features) -> Shortlist:
        chosen = shorten(lexical, self._coefficients.shortlist)
        if self._reader is None or not self._embeds:
            return Shortlist(chosen, lexical[chosen])
        return read_shortlist(scene, lexical, chosen, self._reader)

    def _say(self, sentences: tuple[Sentence, ...], scores: dict[str, float]) -> Generation:
        said = [{"text": sentence.text, "citations": list(sentence.citations)} for sentence in sentences]
        return Generation(
            answered=bool(sentences),
            sentences=sentences,
            raw=json.dumps({"answered": bool(sentences), "sentences": said}, ensure_ascii=False),
            model=self.model,
            revision=self.revision,
            adapter=self.adapter,
            finish_reason="stop" if sentences else "abstained",
            usage=Usage(input_tokens=0, output_tokens=0, cost_usd=0.0),
            scores=scores,
        )


def set_scene(question: str, sources: Sequence[Source]) -> tuple[Scene, int]:
    """The question and every candidate worth comparing; the second value counts those that talk to the model."""
    kept: list[Candidate] = []
    screened = 0
    for number, source in enumerate(sources):
        candidates = [c for c in segment(source.text, number) if len(c.text) <= LONGEST_CANDIDATE_CHARS]
        tainted = [c for c in candidates if instructs_model(c.text)]
        screened += len(tainted)
        kept += [c for c in candidates if not _asks(c) and not any(_follows(c, bad, source.text) for bad in tainted)]
    return Scene(read_question(question), sources, kept[:MOST_CANDIDATES]), screened


def shorten(lexical: Features, weights: NDArray[np.float64]) -> NDArray[np.intp]:
    """Numbers of the best candidates by their lexical score, best first; ties by place."""
    return np.argsort(-(lexical @ weights), kind="stable")[:SHORTLIST]


def read_shortlist(scene: Scene, lexical: Features, chosen: NDArray[np.intp], reader: Reader) -> Shortlist:
    """The chosen candidates with what the network makes of them and of the question."""
    read = [reader.read(scene.candidates[at].text) for at in chosen]
    return Shortlist(chosen, embedded_features(lexical[chosen], reader.read(scene.question.text), read))


def rank(scene: Scene, lexical: Features, shortlist: Shortlist, ranker: Ranker) -> Ranked:
    logits = shortlist.features @ ranker.rank
    order = np.argsort(-logits, kind="stable")
    judged = answer_features(scene, lexical, shortlist, logits) @ ranker.answer + ranker.intercept
    return Ranked(
        order=tuple(int(shortlist.chosen[at]) for at in order),
        shares=tuple(float(share) for share in _softmax(logits)[order]),
        answer_probability=float(1.0 / (1.0 + np.exp(-judged))),
    )


def answer_features(scene: Scene, lexical: Features, shortlist: Shortlist, logits: NDArray[np.float64]) -> Features:
    """What tells an answer from the best of a bad lot: ANSWER_EMBEDDED, or ANSWER_LEXICAL where nothing was read."""
    order = np.argsort(-logits, kind="stable")
    best = order[0]
    margin = logits[best] - logits[order[1]] if len(order) > 1 else 3.0
    row = shortlist.features[best]
    found = [logits[best] / 5, min(margin, 3.0) / 3, _softmax(logits)[best], *_from_sources(scene, lexical)]
    found += [row[LEXICAL_FEATURES.index(name)] for name in _FROM_BEST]
    if row.shape[0] == len(EMBEDDED_FEATURES):
        columns = [EMBEDDED_FEATURES.index(name) for name in _READ]
        found += [*row[columns], *shortlist.features[:, columns].max(axis=0)]
    return np.array(found, dtype=np.float64)


def _from_sources(scene: Scene, lexical: Features) -> list[float]:
    """Do the sources speak of what the question speaks of?"""
    anywhere = frozenset().union(*scene.source_keys)
    covered = sorted((scene.covered(keys) for keys in scene.source_keys), reverse=True)
    rarest = [scene.rarest in keys for keys in scene.source_keys]
    aligned = lexical[:, [LEXICAL_FEATURES.index(name) for name in ALIGNED_FEATURES]].T
    alone, _, by_source, *_ = aligned
    return [
        1.0 - scene.covered(anywhere),
        covered[0],
        sum(covered) / len(covered),
        sum(rarest) / len(rarest),
        by_source.max(),
        np.add.reduce(by_source) / len(by_source),
        alone.max(),
        max(scene.covered(keys) for keys in scene.title_keys),
        sum(covered[:3]) / len(covered[:3]),
    ]


def pick(scene: Scene, ranked: Ranked) -> list[int]:
    """The best candidate, and up to two more that hold words of the question which it lacks and come close to it."""
    picked = [ranked.order[0]]
    for at, share in zip(ranked.order[1:], ranked.shares[1:], strict=True):
        said = frozenset().union(*(scene.keys[n] | scene.context_keys[n] for n in picked))
        added = scene.covered(said | scene.keys[at]) - scene.covered(said)
        repeats = any(_repeats(scene, at, n) for n in picked)
        close = share >= _CLOSE_RATIO * ranked.shares[0]
        if len(picked) < MOST_SENTENCES and close and added >= _NEW_COVERAGE and not repeats:
            picked.append(at)
    return picked


def _repeats(scene: Scene, left: int, right: int) -> bool:
    a, b = scene.candidates[left], scene.candidates[right]
    if a.source == b.source and a.start < b.end and b.start < a.end:
        return True
    union = scene.keys[left] | scene.keys[right]
    return len(scene.keys[left] & scene.keys[right]) >= _SAME_JACCARD * len(union)


def _asks(candidate: Candidate) -> bool:
    """A question in a source repeats the words of ours best of all, and answers nothing."""
    return candidate.text.endswith("?")


def _follows(candidate: Candidate, tainted: Candidate, text: str) -> bool:
    """Does the candidate overlap an instruction, or follow it in its paragraph, where the payload would be?"""
    if candidate.end <= tainted.start:
        return False
    return candidate.start < tainted.end or "\n\n" not in text[tainted.end : candidate.start]


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max())
    shares: NDArray[np.float64] = powers / powers.sum()
    return shares
