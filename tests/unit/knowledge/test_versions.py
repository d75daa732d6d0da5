"""Versions of the index: found by time, under the rules of then and of now, and for how long."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from answerable_knowledge.errors import SnapshotGone
from answerable_knowledge.index import Index
from answerable_knowledge.versions import SnapshotName
from tests.support import passages as made

MINUTE = timedelta(minutes=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
ANN = frozenset({"user:ann"})


class Ticking:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Ticking()


@pytest.fixture
def index(tmp_path, clock):
    return Index.open(tmp_path / "index", dimensions=made.DIMENSIONS, now=clock)


def put(index, document_id, *texts, **changes):
    passages = made.passages(*(f"{text} {document_id}" for text in texts))  # equal texts would be shown once
    return index.put(made.document(document_id, **changes), passages, made.vectors(passages))


def found(index, snapshot, text="words", **changes):
    hits = index.search(made.query(text, snapshot, **changes))
    return sorted((hit.document_id, hit.document_version) for hit in hits.hits)


def as_of(index, moment, **changes):
    return found(index, index.snapshot_as_of("acme", moment), now=moment, **changes)


def retire(index, older_than):
    return [index.upkeep.retire(name, older_than) for name in index.upkeep.tables()] == [True]


def test_a_question_about_the_past_sees_the_versions_of_that_time(index, clock):
    put(index, "a", "words", version=1)
    clock.now += 10 * MINUTE
    put(index, "a", "words", version=2)
    put(index, "b", "words")
    assert as_of(index, START) == [("a", 1)]
    assert as_of(index, START + 9 * MINUTE) == [("a", 1)]
    assert as_of(index, START + 10 * MINUTE) == [("a", 2), ("b", 1)]
    assert as_of(index, START + 999 * MINUTE) == [("a", 2), ("b", 1)]


def test_every_moment_of_a_long_history_is_found(index, clock):
    for number in range(40):
        clock.now = START + number * MINUTE
        put(index, "a", "words", version=number + 1)
    for number in range(40):
        assert as_of(index, START + (number + 0.5) * MINUTE) == [("a", number + 1)]


def test_before_the_first_document_nothing_is_available(index, clock):
    with pytest.raises(SnapshotGone):
        index.snapshot_as_of("acme", START)
    put(index, "a", "words")
    with pytest.raises(SnapshotGone):
        index.snapshot_as_of("acme", START - MINUTE)
    with pytest.raises(SnapshotGone):
        index.snapshot_as_of("another", START)


def test_access_is_judged_by_the_rules_of_that_time(index, clock):
    put(index, "a", "words", readers=("user:bob",))
    clock.now += MINUTE
    index.set_readers("acme", "a", ["user:ann"], made.NOW)
    assert as_of(index, START, principals=ANN) == []
    assert as_of(index, START + MINUTE, principals=ANN) == [("a", 1)]


def test_a_question_about_the_past_is_no_way_around_a_revocation(index, clock):
    put(index, "a", "words", readers=("user:ann",))
    put(index, "b", "words", readers=("user:ann",))
    clock.now += MINUTE
    index.set_readers("acme", "a", ["user:bob"], made.NOW)
    hits = index.search(made.query("words", index.snapshot_as_of("acme", START), principals=ANN))
    assert [hit.document_id for hit in hits.hits] == ["b"]
    assert hits.left_out["access"] == 1


def test_who_is_denied_now_or_left_a_group_sees_nothing_of_the_past_either(index, clock):
    index.set_members("acme", "staff", ["user:ann"], START)
    put(index, "a", "words", readers=("group:staff",))
    put(index, "b", "words", readers=("user:ann",))
    assert as_of(index, START, principals=ANN) == [("a", 1), ("b", 1)]
    clock.now += MINUTE
    index.set_members("acme", "staff", [], START + MINUTE)
    index.set_readers("acme", "b", ["user:ann"], made.NOW, denied=["user:ann"])
    assert as_of(index, START, principals=ANN) == []


def test_a_document_that_was_withdrawn_since_is_judged_by_its_last_known_readers(index, clock):
    put(index, "a", "words", readers=("user:ann",))
    put(index, "b", "words", readers=("user:ann",))
    clock.now += MINUTE
    index.set_readers("acme", "b", ["user:bob"], made.NOW)
    index.remove("acme", "a", made.NOW)
    index.remove("acme", "b", made.NOW)
    assert as_of(index, START, principals=ANN) == [("a", 1)]
    index.set_readers("acme", "a", [], made.NOW)  # a revocation that comes after the withdrawal
    assert as_of(index, START, principals=ANN) == []


def test_a_new_version_with_other_readers_closes_the_old_one_too(index, clock):
    put(index, "a", "words", version=1, readers=("user:ann",))
    clock.now += MINUTE
    put(index, "a", "words", version=2, readers=("user:bob",))
    assert as_of(index, START, principals=ANN) == []
    assert as_of(index, START, principals=frozenset({"user:bob"})) == []


def test_validity_and_succession_are_judged_at_that_time(index, clock):
    put(index, "old", "words", valid_until=START + 5 * MINUTE)
    put(index, "new", "words", supersedes="old", valid_from=START + 2 * MINUTE)
    assert as_of(index, START) == [("old", 1)]
    assert as_of(index, START + 3 * MINUTE) == [("new", 1)]
    assert found(index, index.snapshot("acme"), now=START + 9 * MINUTE) == [("new", 1)]


def test_an_erased_document_and_all_before_it_is_not_available_any_more(index, clock):
    put(index, "a", "words")
    put(index, "b", "words")
    clock.now += MINUTE
    old = index.snapshot_as_of("acme", START)
    index.erase("acme", "a", clock.now)
    with pytest.raises(SnapshotGone):
        found(index, old)
    with pytest.raises(SnapshotGone):
        index.snapshot_as_of("acme", START)
    assert as_of(index, clock.now) == [("b", 1)]


def test_reorganising_does_not_move_the_time_of_a_version(index, clock):
    for number in range(30):
        put(index, f"d{number}", *(f"words {number} {part}" for part in range(6)))  # enough to reorganise
    clock.now += MINUTE
    put(index, "late", "words")
    assert len(as_of(index, START, limit=200)) == 180


def test_a_writer_whose_clock_is_behind_hides_nothing_that_another_wrote(index, clock, tmp_path):
    put(index, "a", "words", version=1)
    behind = Index.open(tmp_path / "index", dimensions=made.DIMENSIONS, now=lambda: START - 60 * MINUTE)
    put(behind, "a", "words", version=2)
    assert as_of(index, START) == [("a", 1)]
    assert as_of(index, START + MINUTE) == [("a", 2)]
    with pytest.raises(SnapshotGone):
        as_of(index, START - MINUTE)


def test_the_same_question_about_the_past_gives_the_same_passages_later(index, clock):
    put(index, "a", "words one", readers=("user:ann",))
    put(index, "b", "words two", readers=("user:ann",))
    clock.now += MINUTE
    query = made.query("words", index.snapshot_as_of("acme", START), principals=ANN)
    before = index.search(query)
    index.set_readers("acme", "a", [], made.NOW)
    assert index.search(query) == before
    assert len(index.search(replace(query, snapshot=index.snapshot_as_of("acme", START))).hits) == 1


@pytest.mark.parametrize("text", ["acme@7", "acme@7/9", "a@b@7/9"])
def test_a_name_of_a_snapshot_reads_back(text):
    tenant = text.rpartition("@")[0]
    assert str(SnapshotName.parse(tenant, text)) == text


@pytest.mark.parametrize("text", ["acme@", "acme@7/", "acme@/7", "acme@7/8/9", "acme@-1", "other@7", "acme@7/x"])
def test_what_is_no_snapshot_of_the_tenant_is_gone(text):
    with pytest.raises(SnapshotGone):
        SnapshotName.parse("acme", text)


def test_old_versions_go_when_they_are_past_retention_and_newer_ones_stay(index, clock):
    assert index.kept("acme") is None
    for number in range(3):
        put(index, "a", "words", version=number + 1)
    oldest, newest = index.kept("acme")
    assert found(index, newest) == [("a", 3)]
    assert retire(index, timedelta(days=1))
    assert index.kept("acme")[0] == oldest
    time.sleep(0.05)  # LanceDB judges age by its own clock
    assert retire(index, timedelta(milliseconds=1))
    floor, last = index.kept("acme")
    assert SnapshotName.parse("acme", floor).version > SnapshotName.parse("acme", oldest).version
    assert found(index, last) == [("a", 3)]
    with pytest.raises(SnapshotGone):
        found(index, oldest)
    clock.now += MINUTE
    put(index, "b", "words")
    assert as_of(index, clock.now) == [("a", 3), ("b", 1)]
    assert as_of(index, START + MINUTE / 2) == [("a", 3)]
    with pytest.raises(SnapshotGone):
        index.snapshot_as_of("acme", START - MINUTE)


def test_searches_and_writes_go_on_while_a_table_is_reorganised_and_nothing_is_lost(index):
    with ThreadPoolExecutor(3) as pool:
        stop = threading.Event()

        def search():
            sizes = []
            while not stop.is_set():
                snapshot = index.snapshot("acme")
                first = found(index, snapshot, limit=200)
                assert found(index, snapshot, limit=200) == first
                sizes.append(len(first))
            return sizes

        searching = [pool.submit(search) for _ in range(2)]
        for number in range(40):
            put(index, f"d{number % 20}", *(f"words {number} {part}" for part in range(5)), version=number + 1)
            retire(index, timedelta(days=400))
        index.upkeep.settle()
        stop.set()
        sizes = [job.result() for job in searching]
    assert all(size % 5 == 0 for job in sizes for size in job)
    assert len(found(index, index.snapshot("acme"), limit=200)) == 100


def test_the_texts_of_a_document_are_found_in_every_state_of_it_that_is_kept(index):
    for number in range(12):
        put(index, f"other{number}", "of another")
        if number % 4 == 0:
            put(index, "a", f"text {number}", version=number + 1)
        if number == 5:
            index.set_readers("acme", "a", ["user:bob"], made.NOW)
    index.remove("acme", "a", made.NOW)
    for number in range(3):
        put(index, f"later{number}", "of another")
    assert index.texts("acme", "a") == {"text 0 a", "text 4 a", "text 8 a"}
    assert index.texts("acme", "unknown") == frozenset()
    assert index.texts("nobody", "a") == frozenset()


def test_a_finding_that_came_later_is_not_part_of_the_past(index, clock):
    put(index, "a", "words")
    clock.now += MINUTE
    ids = [hit.passage_id for hit in index.search(made.query("words", index.snapshot("acme"))).hits]
    for amendment in index.inventory("acme").added(ids, "conflict"):
        index.mark("acme", amendment)
    past, present = index.snapshot_as_of("acme", START), index.snapshot_as_of("acme", clock.now)
    assert SnapshotName.parse("acme", past).version < SnapshotName.parse("acme", present).version
