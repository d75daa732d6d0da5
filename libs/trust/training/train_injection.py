"""Trains the coefficients of the injection screen and prints what they reach on held-out categories and carriers.

    python -m libs.trust.training.train_injection ../shared/data [--write]

A logistic regression over the pieces of texts: those of attacks and requests put into them, against all others. The
thresholds are shares of clean training texts that may be reported, each source counting the same. In the rounds of the
cross-validation a fifth of the attack categories and a fifth of the BIPIA carriers are left out, in every combination.
Seeds are fixed: the same data give the same file. Numpy only. `--write` replaces injection.json.
"""

import argparse
import json
import random
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from libs.models.training.logistic import fit_logistic
from libs.trust.training.injection_texts import (
    TABLES,
    Attack,
    Carrier,
    Row,
    attacks,
    carriers,
    put_in,
    requests,
    sources,
    spliced,
)
from numpy.typing import NDArray

import answerable_trust
from answerable_trust.injection import rate
from answerable_trust.intrusion import FILE, read_model
from answerable_trust.request_features import FEATURES, describe

VERSION = "injection-1"
FOLDS = 5
L2 = 5.0
SUSPECT_SHARE = 0.01
"""Of clean texts: what may be reported."""
BLOCK_SHARE = 0.0
"""Of clean texts: what may block. None, because one in a thousand there is one in a hundred pages of a handbook."""
SOURCE_WEIGHT = 4000.0
REQUEST_WEIGHT = 2000.0
PLACES = {TABLES: 4}
"""How often an attack is put into texts of a source; 2 otherwise."""
SEED = 5

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Clean:
    """The pieces of a clean text."""

    source: str
    fold: int | None
    rows: Array


@dataclass(frozen=True)
class Planted:
    """The pieces of an attack, as they look where it was put. Folds are None for what is never judged."""

    category: int | None
    carrier: int | None
    rows: Array


@dataclass(frozen=True)
class Lessons:
    clean: Sequence[Clean]
    planted: Sequence[Planted]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    lessons, rows = prepare(arguments.data), spliced(arguments.data)
    figures = cross_validate(lessons, rows)
    strict = cross_validate(without_requests(lessons), rows)
    figures |= {f"{name}_attacks_alone": value for name, value in strict.items()}
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    if arguments.write:
        path = Path(answerable_trust.__file__).parent / FILE
        path.write_text(json.dumps(train(lessons) | {"figures": figures}, indent=2) + "\n", encoding="utf-8")
        sys.stdout.write(f"written: {path}\n")


def prepare(data: Path) -> Lessons:
    """Every text as numbers: clean, and with each attack put into some of each source."""
    texts, rng = carriers(data), random.Random(SEED)  # noqa: S311 - the same every time
    clean = [Clean(one.source, _carrier_fold(one), _rows(one.text)) for one in texts]
    by_source = {source: [one for one in texts if one.source == source] for source in sources(texts)}
    known = attacks(data)
    folds = category_folds([attack.category for attack in known])
    planted = [
        _planted(attack, folds[attack.category], rng.choice(some), rng)
        for attack in known
        for source, some in by_source.items()
        for _ in range(PLACES.get(source, 2))
    ]
    planted += [
        _planted(asked, None, rng.choice(by_source[rng.choice(list(by_source))]), rng) for asked in requests(data)
    ]
    return Lessons(clean, planted)


def without_requests(lessons: Lessons) -> Lessons:
    """What was learned from attacks of the collection alone."""
    return Lessons(lessons.clean, [one for one in lessons.planted if one.category is not None])


