"""Which rows and columns a sentence names."""

from decimal import Decimal

import pytest

from answerable_trust.asked import read_asked
from answerable_trust.lines import Placed, across, best_lines, cells_at, columns, rows, series, weigh
from answerable_trust.tables import read_table

TABLE = """Revenue; Fiscal 2019: 50; Fiscal 2018: 40; 2019 share of sales: 5 %
Total revenue; Fiscal 2019: 90; Fiscal 2018: 80; 2019 share of sales: 9 %
Deferred income:
Federal; Fiscal 2019: 7; Fiscal 2018: 6; 2019 share of sales: 1 %"""
CELLS = [Placed(1, cell) for cell in read_table(TABLE)]
LINES = rows(CELLS)


@pytest.mark.parametrize(
    ("sentence", "values"),
    [
        ("The change in revenue", [50]),
        ("The change in total revenue", [90]),
        ("The change in deferred federal income", [7]),
        ("The weather", []),
    ],
)
def test_the_row_is_that_whose_label_and_heading_fit_best(sentence: str, values: list[int]) -> None:
    found = best_lines(LINES, read_asked(sentence, "").words, weigh(LINES), ())
    assert [line.cells[0][1].value for line in found] == values


def test_rows_that_fit_alike_are_none_when_they_are_many() -> None:
    cells = [Placed(1, cell) for cell in read_table("\n".join(f"Cost; 2019: {n}" for n in range(9)))]
    assert best_lines(rows(cells), frozenset({"cost"}), weigh(rows(cells)), ()) == []


def test_a_series_is_of_one_kind_of_column() -> None:
    asked = read_asked("Revenue in 2018 and 2019", "")
    assert [[one.value for one in of] for of in series(LINES[0], ["2018", "2019"], asked)] == [[40, 50]]


def test_the_cell_of_a_period_is_that_of_the_column_which_the_sentence_names() -> None:
    (found,) = cells_at(LINES[0], "2019", read_asked("The share of sales of revenue in 2019", ""))
    assert found.cell.unit == "%"


def test_two_rows_meet_in_a_column_of_the_period_and_two_columns_in_a_row() -> None:
    asked = read_asked("Revenue and federal in 2018", "")
    assert [(a.value, b.value) for a, b in across(LINES[0], LINES[2], asked)] == [(Decimal(40), Decimal(6))]
    first, second, _ = columns(CELLS)
    asked = read_asked("Total revenue", "")
    assert [(a.value, b.value) for a, b in across(first, second, asked)] == [(Decimal(90), Decimal(80))]


def test_a_row_of_which_hardly_a_word_is_named_is_not_meant() -> None:
    lines = rows([Placed(1, cell) for cell in read_table("Depreciation of leased property and plant; 2019: 5")])
    assert best_lines(lines, frozenset({"plant"}), weigh(lines), ()) == []


def test_a_heading_tells_rows_of_one_name_apart() -> None:
    table = "Shares:\nGranted; 2019: 5\nOptions:\nGranted; 2019: 6"
    lines = rows([Placed(1, cell) for cell in read_table(table)])
    (found,) = best_lines(lines, read_asked("Options granted", "").words, weigh(lines), ())
    assert found.cells[0][1].value == Decimal(6)


def test_amounts_and_percentages_under_one_head_are_two_kinds() -> None:
    (line,) = rows([Placed(1, cell) for cell in read_table("Sales; 2019: 50; 2019: 5 %; 2018: 40; 2018: 4 %")])
    found = series(line, ["2018", "2019"], read_asked("Sales in 2018 and 2019", ""))
    assert [[str(one.value) for one in of] for of in found] == [["40", "50"], ["4", "5"]]


def test_of_rows_that_fit_alike_the_period_asked_for_decides() -> None:
    table = "Balance at June 30, 2018; Total: 5\nBalance at June 30, 2019; Total: 6"
    lines = rows([Placed(1, cell) for cell in read_table(table)])
    (found,) = best_lines(lines, frozenset({"balanc"}), weigh(lines), ("2019",))
    assert found.cells[0][1].value == Decimal(6)
