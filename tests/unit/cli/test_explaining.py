"""Writing the page of a request."""

from pathlib import Path
from uuid import UUID

import pytest

from answerable_cli.errors import UsageRefused
from answerable_cli.explaining import write_page
from answerable_cli.explanation import Explanation, explanations
from tests.support.tracerows import sealed
from tests.support.trail import Log, released_request, withheld_request

REQUEST = UUID("01a20dcd-1110-7ffc-b8b5-8c69f5a7bfb6")


@pytest.fixture
def found() -> list[Explanation]:
    """Two organisations with one id."""
    log = Log()
    released_request(log, REQUEST)
    withheld_request(log, REQUEST, tenant="other")
    return explanations(sealed(log.records))


def test_a_page_is_written_whole_in_place_of_an_older_one(found: list[Explanation], tmp_path: Path) -> None:
    page = tmp_path / "why.html"
    page.write_text("older")
    write_page(page, found[:1])
    assert "Thirty days." in page.read_text("utf-8")
    assert list(tmp_path.iterdir()) == [page]


def test_a_page_never_holds_the_requests_of_two_organisations(found: list[Explanation], tmp_path: Path) -> None:
    with pytest.raises(UsageRefused) as refused:
        write_page(tmp_path / "why.html", found)
    assert refused.value.hint == "say --tenant acme or --tenant other"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named(found: list[Explanation], tmp_path: Path) -> None:
    with pytest.raises(UsageRefused, match=r"why\.html cannot be written: No such file"):
        write_page(tmp_path / "nowhere" / "why.html", found[:1])
