"""Calibrates the confidence: a logistic model over check scores, the model's own probability and retrieval.

    python -m libs.trust.training.train_confidence ../shared/data [--write]

Reads `abstention/squad2.jsonl.gz`: each question is answered by the embedded answerer, with weights that never saw its
article, out of the eight passages that retrieval finds, with its article in the corpus and without. Only answers that
pass every check count, since the gate asks for confidence then only. Folds are whole articles. Nothing is random. About
ten minutes on one core. `--write` replaces confidence.json, fitted on everything.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from libs.models.training import train_extractive as answerer
from libs.models.training.logistic import fit_logistic
from libs.models.training.passages import Corpus
from libs.models.training.passages import Passage as Paragraph

import answerable_trust
from answerable_models.coefficients import read_coefficients
from answerable_models.extractive import FEATURES, ExtractiveGenerator
from answerable_models.generation import Source
from answerable_trust.checks import run_checks
from answerable_trust.confidence import NAMES, features
from answerable_trust.reliability import auroc, brier, calibration_error, diagram
from answerable_trust.risk import Judged
from answerable_trust.values import Case, Passage, Sentence

NOW = datetime(2026, 11, 25, tzinfo=UTC)
WEIGHTS = {"present": 1.0, "unanswerable": 0.15, "absent": 1.0}
"""What people ask is mostly in the documents; how much is not, nobody knows before they ask."""
L2 = 1.0
GIVEN = {"supported": 4.0, "numbers_agree": 1.0, "question_answered": 1.0, "sources_agree": 1.0}
"""Not fitted: the embedded answerer quotes, so its answers that pass all checks have nearly one score in each. More of
a check means more confidence, whatever a few rows say."""
FITTED = tuple(name for name in NAMES if name not in GIVEN)
KEPT = Path("build/confidence-rows.jsonl")
"""Delete it when answerer or checks have changed."""
VERSION = "2026-11-squad"


@dataclass(frozen=True)
class Row:
    """An answer that passed every check."""

    group: str
    kind: str
    found: dict[str, float]
    correct: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    rows = kept_rows(arguments.data)
    figures = cross_validate(rows)
    say(json.dumps(figures, indent=2))
    if arguments.write:
        path = Path(answerable_trust.__file__).parent / "confidence.json"
        path.write_text(json.dumps(content(rows, figures), indent=2) + "\n", encoding="utf-8")
        say(f"written: {path}")


def kept_rows(data: Path) -> list[Row]:
    """From the file of an earlier run, unless there is none."""
    if not KEPT.exists():
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text("".join(json.dumps(asdict(row)) + "\n" for row in answered_rows(data)), encoding="utf-8")
    return [Row(**json.loads(line)) for line in KEPT.read_text("utf-8").splitlines()]


def answered_rows(data: Path) -> Iterator[Row]:
    """Every question of every article, by an answerer that did not see it."""
    squad = read(data / "abstention/squad2.jsonl.gz")
    cases = [*answerer.squad_cases(squad), *answerer.covid_cases(read(data / "reading/covid_qa.jsonl.gz"))]
    corpus = Corpus(
        [Paragraph(*each) for each in dict.fromkeys((r["para"], r["title"], r["context"]) for r in squad)],
        answerer.EMBEDDER,
    )
    groups = sorted({row["title"] for row in squad})
    for fold in range(answerer.FOLDS):
        held = set(groups[fold :: answerer.FOLDS])
        weights = read_coefficients(answerer.train([case for case in cases if case.group not in held]), FEATURES)
        generator = ExtractiveGenerator(answerer.EMBEDDER, weights)
        for row in squad:
            if row["title"] in held:
                yield from answers(row, corpus, generator)
        say(f"fold {fold + 1} of {answerer.FOLDS} answered")


def answers(row: dict[str, Any], corpus: Corpus, generator: ExtractiveGenerator) -> Iterator[Row]:
    kinds = ("present", "absent") if row["answerable"] else ("unanswerable",)
    for kind in kinds:
        without = row["title"] if kind == "absent" else None
        found = corpus.search(row["question"], answerer.PASSAGES, without=without)
        case = answer(row["question"], found, generator)
        if case is None:
            continue
        results = run_checks(case)
        if all(result.passed for result in results):
            said = " ".join(sentence.text for sentence in case.sentences).casefold()
            golds = [gold.casefold().strip() for gold in row["answers"]] if kind == "present" else []
            yield Row(row["title"], kind, features(case, results), any(gold in said for gold in golds))


def answer(question: str, found: Sequence[Paragraph], generator: ExtractiveGenerator) -> Case | None:
    """What validation would be given; None where the answerer says that it does not know."""
    sources = [Source(n + 1, p.title.replace("_", " "), "", p.text, p.id) for n, p in enumerate(found)]
    generation = generator.answer(question, sources)
    if not generation.answered:
        return None
    vectors = answerer.EMBEDDER.embed([question, *(f"{p.title}\n{p.text}" for p in found)])
    near = vectors[1:] @ vectors[0]
    passages = tuple(
        Passage(s.label, s.passage_id, s.passage_id, s.title, s.text, stale=False, score=0.0, similarity=float(one))
        for s, one in zip(sources, near, strict=True)
    )
    sentences = tuple(Sentence(one.text, one.citations) for one in generation.sentences)
    probability = generation.scores["answer_probability"]
    return Case(question, True, sentences, passages, probability, consequential=False, now=NOW)


def fit(rows: Sequence[Row]) -> tuple[dict[str, float], float]:
    table = np.array([[row.found[name] for name in FITTED] for row in rows])
    offset = np.array([sum(weight * row.found[name] for name, weight in GIVEN.items()) for row in rows])
    labels = np.array([row.correct for row in rows], dtype=np.float64)
    weights = np.array([WEIGHTS[row.kind] for row in rows])
    coefficients, intercept = fit_logistic(table, labels, weights, L2, offset)
    fitted = {name: round(float(value), 4) for name, value in zip(FITTED, coefficients, strict=True)}
    return {name: (GIVEN | fitted)[name] for name in NAMES}, round(intercept, 4)


def cross_validate(rows: Sequence[Row]) -> dict[str, Any]:
    judged: list[tuple[str, Judged]] = []
    for fold in range(answerer.FOLDS):
        groups = sorted({row.group for row in rows})
        held = set(groups[fold :: answerer.FOLDS])
        weights, intercept = fit([row for row in rows if row.group not in held])
        for row in rows:
            if row.group in held:
                total = intercept + sum(weights[name] * row.found[name] for name in NAMES)
                judged.append((row.kind, Judged(float(1 / (1 + np.exp(-total))), row.correct)))
    everything = [one for _, one in judged]
    mix = [one for kind, one in judged if kind != "absent"]
    return {
        "answers": len(judged),
        "by_kind": {kind: sum(row.kind == kind for row in rows) for kind in WEIGHTS},
        "auroc": round(auroc(everything) or 0.0, 4),
        "auroc_without_absent": round(auroc(mix) or 0.0, 4),
        "calibration_error_present": round(calibration_error([one for kind, one in judged if kind == "present"]), 4),
        "brier": round(brier(everything), 4),
        "diagram": [[round(b.confidence, 3), round(b.correct, 3), b.answers] for b in diagram(everything)],
    }


def content(rows: Sequence[Row], figures: dict[str, Any]) -> dict[str, Any]:
    weights, intercept = fit(rows)
    note = "Fitted by libs/trust/training/train_confidence.py on answers of the embedded answerer that pass all checks."
    return {
        "version": VERSION,
        "calibrated": True,
        "note": note,
        "intercept": intercept,
        "weights": weights,
        "figures": figures,
    }


def read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
