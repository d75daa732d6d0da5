import numpy as np
import pytest

from answerable_models.alignment import ALIGNED_FEATURES, aligned_features
from answerable_models.extractive import set_scene
from answerable_models.generation import Source
from answerable_models.scenes import Scene


def scene_of(question: str, *texts: str, title: str = "") -> Scene:
    return set_scene(question, tuple(Source(n, title, "", text, f"p{n}") for n, text in enumerate(texts, 1)))[0]


def feature(name: str, question: str, *texts: str, title: str = "") -> list[float]:
    return list(aligned_features(scene_of(question, *texts, title=title))[:, ALIGNED_FEATURES.index(name)])


def test_there_is_one_row_per_candidate_and_one_column_per_name():
    scene = scene_of("When does it open?", "It opens at nine. It closes at five.", "Parking is free.")
    assert aligned_features(scene).shape == (3, len(ALIGNED_FEATURES))
    assert aligned_features(scene_of("When?", "")).shape == (0, len(ALIGNED_FEATURES))


@pytest.mark.parametrize("question", ["When does the canteen open?", "", "the", "Who is Alice?"])
def test_every_value_lies_between_nothing_and_one(question):
    rows = aligned_features(scene_of(question, "The canteen opens at nine. Alice knows.", "Prices:\n- one\n- two"))
    assert np.isfinite(rows).all()
    assert (rows >= 0).all()
    assert (rows <= 1.0001).all()


@pytest.mark.parametrize(
    ("name", "question", "better", "worse"),
    [
        ("aligned", "What did the doctor cost?", "The physician is paid 40 euros.", "The garden is full of trees."),
        ("least_aligned", "What did the doctor cost?", "The price of a physician.", "The price of a garden."),
    ],
)
def test_a_word_of_like_meaning_counts_for_more_than_an_unrelated_one(name, question, better, worse):
    assert feature(name, question, better)[0] > feature(name, question, worse)[0]


def test_a_word_of_the_same_stem_counts_in_full():
    assert feature("aligned", "opening canteens", "The canteen opens.") == [pytest.approx(1.0)]


def test_titles_and_neighbours_count_where_the_sentence_lacks_the_word():
    question, text = "What does parking cost in Zurich?", "Parking is described here. It costs two francs."
    assert feature("aligned_by_neighbours", question, text)[1] > 0
    titled = feature("aligned_with_context", question, text, title="Zurich")
    assert titled[0] > feature("aligned_with_context", question, text)[0]
