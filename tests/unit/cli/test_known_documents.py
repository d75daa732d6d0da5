"""Documents as the record tells them."""

from datetime import UTC, datetime
from uuid import UUID

from answerable_cli.documents import Known
from answerable_cli.known_documents import Listed, fold_known, fold_listed
from answerable_cli.rules import Details

_SUBMITTED = "io.answerable.document.submitted.v1"
_INDEXED = "io.answerable.document.indexed.v1"
_REJECTED = "io.answerable.document.rejected.v1"
_WITHDRAWN = "io.answerable.document.withdrawn.v1"
_CHANGED = "io.answerable.access.changed.v1"
_ID = UUID(int=7)
_NOTHING = ("",) * 8


def _row(
    kind: str, version: int = 0, sha256: str = "", readers: tuple[str, ...] = (), **said: object
) -> tuple[object, ...]:
    erased, reason, denied = said.get("erased", False), said.get("reason", ""), said.get("denied", ())
    return ("a.md", kind, _ID, version, erased, sha256, reason, readers, denied, said.get("details", _NOTHING))


def test_the_highest_version_counts_whatever_the_order() -> None:
    rows = [_row(_SUBMITTED, 2, "two"), _row(_SUBMITTED, 1, "one")]
    assert fold_known(rows) == {"a.md": Known(2, "two", Details(), "open", event_id=_ID)}


def test_details_are_those_that_were_submitted() -> None:
    details = ("me", "Leave", "handbook", "2026-01-01T00:00:00Z", "", "2027-01-01T00:00:00Z", "old.md", "cp1252")
    rows = [_row(_SUBMITTED, 1, "one", ("group:a",), denied=("user:b",), details=details)]
    assert fold_known(rows)["a.md"].details == Details(
        ("group:a",),
        ("user:b",),
        owner="me",
        title="Leave",
        collection="handbook",
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        review_by=datetime(2027, 1, 1, tzinfo=UTC),
        supersedes="old.md",
        encoding_hint="cp1252",
    )


def test_a_change_of_access_is_part_of_what_is_known() -> None:
    rows = [_row(_SUBMITTED, 1, "one", ("group:staff",)), _row(_CHANGED, readers=("group:hr",), denied=("user:b",))]
    assert fold_known(rows)["a.md"].details == Details(("group:hr",), ("user:b",))


def test_a_withdrawal_holds_until_the_next_version() -> None:
    rows = [_row(_SUBMITTED, 1, "one"), _row(_WITHDRAWN)]
    assert fold_known(rows)["a.md"].withdrawn
    assert not fold_known([*rows, _row(_SUBMITTED, 2, "one")])["a.md"].withdrawn


def test_an_outcome_is_of_one_version() -> None:
    assert fold_known([_row(_SUBMITTED, 1), _row(_INDEXED, 1)])["a.md"].outcome == "indexed"
    rejected = fold_known([_row(_SUBMITTED, 1), _row(_REJECTED, 1, reason="no_text")])["a.md"]
    assert (rejected.outcome, rejected.reason) == ("rejected", "no_text")
    assert fold_known([_row(_SUBMITTED, 2), _row(_REJECTED, 1)])["a.md"].outcome == "open"


def test_of_an_erased_document_it_is_known_that_it_was_erased() -> None:
    rows = [_row(_SUBMITTED, 0, erased=True), _row(_INDEXED, 0, erased=True)]
    assert fold_known(rows)["a.md"].erased
    assert fold_known([*rows, _row(_SUBMITTED, 1, "one")])["a.md"].erased


def test_a_list_shows_what_became_of_the_newest_version() -> None:
    rows = [
        ("a.md", _SUBMITTED, 1, "", 0, ["group:staff"], [], "me", "", ""),
        ("a.md", _INDEXED, 1, "", 3, [], [], "", "Leave", ""),
        ("a.md", _SUBMITTED, 2, "", 0, ["group:staff"], ["user:bob"], "me", "", ""),
        ("a.md", _REJECTED, 2, "unreadable", 0, [], [], "", "", ""),
        ("b.md", _SUBMITTED, 1, "", 0, [], [], "", "", ""),
        ("b.md", _INDEXED, 1, "", 5, [], [], "", "B", ""),
        ("b.md", _CHANGED, 0, "", 0, ["group:hr"], ["user:eve"], "", "", ""),
        ("b.md", _WITHDRAWN, 0, "", 0, [], [], "", "", ""),
    ]
    assert fold_listed(rows) == {
        "a.md": Listed("a.md", 2, "rejected: unreadable", None, ("group:staff",), ("user:bob",), "me"),
        "b.md": Listed("b.md", 1, "withdrawn", None, ("group:hr",), ("user:eve",), None, "B"),
    }
