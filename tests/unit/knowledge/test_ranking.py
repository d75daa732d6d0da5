"""Fusion, duplicates, and reasons for leaving out."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_knowledge.quality import MOST_MALUS, RULES
from answerable_knowledge.ranking import Candidate, Standing, fuse, lowered, normalised, reranked, superseded_ids
from tests.support.passages import NOW

DAY = timedelta(days=1)


def candidate(passage_id, bm25=0.0, dense=0.0, key=None):
    return Candidate({"passage_id": passage_id, "text_key": key or passage_id}, bm25, dense)


def test_the_weight_moves_the_ranking_from_words_to_meaning():
    both = [candidate("words", bm25=9.0, dense=0.1), candidate("meaning", bm25=1.0, dense=0.9)]
    assert [one.candidate.passage_id for one in fuse(both, 0.1)] == ["words", "meaning"]
    assert [one.candidate.passage_id for one in fuse(both, 0.9)] == ["meaning", "words"]


def test_fused_scores_lie_between_nothing_and_one_and_ties_go_by_id():
    ranked = fuse([candidate("b", 1.0, 0.5), candidate("a", 1.0, 0.5), candidate("z", 0.0, -0.1)], 0.5)
    assert [(one.candidate.passage_id, one.fused) for one in ranked] == [("a", 1.0), ("b", 1.0), ("z", 0.0)]


def test_more_candidates_change_nothing_about_those_before_them():
    some = [candidate("a", 3.0, 0.9), candidate("b", 2.0, 0.8), candidate("c", 0.0, 0.7)]
    longer = fuse([*some, candidate("d", 0.0, 0.1), candidate("e", 0.5, 0.0)], 0.6)
    assert longer[:3] == fuse(some, 0.6)


def test_a_second_look_moves_what_it_looked_at_and_nothing_overtakes_from_below():
    ranked = fuse([candidate("a", 3.0), candidate("b", 2.9), candidate("c", 2.8)], 0.0)
    again = reranked(ranked, [0.0, 1.0], 0.2)
    assert [(one.candidate.passage_id, one.proximity) for one in again] == [("b", 1.0), ("a", 0.0), ("c", 0.0)]
    assert all(0 <= one.fused <= 1 for one in again)


def test_nothing_ranks_to_nothing():
    assert fuse([], 0.5) == []


def test_texts_alike_but_for_case_spacing_and_punctuation_are_normalised_alike():
    assert (
        normalised("Leave:  25 days!")
        == normalised("leave 25\n\uff24\uff21\uff39\uff33")
        != normalised("leave 26 days")
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"readers": ["user:bob"]}, "access"),
        ({"readers": []}, "access"),
        ({"denied": ["user:bob"]}, None),
        ({"denied": ["user:ann"], "document_id": "old"}, "access"),
        ({"denied": None}, "access"),
        ({"readers": None, "document_id": "old"}, "access"),
        ({"document_id": "old"}, "superseded"),
        ({"valid_until": NOW - DAY}, "expired"),
        ({"valid_until": NOW}, None),
        ({"valid_from": NOW + DAY}, "not_yet_valid"),
    ],
)
def test_the_first_objection_is_told(changes, reason):
    standing = Standing(frozenset({"user:ann"}), NOW, frozenset({"old"}))
    row = {"document_id": "d", "readers": ["user:ann"], "denied": [], "valid_until": None, "valid_from": None}
    assert standing.objection(row | changes) == reason


def test_only_documents_in_force_supersede_others():
    def claim(document_id, supersedes, valid_from=None, valid_until=None):
        return {
            "document_id": document_id,
            "supersedes": supersedes,
            "valid_from": valid_from,
            "valid_until": valid_until,
        }

    claims = [
        claim("new", "old"),
        claim("future", "present", valid_from=NOW + DAY),
        claim("past", "older", valid_until=NOW - DAY),
        claim("self", "self"),
    ]
    assert superseded_ids(claims, NOW) == {"old"}


def poor(passage_id, bm25, findings=(), review_by=None):
    row = {"passage_id": passage_id, "text_key": passage_id, "findings": findings, "review_by": review_by}
    return Candidate(row, bm25, 0.0)


def test_quality_decides_between_near_equals_and_not_against_a_clear_lead():
    ranked = fuse([poor("garbled", 10.0, ("mojibake",)), poor("near", 9.5), poor("far", 5.0)], 0.0)
    assert [one.candidate.passage_id for one in lowered(ranked, NOW)] == ["near", "garbled", "far"]


def test_a_broken_promise_costs_from_its_moment_on():
    ranked = fuse([poor("a", 10.0, review_by=NOW), poor("b", 9.9)], 0.0)
    assert [one.candidate.passage_id for one in lowered(ranked, NOW)] == ["a", "b"]
    assert [one.candidate.passage_id for one in lowered(ranked, NOW + DAY)] == ["b", "a"]


@given(st.lists(st.tuples(st.floats(0, 50), st.sets(st.sampled_from(sorted(RULES)))), min_size=1, max_size=8))
def test_no_score_rises_by_what_is_held_against_passages(found):
    ranked = fuse([poor(f"p{number}", bm25, tuple(codes)) for number, (bm25, codes) in enumerate(found)], 0.0)
    before = {one.candidate.passage_id: one.fused for one in ranked}
    for one in lowered(ranked, NOW):
        assert (1 - MOST_MALUS) * before[one.candidate.passage_id] - 1e-6 <= one.fused
        assert one.fused <= before[one.candidate.passage_id]
