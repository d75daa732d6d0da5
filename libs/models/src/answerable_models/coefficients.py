"""The trained numbers of the embedded answerer: one reviewable JSON file, named coefficients only."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from answerable_models.errors import InvalidEntry

FILE = "extractive.v1.json"


@dataclass(frozen=True, slots=True)
class Ranker:
    """Weights of one kind of embedder. `rank` orders candidates; `answer` (with its intercept) judges the best one."""

    rank: NDArray[np.float64]
    answer: NDArray[np.float64]
    intercept: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Coefficients:
    """`shortlist` picks the candidates worth embedding; `embedded` judges with cosines, `lexical` without."""

    revision: str
    shortlist: NDArray[np.float64]
    embedded: Ranker
    lexical: Ranker
    embedder: str


@dataclass(frozen=True, slots=True)
class FeatureNames:
    lexical: Sequence[str]
    embedded: Sequence[str]
    answer_lexical: Sequence[str]
    answer_embedded: Sequence[str]


def load_coefficients(names: FeatureNames) -> Coefficients:
    """The packaged file. Raises InvalidEntry where it does not name exactly the features of this version."""
    text = (resources.files("answerable_models") / "weights" / FILE).read_text(encoding="utf-8")
    return read_coefficients(json.loads(text), names)


def read_coefficients(data: Mapping[str, Any], names: FeatureNames) -> Coefficients:
    """From parsed JSON. Raises InvalidEntry."""
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    return Coefficients(
        revision=f"{data['version']}-{digest[:12]}",
        shortlist=_vector(data["lexical"]["rank"], names.lexical),
        embedded=_ranker(data["embedded"], names.embedded, names.answer_embedded),
        lexical=_ranker(data["lexical"], names.lexical, names.answer_lexical),
        embedder=data["embedder"],
    )


def _ranker(data: Mapping[str, Any], rank: Sequence[str], answer: Sequence[str]) -> Ranker:
    return Ranker(
        rank=_vector(data["rank"], rank),
        answer=_vector(data["answer"], answer),
        intercept=float(data["intercept"]),
        threshold=float(data["threshold"]),
    )


def _vector(named: Mapping[str, float], names: Sequence[str]) -> NDArray[np.float64]:
    if set(named) != set(names):
        raise InvalidEntry(f"coefficients and features differ: {sorted(set(named) ^ set(names))}")
    return np.array([named[name] for name in names], dtype=np.float64)
