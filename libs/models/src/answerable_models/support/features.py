"""What the trees of `support` see of a claim and its evidence: about sixty named numbers, each with its direction.

Nothing counts words or sentences: how long a claim or a passage is says nothing about truth, and a model that sees
lengths learns how its training sets were made.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from answerable_models.support.alignment import Floats, WordVectors
from answerable_models.support.asked import ASKED, asked_features
from answerable_models.support.cells import CELLS, cell_features
from answerable_models.support.matching import Matching, match
from answerable_models.support.places import PLACES, find_places, place_features
from answerable_models.support.reading import read
from answerable_models.support.turns import TURNS, turn_features

_FEW = 3  # counts stop here: beyond, they would measure length
_NEIGHBOURS = 3

_UP = (
    # A word list reads best as one string.
    """
    cover_all cover_best cover_two cover_near3 cover_spread rare_all rare_best rare_two plain_all plain_best
    near_all near_best near_two near_weakest near_weak3 sentence_cosine numbers_all numbers_best numbers_near3
    names_all names_best names_near3 names_near together_mean together_min together_numbers together_names
    together_rare together_last pairs_best pairs_all run_best
    """.split()  # noqa: SIM905 - see above
)
_DOWN = (
    # A word list reads best as one string.
    """
    missing_all missing_two missing_rare missing_numbers missing_numbers_best missing_names missing_names_best
    """.split()  # noqa: SIM905 - see above
)

DIRECTIONS: dict[str, int] = dict.fromkeys(_UP, 1) | dict.fromkeys(_DOWN, -1) | TURNS | PLACES | ASKED | CELLS
"""Features in their order: 1 where more of it can only raise the score, -1 where it can only lower it, 0 neither."""
FEATURES = tuple(DIRECTIONS)
NOTHING = np.array([float(min(direction, 0) < 0) for direction in DIRECTIONS.values()], dtype=np.float64)
"""The features of a claim that is nowhere: nothing is held, everything is missing."""


def features(claim: str, evidence: Sequence[str], vectors: WordVectors) -> Floats:
    """float64 [FEATURES]. A claim without words, or evidence without sentences, has nothing matched."""
    matching = match(claim, read(evidence), vectors)
    return NOTHING.copy() if matching is None else features_of(matching)


def features_of(matching: Matching) -> Floats:
    """float64 [FEATURES] of a claim that is laid over its evidence."""
    found = _coverage(matching) | _kinds(matching) | _alignment(matching) | _together(matching) | _runs(matching)
    places = find_places(matching)
    found |= turn_features(matching) | place_features(matching, places) | asked_features(matching, places)
    found |= cell_features(matching)
    return np.array([found[name] for name in FEATURES], dtype=np.float64)


def _coverage(matching: Matching) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, weights in (("cover", matching.weights), ("rare", matching.weights**4)):
        each = matching.cover(weights)
        best = int(each.argmax())
        found[f"{name}_all"] = _share(matching.anywhere, weights)
        found[f"{name}_best"] = float(each[best])
        found[f"{name}_two"] = float(_best_two(matching, weights, best))
    found["plain_all"] = float(matching.anywhere.mean())
    found["plain_best"] = float(matching.held.mean(axis=0).max())
    found["cover_near3"] = float(max(_share(rows, matching.weights) for rows in _windows(matching)))
    found["cover_spread"] = found["cover_best"] - found["cover_all"]  # 0 where one sentence holds what all hold
    missing = np.where(matching.anywhere, 0.0, matching.weights)
    found["missing_all"] = float(missing.max())
    found["missing_rare"] = float(min((missing > 0.8).sum(), _FEW))  # noqa: PLR2004 - as in Matching.rows
    best_two = _two(matching, matching.weights)
    found["missing_two"] = float(np.where(best_two, 0.0, matching.weights).max())
    return found


def _best_two(matching: Matching, weights: Floats, best: int) -> float:
    return float((np.where(matching.held | matching.held[:, [best]], weights[:, None], 0.0).sum(axis=0)).max()) / max(
        float(weights.sum()), 1e-9
    )


def _two(matching: Matching, weights: Floats) -> NDArray[np.bool_]:
    """[words]: which stand in the best sentence or in the one that adds most to it."""
    best = int(matching.cover(weights).argmax())
    joined = matching.held | matching.held[:, [best]]
    other = int(np.where(joined, weights[:, None], 0.0).sum(axis=0).argmax())
    return np.asarray(joined[:, other], dtype=np.bool_)


def _windows(matching: Matching) -> list[NDArray[np.bool_]]:
    """[words] for each three neighbouring sentences: which stand in one of them."""
    held = matching.held
    last = max(held.shape[1] - 2, 1)
    return [np.asarray(held[:, at : at + 3].any(axis=1), dtype=np.bool_) for at in range(last)]


def _kinds(matching: Matching) -> dict[str, float]:
    found: dict[str, float] = {}
    for kind in ("numbers", "names"):
        rows = matching.rows(kind)
        if not rows.any():
            found |= {f"{kind}_all": 1.0, f"{kind}_best": 1.0, f"{kind}_near3": 1.0}
            found |= {f"missing_{kind}": 0.0, f"missing_{kind}_best": 0.0}
            continue
        held = matching.held[rows]
        best = int(matching.cover().argmax())
        found[f"{kind}_all"] = float(held.any(axis=1).mean())
        found[f"{kind}_best"] = float(held[:, best].mean())
        found[f"{kind}_near3"] = float(max(window[rows].mean() for window in _windows(matching)))
        found[f"missing_{kind}"] = float(min((~held.any(axis=1)).sum(), _FEW))
        found[f"missing_{kind}_best"] = float(min((~held[:, best]).sum(), _FEW))
    names = matching.rows("names")
    found["names_near"] = float(matching.near[names].max(axis=1).min()) if names.any() else 1.0
    return found


def _alignment(matching: Matching) -> dict[str, float]:
    near, weights = matching.near, matching.weights
    each = (near * weights[:, None]).sum(axis=0) / max(matching.total, 1e-9)
    best = int(each.argmax())
    two = np.maximum(near, near[:, [best]])
    overall = near.max(axis=1)
    weakest = np.sort(1.0 - weights * (1.0 - overall))[:3]
    return {
        "near_all": _weighted(overall, weights),
        "near_best": float(each[best]),
        "near_two": float(((two * weights[:, None]).sum(axis=0)).max() / max(matching.total, 1e-9)),
        "near_weakest": float(weakest[0]),
        "near_weak3": float(weakest.mean()),
        "sentence_cosine": float(1.0 - (weights * (1.0 - near[:, best])).max()),
    }


def _together(matching: Matching) -> dict[str, float]:
    """For each word of the claim: does one sentence with it hold the rest of the claim? The weakest word tells."""
    weights, held = matching.weights, matching.held
    sums = np.where(held, weights[:, None], 0.0).sum(axis=0)
    rest = np.maximum(matching.total - weights, 1e-9)
    values = (np.where(held, sums[None, :], 0.0).max(axis=1) - np.where(held.any(axis=1), weights, 0.0)) / rest
    found = {"together_mean": _weighted(values, weights), "together_min": float(values.min())}
    for kind in ("numbers", "names", "rare"):
        rows = matching.rows(kind)
        found[f"together_{kind}"] = float(values[rows].min()) if rows.any() else 1.0
    found["together_last"] = float(values[_last(matching)].min())
    return found


def _last(matching: Matching) -> list[int]:
    """The last two different words of the claim: what answers a question mostly stands there."""
    rows = {word.key: row for row, word in enumerate(matching.words)}
    return list(dict.fromkeys(rows[key] for key in reversed(matching.claim.keys)))[:2]


def _runs(matching: Matching) -> dict[str, float]:
    ours = matching.claim.keys
    pairs = set(pairwise(ours))
    together: set[tuple[str, str]] = set()
    best_pairs, best_run = 0, 0
    order = np.argsort(-matching.cover(), kind="stable")
    for place, column in enumerate(order):
        theirs = matching.evidence[int(column)].keys
        found = pairs & set(pairwise(theirs))
        together |= found
        best_pairs = max(best_pairs, len(found))
        if place < _NEIGHBOURS:
            best_run = max(best_run, _longest_run(ours, theirs))
    count = max(len(pairs), 1)
    return {
        "pairs_best": best_pairs / count if pairs else 1.0,
        "pairs_all": len(together) / count if pairs else 1.0,
        "run_best": best_run / len(ours),
    }


def _longest_run(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """The longest stretch of content words that both have."""
    best, lengths = 0, [0] * (len(theirs) + 1)
    for one in ours:
        following = [0] * (len(theirs) + 1)
        for at, other in enumerate(theirs):
            if one == other:
                following[at + 1] = lengths[at] + 1
                best = max(best, following[at + 1])
        lengths = following
    return best


def _share(rows: NDArray[np.bool_], weights: Floats) -> float:
    return float(np.where(rows, weights, 0.0).sum() / max(float(weights.sum()), 1e-9))


def _weighted(values: Floats, weights: Floats) -> float:
    return float((values * weights).sum() / max(float(weights.sum()), 1e-9))
