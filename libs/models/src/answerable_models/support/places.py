"""Where the words of a claim stand in its evidence, how much of the claim stands around them, and what rivals them.

That "Silver" and "30" both occur in a passage does not make "Silver costs 30" true. Numbers and names of the claim are
therefore compared with the others of their kind: another number that stands closer to the rest of the claim speaks
against the one that the claim has. Adjacent names, as of a person, are one unit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from answerable_models.support.alignment import Floats
from answerable_models.support.matching import Matching
from answerable_models.support.reading import Sentence

_SCALES = {"close": 8.0, "tight": 2.0}  # words away at which a match counts half
_SAME_ROW, _ROW_LABEL = 15.0, 3.0  # how far another cell of a row is, and its first cell, which names the row
_NEIGHBOURS = 3  # content words
_SUFFICIENT = 0.999
_FARTHEST = 1e9

_UP = (
    # A word list reads best as one string.
    """
    close_mean close_min close_numbers close_names close_last tight_mean tight_min tight_numbers tight_names
    tight_last touching_mean touching_min touching_numbers touching_names touching_last
    """.split()  # noqa: SIM905 - see above
)
_DOWN = (
    # A word list reads best as one string.
    """
    displaced_max displaced_mean displaced_numbers displaced_names displaced_last rival_number rival_name
    rival_number_tight rival_name_tight
    """.split()  # noqa: SIM905 - see above
)
PLACES: dict[str, int] = dict.fromkeys(_UP, 1) | dict.fromkeys(_DOWN, -1)


@dataclass(frozen=True, slots=True)
class Places:
    """The words of the evidence that the claim has, or that are numbers or names."""

    rows: NDArray[np.int64]
    """[places]: row of the claim's word, -1 for a word that the claim lacks."""
    columns: NDArray[np.int64]
    """[places]: the sentence."""
    numbers: NDArray[np.bool_]
    names: NDArray[np.bool_]
    parts: dict[str, Floats]
    """By scale, [places, words]: the weight of each word of the claim, less the farther it stands away."""

    def around(self, unit: NDArray[np.bool_], weights: Floats, scale: str) -> Floats:
        """[places]: the share of the claim without the unit that stands around."""
        rest = max(float(weights[~unit].sum()), 1e-9)
        return np.asarray(self.parts[scale][:, ~unit].sum(axis=1) / rest)

    def of(self, unit: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """[places]: which belong to the unit."""
        return np.asarray((self.rows >= 0) & unit[self.rows])


def find_places(matching: Matching) -> Places:
    """Every place once, sentence by sentence."""
    index = {word.key: row for row, word in enumerate(matching.words)}
    rows: list[int] = []
    columns: list[int] = []
    numbers: list[bool] = []
    names: list[bool] = []
    parts: dict[str, list[Floats]] = {scale: [] for scale in _SCALES}
    for column in np.flatnonzero(matching.held.any(axis=0)):
        sentence = matching.evidence[int(column)]
        at = [n for n, word in enumerate(sentence.words) if word.key in index or word.is_number or word.is_name]
        members = np.array([index.get(sentence.words[n].key, -1) for n in at])
        closest = _closest(sentence, at, members, len(matching.words))
        for scale, half in _SCALES.items():
            parts[scale].append(np.where(closest >= _FARTHEST, 0.0, matching.weights / (1.0 + closest / half)))
        rows += members.tolist()
        columns += [int(column)] * len(at)
        numbers += [sentence.words[n].is_number for n in at]
        names += [sentence.words[n].is_name for n in at]
    empty = np.zeros((0, len(matching.words)))
    stacked = {scale: np.concatenate([empty, *found]) for scale, found in parts.items()}
    return Places(
        np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64),
        np.array(numbers, dtype=np.bool_), np.array(names, dtype=np.bool_), stacked,
    )  # fmt: skip


def _closest(sentence: Sentence, at: list[int], members: NDArray[np.int64], count: int) -> Floats:
    """[places, words]: how far the nearest occurrence of each word of the claim is, in words; cells count as far."""
    places = np.array(at, dtype=np.float64)
    cells = np.array([sentence.words[n].cell for n in at])
    distance = np.abs(places[:, None] - places[None, :])
    if cells.any():
        apart = cells[:, None] != cells[None, :]
        label = (cells[:, None] == 0) | (cells[None, :] == 0)
        distance = np.where(apart, np.where(label, _ROW_LABEL, _SAME_ROW), distance)
    closest = np.full((len(at), count), _FARTHEST)
    for row in {row for row in members.tolist() if row >= 0}:
        closest[:, row] = distance[:, members == row].min(axis=1)
    return closest


