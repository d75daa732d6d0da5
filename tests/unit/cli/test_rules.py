"""What rules say of a document, and in which order."""

from datetime import UTC, datetime

import pytest

from answerable_cli.errors import UsageRefused
from answerable_cli.rules import Details, FolderRules, Rules, apply, as_readers, parse_rules

CHANGED = datetime(2026, 11, 24, 15, tzinfo=UTC)


def test_the_nearest_rule_says_who_may_read_and_a_denial_only_grows() -> None:
    outer = Rules(readers=("staff",), denied=("user:bob",), owner="a")
    inner = Rules(readers=("user:ada", "group:hr"), denied=("contractors",))
    assert apply(Details(readers=("group:all",)), [outer, inner]) == Details(
        readers=("user:ada", "group:hr"), denied=("user:bob", "group:contractors"), owner="a"
    )


def test_a_rule_may_say_that_nobody_reads() -> None:
    assert apply(Details(readers=("group:all",)), [Rules(readers=())]).readers == ()


def test_a_collection_keeps_the_name_of_its_source_in_front() -> None:
    outer, inner = Rules(collection="minutes"), Rules(collection="board")
    assert apply(Details(collection="intranet"), [outer, inner]).collection == "intranet/board"
    assert apply(Details(), [outer]).collection == "minutes"


def test_days_are_whole() -> None:
    rules = Rules(valid_from="2026-01-01", valid_until="2026-12-31", review_by="2027-01-31")
    assert apply(Details(), [rules]) == Details(
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_until=datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        review_by=datetime(2027, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    )


def test_a_review_is_due_so_many_days_after_the_last_change() -> None:
    rules = [Rules(review_every_days=10)]
    assert apply(Details(), rules, CHANGED).review_by == datetime(2026, 12, 4, 23, 59, 59, 999_999, tzinfo=UTC)
    assert apply(Details(), rules, None).review_by is None


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("salary*", "deep/salary-2026.xlsx", True),
        ("salary*", "salary/plan.md", False),
        ("pay/*.xlsx", "pay/a.xlsx", True),
        ("pay/*.xlsx", "other/a.xlsx", False),
        ("drafts/", "x/drafts/y/a.md", True),
        ("drafts/", "x/drafts", False),
    ],
)
def test_a_pattern_is_of_a_name_a_path_or_a_folder(pattern: str, path: str, matches: bool) -> None:
    rules = FolderRules(ignore=(pattern,), files={pattern: Rules(owner="me")})
    assert rules.ignores(path) is matches
    assert bool(rules.matching(path)) is matches


def test_a_plain_name_is_a_group() -> None:
    assert as_readers(["staff, user:ada", "group:hr", "staff"]) == ("group:staff", "user:ada", "group:hr")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"readers = ['*']", "wildcard"),
        (b"reader = ['staff']", "reader"),
        (b"readers = 'staff'", "readers"),
        (b"[files.'x']\nreaders = [1]", "files.x.readers"),
        (b"review_every_days = 0", "review_every_days"),
        (b"= 1", "not TOML"),
        (b"owner = '\xff'", "not UTF-8"),
    ],
)
def test_a_wrong_rules_file_is_refused_saying_where(text: bytes, says: str) -> None:
    with pytest.raises(UsageRefused, match=says):
        parse_rules(text, FolderRules, "rules")


@pytest.mark.parametrize("name", ["*", "user:", "group:\x00"])
def test_a_reader_that_can_be_nobody_is_refused(name: str) -> None:
    with pytest.raises(UsageRefused):
        as_readers([name])
