"""How likely the answer is correct: a logistic combination of check scores, the model's own probability and retrieval.

The coefficients are a reviewable file beside this module, fitted on labelled answers of the embedded answerer; the file
says how well they do. On other traffic, or another model, the value orders answers; certificates say what it is worth.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from answerable_trust.values import Case, CheckResult


@dataclass(frozen=True, slots=True)
class Coefficients:
    """A logistic model: intercept and one weight per feature; `version` and `calibrated` say what a recorded value
    means.
    """

    version: str
    calibrated: bool
    intercept: float
    weights: Mapping[str, float]


@cache
def coefficients() -> Coefficients:
    """The shipped coefficients, read once, at first use."""
    loaded = json.loads(resources.files("answerable_trust").joinpath("confidence.json").read_text("utf-8"))
    return Coefficients(loaded["version"], loaded["calibrated"], loaded["intercept"], loaded["weights"])


def confidence(case: Case, results: Sequence[CheckResult]) -> float:
    """The confidence in [0, 1] that the answer is correct; 0 for a case without an answer."""
    if not case.answered or not case.sentences:
        return 0.0
    model, found = coefficients(), features(case, results)
    total = model.intercept + sum(weight * found[name] for name, weight in model.weights.items())
    return 1.0 / (1.0 + math.exp(-total))


NAMES = (
    "supported", "numbers_agree", "question_answered", "sources_agree", "model_log_odds", "similarity", "first_passage",
)  # fmt: skip
_USUAL_SIMILARITY = 0.5
_LARGEST_LOG_ODDS = 5.0


def features(case: Case, results: Sequence[CheckResult]) -> dict[str, float]:
    """What confidence is made of, by NAMES, each in [-1, 1]; a check that is absent counts as failed."""
    scores = {result.name: result.score for result in results}
    labels = {label for sentence in case.sentences for label in sentence.citations}
    cited = [passage for passage in case.passages if passage.label in labels]
    near = [passage.similarity for passage in cited if passage.similarity is not None]
    return {
        "supported": scores.get("supported", 0.0),
        "numbers_agree": scores.get("numbers_agree", 0.0),
        "question_answered": scores.get("question_answered", 0.0),
        "sources_agree": scores.get("sources_agree", 0.0),
        "model_log_odds": _log_odds(case.model_probability),
        "similarity": max(-1.0, min(1.0, max(near, default=_USUAL_SIMILARITY))),
        "first_passage": float(bool(case.passages) and case.passages[0].label in labels),
    }


def _log_odds(probability: float | None) -> float:
    """Scaled to [-1, 1]; a probability that is absent or impossible says nothing: 0."""
    if probability is None or not 0.0 <= probability <= 1.0:
        return 0.0
    inside = min(1 - 1e-9, max(1e-9, probability))
    return max(-1.0, min(1.0, math.log(inside / (1 - inside)) / _LARGEST_LOG_ODDS))
