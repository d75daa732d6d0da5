"""The index: who sees what, in which snapshot, whatever the question says."""

import random
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from answerable_knowledge import searching
from answerable_knowledge.errors import EmbedderDiffers, IndexCorrupt, SnapshotGone
from answerable_knowledge.index import Index
from tests.support import passages as made

DAY = timedelta(days=1)


@pytest.fixture
def index(tmp_path):
    return Index.open(tmp_path / "index", dimensions=made.DIMENSIONS)


def put(index, document_id, *texts, **changes):
    passages = made.passages(*texts)
    return index.put(made.document(document_id, **changes), passages, made.vectors(passages))


def ask(index, text, snapshot=None, **changes):
    return index.search(made.query(text, snapshot or index.snapshot("acme"), **changes))


def found(hits):
    return [hit.document_id for hit in hits.hits]


def test_a_document_is_found_in_the_snapshot_that_put_returns(index):
    version = put(index, "leave", "Staff have 25 days of leave.", "Ask your manager.")
    hit = ask(index, "how many days of leave", version.snapshot).hits[0]
    assert version.applied
    assert version.snapshot == index.snapshot("acme")
    assert (hit.document_id, hit.document_version, hit.locator) == ("leave", 1, "page 1")
    assert (hit.text, hit.source, hit.readers_matched) == (
        "Staff have 25 days of leave.",
        "leave.pdf",
        ("group:staff",),
    )
    assert set(hit.scores) == {"bm25", "dense", "fused", "proximity"}


def test_words_are_stemmed_and_a_new_row_is_found_by_words_at_once(index):
    put(index, "a", "Nothing of interest.")
    put(index, "b", "Invoices are paid monthly.")
    assert ask(index, "paying an invoice").hits[0].document_id == "b"
    assert ask(index, "paying an invoice").hits[0].scores["bm25"] > 0


def test_a_tenant_without_documents_has_snapshot_zero_and_finds_nothing(index):
    assert index.snapshot("acme") == "acme@0"
    assert ask(index, "anything").hits == ()
    assert index.documents("acme") == []


def test_a_newer_version_replaces_an_older_one_and_an_older_or_same_one_changes_nothing(index):
    put(index, "d", "first words", "more", version=1)
    newer = put(index, "d", "second words", version=2)
    again = put(index, "d", "second words again", version=2)
    older = put(index, "d", "first words", version=1)
    assert (again.applied, older.applied) == (False, False)
    assert again.snapshot == older.snapshot == newer.snapshot
    assert [(hit.text, hit.document_version) for hit in ask(index, "words").hits] == [("second words", 2)]
    assert [(row.document_id, row.version, row.passages) for row in index.documents("acme")] == [("d", 2, 1)]


def test_a_removed_document_is_gone_and_a_redelivery_does_not_bring_it_back(index):
    before = put(index, "d", "some words", version=3).snapshot
    assert index.remove("acme", "d", made.NOW).applied
    assert not index.remove("acme", "d", made.NOW).applied
    assert not put(index, "d", "some words", version=3).applied
    assert ask(index, "some words").hits == ()
    assert index.documents("acme") == []
    assert found(ask(index, "some words", before)) == ["d"]
    assert put(index, "d", "new words", version=4).applied
    assert found(ask(index, "new words")) == ["d"]


def test_what_is_unknown_is_neither_found_nor_reported_as_changed(index):
    assert index.document("acme", "nothing") is None
    assert not index.remove("acme", "nothing", made.NOW).applied
    assert not index.set_readers("acme", "nothing", ["user:ann"], made.NOW).applied
    assert (index.document("acme", "nothing"), index.documents("acme")) == (None, [])
    assert ask(index, "nothing").hits == ()


@pytest.mark.parametrize("known", [False, True])
def test_a_version_submitted_before_the_withdrawal_stays_out_even_when_it_arrives_after_it(index, known):
    if known:
        put(index, "d", "some words", version=1, submitted_at=made.NOW - 2 * DAY)
    index.remove("acme", "d", made.NOW)
    assert not put(index, "d", "some words", version=2, submitted_at=made.NOW - DAY).applied
    assert ask(index, "some words").hits == ()
    index.remove("acme", "d", made.NOW - DAY)  # an older withdrawal, redelivered
    assert not put(index, "d", "some words", version=2, submitted_at=made.NOW - DAY / 2).applied
    assert put(index, "d", "some words", version=2, submitted_at=made.NOW + DAY).applied


