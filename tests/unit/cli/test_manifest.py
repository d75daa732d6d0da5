"""What a manifest says about files."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from answerable_cli.errors import UsageRefused
from answerable_cli.manifest import Manifest, read_manifest
from answerable_cli.rules import Details, Rules

_TEXT = """
tenant = "acme"
[folders.handbook]
readers = ["group:staff"]
owner = "people@acme.example"
[folders."handbook/secret"]
readers = ["user:ada"]
[[document]]
path = "handbook/leave.md"
version = 4
title = "Leave"
valid_from = 2025-01-01
valid_until = 2025-12-31
supersedes = "handbook/old.md"
encoding = "cp1252"
"""


def _manifest(tmp_path: Path, text: str = _TEXT, default: Details | None = None) -> Manifest:
    file = tmp_path / "manifest.toml"
    file.write_text(text)
    return read_manifest(file, default or Details())


def test_an_entry_takes_from_its_folder_what_it_does_not_say(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path)
    assert manifest.tenant == "acme"
    assert manifest.version("handbook/leave.md") == 4
    assert manifest.details("handbook/leave.md") == Details(
        readers=("group:staff",),
        owner="people@acme.example",
        title="Leave",
        valid_from=datetime(2025, 1, 1, tzinfo=UTC),
        valid_until=datetime(2025, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        supersedes="handbook/old.md",
        encoding_hint="cp1252",
    )


@pytest.mark.parametrize(
    ("path", "readers"),
    [
        ("handbook/other.md", ("group:staff",)),
        ("handbook/secret/plan.md", ("user:ada",)),
        ("handbook/secret/deep/plan.md", ("user:ada",)),
        ("elsewhere/x.md", ()),
        ("x.md", ()),
    ],
)
def test_a_file_without_entry_is_read_by_whom_its_nearest_folder_names(
    tmp_path: Path, path: str, readers: tuple[str]
) -> None:
    assert _manifest(tmp_path).details(path).readers == readers


def test_what_the_command_line_says_fills_the_gaps(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path, default=Details(readers=("group:all",), owner="me"))
    assert manifest.details("elsewhere/x.md") == Details(readers=("group:all",), owner="me")
    assert manifest.details("handbook/secret/plan.md") == Details(readers=("user:ada",), owner="people@acme.example")


def test_rules_beside_the_files_go_before_folders_and_behind_entries(tmp_path: Path) -> None:
    manifest, rules = _manifest(tmp_path), (Rules(readers=("hr",), encoding="latin-1"),)
    assert manifest.details("handbook/other.md", rules).readers == ("group:hr",)
    assert manifest.details("handbook/leave.md", rules).encoding_hint == "cp1252"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[document]]\npath = 'x'\nreader = ['group:a']", "reader"),
        ("[folders.a]\nreaders = ['*']", "wildcard"),
        ("tenant = 'A B'", "tenant"),
        ("= 1", "not TOML"),
    ],
)
def test_a_wrong_manifest_is_refused_saying_where(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageRefused, match=says):
        _manifest(tmp_path, text)
