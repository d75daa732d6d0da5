"""Fusion, duplicates, and reasons for leaving out."""

from datetime import timedelta

import pytest

from answerable_knowledge.ranking import Candidate, Standing, distinct, fuse, normalised, superseded_ids
from tests.support.passages import NOW

DAY = timedelta(days=1)


def candidate(passage_id, bm25=0.0, dense=0.0, key=None):
    return Candidate({"passage_id": passage_id, "text_key": key or passage_id}, bm25, dense)


def test_the_weight_moves_the_ranking_from_words_to_meaning():
    both = [candidate("words", bm25=9.0, dense=0.1), candidate("meaning", bm25=1.0, dense=0.9)]
    assert [one.candidate.passage_id for one in fuse(both, 0.1)] == ["words", "meaning"]
    assert [one.candidate.passage_id for one in fuse(both, 0.9)] == ["meaning", "words"]


def test_fused_scores_lie_between_nothing_and_one_and_ties_go_by_id():
    ranked = fuse([candidate("b", 1.0, 0.5), candidate("a", 1.0, 0.5), candidate("z", 0.0, 0.0)], 0.5)
    assert [(one.candidate.passage_id, one.fused) for one in ranked] == [("a", 1.0), ("b", 1.0), ("z", 0.0)]


def test_nothing_ranks_to_nothing():
    assert fuse([], 0.5) == []


def test_repeated_texts_collapse_to_the_best():
    ranked = fuse([candidate("a", 3.0, key="same"), candidate("b", 2.0, key="same"), candidate("c", 1.0)], 0.0)
    kept, repeated = distinct(ranked, 10)
    assert ([one.candidate.passage_id for one in kept], repeated) == (["a", "c"], 1)


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
        ({"readers": None, "document_id": "old"}, "access"),
        ({"document_id": "old"}, "superseded"),
        ({"valid_until": NOW - DAY}, "expired"),
        ({"valid_until": NOW}, None),
        ({"valid_from": NOW + DAY}, "not_yet_valid"),
    ],
)
def test_the_first_objection_is_told(changes, reason):
    standing = Standing(frozenset({"user:ann"}), NOW, frozenset({"old"}))
    row = {"document_id": "d", "readers": ["user:ann"], "valid_until": None, "valid_from": None}
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