@pytest.mark.parametrize("known", [False, True])
def test_readers_changed_after_a_version_was_submitted_stay_in_force_when_it_arrives(index, known):
    if known:
        put(index, "d", "words", version=1, submitted_at=made.NOW - 2 * DAY)
    assert index.set_readers("acme", "d", ["user:bob"], made.NOW).readers == ("user:bob",)
    assert put(index, "d", "words", version=2, submitted_at=made.NOW - DAY).applied
    assert index.documents("acme")[0].readers == ("user:bob",)
    assert ask(index, "words").hits == ()
    assert put(index, "d", "words", version=3, submitted_at=made.NOW + DAY).applied
    assert index.documents("acme")[0].readers == ("group:staff",)


def test_the_latest_change_of_readers_wins_whatever_the_order_of_arrival(index):
    put(index, "d", "words")
    index.set_readers("acme", "d", ["user:bob"], made.NOW)
    late = index.set_readers("acme", "d", ["group:staff"], made.NOW - DAY)
    assert (late.applied, late.readers) == (False, ("user:bob",))
    put(index, "d", "words", version=2, submitted_at=made.NOW + DAY)
    assert index.set_readers("acme", "d", ["user:eve"], made.NOW - DAY).readers == ("group:staff",)
    same_moment = index.set_readers("acme", "d", ["user:cyn"], made.NOW + DAY)
    assert (same_moment.applied, same_moment.readers) == (True, ("user:cyn",))


def test_a_change_of_readers_survives_the_withdrawal_between(index):
    put(index, "d", "words", submitted_at=made.NOW - 3 * DAY)
    index.remove("acme", "d", made.NOW - 2 * DAY)
    index.set_readers("acme", "d", ["user:bob"], made.NOW)
    assert put(index, "d", "words", version=2, submitted_at=made.NOW - DAY).applied
    assert index.document("acme", "d").readers == ("user:bob",)


def test_a_folder_that_cannot_be_used_is_told_before_the_first_message(tmp_path):
    folder = tmp_path / "index"
    index = Index.open(folder, dimensions=made.DIMENSIONS)
    index.verify(writable=True)
    folder.rmdir()
    folder.write_text("a file")
    with pytest.raises(IndexCorrupt):
        index.verify(writable=True)


def test_readers_change_from_the_returned_snapshot_on(index):
    before = put(index, "d", "words").snapshot
    after = index.set_readers("acme", "d", ["user:bob"], made.NOW).snapshot
    assert found(ask(index, "words", before)) == ["d"]
    assert found(ask(index, "words", after)) == []
    assert found(ask(index, "words", after, principals=frozenset({"user:bob"}))) == ["d"]
    assert index.documents("acme")[0].readers == ("user:bob",)


def test_without_readers_or_without_principals_nobody_sees_anything(index):
    put(index, "closed", "words", readers=())
    put(index, "open", "words")
    assert found(ask(index, "words")) == ["open"]
    nobody = ask(index, "words", principals=frozenset())
    assert (nobody.hits, nobody.left_out["access"]) == ((), 2)


def test_what_may_not_be_read_is_counted_and_nothing_of_it_is_shown(index):
    put(index, "salaries", "Secret CANARY salaries of staff.", readers=("group:hr",))
    put(index, "menu", "Lunch for staff.")
    hits = ask(index, "salaries of staff")
    assert hits.left_out == {"access": 1, "superseded": 0, "expired": 0, "duplicate": 0}
    assert "CANARY" not in repr(hits)
    assert "salaries" not in repr(hits)


