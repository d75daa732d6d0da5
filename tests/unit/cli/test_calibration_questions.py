"""The questions that come with the demo corpus for `answerable calibrate`: well formed, and answered where they say."""

import json
from typing import Any

import pytest

from answerable_cli.calibration import known, normalised

from .test_corpus import CORPUS, ENTRIES, EVERYBODY, QUESTIONS, readers_of, text_of

LINES = (CORPUS / "calibration.jsonl").read_text("utf-8").splitlines()
ROWS: list[dict[str, Any]] = [json.loads(line) for line in LINES]
ANSWERABLE = [row for row in ROWS if row["answers"]]
UNANSWERABLE = [row for row in ROWS if not row["answers"]]
FORMATS_COVERED = {"csv", "docx", "eml", "html", "json", "md", "odt", "pdf", "pptx", "rtf", "txt", "xlsx"}
LONGEST_QUESTION = 200


def text_in(document: str) -> str:
    """As answers are compared. The commas of a table file part its cells."""
    text = text_of(document)
    return normalised(text.replace(",", " ") if document.endswith(".csv") else text)


def test_every_line_is_a_known_question() -> None:
    for row in ROWS:
        assert set(row) == {"id", "question", "answers"} | ({"document"} if row["answers"] else set())
        assert known(row).answers == tuple(row["answers"])
        assert 0 < len(row["question"]) <= LONGEST_QUESTION
        assert row["question"].endswith("?")
        assert all(normalised(answer) for answer in row["answers"])


def test_ids_count_up_and_no_question_is_asked_twice() -> None:
    assert [row["id"] for row in ROWS] == [f"c{number:03d}" for number in range(1, len(ROWS) + 1)]
    assert len({normalised(row["question"]) for row in ROWS}) == len(ROWS)


def test_some_questions_have_no_answer_and_they_stand_among_the_others() -> None:
    assert (len(ANSWERABLE), len(UNANSWERABLE)) == (110, 20)
    half = len(ROWS) // 2
    assert sum(1 for row in ROWS[:half] if not row["answers"]) == len(UNANSWERABLE) // 2


def test_the_demo_asks_none_of_them() -> None:
    asked = {normalised(question["text"]) for question in QUESTIONS}
    assert not [row["id"] for row in ROWS if normalised(row["question"]) in asked]


def test_every_format_of_the_corpus_is_asked_about() -> None:
    assert {row["document"].rpartition(".")[2] for row in ANSWERABLE} == FORMATS_COVERED


@pytest.mark.parametrize("row", ANSWERABLE, ids=lambda row: str(row["id"]))
def test_the_answer_stands_in_its_document_which_the_staff_may_read_and_which_still_holds(row: dict[str, Any]) -> None:
    entry = ENTRIES[row["document"]]
    text = f" {text_in(row['document'])} "
    assert readers_of(row["document"]) == EVERYBODY
    assert "valid_until" not in entry
    assert row["document"] not in {other.get("supersedes") for other in ENTRIES.values()}
    assert [answer for answer in row["answers"] if f" {normalised(answer)} " in text]
