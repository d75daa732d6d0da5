"""Large tables: an index changes how fast something is found, never what."""

import random
from datetime import timedelta

import numpy as np
import pytest

from answerable_knowledge import indexing
from answerable_knowledge.index import Index
from answerable_knowledge.upkeep import Upkeep
from tests.support import passages as made

DAY = timedelta(days=1)
WORDS = [f"word{number}" for number in range(60)]
READERS = ["user:ann", "group:staff", "group:board", "group:guests", "user:bob"]
PRINCIPALS = [
    frozenset({"user:ann", "group:staff"}),
    frozenset({"group:board"}),
    frozenset({"user:bob"}),
    frozenset({"user:nobody"}),
]
DIMENSIONS = 64


def vector(text):
    """Words hashed into many dimensions: 64, so that one bit of each says something."""
    total = np.zeros(DIMENSIONS, np.float32)
    for word in text.split():
        total += np.random.default_rng(int(word[4:])).normal(size=DIMENSIONS).astype(np.float32)
    return total


def put(index, dice, name, version=1):
    texts = [" ".join(dice.choices(WORDS, k=8)) for _ in range(dice.randrange(1, 4))]
    document = made.document(
        name,
        version=version,
        readers=tuple(dice.sample(READERS, k=dice.randrange(4))),
        denied=tuple(dice.sample(READERS, k=dice.choice((0, 0, 1)))),
        valid_from=dice.choice((None, None, made.NOW - DAY, made.NOW + DAY)),
        valid_until=dice.choice((None, None, made.NOW - DAY, made.NOW + DAY)),
        supersedes=dice.choice((None, None, None, f"d{dice.randrange(80)}")),
    )
    index.put(document, made.passages(*texts), np.array([vector(text) for text in texts]))


def filled(folder, monkeypatch, large):
    """80 documents, of which some are changed, withdrawn, or read by others; upkeep comes in between, once."""
    monkeypatch.setattr(indexing, "LARGE", large)
    monkeypatch.setattr(Upkeep, "soon", lambda upkeep, tenant: None)
    index = Index.open(folder, dimensions=DIMENSIONS)
    dice = random.Random(5)
    for number in range(80):
        put(index, dice, f"d{number}")
    keep_up(index, monkeypatch)
    for number in range(0, 77, 7):
        put(index, dice, f"d{number}", version=2)
        index.remove("acme", f"d{number + 1}", made.NOW)
        index.set_readers("acme", f"d{number + 2}", dice.sample(READERS, k=2), made.NOW, dice.sample(READERS, k=1))
    return index


def keep_up(index, monkeypatch):
    monkeypatch.setattr(indexing, "_FRESH_ROWS", 1)
    indexing.keep_up(index._store.newest("acme"))


def answers(index, **changes):
    dice = random.Random(6)
    found = []
    for number in range(40):
        text = " ".join(dice.choices(WORDS, k=4))
        snapshot = index.snapshot("acme")
        asked = {"principals": PRINCIPALS[number % 4], "vector": vector(text), "limit": 6} | changes
        hits = index.search(made.query(text, snapshot, **asked))
        found.append(([(hit.passage_id, hit.scores["fused"]) for hit in hits.hits], dict(hits.left_out)))
    return found


def test_what_is_found_and_withheld_is_the_same_with_indices_and_without(tmp_path, monkeypatch):
    plain = filled(tmp_path / "plain", monkeypatch, large=1_000_000)
    large = filled(tmp_path / "large", monkeypatch, large=100)
    columns = {index.columns[0] for index in large._store.newest("acme").list_indices()}
    assert columns >= {
        "searched_text",
        "vector",
        "passage_id",
        "document_id",
        "readers",
        "denied",
        "valid_from",
        "valid_until",
    }
    assert not indexing.has_meaning(plain._store.newest("acme"))
    expected = answers(plain)
    assert sum(len(hits) for hits, _ in expected) > 60
    assert answers(large) == expected
    keep_up(plain, monkeypatch)
    keep_up(large, monkeypatch)
    assert answers(large) == answers(plain)


def test_the_same_question_gets_the_same_answer_from_an_index_every_time_and_after_a_restart(tmp_path, monkeypatch):
    index = filled(tmp_path, monkeypatch, large=100)
    before = answers(index)
    assert all(answers(Index.open(tmp_path, dimensions=DIMENSIONS)) == before for _ in range(2))


def test_rows_that_are_not_indexed_yet_are_found_all_the_same(tmp_path, monkeypatch):
    index = filled(tmp_path, monkeypatch, large=100)
    text = "word1 word2 word3 word4 word5"
    index.put(made.document("fresh"), made.passages(text), np.array([vector(text)]))
    asked = made.query(text, index.snapshot("acme"), vector=vector(text), limit=1)
    assert index._store.newest("acme").index_stats("vector_idx").num_unindexed_rows > 0
    assert index.search(asked).hits[0].document_id == "fresh"


def test_nothing_of_an_erased_document_stays_in_any_index(tmp_path, monkeypatch):
    index = filled(tmp_path, monkeypatch, large=100)
    text = "word11 word12 word13"
    index.put(made.document("secret", readers=("user:vanishing",)), made.passages(text), np.array([vector(text)]))
    keep_up(index, monkeypatch)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(b"user:vanishing" in file.read_bytes() for file in files if "_indices" in file.parts)
    index.erase("acme", "secret", made.NOW)
    assert not any(b"user:vanishing" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert indexing.has_meaning(index._store.newest("acme"))
    assert sum(len(hits) for hits, _ in answers(index)) > 60


@pytest.mark.parametrize("size", [0, 3])
def test_a_small_table_has_its_words_indexed_and_nothing_else(tmp_path, size):
    index = Index.open(tmp_path, dimensions=DIMENSIONS)
    dice = random.Random(1)
    for number in range(size):
        put(index, dice, f"d{number}")
    index.remove("acme", "unknown", made.NOW)
    index.upkeep.settle()
    assert [each.columns for each in index._store.writable("acme").list_indices()] == [["searched_text"]]