NAMES = [f"{kind}:{name}" for kind in ("user", "group") for name in ("a", "b", "c", "o'x")]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """An index of 60 documents with random readers, and what was put into it."""
    index = Index.open(tmp_path_factory.mktemp("crowd"), dimensions=made.DIMENSIONS)
    chance = random.Random(5)
    readers = {}
    for number in range(60):
        document_id = f"d{number}"
        readers[document_id] = chance.sample(NAMES, chance.randrange(4))
        put(index, document_id, f"shared words {number}", f"more shared {number}", readers=tuple(readers[document_id]))
    for document_id in chance.sample(sorted(readers), 20):
        readers[document_id] = chance.sample(NAMES, chance.randrange(4))
        index.set_readers("acme", document_id, readers[document_id], made.NOW)
    return index, readers


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    principals=st.frozensets(st.sampled_from(NAMES)),
    text=st.sampled_from(["shared words", "more", "shared 7", "nothing"]),
    limit=st.sampled_from([1, 10, 200]),
)
def test_nobody_ever_sees_a_passage_of_a_document_they_may_not_read(crowd, principals, text, limit):
    index, readers = crowd
    allowed = {document_id for document_id, names in readers.items() if principals & set(names)}
    hits = ask(index, text, principals=principals, limit=limit)
    assert set(found(hits)) <= allowed
    assert all(hit.readers_matched == tuple(sorted(principals & set(readers[hit.document_id]))) for hit in hits.hits)
    if limit == 200:
        assert set(found(hits)) == allowed
        assert hits.left_out["access"] == 2 * (len(readers) - len(allowed))


def test_a_superseded_document_is_left_out_and_counted_while_its_successor_is_in_force(index):
    put(index, "old", "Travel costs 20 a day.")
    put(
        index,
        "new",
        "Travel costs 30 per day.",
        supersedes="old",
        valid_from=made.NOW - DAY,
        valid_until=made.NOW + DAY,
    )
    now = ask(index, "travel costs")
    assert (found(now), now.left_out["superseded"]) == (["new"], 1)
    assert found(ask(index, "travel costs", now=made.NOW - 2 * DAY)) == ["old"]
    assert found(ask(index, "travel costs", now=made.NOW + 2 * DAY)) == ["old"]
    index.remove("acme", "new", made.NOW)
    assert found(ask(index, "travel costs")) == ["old"]


def test_a_successor_that_the_asker_may_not_read_still_supersedes(index):
    put(index, "old", "Travel costs 20 a day.")
    put(index, "new", "Travel costs 30 a day.", supersedes="old", readers=("group:hr",))
    hits = ask(index, "travel costs")
    assert (hits.hits, hits.left_out["superseded"], hits.left_out["access"]) == ((), 1, 1)


def test_an_expired_document_is_left_out_and_counted(index):
    put(index, "menu", "Soup today.", valid_until=made.NOW - DAY)
    put(index, "plan", "Soup tomorrow.", valid_from=made.NOW + DAY)
    hits = ask(index, "soup")
    assert (hits.hits, hits.left_out["expired"], hits.left_out["not_yet_valid"]) == ((), 1, 1)


def test_a_passage_past_its_review_date_is_marked_stale(index):
    put(index, "late", "Soup is late.", review_by=made.NOW - DAY)
    put(index, "kept", "Soup is kept.", review_by=made.NOW + DAY)
    assert {hit.document_id: hit.stale for hit in ask(index, "soup").hits} == {"late": True, "kept": False}


def test_repeated_texts_are_shown_once(index):
    put(index, "a", "The door code is on the board.")
    put(index, "b", "the door code is  on the board")
    hits = ask(index, "door code")
    assert (len(hits.hits), hits.left_out["duplicate"]) == (1, 1)


