"""What a visitor of a page reads, and what is left out."""

import pytest

from answerable_knowledge.parsing import parse


def page(body: str, head: str = ""):
    return parse(f"<html><head>{head}</head><body>{body}</body></html>".encode(), filename="p.html")


def texts(body: str) -> list[str]:
    return [block.text for block in page(body).blocks]


def test_paragraphs_lists_and_line_breaks_become_blocks():
    assert texts("<p>One  <b>two</b>\nthree</p><ul><li>a</li><li>b</li></ul>c<br>d") == [
        "One two three",
        "a",
        "b",
        "c\nd",
    ]


def test_links_and_pictures_leave_their_words_only():
    assert texts('<p><a href="x">Read</a> <img src="y" alt="z">this</p>') == ["Read this"]


def test_sections_are_counted_by_their_headings():
    document = page("<p>0</p><h1>A</h1><p>1</p><h2>B</h2><p>2</p>")
    assert [(str(block.locator), block.heading) for block in document.blocks if block.text.isdigit()] == [
        ("section 1", None),
        ("section 1, A", "A"),
        ("section 2, B", "A > B"),
    ]


def test_a_cell_over_several_rows_is_in_each_row():
    rows = "<tr><th>Team<th>Year<th>Cost</tr><tr><td rowspan=2>IT<td>2025<td>1</tr><tr><td>2026<td>2</tr>"
    assert texts(f"<table>{rows}</table>") == [
        "Team; Year; Cost",
        "Team: IT; Year: 2025; Cost: 1",
        "Team: IT; Year: 2026; Cost: 2",
    ]


def test_a_table_that_arranges_the_page_is_read_as_paragraphs():
    inner = "<table><tr><td>a<td>b</tr><tr><td>1<td>2</tr></table>"
    assert texts(f"<table><tr><td>Menu<td><p>Text</p>{inner}</tr></table>") == ["Menu", "Text", "a; b", "a: 1; b: 2"]


@pytest.mark.parametrize(
    "hiding",
    [
        "<p hidden>secret</p>",
        "<p style='display: none'>secret</p>",
        "<p style='color:red;visibility:hidden'>secret</p>",
        "<span style='font-size:0px'>secret</span>",
        "<span style='opacity: 0'>secret</span>",
    ],
)
def test_what_is_hidden_is_left_out_and_noted(hiding):
    document = page(f"<p>Shown</p>{hiding}")
    assert (document.text, document.notes) == ("Shown", ("hidden_text_left_out",))


def test_what_is_half_transparent_is_shown():
    assert texts("<p style='opacity: 0.5; font-size: 0.8em'>faint</p>") == ["faint"]


PROSE = "<p>The office is open from nine to five on all days but Sunday.</p>"


@pytest.mark.parametrize(
    "menu",
    [
        "<nav><a href=/>Home</a> <a href=/a>About</a></nav>",
        "<div role=navigation>Home About</div>",
        "<ul class='main-menu'><li><a href=/>Home</a><li><a href=/a>About</a></ul>",
        "<div id='cookie-banner'>We use cookies. <button>Accept</button></div>",
    ],
)
def test_navigation_and_cookie_banners_are_left_out_and_noted(menu):
    document = page(menu + PROSE)
    assert document.text.startswith("The office")
    assert document.notes == ("navigation_left_out",)


@pytest.mark.parametrize(
    "content",
    [
        "<div class='menu'><p>Soup, <a href=/d>dumplings</a>, roast, cake and coffee for twelve euros</p></div>",
        "<div class='cookie-recipe'>Butter, sugar, flour.</div>",
        "<footer>Call 030 1234.</footer>",
    ],
)
def test_content_that_is_only_called_like_navigation_stays(content):
    assert page(content + PROSE).notes == ()


def test_a_page_of_nothing_but_links_is_read_all_the_same():
    assert texts("<nav><a href=/>Opening hours</a> <a href=/a>Prices of all rooms</a></nav><p>Hi</p>") == [
        "Opening hours Prices of all rooms",
        "Hi",
    ]


def test_preformatted_text_keeps_its_lines():
    assert texts("<pre>a\n  b</pre>") == ["a\n  b"]
