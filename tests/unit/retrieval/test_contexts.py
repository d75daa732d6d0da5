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


def hit(number: int, *findings: str) -> Hit:
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
        findings=findings,
    )


def test_passages_are_labelled_by_rank_and_only_what_was_left_out_is_counted():
    asked = question().question
    found = Hits("norvik@7", (hit(9), hit(4)), {"access": 2, "expired": 0})
    context = context_of(asked, found, "model@1", 500)
    assert [(one.label, one.passage_id) for one in context.passages] == [(1, "p9"), (2, "p4")]
    assert context.passages[0].stale
    assert (context.snapshot, context.left_out, context.embedder) == ("norvik@7", {"access": 2}, "model@1")
    assert (context.question, context.request_id) == (asked, asked.request_id)


def test_what_is_held_against_a_passage_lowers_its_quality_and_only_what_is_grave_is_a_caveat():
    found = Hits("norvik@7", (hit(1), hit(2, "conflict", "no_owner"), hit(3, "no_owner")), {})
    passages = context_of(question().question, found, "model@1", 500).passages
    assert [one.caveats for one in passages] == [(), ("conflict",), ()]
    assert [one.scores.get("quality") for one in passages] == [None, 0.54, 0.9]


def test_what_the_budget_leaves_out_is_counted():
    found = Hits("norvik@7", tuple(hit(number) for number in range(1, 9)), {"access": 1})
    context = context_of(question().question, found, "model@1", 12)
    assert ([one.passage_id for one in context.passages], context.left_out) == (
        ["p1", "p2", "p3"],
        {"access": 1, "budget": 5},
    )