def test_a_snapshot_replays_byte_for_byte_after_changes_reopening_and_in_another_process(index, tmp_path):
    for number in range(12):
        put(index, f"d{number}", *(f"alpha beta {word} {number}" for word in ("gamma", "delta", "beta")))
    questions = [
        made.query(text, index.snapshot("acme"), limit=limit)
        for text in ("alpha", "beta gamma 3", "delta", "")
        for limit in (3, 50)
    ]
    before = [index.search(question) for question in questions]
    for number in range(12, 70):  # enough to make the index reorganise itself
        put(index, f"d{number}", *(f"alpha beta {word} {number}" for word in ("gamma", "delta", "beta")))
    index.remove("acme", "d3", made.NOW)
    index.set_readers("acme", "d4", [], made.NOW)
    reopened = Index.open(tmp_path / "index", dimensions=made.DIMENSIONS)
    assert [index.search(question) for question in questions] == before
    assert [reopened.search(question) for question in questions] == before
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(reopened.search, questions * 4)) == before * 4
    program = """
        import sys
        from answerable_knowledge.index import Index
        from tests.support import passages as made
        index = Index.open(sys.argv[1], dimensions=made.DIMENSIONS)
        for text in ("alpha", "beta gamma 3", "delta", ""):
            for limit in (3, 50):
                print(repr(index.search(made.query(text, sys.argv[2], limit=limit))))
    """
    output = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "index"), questions[0].snapshot],
        capture_output=True,
        text=True,
        check=True,
    )
    assert output.stdout.splitlines() == [repr(hits) for hits in before]


def test_reorganising_loses_no_passage(index):
    for number in range(50):
        put(index, f"d{number}", *(f"passage {number} about thing{number}x{part}" for part in range(4)))
    for number in range(50):
        assert ask(index, f"passage {number} about thing{number}x2", limit=1).hits[0].document_id == f"d{number}"


@pytest.mark.parametrize(
    ("scores", "wanted", "kept"),
    [
        ([3, 2, 1], 4, [3, 2, 1]),
        ([3, 2, 2, 2, 1], 3, [3]),
        ([2, 2, 2, 2, 1], 2, [2, 2, 2, 2, 1]),
        ([2, 2, 2], 2, [2, 2, 2]),
    ],
)
def test_a_limit_never_cuts_through_candidates_of_equal_score(scores, wanted, kept):
    every = pa.table({"_score": scores})
    table = searching._without_cut_tie(lambda count: every.slice(0, count), wanted, "_score")
    assert table.column("_score").to_pylist() == kept


def test_ties_go_by_passage_id(index):
    for number in range(80):
        put(index, f"d{number}", f"same words {'x' * (number % 2)}")
    hits = ask(index, "same words", limit=200)
    order = [(-hit.scores["fused"], hit.passage_id) for hit in hits.hits]
    assert order == sorted(order)
    assert hits == ask(index, "same words", limit=200)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "'", '"', '"unclosed', "a AND (b OR", "NOT words", "+words -words", "text:words", "words*", "words~2",
        "(words", "[words TO more]", "words\\", "'; DROP TABLE tenant; --", "words' OR '1'='1", "\x00", "wo\x00rds",
        "\ud800", "{words}", "/words/", "words^9", "%", "_", "words; SELECT 1", "🏢 words", "x" * 100_000,
    ],
)  # fmt: skip
def test_a_question_is_words_and_never_a_query_language(index, text):
    put(index, "open", "words more")
    put(index, "closed", "words more secret", readers=("group:hr",))
    snapshot = index.snapshot("acme")
    hits = ask(index, text, snapshot)
    assert set(found(hits)) <= {"open"}
    assert index.snapshot("acme") == snapshot


@pytest.mark.parametrize("name", ["a'b", "x' OR '1'='1", 'd"', "a\\'", "a;--", "a/../b", "%", "日本", "x" * 3000])
def test_names_are_data_in_every_statement(index, name):
    put(index, "other", "other words")
    put(index, name, "named words", readers=(f"user:{name[:100]}",))
    assert found(ask(index, "named", principals=frozenset({f"user:{name[:100]}"}))) == [name]
    assert index.set_readers("acme", name, ["user:ann"], made.NOW).applied
    assert index.remove("acme", name, made.NOW).applied
    assert found(ask(index, "words")) == ["other"]


@pytest.mark.parametrize("other", ["a/../acme", "acme@1", "ACME", "acme ", "x" * 10_000, "tenant_"])
def test_a_tenant_reaches_no_other_tenants_documents(index, other):
    put(index, "d", "words")
    put(index, "e", "words of another", tenant=other)
    own = index.search(made.query("words", index.snapshot(other)))
    assert found(own) == ["e"]
    with pytest.raises(SnapshotGone):
        index.search(replace(made.query("words", index.snapshot("acme")), tenant=other))


