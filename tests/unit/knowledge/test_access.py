"""Readers and principals."""

import pytest

from answerable_knowledge.access import matched, principals_of, validate_readers


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
