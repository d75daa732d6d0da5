"""How likely the answer is correct: a logistic combination of check scores and the model's own probability.

The coefficients are a reviewable file beside this module. They are set by hand and NOT calibrated: the value orders
answers, it is no error rate.
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


def features(case: Case, results: Sequence[CheckResult]) -> dict[str, float]:
    """What confidence is made of, each in [-1, 1]; a check that is absent counts as failed."""
    scores = {result.name: result.score for result in results}
    return {
        "supported": scores.get("supported", 0.0),
        "numbers_agree": scores.get("numbers_agree", 0.0),
        "question_answered": scores.get("question_answered", 0.0),
        "sources_agree": scores.get("sources_agree", 0.0),
        "model_probability": _centred(case.model_probability),
    }


def _centred(probability: float | None) -> float:
    """From [0, 1] to [-1, 1]; a probability that is absent or impossible says nothing: 0."""
    return 2.0 * probability - 1.0 if probability is not None and 0.0 <= probability <= 1.0 else 0.0
