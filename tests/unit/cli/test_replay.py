"""What differs between a recorded context and the same search later."""

import pytest

from answerable_cli.replay import compare
from tests.support.drafts import context
from tests.support.requests import PASSAGE

SECOND = PASSAGE.model_copy(update={"label": 2, "passage_id": "leave#2", "scores": {"bm25": 0.5}})


def test_nothing_differs_where_nothing_does() -> None:
    assert compare(context([PASSAGE, SECOND]), context([PASSAGE, SECOND])) == ()


def test_another_order_is_told_by_the_ids() -> None:
    turned = [SECOND.model_copy(update={"label": 1}), PASSAGE.model_copy(update={"label": 2})]
    (found,) = compare(context([PASSAGE, SECOND]), context(turned))
    assert (found.what, found.was, found.now) == (
        "passages",
        [PASSAGE.passage_id, "leave#2"],
        ["leave#2", PASSAGE.passage_id],
    )


def test_a_score_that_moved_in_the_last_digit_is_told() -> None:
    moved = SECOND.model_copy(update={"scores": {"bm25": 0.500001}})
    (found,) = compare(context([PASSAGE, SECOND]), context([PASSAGE, moved]))
    assert (found.what, found.was, found.now) == ("scores of leave#2", {"bm25": 0.5}, {"bm25": 0.500001})


@pytest.mark.parametrize("field", ["text", "title", "heading"])
def test_a_text_that_differs_is_named_and_not_quoted(field: str) -> None:
    changed = SECOND.model_copy(update={field: "a secret"})
    (found,) = compare(context([SECOND]), context([changed]))
    assert (found.what, found.was, found.now) == (f"{field} of leave#2", None, None)


def test_counts_of_what_was_left_out_are_compared() -> None:
    was, now = context().model_copy(update={"left_out": {"access": 1}}), context()
    (found,) = compare(was, now)
    assert (found.what, found.was, found.now) == ("left out as access", 1, 0)
