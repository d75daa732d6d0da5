"""Which pieces of a passage read like requests that somebody put into it: a logistic model over named features.

The coefficients are a reviewable file beside this module, made by `training/train_injection.py`.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from answerable_trust.errors import InvalidModelError
from answerable_trust.request_features import FEATURES, Described, describe

FILE = "injection.json"


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic model. A piece that scores `suspect` or more is reported, one that scores `block` or more blocks."""

    version: str
    intercept: float
    weights: Mapping[str, float]
    suspect: float
    block: float

    def score(self, described: Described) -> float:
        """From 0 to 1; it orders pieces and is no probability of anything in the field."""
        total = self.intercept + sum(self.weights[name] * value for name, value in described.features.items())
        return 1.0 / (1.0 + math.exp(-min(max(total, -60.0), 60.0)))


@dataclass(frozen=True, slots=True)
class Suspect:
    """Characters `start` (included) to `end` (excluded) of a passage, and how much they look put in: 0 to 1."""

    start: int
    end: int
    score: float
    blocks: bool


def find_intrusions(text: str, model: Model, least: float) -> list[Suspect]:
    """The pieces that score at least so much, in order. Linear in the length of the text; raises nothing."""
    scored = [(one.piece, model.score(one)) for one in describe(text)]
    return [Suspect(piece.start, piece.end, score, score >= model.block) for piece, score in scored if score >= least]


@cache
def shipped() -> Model:
    """The model of the package, read once, at first use."""
    return read_model(json.loads(resources.files("answerable_trust").joinpath(FILE).read_text("utf-8")))


def read_model(data: Mapping[str, Any]) -> Model:
    """From parsed JSON. Raises InvalidModelError where it does not weigh exactly the features of this version."""
    if set(data["weights"]) != set(FEATURES):
        raise InvalidModelError(f"weights and features differ: {sorted(set(data['weights']) ^ set(FEATURES))}")
    weights = {name: float(data["weights"][name]) for name in FEATURES}
    return Model(data["version"], float(data["intercept"]), weights, float(data["suspect"]), float(data["block"]))
