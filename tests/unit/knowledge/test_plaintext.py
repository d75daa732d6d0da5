"""Text files to blocks with line numbers."""

import pytest

from answerable_knowledge.blocks import row_text
from answerable_knowledge.decoding import decode
from answerable_knowledge.formats import CSV, MARKDOWN, PLAIN, TSV
from answerable_knowledge.plaintext import blocks_of


def places(text, media_type):
    return [(str(block.locator), block.heading, block.text) for block in blocks_of(decode(text.encode()), media_type)]


def test_paragraphs_know_their_lines():
    assert places("one\ntwo\n\n\nthree\n", PLAIN) == [("lines 1-2", None, "one\ntwo"), ("line 5", None, "three")]


def test_markdown_paragraphs_know_the_headings_above_them():
    assert places("# A\nintro\n## B ##\n\ndeep\n# C\nlast", MARKDOWN) == [
        ("line 1", "A", "# A"),
        ("line 2", "A", "intro"),
        ("line 3", "A > B", "## B ##"),
        ("line 5", "A > B", "deep"),
        ("line 6", "C", "# C"),
        ("line 7", "C", "last"),
    ]


def test_a_comment_in_a_code_fence_is_no_heading():
    assert [heading for _, heading, _ in places("# A\n```\n# not one\n```\nafter", MARKDOWN)] == ["A", "A"]


def test_every_row_carries_its_header_and_its_lines():
    assert places('Team,Lead\nSales,"Ann\nLee"\n\nIT,Bob\n', CSV) == [
        ("line 1", None, "Team; Lead"),
        ("lines 2-3", None, "Team: Sales; Lead: Ann Lee"),
        ("line 5", None, "Team: IT; Lead: Bob"),
    ]


@pytest.mark.parametrize(("text", "media_type"), [("a;b\n1;2", CSV), ("a\tb\n1\t2", TSV), ("a|b\n1|2", CSV)])
def test_the_delimiter_is_found(text, media_type):
    assert places(text, media_type)[1][2] == "a: 1; b: 2"


def test_a_table_without_header_names_no_columns():
    assert places("1,2\n3,4", CSV) == [("line 1", None, "1; 2"), ("line 2", None, "3; 4")]


def test_a_row_longer_than_its_header_keeps_its_cells():
    assert row_text(["a"], ["1", "", "3"]) == "a: 1; 3"
