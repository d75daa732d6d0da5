"""How an outcome is told, and the exit status that goes with it."""

from uuid import UUID

from rich.text import Text

from answerable_cli.asking import EXIT_CODES, told
from answerable_cli.gateway import Outcome


def test_exit_codes_are_those_of_the_documentation() -> None:
    assert EXIT_CODES == {"released": 0, "withheld": 3, "failed": 4}


def test_citations_are_numbered_in_the_order_of_their_use() -> None:
    cited = [
        {
            "label": n,
            "document_id": f"{n}.md",
            "document_version": 2,
            "title": "T",
            "source": "s",
            "locator": f"line {n}",
        }
        for n in (3, 7)
    ]
    sentences = [{"text": "One\nline.", "citations": [7]}, {"text": "[b]Two.", "citations": [3, 7]}]
    answer = {"text": "One line. Two.", "sentences": sentences, "citations": cited, "confidence": 0.9}
    outcome = Outcome.model_validate({"request_id": UUID(int=1), "status": "released", "answer": answer})
    assert Text.from_markup(told(outcome)).plain.splitlines()[:3] == [
        "One line. [1] [b]Two. [2] [1]",
        "  [1] 7.md, line 7  T, version 2",
        "  [2] 3.md, line 3  T, version 2",
    ]


def test_a_no_is_told_with_its_reason_in_words() -> None:
    outcome = Outcome(request_id=UUID(int=1), status="withheld", reason="not_known", explanation="Nobody knows.")
    assert "Withheld (not_known): Nobody knows." in Text.from_markup(told(outcome)).plain
