import sys

import numpy as np
import pytest

from answerable_models.embedding import HashingEmbedder, MiniLmEmbedder, Reader, normalise, quantise
from answerable_models.errors import ModelUnavailable
from answerable_models.static_embedding import StaticEmbedder

TEXTS = [
    "How many days of annual leave do employees get?",
    "Employees get 25 days of annual leave a year.",
    "Die Kantine öffnet um 11:30 Uhr.",
    "",
    "leave " * 400,
    "x",
]


@pytest.fixture(scope="module")
def minilm() -> MiniLmEmbedder:
    return MiniLmEmbedder(cache_size=0)


@pytest.fixture(scope="module")
def static() -> StaticEmbedder:
    return StaticEmbedder()


@pytest.fixture(params=["minilm", "static", "hashing"])
def embedder(request, minilm, static):
    return {"minilm": minilm, "static": static, "hashing": HashingEmbedder()}[request.param]


def test_rows_are_unit_vectors_of_the_promised_shape_and_type(embedder):
    rows = embedder.embed(TEXTS)
    assert rows.shape == (len(TEXTS), embedder.dimensions)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)


def test_no_texts_give_no_rows(embedder):
    assert embedder.embed([]).shape == (0, embedder.dimensions)


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_a_vector_does_not_depend_on_its_batch_to_the_bit(embedder, size):
    whole = embedder.embed(TEXTS)
    parts = np.concatenate([embedder.embed(TEXTS[at : at + size]) for at in range(0, len(TEXTS), size)])
    assert parts.tobytes() == whole.tobytes()


def test_order_in_the_batch_changes_nothing(embedder):
    assert embedder.embed(TEXTS[::-1])[::-1].tobytes() == embedder.embed(TEXTS).tobytes()


def test_what_means_the_same_is_closer_than_what_does_not(embedder):
    question, right, wrong = embedder.embed([TEXTS[0], TEXTS[1], "The canteen opens at noon."])
    assert question @ right > question @ wrong


def test_learned_embedders_know_synonyms_and_hashing_does_not(minilm, static):
    texts = ["holiday entitlement", "annual leave allowance", "printer cartridge storage"]
    for learned in (minilm, static):
        near, far = (learned.embed(texts) @ learned.embed(texts)[0])[1:]
        assert near > far + 0.2
    hashed = HashingEmbedder()
    near, far = (hashed.embed(texts) @ hashed.embed(texts)[0])[1:]
    assert near < 0.3


def test_minilm_reads_256_tokens_and_no_more(minilm):
    long, longer, short = minilm.embed(["leave " * 300, "leave " * 300 + "pension", "leave " * 20])
    assert long.tobytes() == longer.tobytes()
    assert short.tobytes() != long.tobytes()


def test_minilm_rows_lie_on_the_int8_grid(minilm):
    for row in minilm.embed(TEXTS):
        assert len(np.unique(np.abs(row))) <= 128


def test_rounding_to_the_grid_loses_almost_nothing():
    rows = np.random.default_rng(0).normal(size=(50, 384)).astype(np.float32)
    rows = normalise(rows)
    assert ((normalise(quantise(rows)) * rows).sum(axis=1) > 0.999).all()


def test_the_cache_is_bounded_and_changes_no_bit(minilm):
    cached = MiniLmEmbedder(cache_size=2)
    for _ in range(2):
        assert cached.embed(TEXTS).tobytes() == minilm.embed(TEXTS).tobytes()
    assert len(cached._cache._rows) == 2


def test_a_reading_holds_every_piece_and_the_vector_that_embedding_gives(minilm):
    for text in TEXTS:
        reading = minilm.read(text)
        assert reading.steps.shape == (len(reading.pieces), minilm.dimensions)
        assert reading.vector.tobytes() == minilm.embed([text])[0].tobytes()
    assert isinstance(minilm, Reader)
    assert not isinstance(HashingEmbedder(), Reader)


def test_a_caller_cannot_change_what_is_cached():
    cached = MiniLmEmbedder(cache_size=2)
    before = cached.embed(["leave"]).copy()
    cached.embed(["leave"])[:] = 0
    assert cached.embed(["leave"]).tobytes() == before.tobytes()


def test_name_and_revision_identify_the_vector_space(embedder):
    assert embedder.name
    assert embedder.revision
    assert HashingEmbedder().revision == HashingEmbedder().revision


def test_without_onnxruntime_the_model_is_unavailable(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelUnavailable):
        MiniLmEmbedder()
