"""Places as they are shown."""

import pytest

from answerable_knowledge.locators import Locator


@pytest.mark.parametrize(
    ("locator", "shown"),
    [
        (Locator("page", 3), "page 3"),
        (Locator("slide", 2), "slide 2"),
        (Locator("line", 10, 14), "lines 10-14"),
        (Locator("line", 10, 10), "line 10"),
        (Locator("sheet", 12, 12, "Budget"), "sheet Budget, row 12"),
        (Locator("sheet", 12, 15, "Budget"), "sheet Budget, rows 12-15"),
        (Locator("sheet", name="Budget"), "sheet Budget"),
        (Locator("section", 2, name="Sick leave"), "section 2, Sick leave"),
        (Locator("section", 1), "section 1"),
        (Locator("page", 1, within="offer.pdf"), "offer.pdf, page 1"),
    ],
)
def test_a_place_reads_like_a_citation(locator, shown):
    assert str(locator) == shown


def test_lines_join_into_a_range():
    assert str(Locator("line", 3, 5).through(Locator("line", 7, 9))) == "lines 3-9"


@pytest.mark.parametrize(
    ("left", "right", "joins"),
    [
        (Locator("line", 1), Locator("line", 9), True),
        (Locator("page", 1), Locator("page", 2), False),
        (Locator("page", 1), Locator("page", 1), True),
        (Locator("sheet", 1, name="A"), Locator("sheet", 2, name="A"), True),
        (Locator("sheet", 1, name="A"), Locator("sheet", 2, name="B"), False),
        (Locator("line", 1), Locator("line", 2, within="a.txt"), False),
    ],
)
def test_only_neighbours_of_one_place_join(left, right, joins):
    assert left.joins(right) is joins
