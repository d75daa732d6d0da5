"""Facts about the sheets of a workbook."""

from answerable_knowledge.sheets import Sheet, rows_of, sheets_of
from tests.support import office_files


def test_hidden_sheets_and_first_rows_are_known():
    data = office_files.workbook({"Open": {"B5": "x"}, "Secret": {"A1": "y"}}, hidden=["Secret"])
    assert sheets_of(data) == {"Open": Sheet(hidden=False, first_row=5), "Secret": Sheet(hidden=True, first_row=1)}


def test_a_package_of_another_kind_has_no_sheets():
    assert sheets_of(office_files.archive({"a.txt": b"x"})) == {}
    assert sheets_of(b"nothing") == {}


def test_behind_an_empty_row_a_row_of_names_begins_another_table():
    rows = [
        (1, ["Team", "Amount"]),
        (2, ["Sales", "100"]),
        (4, ["IT", "200"]),
        (7, ["City", "Rooms"]),
        (8, ["Oslo", "12"]),
    ]
    assert [block.text for block in rows_of("S", rows)] == [
        "Team; Amount",
        "Team: Sales; Amount: 100",
        "Team: IT; Amount: 200",
        "City; Rooms",
        "City: Oslo; Rooms: 12",
    ]
