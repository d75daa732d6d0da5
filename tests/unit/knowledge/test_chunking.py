"""Documents to passages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_knowledge.blocks import Block, ParsedDocument
from answerable_knowledge.chunking import count_tokens, split
from answerable_knowledge.decoding import decode
from answerable_knowledge.formats import CSV, MARKDOWN, PLAIN
from answerable_knowledge.locators import Locator
from answerable_knowledge.plaintext import blocks_of


def parsed(*blocks, title="Guide"):
    return ParsedDocument(title, None, blocks, PLAIN, None, ())


def test_tokens_are_words_pieces_of_long_words_and_east_asian_characters():
    assert count_tokens("Two words, 2026!") == 3
    assert count_tokens("x" * 25) == 3
    assert count_tokens("年次休暇 is") == 5


def test_neighbours_of_one_place_share_a_passage():
    passages = split(parsed(*blocks_of(decode(b"one\n\ntwo\nthree\n"), PLAIN)))
    assert [(passage.locator, passage.text) for passage in passages] == [("lines 1-4", "one\n\ntwo\nthree")]


def test_pages_and_sections_are_not_mixed():
    blocks = (Block("a", Locator("page", 1)), Block("b", Locator("page", 2)), Block("c", Locator("page", 2), "H"))
    assert [passage.locator for passage in split(parsed(*blocks))] == ["page 1", "page 2", "page 2"]


def test_title_and_heading_stand_in_front_of_the_embedded_text_only():
    (passage,) = split(parsed(Block("body", Locator("page", 1), "Leave")))
    assert (passage.text, passage.embedded_text) == ("body", "Guide\nLeave\nbody")


def test_a_long_paragraph_is_cut_at_lines_and_knows_them():
    text = "\n".join(f"line {number} has six words here" for number in range(1, 101))
    passages = split(parsed(*blocks_of(decode(text.encode()), PLAIN)), max_tokens=60)
    assert len(passages) > 5
    for passage in passages:
        first, last = (passage.text.split("\n")[index].split()[1] for index in (0, -1))
        assert passage.locator == f"lines {first}-{last}"


def test_a_heading_does_not_stand_alone_before_a_long_paragraph():
    text = "# Rules\n\n" + "Every visitor signs the book at the desk. " * 60
    assert split(parsed(*blocks_of(decode(text.encode()), MARKDOWN)))[0].text.startswith("# Rules\n\nEvery")


def test_rows_of_a_table_keep_their_header_in_every_passage():
    table = "Team,Amount\n" + "\n".join(f"T{row},{row}" for row in range(200))
    for passage in split(parsed(*blocks_of(decode(table.encode()), CSV)), max_tokens=40)[1:]:
        assert all(line.startswith("Team: ") for line in passage.text.split("\n\n"))


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=300).filter(str.strip), max_size=8))
def test_passages_are_exact_slices_within_budget_that_leave_no_word_out(texts):
    document = parsed(*(Block(text, Locator("line", row + 1)) for row, text in enumerate(texts)))
    passages = split(document, max_tokens=20)
    assert all(document.text[passage.start : passage.end] == passage.text for passage in passages)
    assert all(count_tokens(passage.text) <= 20 for passage in passages)
    covered = set().union(*(range(passage.start, passage.end) for passage in passages)) if passages else set()
    assert not "".join(letter for at, letter in enumerate(document.text) if at not in covered).strip()
    assert [passage.ordinal for passage in passages] == list(range(len(passages)))
    assert split(document, max_tokens=20) == passages


@pytest.mark.parametrize(
    "text", ["- " * 50_000, "=" * 100_000, "\N{GRINNING FACE}" * 50_000, "a" + " " * 100_000 + "b"]
)
def test_no_text_makes_a_passage_of_any_size(text):
    passages = split(parsed(Block(text, Locator("page", 1), "h" * 100_000)))
    assert max(len(passage.embedded_text) for passage in passages) < 4_100
    assert all(passage.text.strip() for passage in passages)
    assert "".join("".join(passage.text for passage in passages).split()) == "".join(text.split())
