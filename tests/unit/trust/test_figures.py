"""Figures as people write them."""

from decimal import Decimal

import pytest

from answerable_trust.figures import Amount, CalendarDate, Code, figures_between, read_figures


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1,200", "1200", ""),
        ("1 200 000", "1200000", ""),
        ("5'000", "5000", ""),
        ("1.2 thousand", "1200", ""),
        ("1.200,50 EUR", "1200.50", "EUR"),
        ("12 %", "12", "%"),
        ("12 per cent", "12", "%"),
        ("$1.5 million", "1500000", "USD"),
        ("US$1.5m", "1500000", "USD"),
        ("EUR500", "500", "EUR"),
        ("50€", "50", "EUR"),
        ("-5 °C", "-5", "°C"),
        ("-$5", "-5", "USD"),
        ("twenty-four months", "24", "month"),
        ("a 24-month warranty", "24", "month"),
        ("two hundred", "200", ""),
        ("one year", "1", "year"),
        ("10M", "10000000", ""),
        ("5 m", "5", "m"),
        ("3rd", "3", "ordinal"),
        ("9 a.m.", "540", "clock"),
        ("2:30 pm", "870", "clock"),
        ("14:30", "870", "clock"),
    ],
)
def test_an_amount_is_read_with_its_unit(text: str, value: str, unit: str) -> None:
    (figure,) = read_figures(text)
    assert isinstance(figure, Amount)
    assert (figure.value, figure.unit) == (Decimal(value), unit)


@pytest.mark.parametrize(
    ("text", "parts", "ambiguous"),
    [
        ("2026-03-01", (2026, 3, 1), False),
        ("1 March 2026", (2026, 3, 1), False),
        ("1st of March 2026", (2026, 3, 1), False),
        ("March 1, 2026", (2026, 3, 1), False),
        ("Sept. 5", (None, 9, 5), False),
        ("March 2026", (2026, 3, None), False),
        ("01.03.2026", (2026, 3, 1), False),
        ("13/03/2026", (2026, 3, 13), False),
        ("03/13/2026", (2026, 3, 13), False),
        ("03/04/2026", (2026, 4, 3), True),
        ("05/05/2026", (2026, 5, 5), False),
    ],
)
def test_a_date_is_read_with_the_parts_that_it_states(
    text: str, parts: tuple[int | None, ...], *, ambiguous: bool
) -> None:
    (figure,) = read_figures(text)
    assert isinstance(figure, CalendarDate)
    assert ((figure.year, figure.month, figure.day), figure.ambiguous) == (parts, ambiguous)


@pytest.mark.parametrize("text", ["X200", "ISO-27001", "4.2.1", "v2.3", "99/99/2026", "9" * 40, "7b"])
def test_an_identifier_is_a_code_and_no_amount(text: str) -> None:
    assert [type(figure) for figure in read_figures(text)] == [Code]


@pytest.mark.parametrize("text", ["", "one of them", "may be", "no figure here", "²"])
def test_words_that_only_look_like_figures_are_none(text: str) -> None:
    assert read_figures(text) == ()


def test_a_range_gives_both_ends_the_unit() -> None:
    assert [figure.unit for figure in read_figures("5 to 10 %") if isinstance(figure, Amount)] == ["%", "%"]


@pytest.mark.parametrize(
    ("text", "rounded"), [("about 1,500", True), ("approximately $2 million", True), ("1,500", False)]
)
def test_only_what_is_called_approximate_counts_as_rounded(text: str, *, rounded: bool) -> None:
    assert [figure.rounded for figure in read_figures(text) if isinstance(figure, Amount)] == [rounded]


def test_two_columns_of_a_table_are_two_numbers() -> None:
    """Each with commas, a space between them."""
    assert [figure.value for figure in read_figures("Assets 101,017 1,101,423.5") if isinstance(figure, Amount)] == [
        Decimal(101017),
        Decimal("1101423.5"),
    ]


def test_figures_between_two_places_keep_their_place_in_the_whole_text() -> None:
    text = "First 10 EUR. Then 20 EUR. Last 30 EUR."
    (figure,) = figures_between(text, 14, 26)
    assert text[figure.start : figure.end] == "20 EUR"
