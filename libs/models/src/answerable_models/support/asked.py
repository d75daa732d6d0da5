"""What a claim made of a question and its answer has beside other claims: the answer's own place and kind."""

import re

import numpy as np
from numpy.typing import NDArray

from answerable_models.support.claims import Asked
from answerable_models.support.matching import Matching
from answerable_models.support.places import Places, rival, standing
from answerable_models.support.reading import Sentence, read_claim

ASKED = {
    "answer_fits": 1,
    "answer_held": 1,
    "answer_close": 1,
    "answer_tight": 1,
    "answer_near": 1,
    "answer_in_best": 1,
    "answer_elsewhere": -1,
    "answer_rival": -1,
    "answer_rival_tight": -1,
    "answer_repeats": -1,
}
NOT_ASKED = {name: float(direction > 0) for name, direction in ASKED.items()} | {
    "answer_rival": -1.0,
    "answer_rival_tight": -1.0,
}
_TIME = re.compile(
    r"\d|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|century|morning|"
    r"evening|night|monday|tuesday|wednesday|thursday|friday|saturday|sunday|one|two|three|four|five|six|seven|eight|"
    r"nine|ten|half|all|no|none|once|twice|several|few|many|most|million|billion|hundred|thousand)\b",
    re.IGNORECASE,
)
_HALF = 0.5


def asked_features(matching: Matching, places: Places) -> dict[str, float]:
    """The features of ASKED; those of a claim that is no question say nothing against it."""
    if matching.asked is None:
        return dict(NOT_ASKED)
    answer = read_claim(matching.asked.answer)
    question = {word.key for word in read_claim(matching.asked.question).words}
    said = {answer.words[at].key for at in answer.content}
    unit = np.array([word.key in said - question for word in matching.words], dtype=np.bool_)
    found = NOT_ASKED | {
        "answer_fits": _fits(matching.asked, answer),
        "answer_repeats": float(bool(said) and said <= question),
    }
    if not unit.any() or unit.all():
        return found
    weights, held = matching.weights, matching.held
    here = np.where(held[unit], weights[unit][:, None], 0.0).sum(axis=0) / weights[unit].sum()
    rest = weights[~unit][:, None]
    covered = (matching.near[~unit] * rest).sum(axis=0) / rest.sum()
    there = here >= max(float(here.max()), 1e-9)
    mask = _kind_of(answer, places)
    own = {scale: standing(places, unit, weights, scale) for scale in ("close", "tight")}
    return found | {
        "answer_held": float(here.max()),
        "answer_close": own["close"],
        "answer_tight": own["tight"],
        "answer_near": float(covered[there].max()) if there.any() else 0.0,
        "answer_in_best": float(here[int(covered.argmax())]),
        "answer_elsewhere": float(covered.max() - (covered[there].max() if there.any() else 0.0)),
        "answer_rival": rival(places, unit, mask, weights, "close") - own["close"],
        "answer_rival_tight": rival(places, unit, mask, weights, "tight") - own["tight"],
    }


def _fits(asked: Asked, answer: Sentence) -> float:
    """1 where the answer has what was asked for, 0 where it has something else, a half where that cannot be said."""
    has_number = bool(_TIME.search(asked.answer))
    has_name = any(word.is_name for word in answer.words)
    if asked.kind == "number":
        return float(has_number)
    if asked.kind == "name":
        return 1.0 if has_name else 0.0 if has_number else _HALF
    return _HALF


def _kind_of(answer: Sentence, places: Places) -> NDArray[np.bool_]:
    """Which places hold words of the answer's kind."""
    if any(word.is_number for word in answer.words):
        return places.numbers
    if any(word.is_name for word in answer.words):
        return places.names
    return np.zeros(len(places.rows), dtype=np.bool_)
