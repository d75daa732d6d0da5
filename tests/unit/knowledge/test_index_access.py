"""Who may read what in the index: denials, groups in groups, and changes in any order."""

import itertools
from datetime import timedelta

import pytest

from answerable_knowledge.errors import IndexCorrupt
from answerable_knowledge.index import Index
from tests.support import passages as made

DAY = timedelta(days=1)


@pytest.fixture
def index(tmp_path):
    return Index.open(tmp_path / "index", dimensions=made.DIMENSIONS)


def put(index, document_id, *texts, **changes):
    passages = made.passages(*texts)
    return index.put(made.document(document_id, **changes), passages, made.vectors(passages))


def seen(index, *principals, **changes):
    query = made.query("secret words", index.snapshot("acme"), principals=frozenset(principals), **changes)
    return {hit.document_id: hit.readers_matched for hit in index.search(query).hits}


def test_who_is_denied_does_not_read_whatever_the_readers_say(index):
    put(index, "d", "secret words", readers=("group:staff", "user:bob"), denied=("group:interns",))
    assert seen(index, "user:bob", "group:staff") == {"d": ("group:staff", "user:bob")}
    assert seen(index, "user:bob", "group:staff", "group:interns") == {}
    assert seen(index, "group:interns") == {}


def test_what_is_denied_is_counted_as_access_and_never_as_a_duplicate(index):
    put(index, "open", "secret words")
    put(index, "shut", "secret words", denied=("user:ann",))
    hits = index.search(made.query("secret words", index.snapshot("acme")))
    assert [hit.document_id for hit in hits.hits] == ["open"]
    assert (hits.left_out["access"], hits.left_out["duplicate"]) == (1, 0)


def test_a_change_of_access_replaces_readers_and_denied_and_stays_with_the_next_version(index):
    put(index, "d", "secret words", submitted_at=made.NOW - 2 * DAY)
    done = index.set_readers("acme", "d", ["group:hr"], made.NOW, ["user:eve"])
    assert (done.applied, done.readers, done.denied) == (True, ("group:hr",), ("user:eve",))
    put(index, "d", "secret words", version=2, submitted_at=made.NOW - DAY, denied=("user:ann",))
    row = index.document("acme", "d")
    assert (row.version, row.readers, row.denied) == (2, ("group:hr",), ("user:eve",))
    put(index, "d", "secret words", version=3, submitted_at=made.NOW + DAY, denied=("user:ann",))
    row = index.document("acme", "d")
    assert (row.readers, row.denied) == (("group:staff",), ("user:ann",))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_late_change_from_before_a_version_was_submitted_does_not_replace_its_readers(index, order):
    steps = (
        lambda: put(index, "d", "secret words", submitted_at=made.NOW - 3 * DAY),
        lambda: index.set_readers("acme", "d", ["user:bob"], made.NOW - 2 * DAY),
        lambda: put(index, "d", "secret words", version=2, submitted_at=made.NOW - DAY, readers=("group:hr",)),
    )
    for step in order:
        steps[step]()
    assert index.document("acme", "d").readers == ("group:hr",)


def test_a_group_in_a_group_in_a_group_reads_and_is_denied_like_its_members(index):
    put(index, "d", "secret words", readers=("group:company",))
    put(index, "e", "secret words too", readers=("group:company",), denied=("group:north",))
    index.set_members("acme", "company", ["group:north", "group:south"], made.NOW)
    index.set_members("acme", "north", ["group:shop"], made.NOW)
    index.set_members("acme", "shop", ["user:ann"], made.NOW)
    assert seen(index, "user:ann") == {"d": ("group:company",)}
    assert seen(index, "user:bob", "group:south") == {"d": ("group:company",), "e": ("group:company",)}
    assert seen(index, "user:bob") == {}


def test_groups_in_circles_end_and_contain_each_other(index):
    put(index, "d", "secret words", readers=("group:a",))
    for group, member in (("a", "group:b"), ("b", "group:c"), ("c", "group:a"), ("c", "group:c"), ("b", "user:ann")):
        held = {"a": ["group:b"], "b": ["group:c", "user:ann"], "c": ["group:a", "group:c"]}[group]
        index.set_members("acme", group, held, made.NOW)
        assert member in held
    assert seen(index, "user:ann") == {"d": ("group:a",)}
    assert seen(index, "group:c") == {"d": ("group:a",)}


def test_the_latest_members_win_whatever_the_order_of_arrival(index):
    put(index, "d", "secret words")
    assert index.set_members("acme", "staff", ["user:bob"], made.NOW).members == ("user:bob",)
    late = index.set_members("acme", "staff", ["user:eve", "user:bob"], made.NOW - DAY)
    assert (late.applied, late.members) == (False, ("user:bob",))
    assert not index.set_members("acme", "staff", ["user:bob"], made.NOW).applied
    assert seen(index, "user:eve") == {}
    assert index.set_members("acme", "staff", [], made.NOW + DAY).applied
    assert seen(index, "user:bob") == {}


def test_an_older_snapshot_keeps_its_groups(index):
    put(index, "d", "secret words")
    before = index.set_members("acme", "staff", ["user:bob"], made.NOW).snapshot
    index.set_members("acme", "staff", [], made.NOW + DAY)
    query = made.query("secret words", before, principals=frozenset({"user:bob"}))
    assert [hit.document_id for hit in index.search(query).hits] == ["d"]
    assert seen(index, "user:bob") == {}


def test_groups_of_one_organisation_mean_nothing_in_another(index):
    put(index, "d", "secret words")
    put(index, "d", "secret words", tenant="other")
    index.set_members("other", "staff", ["user:bob"], made.NOW)
    assert seen(index, "user:bob") == {}


def test_a_document_named_like_a_group_and_its_removal_do_not_touch_the_group(index):
    index.set_members("acme", "staff", ["user:bob"], made.NOW)
    put(index, "group:staff", "secret words")
    put(index, "staff", "secret words and others")
    assert set(seen(index, "user:bob")) == {"group:staff", "staff"}
    index.remove("acme", "group:staff", made.NOW)
    index.erase("acme", "group:staff", made.NOW)
    assert set(seen(index, "user:bob")) == {"staff"}
    assert [row.document_id for row in index.documents("acme")] == ["staff"]


@pytest.mark.parametrize("name", ["*", " staff", "a\x00b", ""])
def test_a_group_that_no_reader_can_name_is_refused(index, name):
    with pytest.raises(ValueError, match="reader is"):
        index.set_members("acme", name, [], made.NOW)


def test_a_folder_of_an_older_layout_is_refused_by_name_of_the_fault(tmp_path):
    put(Index.open(tmp_path, dimensions=made.DIMENSIONS), "d", "secret words")
    with pytest.raises(IndexCorrupt, match="another version"):
        Index.open(tmp_path, dimensions=made.DIMENSIONS + 1).snapshot("acme")