def units_of(matching: Matching) -> list[NDArray[np.bool_]]:
    """The words of the claim, adjacent names as one; each a mask over the words."""
    index = {word.key: row for row, word in enumerate(matching.words)}
    units: list[set[int]] = []
    taken: set[int] = set()
    before: int | None = None
    for at in matching.claim.content:
        word = matching.claim.words[at]
        row = index[word.key]
        if row not in taken:
            if word.is_name and before is not None and at - before == 1 and matching.claim.words[before].is_name:
                units[-1].add(row)
            else:
                units.append({row})
            taken.add(row)
        before = at
    masks = []
    for unit in units:
        mask = np.zeros(len(matching.words), dtype=np.bool_)
        mask[list(unit)] = True
        masks.append(mask)
    return masks


def place_features(matching: Matching, places: Places) -> dict[str, float]:
    """The features of PLACES."""
    units = units_of(matching)
    weights = matching.weights
    sizes = np.array([weights[unit].sum() for unit in units])
    numbers, names = matching.rows("numbers"), matching.rows("names")
    kinds = {
        "numbers": [n for n, unit in enumerate(units) if numbers[unit].any()],
        "names": [n for n, unit in enumerate(units) if names[unit].any()],
        "last": [len(units) - 1],
    }
    found: dict[str, float] = {}
    own = {scale: np.array([standing(places, unit, weights, scale) for unit in units]) for scale in _SCALES}
    best = np.array([_elsewhere(places, unit, weights) for unit in units])
    for name, values in (*own.items(), ("touching", _touching(matching, units))):
        found[f"{name}_mean"] = float((values * sizes).sum() / sizes.sum())
        found[f"{name}_min"] = float(values.min())
        found |= {f"{name}_{kind}": float(values[of].min()) if of else 1.0 for kind, of in kinds.items()}
    displaced = np.maximum(best - own["close"], 0.0)
    found["displaced_max"] = float(displaced.max())
    found["displaced_mean"] = float((displaced * sizes).sum() / sizes.sum())
    found |= {f"displaced_{kind}": float(displaced[of].max()) if of else 0.0 for kind, of in kinds.items()}
    for suffix, scale in (("", "close"), ("_tight", "tight")):
        for kind, mask in (("number", places.numbers), ("name", places.names)):
            rivals = [rival(places, units[n], mask, weights, scale) - own[scale][n] for n in kinds[f"{kind}s"]]
            found[f"rival_{kind}{suffix}"] = float(max(rivals, default=-1.0))
    return {name: value for name, value in found.items() if name in PLACES}


def standing(places: Places, unit: NDArray[np.bool_], weights: Floats, scale: str) -> float:
    """How much of the rest of the claim stands around the unit at its best place; 0 where it is nowhere."""
    of = places.of(unit)
    return float(places.around(unit, weights, scale)[of].max()) if of.any() else 0.0


def rival(places: Places, unit: NDArray[np.bool_], kind: NDArray[np.bool_], weights: Floats, scale: str) -> float:
    """The same for the best word of that kind that the claim lacks."""
    others = kind & (places.rows < 0)
    return float(places.around(unit, weights, scale)[others].max()) if others.any() else 0.0


def _elsewhere(places: Places, unit: NDArray[np.bool_], weights: Floats) -> float:
    """How much of the claim without the unit stands around any place that is not of the unit."""
    others = ~places.of(unit)
    return float(places.around(unit, weights, "close")[others].max()) if others.any() else 0.0


def _touching(matching: Matching, units: list[NDArray[np.bool_]]) -> Floats:
    """[units]: the share of its neighbours in the claim that are neighbours in one place of the evidence too."""
    index = {word.key: row for row, word in enumerate(matching.words)}
    keys = matching.claim.keys
    wanted: list[set[str]] = [set() for _ in matching.words]
    for at, key in enumerate(keys):
        wanted[index[key]] |= {other for other in keys[max(at - 1, 0) : at + 2] if other != key}
    values = np.zeros(len(matching.words))
    for column in np.flatnonzero(matching.held.any(axis=0)):
        theirs = matching.evidence[int(column)].keys
        for at, key in enumerate(theirs):
            row = index.get(key)
            if row is None or not wanted[row] or values[row] > _SUFFICIENT:
                continue
            around = set(theirs[max(at - _NEIGHBOURS, 0) : at + _NEIGHBOURS + 1])
            values[row] = max(values[row], len(wanted[row] & around) / len(wanted[row]))
    return np.array([values[unit].min() for unit in units])
