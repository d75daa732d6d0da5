"""Trains the coefficients of the embedded answerer and prints what they reach under grouped cross-validation.

    python -m libs.models.training.train_extractive ../shared/data [--write]

Reads `abstention/squad2.jsonl.gz` (questions with and without an answer, ten articles) and, for training only,
`reading/covid_qa.jsonl.gz`. Each SQuAD question is asked twice: against its own corpus (the eight passages that the
convex sum of BM25 and MiniLM finds) and against the corpus without its article, where nothing can be right. Folds are
whole articles. Nothing is random. Numpy only. `--write` replaces weights/extractive.v1.json, trained on everything.
"""

import argparse
import gzip
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from libs.models.training.logistic import auroc, fit_choice, fit_logistic
from libs.models.training.passages import Corpus, Passage
from numpy.typing import NDArray

import answerable_models
from answerable_models.coefficients import FILE, Coefficients, read_coefficients
from answerable_models.embedding import MiniLmEmbedder
from answerable_models.extractive import (
    FEATURES,
    ExtractiveGenerator,
    Shortlist,
    answer_features,
    read_shortlist,
    set_scene,
    shorten,
)
from answerable_models.generation import Source
from answerable_models.ranking import Features, lexical_features
from answerable_models.scenes import Scene

FOLDS = 5
PASSAGES = 8
COVID_ROWS = 500
COVID_WEIGHT = 0.5
UNANSWERABLE_WEIGHT = 0.15
GIVEN_WEIGHT = 0.5
GIVEN_UNANSWERABLE_WEIGHT = 0.1
L2 = 1.0
FALSE_ANSWERS = 0.05
"""Share of the questions about an absent article that may still be answered: this sets the threshold."""
TIMED_QUESTIONS = 200
EMBEDDER = MiniLmEmbedder(cache_size=100_000, readings_kept=100_000)


@dataclass(frozen=True)
class Case:
    """One question against one set of passages. `right` marks the candidates that answer it."""

    kind: str
    group: str
    weight: float
    scene: Scene
    lexical: Features
    right: NDArray[np.bool_]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    cases = [*squad_cases(read(arguments.data / "abstention/squad2.jsonl.gz"))]
    cases += covid_cases(read(arguments.data / "reading/covid_qa.jsonl.gz"))
    figures = cross_validate(cases)
    weights = train(cases)
    say(json.dumps(figures | cpu_figures(weights, cases), indent=2))
    if arguments.write:
        weights["figures"] = figures
        path = Path(answerable_models.__file__).parent / "weights" / FILE
        path.write_text(json.dumps(weights, indent=2) + "\n", encoding="utf-8")
        say(f"written: {path}")


def squad_cases(rows: Sequence[dict[str, Any]]) -> Iterable[Case]:
    passages = {row["para"]: Passage(row["para"], row["title"], row["context"]) for row in rows}
    corpus = Corpus(list(passages.values()), EMBEDDER)
    for row in rows:
        kind = "present" if row["answerable"] else "unanswerable"
        weight = 1.0 if row["answerable"] else UNANSWERABLE_WEIGHT
        yield make_case(kind, weight, row, corpus.search(row["question"], PASSAGES))
        given = [passages[row["para"]]]
        if not row["answerable"]:
            yield make_case("given_unanswerable", GIVEN_UNANSWERABLE_WEIGHT, row, given)
        else:
            yield make_case("given", GIVEN_WEIGHT, row, given)
            yield make_case("absent", 1.0, row, corpus.search(row["question"], PASSAGES, without=row["title"]))


