"""What `answerable eval documents` reports, and how it fails."""

import gzip
import json
from functools import partial
from pathlib import Path

import pytest

from answerable_cli.errors import UsageRefused
from tests.support import office_files
from tests.support.evaluating import evaluate


def folder_of(tmp_path: Path, entries: list[object], *, packed: bool = False) -> Path:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("Leave: 27 days, every year.")
    (tmp_path / "files" / "t.csv").write_text("Team,Days\nSales,27\nIT,28\n")
    (tmp_path / "b.pdf").write_bytes(office_files.pdf(["x"], password="secret"))
    with (tmp_path / "large.txt").open("wb") as sparse:
        sparse.truncate(1024**3)
    lines = "\n".join(entry if isinstance(entry, str) else json.dumps(entry) for entry in entries)
    if packed:
        (tmp_path / "manifest.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    else:
        (tmp_path / "manifest.jsonl").write_text(lines)
    return tmp_path


ENTRIES: list[object] = [
    {"file": "a.txt", "expected_contains": ["27 days - every", "Days"]},
    {"file": "files/t.csv", "expected_contains": ["Sales | 27 | IT | 28"]},
    {"file": "b.pdf", "expected_contains": []},
    {"file": "large.txt", "expected_contains": ["x"]},
]


run = partial(evaluate, "documents")


@pytest.mark.parametrize("packed", [False, True])
def test_files_are_read_as_ingestion_does_and_snippets_found(tmp_path, packed):
    folder = folder_of(tmp_path, ENTRIES, packed=packed)
    predictions = tmp_path / "predictions.jsonl"
    done = run(folder, "--json", "--predictions", str(predictions))
    figures = json.loads(done.stdout)
    assert done.exit_code == 0
    assert {name: figures[name] for name in ("files", "files_with_snippets", "files_complete", "files_read")} == {
        "files": 4,
        "files_with_snippets": 3,
        "files_complete": 1,
        "files_read": 2,
    }
    assert (figures["snippets"], figures["snippets_found"], figures["crashes"]) == (4, 2, 0)
    assert figures["rejections"] == {"encrypted": 1, "too_large": 1}
    assert figures["incomplete"][0] == {"file": "a.txt", "outcome": "read", "reason": None, "missing": ["Days"]}
    read = {line["file"]: line for line in map(json.loads, predictions.read_text().splitlines())}
    assert read["files/t.csv"]["passages"][0]["text"].startswith("Team; Days\n\nTeam: Sales; Days: 27")
    assert read["b.pdf"]["reason"] == "encrypted"


def test_broken_lines_and_missing_files_are_named_and_the_rest_is_measured(tmp_path):
    lines = [ENTRIES[1], "{broken", '"words"', {"file": "gone.pdf", "expected_contains": ["x"]}, {"no": "file"}]
    done = run(folder_of(tmp_path, lines), "--json")
    figures = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (figures["broken_lines"], figures["missing_files"]) == ([2, 3, 5], ["gone.pdf"])
    assert figures["files_complete"] == 1


@pytest.mark.parametrize("content", [None, "", "{broken"])
def test_a_folder_without_a_manifest_that_names_files_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.jsonl").write_text(content)
    with pytest.raises(UsageRefused):
        run(tmp_path)


def test_a_manifest_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "manifest.jsonl.gz").write_bytes(b"\x00\x01")
    with pytest.raises(UsageRefused):
        run(tmp_path)


def test_people_are_shown_what_is_not_complete(tmp_path):
    done = run(folder_of(tmp_path, ENTRIES))
    assert "a.txt" in done.stdout
    assert "encrypted" in done.stdout
    assert "files/t.csv" not in done.stdout
