"""The figures of `answerable eval answers`, and what its files may hold."""

import json
from pathlib import Path
from typing import Any

import pytest

from answerable_cli.answer_evaluating import Wanted, evaluate_answers, read
from answerable_cli.answer_evaluation import Asked, Said, predicted, summarise
from answerable_cli.errors import UsageRefused

LEAVE = Asked("q1", "How many days?", ("27 days",), "p1")
ABSENT = Asked("q2", "Who is the mayor?", ())


def said(asked: Asked, sentence: str, probability: float, **changes: Any) -> Said:
    fields: dict[str, Any] = {
        "answered": probability >= 0.5,
        "sentences": (sentence,) if sentence else (),
        "cited": (("p1",),),
        "found": True,
        "verbatim": True,
        "cpu_seconds": 0.04,
    }
    return Said(asked=asked, probability=probability, **(fields | changes))


RIGHT = said(LEAVE, "Everyone has 27 days.", 0.9)
WRONG = said(LEAVE, "Everyone has 127 days.", 0.7, cited=(("p2",),))
UNSURE = said(LEAVE, "The 27 days, of leave.", 0.3)
NONE = said(ABSENT, "The mayor came.", 0.6, verbatim=False)


def test_figures_of_a_run() -> None:
    found = summarise([RIGHT, WRONG, UNSURE, NONE])
    assert (found["questions"], found["answerable"]) == (4, 3)
    assert found["right_sentence"] == pytest.approx(2 / 3, abs=1e-5)
    assert (found["answered"], found["answered_unanswerable"]) == (pytest.approx(2 / 3, abs=1e-5), 1.0)
    assert found["precision_answered"] == pytest.approx(1 / 3, abs=1e-5)
    assert list(found["precision_at"].values()) == pytest.approx([1.0, 0.5, 0.5, 2 / 3], abs=1e-5)
    assert (found["citation_precision"], found["not_verbatim"], found["cpu_ms_p50"]) == (0.5, 1, 40.0)
    assert found["abstention_auroc"] == pytest.approx(2 / 3, abs=1e-5)
    assert found["exact_match"] == 0.0
    assert found["f1"] == pytest.approx((2 * 2 / 6 + 2 * 1 / 6 + 2 * 2 / 6) / 3, abs=1e-4)


def test_questions_that_tell_nothing_give_no_figure() -> None:
    found = summarise([NONE])
    assert (found["right_sentence"], found["precision_at_half"], found["abstention_auroc"]) == (None, None, None)


def test_a_prediction_says_what_was_said() -> None:
    assert predicted(WRONG) == {
        "id": "q1",
        "answered": True,
        "sentences": ["Everyone has 127 days."],
        "citations": [["p2"]],
        "probability": 0.7,
        "right": False,
    }


def written(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_context_is_an_id_or_a_text(tmp_path: Path) -> None:
    passages = written(tmp_path / "p.jsonl", {"id": "p1", "text": "One."}, {"id": "p2", "title": "T", "text": "Two."})
    questions = written(
        tmp_path / "q.jsonl",
        {"id": 1, "question": "A?", "answers": ["x"], "context": "Two."},
        {"id": 2, "question": "B?", "answers": ["x"], "context": "p1"},
        {"id": 3, "question": "C?", "answerable": False, "answers": ["plausible"], "context": "p1"},
    )
    asked, entries = read(questions, passages)
    assert [one.context for one in asked] == ["p2", "p1", "p1"]
    assert [one.answers for one in asked] == [("x",), ("x",), ()]
    assert [(one.id, one.title) for one in entries] == [("p1", ""), ("p2", "T")]
    _, entries = read(written(tmp_path / "own.jsonl", {"id": 1, "question": "A?", "context": "Two."}), None)
    assert [one.text for one in entries] == ["Two."]


@pytest.mark.parametrize(
    ("questions", "passages", "says"),
    [
        ({"id": 1}, {"id": "p", "text": "One."}, "line 1"),
        ({"id": 1, "question": " "}, {"id": "p", "text": "One."}, "line 1"),
        ({"id": 1, "question": "A?"}, {"id": "p"}, "line 1"),
        ({"id": 1, "question": "A?"}, {"id": "p", "text": ""}, "line 1"),
    ],
    ids=str,
)
def test_a_line_that_is_no_row_is_named(tmp_path: Path, questions: Any, passages: Any, says: str) -> None:
    with pytest.raises(UsageRefused, match=says):
        read(written(tmp_path / "q.jsonl", questions), written(tmp_path / "p.jsonl", passages))


def test_a_model_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    questions = written(tmp_path / "q.jsonl", {"id": 1, "question": "A?", "context": "One."})
    with pytest.raises(UsageRefused, match="no model gpt"):
        evaluate_answers(questions, None, Wanted(model="gpt"))


def test_a_question_is_answered_from_its_passage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contexts = ("Everyone has 27 days of leave.", "The harbour office is at Quay 4.")
    rows = (
        {"id": "1", "question": "How many days of leave does everyone have?", "answers": ["27 days"]},
        {"id": "2", "question": "Where is the harbour office?", "answers": ["Quay 4"]},
    )
    asked = [{**row, "context": context} for row, context in zip(rows, contexts, strict=True)]
    out = tmp_path / "predictions.jsonl"
    assert evaluate_answers(written(tmp_path / "q.jsonl", *asked), None, Wanted(as_json=True, predictions=out)) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["right_sentence"], found["not_verbatim"], found["retrieved"]) == (1.0, 0, 1.0)
    assert [json.loads(line)["right"] for line in out.read_text().splitlines()] == [True, True]
