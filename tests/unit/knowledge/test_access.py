"""Readers and principals."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_knowledge.access import Groups, matched, permits, principals_of, validate_readers

NAMES = st.sampled_from([*(f"group:{name}" for name in "abcdef"), "user:ann", "user:bob"])


def test_a_person_is_themself_and_their_groups():
    assert principals_of("o'brien", ["staff", "hr"]) == {"user:o'brien", "group:staff", "group:hr"}


def test_readers_come_back_sorted_and_once():
    assert validate_readers(["user:bob", "group:hr", "user:bob"]) == ("group:hr", "user:bob")


@pytest.mark.parametrize(
    "reader",
    [
        "",
        "*",
        "user:",
        "group:*",
        "everyone",
        "role:admin",
        "user:a\x00b",
        "user:a\nb",
        "user: ann",
        f"user:{'x' * 201}",
    ],
)
def test_what_is_no_reader_is_refused(reader):
    with pytest.raises(ValueError, match="reader is"):
        validate_readers(["user:ann", reader])


def test_a_group_named_like_a_user_gives_no_rights_of_that_user():
    assert matched(["user:ann"], principals_of("bob", ["ann", "user:ann"])) == ()


def test_nobody_matches_a_document_without_readers():
    assert matched([], principals_of("ann", ["staff"])) == ()


@pytest.mark.parametrize(
    ("readers", "denied", "may"),
    [
        (["user:ann"], [], True),
        (["user:ann"], ["user:ann"], False),
        (["group:staff", "user:ann"], ["group:staff"], False),
        (["user:bob"], [], False),
        ([], [], False),
        (None, [], False),
        (["user:ann"], None, False),
    ],
)
def test_a_denial_beats_every_reader_and_a_missing_list_permits_nothing(readers, denied, may):
    assert permits(readers, denied, principals_of("ann", ["staff"])) is may


@given(st.dictionaries(NAMES.filter(lambda name: name.startswith("group:")), st.lists(NAMES)), st.sets(NAMES))
def test_the_closure_is_the_smallest_set_with_every_group_that_contains_one_of_it(members, principals):
    closed = set(principals)
    while more := {group for group, inside in members.items() if closed.intersection(inside)} - closed:
        closed |= more
    groups = Groups.of(members)
    assert groups.closure(principals) == closed
    for group in closed:
        chain = groups.chain(principals, group)
        assert chain[0] in principals
        assert chain[-1] == group
        assert all(inner in members[outer] for inner, outer in itertools.pairwise(chain))
    assert groups.chain(principals, "group:unknown") == ()


def test_ten_thousand_groups_in_a_row_are_followed():
    members = {f"group:{number + 1}": [f"group:{number}"] for number in range(10_000)} | {"group:0": ["user:ann"]}
    assert len(Groups.of(members).closure(["user:ann"])) == 10_002
