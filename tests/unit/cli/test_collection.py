"""Collections in the layout of BEIR: what is read, and what is said about broken ones."""

import gzip
import json

import pytest

from answerable_cli.collection import Entry, load_collection
from answerable_cli.errors import UsageRefused

CORPUS = [{"_id": "d1", "title": "Leave", "text": "27 days."}, {"_id": "d2", "text": "Nothing."}]
QUERIES = [{"_id": "q1", "text": "How many days?"}, {"_id": "q2", "text": "What?"}, {"_id": "q3", "text": "Unjudged"}]
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td2\t1\n"


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def collection(folder, *, corpus=None, queries=None, pack=False, **qrels):
    (folder / "qrels").mkdir()
    files = {"corpus.jsonl": corpus or lines(CORPUS), "queries.jsonl": queries or lines(QUERIES)}
    files |= {f"qrels/{name}.tsv": text for name, text in (qrels or {"test": QRELS}).items()}
    for name, text in files.items():
        data = text.encode()
        (folder / (f"{name}.gz" if pack else name)).write_bytes(gzip.compress(data) if pack else data)
    return folder


@pytest.mark.parametrize("pack", [False, True])
def test_a_collection_is_read_packed_or_not(tmp_path, pack):
    found = load_collection(collection(tmp_path, pack=pack), None)
    assert list(found.entries()) == [Entry("d1", "Leave", "27 days."), Entry("d2", "", "Nothing.")]
    assert found.queries == {"q1": "How many days?", "q2": "What?"}
    assert found.qrels == {"q1": {"d1": 2, "d2": 0}, "q2": {"d2": 1}}
    assert (found.size, found.split, found.queries_unknown, found.relevant_unknown) == (2, "test", 0, 0)


def test_judgements_without_a_header_ids_that_are_numbers_and_a_byte_order_mark_are_read(tmp_path):
    corpus = "\ufeff" + lines([{"_id": 7, "title": None, "text": "a\u0000b"}]).replace("\n", "\r\n") + "\n\n"
    found = load_collection(collection(tmp_path, corpus=corpus, queries=lines(QUERIES[:1]), dev="q1\t7\t1\n"), None)
    assert list(found.entries()) == [Entry("7", "", "a b")]
    assert (found.qrels, found.split) == ({"q1": {"7": 1}}, "dev")


def test_judgements_about_what_is_not_there_are_counted(tmp_path):
    found = load_collection(collection(tmp_path, test=f"{QRELS}q1\tgone\t1\nnobody\td1\t1\n"), "test")
    assert (found.queries_unknown, found.relevant_unknown) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"corpus": lines(CORPUS) + "{broken\n"}, "corpus.jsonl, line 3: not an entry"),
        ({"corpus": lines(CORPUS) + '{"_id": "d3"}\n'}, "corpus.jsonl, line 3: not an entry"),
        ({"corpus": lines(CORPUS) + '["d3"]\n'}, "corpus.jsonl, line 3: not an entry"),
        ({"corpus": lines(CORPUS) + '{"_id": true, "text": ""}\n'}, "corpus.jsonl, line 3: not an entry"),
        ({"corpus": lines([*CORPUS, CORPUS[0]])}, "corpus.jsonl, line 3: the _id 'd1' is there twice"),
        ({"corpus": "\n"}, "corpus.jsonl is empty"),
        ({"queries": lines([{"_id": "q1", "text": " "}])}, "the text of query 'q1' is empty"),
        ({"queries": lines([{"_id": "other", "text": "?"}])}, "no query of"),
        ({"test": QRELS + "q1\td1\n"}, "test.tsv, line 5: not a judgement"),
        ({"test": QRELS + "q1\td1\tmuch\n"}, "test.tsv, line 5: not a judgement"),
        ({"test": "query-id\tcorpus-id\tscore\n"}, "test.tsv judges nothing"),
        ({"dev": QRELS, "train": QRELS}, "several splits and none is `test`"),
    ],
)
def test_what_is_broken_is_named_with_its_file_and_line(tmp_path, changes, said):
    with pytest.raises(UsageRefused) as refused:
        load_collection(collection(tmp_path, **changes), None)
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_a_file_that_is_missing_is_named(tmp_path, name):
    (collection(tmp_path) / name).unlink()
    with pytest.raises(UsageRefused, match=name.replace("test", ".*")):
        load_collection(tmp_path, None)


def test_a_split_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(UsageRefused) as refused:
        load_collection(collection(tmp_path, dev=QRELS, train=QRELS), "tets")
    assert ("tets" in str(refused.value), refused.value.hint) == (True, "name one with --split: dev, train")


@pytest.mark.parametrize(
    "data", [b"\x1f\x8b broken", gzip.compress(lines(CORPUS).encode())[:-9], gzip.compress(b"\xff\xfe")]
)
def test_a_file_that_cannot_be_unpacked_is_named(tmp_path, data):
    (collection(tmp_path) / "corpus.jsonl").unlink()
    (tmp_path / "corpus.jsonl.gz").write_bytes(data)
    with pytest.raises(UsageRefused, match=r"corpus\.jsonl\.gz"):
        load_collection(tmp_path, None)
