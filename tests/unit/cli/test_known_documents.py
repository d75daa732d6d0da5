"""Documents as the trace tells them."""

from answerable_cli.documents import Known
from answerable_cli.known_documents import Listed, fold_known, fold_listed
from answerable_cli.manifest import Details

_SUBMITTED = "io.answerable.document.submitted.v1"
_INDEXED = "io.answerable.document.indexed.v1"
_REJECTED = "io.answerable.document.rejected.v1"
_WITHDRAWN = "io.answerable.document.withdrawn.v1"
_CHANGED = "io.answerable.access.changed.v1"


def _row(kind: str, version: int = 0, sha256: str = "", readers: tuple[str, ...] = ()) -> tuple[object, ...]:
    return ("a.md", kind, version, sha256, list(readers), "", "", "", "", "", "")


def test_the_highest_version_counts_whatever_the_order() -> None:
    rows = [_row(_SUBMITTED, 2, "two"), _row(_SUBMITTED, 1, "one")]
    assert fold_known(rows) == {"a.md": Known(2, "two", Details())}


def test_a_change_of_readers_is_part_of_what_is_known() -> None:
    rows = [_row(_SUBMITTED, 1, "one", ("group:staff",)), _row(_CHANGED, readers=("group:hr",))]
    assert fold_known(rows)["a.md"].details.readers == ("group:hr",)


def test_a_withdrawal_holds_until_the_next_version() -> None:
    rows = [_row(_SUBMITTED, 1, "one"), _row(_WITHDRAWN)]
    assert fold_known(rows)["a.md"].withdrawn
    assert not fold_known([*rows, _row(_SUBMITTED, 2, "one")])["a.md"].withdrawn


def test_a_rejection_is_of_one_version() -> None:
    assert fold_known([_row(_SUBMITTED, 1), _row(_REJECTED, 1)])["a.md"].rejected
    assert not fold_known([_row(_SUBMITTED, 2), _row(_REJECTED, 1)])["a.md"].rejected


def test_a_list_shows_what_became_of_the_newest_version() -> None:
    rows = [
        ("a.md", _SUBMITTED, 1, "", 0, ["group:staff"], "me", "", ""),
        ("a.md", _INDEXED, 1, "", 3, [], "", "Leave", ""),
        ("a.md", _SUBMITTED, 2, "", 0, ["group:staff"], "me", "", ""),
        ("a.md", _REJECTED, 2, "unreadable", 0, [], "", "", ""),
        ("b.md", _SUBMITTED, 1, "", 0, [], "", "", ""),
        ("b.md", _INDEXED, 1, "", 5, [], "", "B", ""),
        ("b.md", _WITHDRAWN, 0, "", 0, [], "", "", ""),
    ]
    assert fold_listed(rows) == {
        "a.md": Listed("a.md", 2, "rejected: unreadable", None, ("group:staff",), "me"),
        "b.md": Listed("b.md", 1, "withdrawn", None, (), None, "B"),
    }
