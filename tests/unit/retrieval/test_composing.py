"""Neighbours that become one passage, and what a budget keeps out."""

from dataclasses import replace

import pytest

from answerable_knowledge.entries import Hit
from answerable_retrieval.composing import compose, join


def hit(ordinal, **changes):
    made = Hit(
        passage_id=f"abc.2.{ordinal}",
        document_id="leave",
        document_version=2,
        title="Leave",
        source="leave.pdf",
        locator="page 3",
        text=f"Sentence number {ordinal}.",
        heading="Days",
        scores={"fused": 1 - ordinal / 100},
        readers_matched=("group:staff",),
        valid_until=None,
        stale=False,
        ordinals=(ordinal, ordinal),
    )
    return replace(made, **changes)


def told(hits, max_tokens=1000):
    kept, left_out = compose(hits, max_tokens)
    return [(one.passage_id, one.locator, one.text) for one in kept], left_out


def test_neighbours_become_one_passage_in_reading_order_where_the_best_of_them_ranks():
    first, other, last = hit(4), hit(9, document_id="travel", passage_id="xyz.1.9"), hit(3)
    kept, left_out = compose([first, other, last], 1000)
    assert [(one.passage_id, one.text) for one in kept] == [
        ("abc.2.3-4", "Sentence number 3.\n\nSentence number 4."),
        ("xyz.1.9", "Sentence number 9."),
    ]
    assert (kept[0].scores, kept[0].ordinals, left_out) == (first.scores, (3, 4), 0)


def test_three_in_a_row_become_one():
    assert told([hit(2), hit(3), hit(1)])[0] == [
        ("abc.2.1-3", "page 3", "Sentence number 1.\n\nSentence number 2.\n\nSentence number 3.")
    ]


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("lines 1-4", "lines 5-9", "lines 1-9"),
        ("line 4", "line 5", "lines 4-5"),
        ("sheet Pay, rows 2-9", "sheet Pay, row 10", "sheet Pay, rows 2-10"),
        ("slide 2", "slide 2", "slide 2"),
        ("page 2", "page 3", None),
        ("sheet Pay, rows 2-9", "sheet Tax, row 10", None),
        ("line 3", "sheet Pay, row 4", None),
    ],
)
def test_a_joined_passage_names_its_place_as_exactly_as_its_parts_or_is_not_made(first, second, joined):
    both = join(hit(2, locator=second), hit(1, locator=first))
    assert (both and both.locator) == joined


@pytest.mark.parametrize(
    "changes",
    [
        {"ordinals": (3, 3)},
        {"ordinals": (1, 1)},
        {"document_id": "travel"},
        {"document_version": 3},
        {"heading": "Other days"},
        {"findings": ("conflict",)},
        {"text": "word " * 400},
    ],
)
def test_what_is_not_one_place_or_of_one_quality_or_too_long_stays_apart(changes):
    assert join(hit(1), hit(2)) is not None
    assert join(hit(1), hit(2, **changes)) is None


def test_a_budget_keeps_the_best_and_counts_the_others_by_hits():
    hits = [hit(1), hit(5), hit(8), hit(9), hit(20)]
    assert told(hits, 6) == (
        [("abc.2.1", "page 3", "Sentence number 1."), ("abc.2.5", "page 3", "Sentence number 5.")],
        3,
    )
    assert told(hits, 1) == ([], 5)
