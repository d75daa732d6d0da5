"""`answerable eval retrieval` as a user runs it, on a collection of a few texts."""

import json

import pytest

from tests.support.command import run

TEXTS = {
    "leave": ("Leave", "Everyone has 27 days of leave in a year."),
    "travel": ("Travel", "Trains are booked by the front office, planes by nobody."),
    "empty": ("Canteen opens at noon", ""),
    "blank": ("", "  "),
}
QUERIES = {"q1": "How many days of leave are there?", "q2": "Who books trains?", "q3": "When does the canteen open?"}
RELEVANT = {"q1": "leave", "q2": "travel", "q3": "empty"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "qrels").mkdir()
    entries = [{"_id": name, "title": title, "text": text} for name, (title, text) in TEXTS.items()]
    asked = [{"_id": name, "text": text} for name, text in QUERIES.items()]
    for name, rows in (("corpus", entries), ("queries", asked)):
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    judged = "".join(f"{query}\t{document}\t1\n" for query, document in RELEVANT.items())
    (tmp_path / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judged}")
    return tmp_path


def test_texts_are_found_through_ingestion_and_retrieval_and_figures_and_rankings_are_written(folder):
    rankings = folder / "rankings.jsonl"
    done = run("eval", "retrieval", folder, "--embedder", "fast", "--json", "--predictions", rankings)
    assert done.code == 0, done
    figures = done.json
    assert {name: figures[name] for name in ("ndcg10", "recall10", "recall100", "mrr10")} == dict.fromkeys(
        ("ndcg10", "recall10", "recall100", "mrr10"), 1.0
    )
    assert (figures["queries"], figures["documents"], figures["passages"]) == (3, 4, 3)
    assert figures["documents_rejected"] == {"empty": 1}
    assert 0 < figures["latency_p50_ms"] <= figures["latency_p99_ms"]
    lines = [json.loads(line) for line in rankings.read_text().splitlines()]
    assert {line["query"]: line["doc"] for line in lines if line["rank"] == 1} == RELEVANT
    of_first = [line["score"] for line in lines if line["query"] == "q1"]
    assert of_first == sorted(of_first, reverse=True)
    assert len(set(of_first)) == len(of_first)


def test_a_ranking_in_the_form_of_trec_eval_and_a_table_for_people(folder):
    rankings = folder / "rankings.run"
    done = run("eval", "retrieval", folder, "--embedder", "fast", "--predictions", rankings)
    assert (done.code, "nDCG@10" in done.out, "1 documents were rejected: empty" in done.err) == (0, True, True), done
    first = rankings.read_text().splitlines()[0].split()
    assert [first[place] for place in (0, 1, 2, 3, 5)] == ["q1", "Q0", "leave", "1", "answerable"]


def test_what_is_broken_ends_with_one_line_that_says_where(folder):
    with (folder / "corpus.jsonl").open("a") as corpus:
        corpus.write("{broken\n")
    done = run("eval", "retrieval", folder, "--embedder", "fast")
    assert (done.code, done.out) == (2, "")
    assert "corpus.jsonl, line 5: not an entry" in done.err
    assert "Traceback" not in done.err


def test_rankings_that_cannot_be_written_are_refused_before_the_work(folder):
    done = run("eval", "retrieval", folder, "--embedder", "fast", "--predictions", folder / "no" / "file")
    assert (done.code, "cannot be written" in done.err) == (2, True)
