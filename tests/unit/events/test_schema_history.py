import json
import subprocess
from pathlib import Path

import pytest

from answerable_events.schema_history import committed_revisions


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@norvik.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def save(folder: Path, name: str, text: str, *, commit: bool = True) -> None:
    events = folder / "events"
    events.mkdir(exist_ok=True)
    (events / name).write_text(text, "utf-8")
    if commit:
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--allow-empty", "--message", "Save")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    return tmp_path


def contents(folder: Path) -> list[tuple[str, object]]:
    revisions, notes = committed_revisions(folder / "events")
    assert notes == []
    return sorted((one.event_type, json.dumps(one.schema)) for one in revisions)


def test_every_distinct_content_of_a_file_is_a_revision_besides_the_file_itself(folder: Path) -> None:
    for text in ('{"a": 1}', '{"a": 2}', '{"a": 1}'):
        save(folder, "t.v1.json", text)
    assert contents(folder) == [("t.v1", '{"a": 1}'), ("t.v1", '{"a": 1}'), ("t.v1", '{"a": 2}')]


def test_a_file_that_was_deleted_or_renamed_is_still_a_revision(folder: Path) -> None:
    save(folder, "old.v1.json", '{"a": 1}')
    (folder / "events" / "old.v1.json").rename(folder / "events" / "new.v1.json")
    save(folder, "other.v1.json", "{}")
    assert {name for name, _ in contents(folder)} == {"old.v1", "new.v1", "other.v1"}


def test_what_was_committed_on_a_merged_branch_counts(folder: Path) -> None:
    save(folder, "t.v1.json", '{"a": 1}')
    git(folder, "checkout", "--quiet", "-b", "side")
    save(folder, "t.v1.json", '{"a": 2}')
    save(folder, "t.v1.json", '{"a": 1}')
    git(folder, "checkout", "--quiet", "main")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "Elsewhere, so that there is something to merge")
    git(folder, "merge", "--quiet", "--no-edit", "side")
    assert ("t.v1", '{"a": 2}') in contents(folder)


def test_a_content_that_only_a_merge_commit_had_counts(folder: Path) -> None:
    save(folder, "t.v1.json", '{"a": 1}')
    git(folder, "checkout", "--quiet", "-b", "side")
    save(folder, "t.v1.json", '{"a": 2}')
    git(folder, "checkout", "--quiet", "main")
    save(folder, "t.v1.json", '{"a": 3}')
    git(folder, "merge", "--quiet", "--no-commit", "--strategy=ours", "side")
    save(folder, "t.v1.json", '{"a": 4}')
    save(folder, "t.v1.json", '{"a": 1}')
    assert ("t.v1", '{"a": 4}') in contents(folder)


def test_files_that_are_not_committed_yet_count_too(folder: Path) -> None:
    save(folder, "t.v1.json", "{}")
    save(folder, "u.v1.json", "{}", commit=False)
    assert {name for name, _ in contents(folder)} == {"t.v1", "u.v1"}


def test_a_past_version_that_was_not_json_is_left_out_with_a_note(folder: Path) -> None:
    save(folder, "t.v1.json", "<<<<<<< HEAD")
    save(folder, "t.v1.json", "{}")
    revisions, notes = committed_revisions(folder / "events")
    assert len(revisions) == 2
    assert [note.partition(" in commit ")[0] for note in notes] == ["t.v1 was not JSON"]


def test_a_file_that_is_not_json_now_is_an_error(folder: Path) -> None:
    save(folder, "t.v1.json", "<<<<<<< HEAD")
    with pytest.raises(ValueError, match="Expecting value"):
        committed_revisions(folder / "events")


def test_an_empty_folder_has_nothing_to_compare_with(tmp_path: Path) -> None:
    revisions, notes = committed_revisions(tmp_path)
    assert revisions == []
    assert "nothing to compare with" in notes[0]
