"""Hard rules beside a learned score: a number or a name that the evidence lacks, a negation that it lacks or adds.

They can only lower a score, and a score that one of them lowers does not pass, whatever the trees made of the rest.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from answerable_models.support.alignment import Floats
from answerable_models.support.matching import Matching
from answerable_models.support.places import units_of
from answerable_models.support.reading import Sentence
from answerable_models.support.turns import turn_features

Rule = Literal["number", "name", "negation"]

LOWERED = 0.5
"""What each broken rule leaves of a score that was cut to the threshold: order is kept among what fails."""
_NEAR_ENOUGH = 0.6  # cosine to some word of the evidence: "German" and "Germany", "Peking" and "Beijing"
_SPEAKS_OF_IT = 0.75  # of the claim's weight in one sentence: only then do negations compare
_LONGEST_ACRONYM, _SHORTEST_ACRONYM = 6, 2
_SHARED_STEM = 4  # letters


def broken_rules(matching: Matching) -> tuple[Rule, ...]:
    """The rules that the claim breaks against its evidence, each once."""
    found: list[Rule] = []
    held = matching.anywhere
    if (matching.rows("numbers") & ~held).any():
        found.append("number")
    if any(_is_foreign(matching, unit, held) for unit in units_of(matching)):
        found.append("name")
    if _denies(matching):
        found.append("negation")
    return tuple(found)


def lower(score: float, threshold: float, broken: tuple[Rule, ...]) -> float:
    """The score, or, for each broken rule, half of what lies below the threshold of it."""
    return min(score, threshold) * LOWERED ** len(broken) if broken else score


def _is_foreign(matching: Matching, unit: NDArray[np.bool_], held: NDArray[np.bool_]) -> bool:
    """Whether a name is nowhere: not a part of it, no like word, no initials. The claim's first word is never one."""
    words = [matching.words[int(row)] for row in np.flatnonzero(unit)]
    opening = matching.claim.words[0].key
    if not all(word.is_name for word in words) or (held & unit).any() or any(word.key == opening for word in words):
        return False
    if float(matching.near[unit].max(initial=0.0)) >= _NEAR_ENOUGH:
        return False
    return not any(_is_known(word.word, matching.evidence) for word in words)


def _is_known(name: str, evidence: tuple[Sentence, ...]) -> bool:
    """Whether some word begins like the name, or some words have it for their initials."""
    stem = name[: max(len(name) - 3, _SHARED_STEM)]
    for sentence in evidence:
        if any(word.word.startswith(stem) for word in sentence.words):
            return True
        if _SHORTEST_ACRONYM <= len(name) <= _LONGEST_ACRONYM:
            initials = "".join(word.word[0] for word in sentence.words if word.weight)
            if name in initials:
                return True
    return False


def _denies(matching: Matching) -> bool:
    """Whether every sentence that speaks of the claim differs from it in negation."""
    cover: Floats = matching.cover()
    if float(cover.max()) < _SPEAKS_OF_IT:
        return False
    return turn_features(matching)["negation_differs_all"] > 0
