"""What is found in a folder, under which rules, and what is not taken."""

import os
import time
from pathlib import Path

import pytest

from answerable_cli.errors import UsageRefused
from answerable_cli.manifest import Manifest
from answerable_cli.rules import RULES_FILE, Details
from answerable_cli.sources.folder import FolderSource
from answerable_cli.sources.items import LARGEST_FILE, Unreadable
from tests.support.sources import folder, items, troubles, write_files


def test_ids_are_paths_below_the_folder_and_hidden_files_and_litter_are_passed_over(tmp_path: Path) -> None:
    paths = ["b.md", "sub/a.md", ".hidden", "sub/.git/config", "~$b.docx", "Thumbs.db"]
    found = items(folder(write_files(tmp_path, dict.fromkeys(paths, "x")), "intranet/"))
    assert list(found) == ["intranet/b.md", "intranet/sub/a.md"]
    assert found["intranet/sub/a.md"].filename == "a.md"


def test_a_nearer_rule_replaces_readers_and_what_is_denied_above_stays_denied(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            RULES_FILE: "readers = ['staff']\ndenied = ['contractors']\nowner = 'office'",
            "pay/" + RULES_FILE: "readers = ['hr']",
            "pay/deep/bands.md": "x",
            "leave.md": "x",
        },
    )
    found = items(folder(tmp_path, default=Details()))
    denied = ("group:contractors",)
    assert found["leave.md"].details == Details(("group:staff",), denied, owner="office")
    assert found["pay/deep/bands.md"].details == Details(("group:hr",), denied, owner="office")


def test_without_a_rule_nobody_may_read(tmp_path: Path) -> None:
    assert items(folder(write_files(tmp_path, {"a.md": "x"}), default=Details()))["a.md"].details.readers == ()


def test_a_rule_for_a_pattern_of_names_and_what_is_to_be_ignored(tmp_path: Path) -> None:
    rules = "readers = ['staff']\nignore = ['drafts/', '*.bak']\n[files.'salary*']\nreaders = ['hr']"
    paths = ["a.md", "sub/salary-2026.md", "drafts/b.md", "a.bak"]
    found = items(folder(write_files(tmp_path, {RULES_FILE: rules, **dict.fromkeys(paths, "x")})))
    assert {name: one.details.readers for name, one in found.items()} == {
        "a.md": ("group:staff",),
        "sub/salary-2026.md": ("group:hr",),
    }


def test_where_rules_cannot_be_read_nothing_below_is_taken(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.md": "x", "sub/" + RULES_FILE: "readers = staff", "sub/deep/b.md": "x"})
    found = folder(tmp_path, "intranet/")
    assert list(items(found)) == ["intranet/a.md"]
    assert troubles(found) == [("intranet/sub/", "rules_invalid")]


def test_a_single_file_obeys_the_rules_beside_it(tmp_path: Path) -> None:
    write_files(tmp_path, {RULES_FILE: "readers = ['hr']", "a.md": "x", "b.md": "x"})
    found = items(folder(tmp_path / "a.md"))
    assert {name: one.details.readers for name, one in found.items()} == {"a.md": ("group:hr",)}


def test_links_are_not_followed_so_circles_end_and_nothing_comes_in_from_outside(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = write_files(tmp_path / "root", {"sub/a.md": "x"})
    outside = write_files(tmp_path / "outside", {"secret.md": "x"})
    (root / "sub" / "loop").symlink_to(root)
    (root / "out").symlink_to(outside)
    (root / "b.md").symlink_to(outside / "secret.md")
    assert list(items(folder(root))) == ["sub/a.md"]
    assert "3 links" in capfd.readouterr().err


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert folder(tmp_path) == []


def test_names_with_odd_bytes_become_legible_ids_and_can_be_read(tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n.md")
    Path(odd).write_text("coffee")
    write_files(tmp_path, {"re\u0301sume\u0301.md": "x"})
    found = items(folder(tmp_path))
    assert list(found) == ["caf%E9%0A.md", "r\u00e9sum\u00e9.md"]
    assert found["caf%E9%0A.md"].read() == b"coffee"


def test_a_file_above_the_limit_is_named_and_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large.pdf").open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    assert troubles(folder(tmp_path)) == [("large.pdf", "too_large")]


def test_a_name_too_long_for_an_id_is_told(tmp_path: Path) -> None:
    write_files(tmp_path, {f"{'d' * 200}/{'f' * 100}.md": "x"})
    assert [reason for _, reason in troubles(folder(tmp_path))] == ["name_too_long"]


@pytest.mark.parametrize("change", ["grown", "gone"])
def test_a_file_that_changed_since_it_was_listed_is_one_trouble(tmp_path: Path, change: str) -> None:
    found = items(folder(write_files(tmp_path, {"a.md": "x"})))["a.md"]
    if change == "gone":
        (tmp_path / "a.md").unlink()
    else:
        (tmp_path / "a.md").write_bytes(b"x" * (LARGEST_FILE + 1))
    with pytest.raises(Unreadable) as caught:
        found.read()
    assert caught.value.trouble.reason == ("unreadable" if change == "gone" else "too_large")


def test_a_folder_that_may_not_be_listed_is_told_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed(path: Path) -> list[os.DirEntry[str]]:
        if path.name == "sub":
            raise PermissionError  # as for everybody but root, as whom tests may run
        return list(scandir(path))

    write_files(tmp_path, {"a.md": "x", "sub/b.md": "x"})
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", listed)
    found = folder(tmp_path, "intranet/")
    assert troubles(found) == [("intranet/sub/", "unreadable")]
    assert list(items(found)) == ["intranet/a.md"]


def test_a_marker_changes_with_the_file_and_one_that_changed_just_now_has_none(tmp_path: Path) -> None:
    file = write_files(tmp_path, {"a.md": "x"}) / "a.md"
    assert items(folder(tmp_path))["a.md"].marker is None
    with pytest.MonkeyPatch.context() as patch:
        later = time.time_ns() + 10_000_000_000
        patch.setattr("answerable_cli.sources.folder.time.time_ns", lambda: later)
        before = items(folder(tmp_path))["a.md"].marker
        assert items(folder(tmp_path))["a.md"].marker == before is not None
        file.write_text("y")
        assert items(folder(tmp_path))["a.md"].marker != before


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageRefused, match="not there"):
        FolderSource(tmp_path / "none", "", Manifest())
