"""What checks say in words: how a figure was computed, and both sides of a conflict."""

from datetime import UTC, datetime

import pytest

from answerable_trust.checks import run_checks
from answerable_trust.values import Case, Passage, Sentence

TABLE = (
    "Revenue in million EUR\n\nItem; 2018; 2019\n\nItem: Revenue; 2018: 1,100; 2019: 1,204\n\n"
    "Item: Costs; 2018: 900; 2019: 1,003"
)


def note(name: str, question: str, said: str, *passages: tuple[str, str]) -> str | None:
    case = Case(
        question=question,
        answered=True,
        sentences=(Sentence(said, (1,)),),
        passages=tuple(
            Passage(number, f"p{number}", f"d{number}", title, text, stale=False, score=1.0)
            for number, (title, text) in enumerate(passages, 1)
        ),
        model_probability=0.9,
        consequential=False,
        now=datetime(2026, 11, 24, tzinfo=UTC),
    )
    return next(result.note for result in run_checks(case) if result.name == name)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Revenue rose by 104 million EUR from 2018 to 2019.", "1,204 - 1,100 = 104 million EUR"),
        ("Revenue rose by 9.5 % from 2018 to 2019.", "(1,204 - 1,100) / 1,100 = 9.5 %"),
        ("The average revenue of 2018 and 2019 was 1,152 million EUR.", "(1,100 + 1,204) / 2 = 1,152 million EUR"),
    ],
)
def test_a_computed_figure_is_shown_with_its_operands(said: str, expected: str) -> None:
    assert note("numbers_agree", "How did revenue change?", said, ("Figures", TABLE)) == expected


def test_a_quoted_figure_needs_no_words() -> None:
    assert note("numbers_agree", "How high was revenue?", "Revenue was 1,204 in 2019.", ("Figures", TABLE)) is None


def test_a_figure_that_does_not_follow_has_none() -> None:
    assert note("numbers_agree", "?", "Revenue rose by 105 million EUR from 2018 to 2019.", ("Figures", TABLE)) is None


def test_a_conflict_names_both_sides() -> None:
    said = "The notice period is 30 days."
    passages = (("Handbook", said), ("Contract", "The notice period is 14 days."))
    found = note("sources_agree", "How long is the notice period?", said, *passages)
    assert found == '[1] "30 days" (Handbook) against [2] "14 days" (Contract)'
