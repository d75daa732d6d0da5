import numpy as np
import pytest

from answerable_models.embedding import MiniLmEmbedder
from answerable_models.pieces import READ_FEATURES, read_features


@pytest.fixture(scope="module")
def minilm() -> MiniLmEmbedder:
    return MiniLmEmbedder()


def test_there_is_one_row_per_sentence_and_one_column_per_name(minilm):
    question, sentences = minilm.read("Who wrote it?"), [minilm.read("Ann wrote it."), minilm.read("")]
    assert read_features(question, sentences).shape == (2, len(READ_FEATURES))
    assert read_features(question, []).shape == (0, len(READ_FEATURES))


@pytest.mark.parametrize("question", ["When does the canteen open?", "", "the", "?!", "Who?"])
def test_every_value_is_about_a_cosine(minilm, question):
    rows = read_features(minilm.read(question), [minilm.read(text) for text in ("The canteen opens at nine.", "?", "")])
    assert np.isfinite(rows).all()
    assert (np.abs(rows) <= 1.01).all()


@pytest.mark.parametrize("name", ["pieces_near", "pieces_near_evenly", "least_piece_near", "any_piece_near"])
def test_a_sentence_about_the_same_has_nearer_pieces(minilm, name):
    question = minilm.read("When does the canteen open?")
    about, beside = (minilm.read(text) for text in ("The canteen opens at nine.", "Guests pay for parking."))
    better, worse = read_features(question, [about, beside])[:, READ_FEATURES.index(name)]
    assert better > worse


def test_a_row_does_not_depend_on_the_sentences_beside_it(minilm):
    question, one, other = (minilm.read(text) for text in ("Who wrote it?", "Ann wrote it.", "It rains."))
    assert read_features(question, [one, other])[0].tobytes() == read_features(question, [one])[0].tobytes()
