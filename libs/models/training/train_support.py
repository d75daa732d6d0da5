"""Trains the trees of the embedded support scorer and prints what they reach under grouped cross-validation.

    uv sync --group training
    python -m libs.models.training.train_support ../shared/data [--write]

Reads `support/wikisplit_derived`, `support/logicnlg_pairs`, `reading/covid_qa` and `reading/xquad_en`, the last
without the paragraphs that SQuAD evaluation rows repeat; `support_lessons` says what it makes of them. All rows of a
passage are in one fold. Claims that people wrote (`support/feverous_dev_gold`, `support/fever_symmetric` and
`support/faithdial_audit_wow`) only calibrate. Every draw has a fixed seed. About six minutes on one core. `--write`
replaces weights/support.v1.json: the trees trained on everything, calibrations and thresholds from the rows that a
fold's trees had not seen.
"""

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from libs.models.training.boosting import exported, fit_trees
from libs.models.training.logistic import auroc
from libs.models.training.support_lesson import Lesson
from libs.models.training.support_lessons import WRITTEN, lessons
from numpy.typing import NDArray

import answerable_models
from answerable_models.support.alignment import WordVectors
from answerable_models.support.calibration import Calibration, fit_calibration
from answerable_models.support.features import DIRECTIONS, FEATURES, features
from answerable_models.support.port import USES, Use
from answerable_models.support.tree_scorer import FILE