@pytest.mark.parametrize(
    "snapshot", ["acme@99999", "acme", "acme@", "acme@-1", "acme@x", "@1", "acme@²", f"acme@{2**70}"]
)
def test_a_snapshot_that_does_not_exist_is_gone(index, snapshot):
    put(index, "d", "words")
    with pytest.raises(SnapshotGone):
        index.search(replace(made.query("words", "acme@1"), snapshot=snapshot))


def test_an_index_of_other_dimensions_is_corrupt(index, tmp_path):
    put(index, "d", "words")
    with pytest.raises(IndexCorrupt):
        Index.open(tmp_path / "index", dimensions=8).snapshot("acme")


def test_an_index_made_with_another_embedder_is_refused_whoever_asks(tmp_path):
    folder = tmp_path / "index"
    put(Index.open(folder, dimensions=made.DIMENSIONS, embedder="minilm@1"), "d", "words")
    other = Index.open(folder, dimensions=made.DIMENSIONS, embedder="fast@1")
    for touch in (other.verify, lambda: other.snapshot("acme"), lambda: put(other, "e", "words")):
        with pytest.raises(EmbedderDiffers, match="made with the embedder minilm@1, not with fast@1"):
            touch()


def test_an_index_keeps_which_embedder_it_was_made_with_through_changes_and_compaction(tmp_path):
    folder = tmp_path / "index"
    ours = Index.open(folder, dimensions=made.DIMENSIONS, embedder="minilm@1")
    put(ours, "d", "words")
    put(ours, "e", "other words")
    ours.erase("acme", "d", made.NOW)
    assert found(ask(Index.open(folder, dimensions=made.DIMENSIONS, embedder="minilm@1"), "words")) == ["e"]
    assert found(ask(Index.open(folder, dimensions=made.DIMENSIONS), "words")) == ["e"]
    with pytest.raises(EmbedderDiffers):
        Index.open(folder, dimensions=made.DIMENSIONS, embedder="minilm@2").snapshot("acme")


def test_a_query_vector_that_does_not_fit_is_refused(index):
    for wrong in (np.zeros(3), np.full(made.DIMENSIONS, np.inf)):
        with pytest.raises(ValueError, match="vector"):
            ask(index, "words", "acme@0", vector=wrong)


def test_a_document_without_passages_is_listed_and_found_by_nothing(index):
    put(index, "empty")
    assert [(row.document_id, row.passages) for row in index.documents("acme")] == [("empty", 0)]
    assert ask(index, "empty").hits == ()


def test_threads_write_and_search_at_once_and_see_whole_documents_only(index):
    put(index, "d", "version 1 a", "version 1 b", version=1)

    def write(version):
        put(index, "d", f"version {version} a", f"version {version} b", version=version)

    def read(_):
        return {hit.document_version for hit in ask(index, "version").hits}, len(ask(index, "version").hits)

    with ThreadPoolExecutor(4) as pool:
        writes = [pool.submit(write, version) for version in range(2, 20)]
        reads = [pool.submit(read, number) for number in range(30)]
        for job in writes:
            job.result()
    assert all(len(versions) == 1 and count == 2 for versions, count in (job.result() for job in reads))
    assert {hit.document_version for hit in ask(index, "version").hits} == {19}


def test_two_processes_write_and_nothing_is_lost(tmp_path):
    program = """
        import sys
        from answerable_knowledge.index import Index
        from tests.support import passages as made
        index = Index.open(sys.argv[1], dimensions=made.DIMENSIONS)
        for number in range(20):
            passages = made.passages(f"words {sys.argv[2]} {number}")
            document = made.document(f"{sys.argv[2]}{number}")
            index.put(document, passages, made.vectors(passages))
    """
    writers = [
        subprocess.Popen([sys.executable, "-c", textwrap.dedent(program), str(tmp_path), name]) for name in ("a", "b")
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    index = Index.open(tmp_path, dimensions=made.DIMENSIONS)
    assert len(index.documents("acme")) == 40
    assert len(ask(index, "words", limit=100).hits) == 40
