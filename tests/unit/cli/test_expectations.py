"""The demo's own judgement."""

from uuid import UUID

import pytest

from answerable_cli.expectations import DemoQuestion, demo_questions, forbidden, judge
from answerable_cli.gateway import Outcome

REQUEST = UUID(int=7)


def _question(**fields: object) -> DemoQuestion:
    base: dict[str, object] = {
        "id": "q", "asker": "ada", "groups": ("staff",), "text": "How many?", "expect": "released", "shows": "x",
    }  # fmt: skip
    return DemoQuestion.model_validate(base | fields)


def _released(text: str, *citations: tuple[str, str]) -> Outcome:
    cited = [
        {"label": n, "document_id": file, "document_version": 1, "title": "T", "source": file, "locator": locator}
        for n, (file, locator) in enumerate(citations, 1)
    ]
    answer = {"text": text, "sentences": [{"text": text}], "citations": cited, "confidence": 0.9}
    return Outcome.model_validate({"request_id": REQUEST, "status": "released", "answer": answer})


def _withheld(reason: str) -> Outcome:
    return Outcome(request_id=REQUEST, status="withheld", reason=reason, explanation="No.")


@pytest.mark.parametrize(
    ("question", "outcome", "good"),
    [
        (_question(must_contain=["18 months"]), _released("every 18\nmonths"), True),
        (_question(must_contain=["18 months"]), _released("every 24 months"), False),
        (_question(must_not_contain=["EUR 120"]), _released("EUR 120"), False),
        (_question(), _withheld("not_known"), False),
        (_question(), _withheld("low_confidence"), True),
        (_question(must_not_contain=["No."]), _withheld("low_confidence"), False),
        (_question(expect="withheld", reasons=["not_known"]), _withheld("low_confidence"), False),
        (_question(expect="withheld", reasons=["not_known"]), _withheld("not_known"), True),
        (_question(expect="withheld", reasons=["not_known"]), _withheld("sources_conflict"), False),
        (_question(expect="withheld", reasons=["not_known"]), _released("7"), False),
    ],
)
def test_an_outcome_is_as_expected_or_not(question: DemoQuestion, outcome: Outcome, good: bool) -> None:
    assert (judge(question, outcome).problems == ()) is good


@pytest.mark.parametrize(
    ("expected", "cited", "good"),
    [
        ({"file": "a.pdf", "locator": "page 3"}, ("a.pdf", "page 3"), True),
        ({"file": "a.pdf", "locator": "page 3"}, ("a.pdf", "pages 2-4"), True),
        ({"file": "a.pdf", "locator": "page 3"}, ("a.pdf", "page 4"), False),
        ({"file": "a.pdf", "locator": "page 3"}, ("a.pdf", "lines 1-9"), False),
        ({"file": "a.md", "locator": "line 9"}, ("a.md", "lines 1-14"), True),
        ({"file": "a.md", "locator": "line 15"}, ("a.md", "lines 1-14"), False),
        ({"file": "a.docx", "locator": "section Limits"}, ("a.docx", "section 5, Limits"), True),
        ({"file": "a.md"}, ("b.md", "line 1"), False),
    ],
)
def test_a_page_or_line_has_to_be_the_right_one(expected: dict, cited: tuple[str, str], good: bool) -> None:
    judged = judge(_question(must_cite=[expected]), _released("x", cited))
    assert (judged.problems == ()) is good


def test_any_one_of_the_sources_that_are_right_is_enough() -> None:
    judged = judge(_question(must_cite=[{"file": "a"}, {"file": "b"}]), _released("x", ("c", ""), ("b", "")))
    assert judged.problems == ()


def test_what_must_not_be_told_is_found_across_line_ends() -> None:
    question = _question(must_not_contain=["900 000"])
    assert forbidden(question, _released("the limit is 900\n000")) == ["900 000"]


def test_the_questions_of_the_corpus_can_be_read() -> None:
    questions = demo_questions()
    assert len({question.id for question in questions}) == len(questions) >= 15
    assert {question.expect for question in questions} == {"released", "withheld", "in_review"}


def test_an_answer_that_is_not_sure_enough_is_counted_and_not_wrong() -> None:
    assert judge(_question(), _withheld("low_confidence")).unsure
    assert not judge(_question(), _withheld("not_known")).unsure
    assert not judge(_question(expect="withheld", reasons=["low_confidence"]), _withheld("low_confidence")).unsure