FOLDS = 5
Model = Literal["prose", "answer", "table"]
SHARES: Mapping[Model, Mapping[str, float]] = {
    "prose": {"wikisplit": 1.0, "answer": 1.0, "sentence": 0.5, "edit": 1.0},
    "answer": {"answer": 1.0},
    "table": {"table": 1.0, "answer": 1.0},
}
"""What each model learns from, by the first word of a lesson's part, and how much it weighs. Tables are learned with
answers, since people asked those; the claims about cells are made by form."""
MODEL_OF: Mapping[Use, Model] = {"prose": "prose", "summary": "prose", "answer": "answer", "table": "table"}
MADE_WEIGHT = 2.0
"""Prose is calibrated on claims that people wrote and, twice as heavy, on sentences of passages with their changes: the
former ask for a low threshold, the latter for a high one, and what is said wrongly costs more than what is not said."""
KEPT = Path("build/support")
_DIGITS = 6


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    rows = lessons(arguments.data)
    table = feature_table(rows)
    content, figures = train(rows, table)
    say(json.dumps(figures, indent=2))
    if arguments.write:
        path = Path(answerable_models.__file__).parent / "weights" / FILE
        path.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
        say(f"written: {path}, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


def train(rows: Sequence[Lesson], table: NDArray[np.float64]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The content of the weights file, and what the folds showed."""
    figures: dict[str, Any] = {"lessons": dict(sorted(Counter(f"{r.part} {r.supported}" for r in rows).items()))}
    raw = {model: unseen_scores(rows, table, model) for model in SHARES}
    uses: dict[str, Any] = {}
    for use in USES:
        calibration = calibrate(rows, raw[MODEL_OF[use]], use)
        numbers = {name: round(value, _DIGITS) for name, value in asdict(calibration).items()}
        uses[use] = {"trees": MODEL_OF[use], "calibration": numbers}
        figures[use] = summarise(rows, raw[MODEL_OF[use]], calibration, use)
    trees = {model: fit_trees(*training_set(rows, table, model), list(DIRECTIONS.values())) for model in SHARES}
    content = {
        "version": "support-1",
        "features": list(FEATURES),
        "vectors": WordVectors().revision,
        "uses": uses,
        "trees": {model: exported(booster) for model, booster in trees.items()},
    }
    return content, figures


def calibrate(rows: Sequence[Lesson], raw: NDArray[np.float64], use: Use) -> Calibration:
    """On the rows of that use; each kind of row and label weighs the same, but for MADE_WEIGHT."""
    own = [(row, score) for row, score in zip(rows, raw.tolist(), strict=True) if is_of(row, use)]
    cells = Counter((row.part == WRITTEN, row.supported) for row, _ in own)
    weights = [
        (1.0 if row.part == WRITTEN else MADE_WEIGHT) / cells[row.part == WRITTEN, row.supported] for row, _ in own
    ]
    return fit_calibration([score for _, score in own], [row.supported for row, _ in own], weights)


def is_of(row: Lesson, use: Use) -> bool:
    """Whether a lesson is of that kind of text: summaries are prose that keeps words, so what people wrote is none."""
    return row.use == use or (use == "summary" and row.use == "prose" and row.part != WRITTEN)


def unseen_scores(rows: Sequence[Lesson], table: NDArray[np.float64], model: Model) -> NDArray[np.float64]:
    """[rows]: each scored by trees that saw nothing of its passage."""
    folds = np.array([fold_of(row.group) for row in rows])
    raw = np.zeros(len(rows))
    for fold in range(FOLDS):
        booster = fit_trees(*training_set(rows, table, model, without=(folds == fold)), list(DIRECTIONS.values()))
        raw[folds == fold] = booster.predict(table[folds == fold], raw_score=True)
    return raw


def training_set(
    rows: Sequence[Lesson], table: NDArray[np.float64], model: Model, without: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Features, labels and weights; supported rows weigh as much in all as the others, in each kind of text."""
    shares = SHARES[model]
    weights = np.array([row.weight * shares.get(row.part.split("_")[0], 0.0) for row in rows])
    if without is not None:
        weights[without] = 0.0
    labels = np.array([row.supported for row in rows], dtype=np.bool_)
    kinds = np.array([row.use for row in rows])
    for kind in sorted({row.use for row in rows}):
        true, false = (kinds == kind) & labels, (kinds == kind) & ~labels
        if weights[true].any():
            weights[true] *= weights[false].sum() / weights[true].sum()
    used = weights > 0
    return table[used], labels[used], weights[used]


def summarise(rows: Sequence[Lesson], raw: NDArray[np.float64], calibration: Calibration, use: Use) -> dict[str, float]:
    """AUROC of each kind of unsupported rows against the true ones of its kind; what passes the threshold."""
    parts = np.array([row.part for row in rows])
    held = np.array([row.supported for row in rows], dtype=np.bool_)
    passes = np.array([calibration.probability(score) >= calibration.threshold for score in raw.tolist()])
    own = np.array([is_of(row, use) for row in rows])
    true = own & held
    found = {"threshold": calibration.threshold, "true pass": float(passes[true].mean())}
    for part in sorted(set(parts[own & ~held].tolist())):
        false = own & ~held & (parts == part)
        alike = true & (parts == ("sentence" if part.startswith("edit") else part.split("_")[0]))
        found[f"{part} auroc"] = auroc(raw[alike], raw[false])
        found[f"{part} pass"] = float(passes[false].mean())
    return {name: round(float(value), 4) for name, value in found.items()}


def feature_table(rows: Sequence[Lesson]) -> NDArray[np.float64]:
    """[rows, features], kept under build/ by what it was made of."""
    digest = hashlib.sha256(repr((FEATURES, list(rows))).encode())
    package = Path(answerable_models.__file__).parent
    for path in sorted([*(package / "support").glob("*.py"), package / "terms.py", package / "segmentation.py"]):
        digest.update(path.read_bytes())
    kept = KEPT / f"{digest.hexdigest()[:16]}.npy"
    if not kept.is_file():
        vectors = WordVectors()
        table = np.array([features(row.claim, row.evidence, vectors) for row in rows])
        KEPT.mkdir(parents=True, exist_ok=True)
        np.save(kept, table)
    found: NDArray[np.float64] = np.load(kept, allow_pickle=False)
    return found


def fold_of(group: str) -> int:
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:4]) % FOLDS


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
