"""Tables as a passage holds them."""

from decimal import Decimal

import pytest

from answerable_trust.tables import MOST_CELLS, declared_scale, periods_of, read_table, scale_of

NAMED = "Sales; 2019: $1,452.4; 2018: (44.1)"
BARE = "Segment; 2019; 2018\nSales; $1,452.4; (44.1)"
PIPED = "Segment | 2019 | 2018\nSales | $1,452.4 | (44.1)"


@pytest.mark.parametrize("text", [NAMED, BARE, PIPED])
def test_a_cell_knows_its_row_and_its_period_however_the_rows_are_written(text: str) -> None:
    first, second = read_table(text)
    assert (first.value, first.unit, first.column.periods) == (Decimal("1452.4"), "USD", ("2019",))
    assert (second.value, second.column.periods) == (Decimal("-44.1"), ("2018",))
    assert (first.row.text, text[first.start : first.end]) == ("Sales", "$1,452.4")


@pytest.mark.parametrize("text", ["", "No table; only words", "2019; 2018", "Sales grew by 12 % in 2019."])
def test_text_without_rows_of_numbers_has_no_cells(text: str) -> None:
    assert read_table(text) == ()


def test_an_empty_cell_of_a_row_between_bars_keeps_the_others_in_their_columns() -> None:
    cells = read_table("Segment | 2019 | 2018 | 2017\nSales | 5 | | 7")
    assert [cell.column.periods for cell in cells] == [("2019",), ("2017",)]


def test_the_heading_above_rows_belongs_to_them_with_its_period() -> None:
    (cell,) = read_table("Fiscal 2018 plans:\nGranted; Number: 583")
    assert cell.section.periods == ("2018",)
    assert "plan" in cell.section.words


def test_a_head_over_several_columns_goes_on_to_the_next() -> None:
    cells = read_table("North; Sales 2019: 5; 2018: 6; Costs 2019: 7; 2018: 8")
    assert [sorted(cell.column.words) for cell in cells] == [["sal"], ["sal"], ["cost"], ["cost"]]


@pytest.mark.parametrize(
    ("text", "scales"),
    [
        ("Sales (in millions); 2019: 5", [10**6]),
        ("Sales; 2019 $'000: 5", [10**3]),
        ("(in millions, except per share amounts)\nSales; 2019: 5\nDividend per share; 2019: 5", [10**6, 1]),
        ("($ in millions)\nTax rate; 2019: 5 %\nSales; 2019: 5", [1, 10**6]),
        ("Sales; 2019: 5", [1]),
    ],
)
def test_a_cell_has_the_scale_that_its_table_declares_unless_it_is_of_another_kind(
    text: str, scales: list[int]
) -> None:
    assert [cell.scale for cell in read_table(text)] == scales


def test_a_column_that_opens_with_a_percentage_is_one_of_percentages() -> None:
    cells = read_table("Federal rate; 2019: 21.0%; 2018: $5\nState rate; 2019: 3.7; 2018: $6")
    assert [cell.unit for cell in cells] == ["%", "USD", "%", "USD"]


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("from 2018 to 2019", ("2018", "2019")),
        ("2021-2022 and 2017/18", ("2021-2022", "2017-2018")),
        ("FY19", ("2019",)),
        ("2,019 of 20190 and 3.2018", ()),
    ],
)
def test_periods_are_years_and_spans_of_years(text: str, periods: tuple[str, ...]) -> None:
    assert periods_of(text) == periods


def test_two_scales_are_none_and_an_amount_declares_none() -> None:
    assert scale_of("in thousands, and in millions") is None
    assert declared_scale("We paid $5 million.") is None
    assert declared_scale("Amounts are in thousands.") == 1000


def test_no_more_than_the_bound_is_read() -> None:
    text = "\n".join(f"Row {n}; A: {n}; B: {n}; C: {n}" for n in range(1000))
    assert len(read_table(text)) == MOST_CELLS
