"""What a document is looked at beside, however the index brought it together."""

from datetime import timedelta

import pytest

from answerable_knowledge.similarity import keys_of, sketch_of
from answerable_knowledge.surroundings import Surroundings
from tests.support.passages import NOW

DAY = timedelta(days=1)
WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen " * 2
)


def head(name, text="", *, version=1, sha=None, supersedes=None, valid_from=None, valid_until=None):
    sketch = sketch_of([text])
    return {
        "document_id": name,
        "version": version,
        "content_sha256": sha or name,
        "sketch": sketch,
        "keys": keys_of(sketch) if sketch else (),
        "supersedes": supersedes,
        "valid_from": valid_from,
        "valid_until": valid_until,
    }


def passage(name, *keys, version=1, valid_from=None, valid_until=None):
    return {
        "passage_id": f"{name}.{version}",
        "document_id": name,
        "title": name,
        "locator": "page 1",
        "text": f"{name} says {keys}",
        "keys": keys,
        "valid_from": valid_from,
        "valid_until": valid_until,
    }


def sharing(around, name, *keys, now=NOW):
    return [found.document_id for found in around.sharing(name, keys, now)]


def test_copies_are_told_from_near_copies_and_what_replaces_or_is_replaced_is_neither():
    around = Surroundings(
        [
            head("same bytes", sha="s"),
            head("same text", WORDS.upper()),
            head("near", WORDS.replace("nine", "9")),
            head("else", "Other words stand here, in a text that has nothing to do with numbers or the order of them."),
            head("replacer", WORDS, supersedes="new"),
            head("replaced", WORDS),
        ]
    )
    found = {one.document_id: one.code for one in around.alike(head("new", WORDS, sha="s", supersedes="replaced"))}
    assert found == {"same bytes": "duplicate", "same text": "duplicate", "near": "near_duplicate"}


def test_what_an_earlier_version_replaced_is_no_copy_either():
    around = Surroundings([head("a", WORDS), head("b", supersedes="a")])
    assert around.alike(head("b", WORDS, version=2)) == ()


@pytest.mark.parametrize(
    ("standing", "found"),
    [
        ({}, ["other"]),
        ({"valid_until": NOW - DAY}, []),
        ({"valid_from": NOW + DAY}, []),
        ({"valid_from": NOW, "valid_until": NOW}, ["other"]),
    ],
)
def test_only_what_is_in_force_is_shared(standing, found):
    around = Surroundings([head("other", **standing)], [passage("other", 1, 2, **standing), passage("own", 1)])
    assert sharing(around, "own", 2, 3) == found
    assert sharing(around, "own", 3) == []


def test_what_a_document_in_force_replaces_is_not_shared():
    passages = [passage("old", 1), passage("new", 1)]
    assert sharing(Surroundings([head("new", supersedes="old")], passages), "own", 1) == ["new"]
    not_yet = head("new", supersedes="old", valid_from=NOW + DAY)
    assert sharing(Surroundings([not_yet], passages), "own", 1) == ["new", "old"]


def test_one_that_is_added_takes_the_place_of_its_earlier_version_but_not_of_a_later_one():
    around = Surroundings([head("a", version=2)], [passage("a", 1, 2, version=2)])
    around.add(head("a", version=1), [passage("a", 9, version=1)])
    assert (sharing(around, "own", 1), sharing(around, "own", 9)) == (["a"], [])
    around.add(head("a", version=3), [passage("a", 2, 3, version=3)])
    assert [sharing(around, "own", key) for key in (1, 2, 3)] == [[], ["a"], ["a"]]


def test_a_circle_of_replacements_is_told_from_one_that_is_entered_from_outside():
    around = Surroundings([head("a", supersedes="b"), head("b", supersedes="a"), head("c")])
    assert around.replaces_itself("c", "a") is False
    assert around.replaces_itself("a", "b") is True
    assert around.replaces_itself("a", "a") is True
    assert around.replaces_itself("a", "gone") is False
