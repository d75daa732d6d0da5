"""What a manifest says about files."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from answerable_cli.errors import UsageRefused
from answerable_cli.manifest import Details, Manifest, read_manifest

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
    told = manifest.told("handbook/leave.md")
    assert manifest.tenant == "acme"
    assert told.version == 4
    assert told.details == Details(
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
def test_a_file_without_entry_belongs_to_its_nearest_folder(tmp_path: Path, path: str, readers: tuple[str]) -> None:
    assert _manifest(tmp_path).told(path).details.readers == readers


def test_what_the_command_line_says_fills_the_gaps(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path, default=Details(readers=("group:all",), owner="me"))
    assert manifest.told("elsewhere/x.md").details == Details(readers=("group:all",), owner="me")
    assert manifest.told("handbook/secret/plan.md").details == Details(readers=("user:ada",), owner="me")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[document]]\npath = 'x'\nreader = ['group:a']", "reader"),
        ("[folders.a]\nreaders = ['staff']", "readers"),
        ("tenant = 'A B'", "tenant"),
        ("= 1", "not TOML"),
    ],
)
def test_a_wrong_manifest_is_refused_saying_where(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageRefused, match=says):
        _manifest(tmp_path, text)
