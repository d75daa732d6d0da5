"""What `answerable eval gate` does: how far to trust a confidence, and from where on answers may be released."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from answerable_cli.errors import RELEASED, WITHHELD
from answerable_cli.output import note, print_json, print_table
from answerable_cli.row_files import read_rows, write_rows
from answerable_trust.reliability import aurc, auroc, brier, calibration_error, diagram
from answerable_trust.risk import Bound, Judged, bound_risk, fewest_answers

_FORM = '{"id": "q1", "confidence": 0.93, "correct": true}'


def evaluate_gate(file: Path, *, alpha: float, delta: float, as_json: bool, predictions: Path | None) -> int:
    """Measure, print, and return the exit code: that of a withheld answer where no threshold is proved."""
    rows = read_rows(file, gate_row, _FORM)
    answers = [answer for _, answer in rows]
    bound = bound_risk(answers, alpha, delta)
    if predictions:
        write_rows(predictions, (_predicted(name, answer, bound) for name, answer in rows))
    figures = summarise(answers, bound, alpha)
    if as_json:
        print_json(figures)
    else:
        _show(figures, alpha, delta)
    return RELEASED if bound is not None else WITHHELD


def summarise(answers: Sequence[Judged], bound: Bound | None, alpha: float) -> dict[str, Any]:
    """The figures of a run. `coverage_best` is what the labels themselves would have allowed on these answers."""
    count = len(answers)
    return {
        "answers": count,
        "correct": round(sum(answer.correct for answer in answers) / count, 5),
        "auroc": _rounded(auroc(answers)),
        "brier": _rounded(brier(answers)),
        "calibration_error": _rounded(calibration_error(answers)),
        "aurc": _rounded(aurc(answers)),
        "bound": None if bound is None else asdict(bound),
        "coverage": 0.0 if bound is None else round(bound.released / count, 5),
        "coverage_best": round(best_coverage(answers, alpha), 5),
        "diagram": [asdict(one) for one in diagram(answers)],
    }


def best_coverage(answers: Sequence[Judged], alpha: float) -> float:
    """The largest share that some threshold releases with at most `alpha` of it wrong, as the labels say."""
    ordered = sorted(answers, key=lambda answer: -answer.confidence)
    best = wrong = 0
    for released, answer in enumerate(ordered, start=1):
        wrong += not answer.correct
        is_cut = released == len(ordered) or ordered[released].confidence < answer.confidence
        if is_cut and wrong <= alpha * released:
            best = released
    return best / len(ordered)


def gate_row(row: Mapping[str, Any]) -> tuple[str, Judged]:
    """A line of a file of labelled answers. Raises ValueError, KeyError, TypeError: it is none."""
    confidence, correct = row["confidence"], row["correct"]
    if not isinstance(correct, bool) or isinstance(confidence, bool) or not 0.0 <= confidence <= 1.0:
        raise ValueError("not a confidence, or not a label")
    return str(row["id"]), Judged(float(confidence), correct)


def _predicted(name: str, answer: Judged, bound: Bound | None) -> dict[str, Any]:
    released = bound is not None and answer.confidence >= bound.threshold
    return {"id": name, "confidence": answer.confidence, "correct": answer.correct, "released": released}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)


def _show(figures: Mapping[str, Any], alpha: float, delta: float) -> None:
    print_table(
        ("confidence from", "answers", "mean confidence", "correct"),
        [
            (one["low"], one["answers"], round(one["confidence"], 3), round(one["correct"], 3))
            for one in figures["diagram"]
        ],
    )
    note(f"{figures['answers']} answers, {figures['correct']:.1%} correct")
    if figures["auroc"] is not None:
        note(
            f"right above wrong (AUROC): {figures['auroc']:.3f}; risk over all coverages (AURC): {figures['aurc']:.3f}"
        )
    note(f"calibration error: {figures['calibration_error']:.3f}; Brier score: {figures['brier']:.3f}")
    if (bound := figures["bound"]) is None:
        fewest = fewest_answers(alpha, delta)
        note(f"No threshold is proved. For at most {alpha:.1%} wrong, said with {1 - delta:.0%} certainty, at least")
        note(f"{fewest} answers have to be above it with none of them wrong, and more where some are.")
        return
    note(f"From {bound['threshold']:.2f} on at most {alpha:.1%} are wrong, said with {1 - delta:.0%} certainty:")
    note(f"{bound['wrong']} of {bound['released']} are wrong here. Released: {figures['coverage']:.1%} of all, ")
    note(f"and at best, going by the labels themselves, {figures['coverage_best']:.1%}.")
