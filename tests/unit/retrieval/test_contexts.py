"""Principals of askers, and contexts out of hits."""

import pytest

from answerable_events.requests import Asker
from answerable_knowledge.entries import Hit, Hits
from answerable_retrieval.contexts import asker_principals, context_of
from tests.support.questions import question


@pytest.mark.parametrize(
    ("subject", "groups", "principals"),
    [
        ("ada", ("staff", "hr"), {"user:ada", "group:staff", "group:hr"}),
        ("ada", (), {"user:ada"}),
        ("ada", ("*", "staff"), {"user:ada", "group:staff"}),
        ("*", ("staff",), {"group:staff"}),
        (" ada", ("staff ", "a\tb"), set()),
        ("a" * 201, ("g" * 201,), set()),
        ("ada:eve", ("user:eve",), {"user:ada:eve", "group:user:eve"}),
    ],
)
def test_a_name_that_no_reader_can_have_grants_nothing(subject, groups, principals):
    assert asker_principals(Asker(subject=subject, groups=groups)) == principals


def hit(number: int) -> Hit:
    return Hit(
        passage_id=f"p{number}",
        document_id="leave",
        document_version=2,
        title="Leave",
        source="leave.pdf",
        locator="page 3",
        text="Everyone has 27 days.",
        heading=None,
        scores={"bm25": 1.5, "dense": 0.5, "fused": 1.0},
        readers_matched=("group:staff",),
        valid_until=None,
        stale=True,
    )


def test_passages_are_labelled_by_rank_and_only_what_was_left_out_is_counted():
    asked = question().question
    found = Hits("norvik@7", (hit(9), hit(4)), {"access": 2, "expired": 0})
    context = context_of(asked, found, "model@1")
    assert [(one.label, one.passage_id) for one in context.passages] == [(1, "p9"), (2, "p4")]
    assert context.passages[0].stale
    assert (context.snapshot, context.left_out, context.embedder) == ("norvik@7", {"access": 2}, "model@1")
    assert (context.question, context.request_id) == (asked, asked.request_id)