def covid_cases(rows: Sequence[dict[str, Any]]) -> Iterable[Case]:
    """Every n-th row: long technical sentences, which the encyclopedia lacks."""
    for row in rows[:: max(len(rows) // COVID_ROWS, 1)]:
        passage = Passage(row["id"], "", row["context"])
        yield make_case("covid", COVID_WEIGHT, {**row, "para": row["id"], "title": "covid"}, [passage])


def make_case(kind: str, weight: float, row: dict[str, Any], found: Sequence[Passage]) -> Case:
    sources = [Source(n + 1, p.title.replace("_", " "), "", p.text, p.id) for n, p in enumerate(found)]
    scene, _ = set_scene(row["question"], sources)
    answers = [answer.casefold().strip() for answer in row["answers"]] if row["answerable"] else []
    right = [
        sources[c.source].passage_id == row["para"] and any(answer in c.text.casefold() for answer in answers)
        for c in scene.candidates
    ]
    return Case(kind, row["title"], weight, scene, lexical_features(scene), np.array(right, dtype=np.bool_))


def train(cases: Sequence[Case]) -> dict[str, Any]:
    """The content of the weights file."""
    lexical = fit_choice([(case.lexical, case.right, case.weight) for case in cases], L2)
    lists = [shortlist(case, lexical, embed=False) for case in cases]
    with_cosine = [shortlist(case, lexical, embed=True) for case in cases]
    embedded = fit_choice(
        [(s.features, case.right[s.chosen], case.weight) for s, case in zip(with_cosine, cases, strict=True)], L2
    )
    return {
        "version": "extractive-1",
        "embedder": EMBEDDER.name,
        "lexical": {
            "rank": named(FEATURES.lexical, lexical),
            **train_answer(cases, lists, lexical, FEATURES.answer_lexical),
        },
        "embedded": {
            "rank": named(FEATURES.embedded, embedded),
            **train_answer(cases, with_cosine, embedded, FEATURES.answer_embedded),
        },
    }


def train_answer(
    cases: Sequence[Case], lists: Sequence[Shortlist], weights: NDArray[np.float64], names: Sequence[str]
) -> dict[str, Any]:
    rows, labels, importance, is_absent = [], [], [], []
    for case, items in zip(cases, lists, strict=True):
        if len(items.chosen):
            logits = items.features @ weights
            rows.append(answer_features(case.scene, case.lexical, items, logits))
            labels.append(bool(case.right[items.chosen[np.argmax(logits)]]))
            importance.append(case.weight)
            is_absent.append(case.kind == "absent")
    table, target, weight = np.array(rows), np.array(labels, dtype=np.float64), np.array(importance)
    coefficients, intercept = fit_logistic(table, target, weight, L2)
    judged = 1 / (1 + np.exp(-(table @ coefficients + intercept)))
    return {
        "answer": named(names, coefficients),
        "intercept": round(intercept, 4),
        "threshold": round(float(np.quantile(judged[is_absent], 1 - FALSE_ANSWERS)), 3),
    }


def shortlist(case: Case, lexical: NDArray[np.float64], *, embed: bool) -> Shortlist:
    chosen = shorten(case.lexical, lexical)
    if not embed:
        return Shortlist(chosen, case.lexical[chosen])
    return read_shortlist(case.scene, case.lexical, chosen, EMBEDDER)


def cross_validate(cases: Sequence[Case]) -> dict[str, float]:
    """Every SQuAD case judged by coefficients that never saw its article."""
    groups = sorted({case.group for case in cases if case.group != "covid"})
    judged: dict[str, list[tuple[bool, float, float]]] = {}
    for fold in range(FOLDS):
        held = set(groups[fold::FOLDS])
        weights = read_coefficients(train([case for case in cases if case.group not in held]), FEATURES)
        for case in cases:
            if case.group in held:
                judged.setdefault(case.kind, []).append(judge(case, weights))
        say(f"fold {fold + 1} of {FOLDS} done")
    return summarise(judged)


def judge(case: Case, weights: Coefficients) -> tuple[bool, float, float]:
    """(is the first sentence right, answer probability, threshold)"""
    if not len(case.right):
        return False, 0.0, 1.0
    items = shortlist(case, weights.shortlist, embed=True)
    logits = items.features @ weights.embedded.rank
    answer = answer_features(case.scene, case.lexical, items, logits) @ weights.embedded.answer
    probability = 1 / (1 + np.exp(-(answer + weights.embedded.intercept)))
    return bool(case.right[items.chosen[np.argmax(logits)]]), float(probability), weights.embedded.threshold


def summarise(judged: dict[str, list[tuple[bool, float, float]]]) -> dict[str, float]:
    scores = {kind: np.array([probability for _, probability, _ in rows]) for kind, rows in judged.items()}
    right = {kind: np.array([hit for hit, _, _ in rows]) for kind, rows in judged.items()}
    said = {kind: np.array([p >= threshold for _, p, threshold in rows]) for kind, rows in judged.items()}
    half = np.argsort(-scores["present"])[: len(scores["present"]) // 2]
    figures = {
        "right_sentence_open": right["present"].mean(),
        "right_sentence_given": right["given"].mean(),
        "precision_at_half": right["present"][half].mean(),
        "absent_auroc": auroc(scores["present"], scores["absent"]),
        "adversarial_auroc_open": auroc(scores["present"], scores["unanswerable"]),
        "adversarial_auroc_given": auroc(scores["given"], scores["given_unanswerable"]),
        "answered_present": said["present"].mean(),
        "precision_of_answered_present": right["present"][said["present"]].mean(),
        "answered_absent": said["absent"].mean(),
        "answered_unanswerable": said["unanswerable"].mean(),
    }
    return {name: round(float(value), 4) for name, value in figures.items()}


def cpu_figures(weights: dict[str, Any], cases: Sequence[Case]) -> dict[str, float]:
    """CPU time of whole answers, nothing cached. Not written to the file: it belongs to the machine."""
    generator = ExtractiveGenerator(MiniLmEmbedder(cache_size=0, readings_kept=0), read_coefficients(weights, FEATURES))
    spent_ms = []
    for case in [case for case in cases if case.kind == "present"][:TIMED_QUESTIONS]:
        start_s = time.process_time()
        generator.answer(case.scene.question.text, case.scene.sources)
        spent_ms.append((time.process_time() - start_s) * 1000)
    return {
        "cpu_ms_p50": round(float(np.median(spent_ms)), 1),
        "cpu_ms_p95": round(float(np.quantile(spent_ms, 0.95)), 1),
    }


def named(names: Sequence[str], values: NDArray[np.float64]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


def read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
