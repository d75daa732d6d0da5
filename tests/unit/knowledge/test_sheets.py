"""Facts about the sheets of a workbook."""

from answerable_knowledge.sheets import Sheet, sheets_of
from tests.support import office_files


def test_hidden_sheets_and_first_rows_are_known():
    data = office_files.workbook({"Open": {"B5": "x"}, "Secret": {"A1": "y"}}, hidden=["Secret"])
    assert sheets_of(data) == {"Open": Sheet(hidden=False, first_row=5), "Secret": Sheet(hidden=True, first_row=1)}


def test_a_package_of_another_kind_has_no_sheets():
    assert sheets_of(office_files.archive({"a.txt": b"x"})) == {}
    assert sheets_of(b"nothing") == {}