def train(lessons: Lessons, category: int | None = None, carrier: int | None = None) -> dict[str, Any]:
    """The content of the coefficient file, learned without the named fold of categories and of carriers."""
    clean = [one for one in lessons.clean if carrier is None or one.fold != carrier]
    planted = [
        one
        for one in lessons.planted
        if (category is None or one.category != category) and (carrier is None or one.carrier != carrier)
    ]
    blocks = [
        (np.concatenate([one.rows for one in clean if one.source == name]), 0.0, SOURCE_WEIGHT)
        for name in _names(clean)
    ]
    blocks.append((np.concatenate([one.rows for one in planted if one.category is not None]), 1.0, SOURCE_WEIGHT))
    if asked := [one.rows for one in planted if one.category is None]:
        blocks.append((np.concatenate(asked), 1.0, REQUEST_WEIGHT))
    weights, intercept = fit_logistic(
        np.concatenate([rows for rows, _, _ in blocks]),
        np.concatenate([np.full(len(rows), label) for rows, label, _ in blocks]),
        np.concatenate([np.full(len(rows), weight / len(rows)) for rows, _, weight in blocks]),
        L2,
    )
    return {
        "version": VERSION,
        "intercept": round(intercept, 4),
        "weights": {name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)},
        "suspect": _threshold(clean, weights, intercept, SUSPECT_SHARE),
        "block": _threshold(clean, weights, intercept, BLOCK_SHARE),
    }


def cross_validate(lessons: Lessons, rows: Sequence[Row]) -> dict[str, float]:
    """Shares of the rows with an attack that are found, and of the clean ones that are reported.

    No row is judged by a model that saw its category or its carrier; a clean row is judged by all that did not see its
    carrier.
    """
    folds = category_folds([row.category for row in rows if row.category is not None])
    models = {(a, b): read_model(train(lessons, a, b)) for a in range(FOLDS) for b in range(FOLDS)}
    found, stopped, alarms, blocked = [], [], [], []
    for row in rows:
        fold = _fold(row.group)
        if row.category is not None:
            model = models[folds[row.category], fold]
            score = rate(row.text, model)
            found.append(score >= model.suspect)
            stopped.append(score >= model.block)
        else:
            judged = [(rate(row.text, model), model) for model in (models[a, fold] for a in range(FOLDS))]
            alarms += [score >= model.suspect for score, model in judged]
            blocked += [score >= model.block for score, model in judged]
    return {
        "recall": _share(found),
        "fpr": _share(alarms),
        "recall_blocking": _share(stopped),
        "fpr_blocking": _share(blocked),
    }


def category_folds(categories: Sequence[str]) -> dict[str, int]:
    """The fold of each category: as many in each as can be, in an order that is random but always the same."""
    names = sorted(set(categories), key=lambda name: (zlib.crc32(name.encode()), name))
    return {name: at % FOLDS for at, name in enumerate(names)}


def _carrier_fold(carrier: Carrier) -> int | None:
    return _fold(carrier.group) if carrier.source == TABLES else None


def _fold(group: str) -> int:
    return zlib.crc32(group.encode()) % FOLDS


def _planted(attack: Attack, category: int | None, carrier: Carrier, rng: random.Random) -> Planted:
    text, start = put_in(attack.text, carrier.text, rng)
    end = start + len(attack.text)
    return Planted(category, _carrier_fold(carrier), _rows(text, start, end))


def _rows(text: str, start: int = 0, end: int | None = None) -> Array:
    end = len(text) if end is None else end
    kept = [one for one in describe(text) if one.piece.start < end and one.piece.end > start]
    return np.array([[one.features[name] for name in FEATURES] for one in kept]).reshape(-1, len(FEATURES))


def _names(clean: Sequence[Clean]) -> list[str]:
    return sorted({one.source for one in clean})


def _threshold(clean: Sequence[Clean], weights: Array, intercept: float, share: float) -> float:
    """The lowest score that no more than this share of the clean texts exceed, when every source counts the same."""
    names = _names(clean)
    size = {name: sum(one.source == name for one in clean) for name in names}
    highest = sorted(
        (
            (float((one.rows @ weights).max()) if len(one.rows) else -60.0, 1 / size[one.source] / len(names))
            for one in clean
        ),
        reverse=True,
    )
    passed = 0.0
    for logit, part in highest:
        passed += part
        if passed > share:
            return float(np.ceil(1e6 / (1 + np.exp(-logit - intercept))) / 1e6)
    raise ValueError("no clean text is left to set a threshold by")


def _share(of: Sequence[bool]) -> float:
    return round(sum(of) / len(of), 4)


if __name__ == "__main__":
    main()
