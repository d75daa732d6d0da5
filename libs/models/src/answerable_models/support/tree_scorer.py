"""The embedded scorer: monotone trees over named features, calibrated by kind of text, with hard rules beside them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from answerable_models.errors import InvalidEntry
from answerable_models.support.alignment import WordVectors
from answerable_models.support.calibration import Calibration, read_calibration
from answerable_models.support.features import FEATURES, NOTHING, features_of
from answerable_models.support.matching import match
from answerable_models.support.port import USES, Use
from answerable_models.support.reading import Sentence, claim_pieces, read, read_claim, sentence_spans
from answerable_models.support.rules import Rule, broken_rules, lower
from answerable_models.support.trees import Trees, read_trees

FILE = "support.v1.json"
_SENTENCES = ("prose", "summary")
"""Uses whose claims may have several sentences, which are judged one by one."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A score with what it is made of: the trees' log-odds, and the rules that lowered it."""

    score: float
    raw: float
    broken: tuple[Rule, ...]


class TreeScorer:
    """Monotone gradient-boosted trees over about ninety features, calibrated by kind of text; hard rules beside them.

    Deterministic: the same bits on any number of threads and in any order of calls. A few milliseconds for a passage.
    Sees words, numbers, names and their places; it does not reason. Safe to share between threads.
    """

    name = "support-trees"

    def __init__(self, vectors: WordVectors | None = None, *, content: bytes | None = None) -> None:
        """`content` is a weights file in place of the packaged one. Raises InvalidEntry where it is none."""
        data = content if content is not None else packaged_weights()
        self.revision = hashlib.sha256(data).hexdigest()[:12]
        self._trees, self._calibrations, wanted = _read(data)
        self._vectors = vectors or WordVectors()
        if self._vectors.revision != wanted:
            raise InvalidEntry("the trees were trained with other word vectors")

    def threshold(self, use: Use) -> float:
        return self._calibrations[use].threshold

    async def score(self, claim: str, evidence: Sequence[str], use: Use) -> float:
        return self.judge(claim, evidence, use).score

    def judge(self, claim: str, evidence: Sequence[str], use: Use) -> Judgement:
        """The score with its parts; the same as `score` without a wait. Of several sentences the weakest counts."""
        sentences = read(evidence)
        said = [claim[start:end] for start, end in sentence_spans(claim)] if use in _SENTENCES else [claim]
        pieces = [piece for one in said for piece in claim_pieces(one) if read_claim(piece).content]
        return min((self._judge(piece, sentences, use) for piece in pieces or [claim]), key=lambda one: one.score)

    def _judge(self, claim: str, evidence: tuple[Sentence, ...], use: Use) -> Judgement:
        calibration = self._calibrations[use]
        matching = match(claim, evidence, self._vectors)
        if matching is None:
            return Judgement(0.0, self._trees[use].score(NOTHING), ())
        raw = self._trees[use].score(features_of(matching))
        broken = broken_rules(matching)
        return Judgement(lower(calibration.probability(raw), calibration.threshold, broken), raw, broken)


def packaged_weights() -> bytes:
    """The file that `libs/models/training/train_support.py` wrote."""
    return (resources.files("answerable_models") / "weights" / FILE).read_bytes()


def _read(content: bytes) -> tuple[Mapping[Use, Trees], Mapping[Use, Calibration], str]:
    try:
        data: dict[str, Any] = json.loads(content)
        if tuple(data["features"]) != FEATURES:
            raise InvalidEntry("the trees were trained on other features")
        models = {name: read_trees(one, len(FEATURES)) for name, one in data["trees"].items()}
        trees = {use: models[data["uses"][use]["trees"]] for use in USES}
        calibrations = {use: read_calibration(data["uses"][use]["calibration"]) for use in USES}
        return trees, calibrations, str(data["vectors"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidEntry("the weights of the support scorer cannot be read") from error
