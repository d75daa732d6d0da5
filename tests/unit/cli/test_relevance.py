"""Figures of rankings, against values worked out by hand and by the definition of trec_eval."""

from math import log2

import pytest

from answerable_cli.relevance import Quality, mean, ndcg, quality, recall, reciprocal_rank


def test_ndcg_is_what_the_definition_says():
    judged = {"a": 3, "b": 2, "c": 0, "d": 1}
    ranking = ["c", "b", "x", "a"]
    gained = 2 / log2(3) + 3 / log2(5)
    ideal = 3 / log2(2) + 2 / log2(3) + 1 / log2(4)
    assert ndcg(ranking, judged, 10) == pytest.approx(gained / ideal)
    assert ndcg(ranking, judged, 10) == pytest.approx(0.536322, abs=1e-6)
    assert ndcg(ranking, judged, 2) == pytest.approx((2 / log2(3)) / (3 + 2 / log2(3)))


def test_the_best_ranking_has_ndcg_one_and_the_gain_is_linear():
    judged = {"a": 2, "b": 1}
    assert ndcg(["a", "b"], judged, 10) == 1
    assert ndcg(["b", "a"], judged, 10) == pytest.approx((1 + 2 / log2(3)) / (2 + 1 / log2(3)))


def test_a_negative_judgement_counts_as_not_relevant():
    judged = {"a": -1, "b": 1}
    assert (ndcg(["a"], judged, 10), recall(["a", "b"], judged, 10)) == (0, 1)
    assert ndcg(["a", "b"], judged, 10) == pytest.approx(1 / log2(3))


def test_recall_counts_relevant_documents_within_the_depth():
    judged = {"a": 1, "b": 2, "c": 0, "d": 1}
    assert recall(["a", "c", "x", "b"], judged, 3) == pytest.approx(1 / 3)
    assert recall(["a", "c", "x", "b"], judged, 4) == pytest.approx(2 / 3)


def test_reciprocal_rank_is_of_the_first_relevant_one_within_the_depth():
    assert reciprocal_rank(["x", "y", "a", "b"], {"a": 1, "b": 1}, 10) == pytest.approx(1 / 3)
    assert reciprocal_rank(["x"] * 10 + ["a"], {"a": 1}, 10) == 0


def test_a_query_without_a_relevant_document_counts_as_not_found():
    assert quality(["a"], {"a": 0}) == Quality(0, 0, 0, 0)


def test_the_mean_gives_each_query_the_same_weight():
    assert mean([Quality(1, 1, 1, 1), Quality(0, 0.5, 1, 0.25)]) == Quality(0.5, 0.75, 1, 0.625)
