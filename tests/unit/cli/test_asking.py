"""How an outcome is told, and the exit status that goes with it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from rich.text import Text

from answerable_cli.asking import EXIT_CODES, moment_of, told
from answerable_cli.errors import UsageRefused
from answerable_cli.gateway import Outcome


def test_exit_codes_are_those_of_the_documentation() -> None:
    assert EXIT_CODES == {"released": 0, "withheld": 3, "failed": 4, "in_review": 5}


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("2026-11-24T09:30:00", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        ("2026-11-24T09:30:00+02:00", datetime(2026, 11, 24, 7, 30, tzinfo=UTC)),
        (None, None),
    ],
)
def test_a_moment_is_in_utc_where_it_names_no_zone(typed: str | None, moment: datetime | None) -> None:
    assert moment_of(typed) == moment


def test_what_is_no_moment_is_wrong_usage() -> None:
    with pytest.raises(UsageRefused, match="yesterday"):
        moment_of("yesterday")


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
