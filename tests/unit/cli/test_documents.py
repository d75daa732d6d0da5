"""What is done with a document, given what the record knows of it."""

from dataclasses import replace

import pytest

from answerable_cli.documents import Known, decide, gone_from, looks_like_an_accident
from answerable_cli.rules import Details
from tests.support.sources import STAFF, item, known

HR = Details(readers=("group:hr",))
BOTH = Details(readers=("group:hr", "group:staff"))
DENYING = replace(STAFF, denied=("user:bob",))
OWNED = replace(STAFF, owner="me")


@pytest.mark.parametrize(
    ("before", "details", "sha256", "action", "version", "reason"),
    [
        (None, STAFF, "abc", "submit", 1, "new"),
        (known(), STAFF, "abc", "keep", 3, ""),
        (known(details=BOTH), Details(readers=BOTH.readers[::-1]), "abc", "keep", 3, ""),
        (known(), STAFF, "other", "submit", 4, "changed"),
        (known(), OWNED, "abc", "submit", 4, "changed"),
        (known(), HR, "abc", "change_access", 3, ""),
        (known(), DENYING, "abc", "change_access", 3, ""),
        (known(), HR, "other", "submit", 4, "changed"),
        (known(outcome="open"), STAFF, "abc", "wait", 3, ""),
        (known(outcome="open"), HR, "abc", "change_access", 3, ""),
        (known(outcome="failed"), STAFF, "abc", "submit", 4, "again"),
        (known(outcome="rejected", reason="no_text"), STAFF, "abc", "keep_out", 3, "no_text"),
        (known(outcome="rejected", reason="no_text"), STAFF, "other", "submit", 4, "changed"),
        (known(outcome="rejected", reason="invalid_readers"), HR, "abc", "submit", 4, "changed"),
        (known(withdrawn=True), STAFF, "abc", "keep_out", 3, "withdrawn"),
        (known(withdrawn=True), STAFF, "other", "submit", 4, "changed"),
        (known(erased=True), STAFF, "other", "keep_out", 3, "erased"),
    ],
)
def test_only_what_differs_from_the_record_is_sent(
    before: Known | None, details: Details, sha256: str, action: str, version: int, reason: str
) -> None:
    step = decide(item(details=details), sha256, before, again=False)
    assert (step.action, step.version, step.reason) == (action, version, reason)


@pytest.mark.parametrize(
    ("before", "first"),
    [
        (known(), True),
        (known(outcome="rejected"), True),  # an older version may still be in force
        (known(details=HR), False),
        (known(withdrawn=True), False),
        (None, False),
    ],
)
def test_others_may_read_before_a_new_version_that_may_be_rejected(before: Known | None, first: bool) -> None:
    step = decide(item(details=HR), "other", before, again=False)
    assert (step.action, step.access_first) == ("submit", first)


@pytest.mark.parametrize("before", [known(outcome="rejected"), known(withdrawn=True)])
def test_what_is_out_is_sent_once_more_when_asked(before: Known) -> None:
    step = decide(item(), "abc", before, again=True)
    assert (step.action, step.version, step.reason) == ("submit", 4, "again")


def test_what_was_erased_stays_out_whatever_is_asked() -> None:
    assert decide(item(), "abc", known(erased=True), again=True).action == "keep_out"


def test_a_version_that_the_owner_names_holds_when_it_is_higher() -> None:
    assert decide(item(version=9), "other", known(), again=False).version == 9
    assert decide(item(version=2), "other", known(), again=False).version == 4


def test_documents_of_a_folder_that_could_not_be_read_are_not_gone() -> None:
    known_ids = ["wiki/a.md", "wiki/b.md", "wiki/sub/c.md", "wiki/subway.md"]
    assert gone_from(known_ids, {"wiki/a.md", "wiki/sub/"}) == ["wiki/b.md", "wiki/subway.md"]


@pytest.mark.parametrize(
    ("gone", "of", "accident"),
    [(0, 0, False), (0, 5, False), (1, 1, True), (3, 4, False), (10, 15, False), (11, 15, True), (11, 30, False)],
)
def test_all_of_a_source_or_most_of_it_is_gone_by_accident_only(gone: int, of: int, accident: bool) -> None:
    assert looks_like_an_accident(gone, of) is accident
