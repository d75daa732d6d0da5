import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from answerable_models.embedders import load_embedder, space_of
from answerable_models.embedding import MiniLmEmbedder, normalise
from answerable_models.errors import ModelUnavailable
from answerable_models.static_embedding import FILE, StaticEmbedder, packaged_weights, weights_of

# Vectors of other weights must not be compared with those in an index: change this only with the name of the file.
SHA256 = "7ab78499c6c063a9a4f1d0cc76aec6b33228437f0c0e899a875a2606e486ab8d"
TEXTS = [f"Passage {number}: invoices above {number * 250} EUR need a second signature." for number in range(64)]


@pytest.fixture(scope="module")
def static() -> StaticEmbedder:
    return StaticEmbedder()


def test_the_packaged_weights_are_the_published_ones(static):
    content = packaged_weights().read_bytes()
    assert (FILE, hashlib.sha256(content).hexdigest()) == ("static.v1.npy", SHA256)
    assert static.revision.startswith(SHA256[:12])


def test_the_packaged_weights_stay_below_twelve_megabytes():
    assert len(packaged_weights().read_bytes()) <= 12_000_000


def test_vectors_are_the_same_bytes_on_one_thread_and_on_four(static):
    alone = static.embed(TEXTS).tobytes()
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda _: static.embed(TEXTS).tobytes(), range(8)))
    assert together == [alone] * 8


def test_a_text_is_read_up_to_512_word_pieces(static):
    long, longer, other = static.embed(["leave " * 600, "leave " * 510 + "pension " * 90, "leave " * 10 + "pension"])
    assert long.tobytes() == longer.tobytes()
    assert other.tobytes() != long.tobytes()


def test_a_title_is_not_drowned_by_the_text_under_it(static):
    text = "Working hours are flexible between seven and seven, and agreed in each team. " * 5
    question, titled, buried = static.embed(["parental leave", f"Parental leave\n{text}", f"{text} Parental leave"])
    assert question @ titled > question @ buried + 0.1


def test_blank_lines_around_a_single_line_change_nothing(static):
    plain, *framed = static.embed(["parental leave", "parental leave\n", "\n parental leave", " \nparental leave\n\n"])
    assert {each.tobytes() for each in framed} == {plain.tobytes()}


def test_word_order_is_not_seen(static):
    one, other = static.embed(["the bank sued the client", "the client sued the bank"])
    assert one.tobytes() == other.tobytes()


def test_stored_vectors_point_where_the_learned_ones_did():
    vectors = np.random.default_rng(0).normal(size=(20, 384)) * np.geomspace(0.01, 10, 20)[:, None]
    table = weights_of(vectors)
    stored = table["steps"] * table["scale"][:, None]
    assert ((normalise(stored) * normalise(vectors)).sum(axis=1) > 0.9999).all()
    assert np.allclose(np.linalg.norm(stored, axis=1), np.linalg.norm(vectors, axis=1), rtol=0.01)


def test_weights_of_another_vocabulary_or_layout_are_refused(tmp_path):
    np.save(tmp_path / "few.npy", weights_of(np.ones((10, 384))))
    np.save(tmp_path / "plain.npy", np.ones((30522, 384), np.float32))
    (tmp_path / "torn.npy").write_bytes(packaged_weights().read_bytes()[:1000])
    for name in ("few.npy", "plain.npy", "torn.npy"):
        with pytest.raises(ModelUnavailable):
            StaticEmbedder(weights=tmp_path / name)


def test_pickled_weights_are_never_opened(tmp_path):
    np.save(tmp_path / "pickled.npy", np.array([{"scale": 1.0}], dtype=object), allow_pickle=True)
    with pytest.raises(ModelUnavailable):
        StaticEmbedder(weights=tmp_path / "pickled.npy")


def test_configuration_names_an_embedder_and_each_has_its_own_space():
    minilm, fast = load_embedder("minilm"), load_embedder("fast")
    assert isinstance(minilm, MiniLmEmbedder)
    assert isinstance(fast, StaticEmbedder)
    assert space_of(fast) == f"static-minilm@{fast.revision}"
    assert space_of(fast) != space_of(minilm)
