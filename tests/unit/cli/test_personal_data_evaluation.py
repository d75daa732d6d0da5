"""What `answerable eval personal-data` reports, and how it fails."""

import json
from functools import partial
from pathlib import Path

import pytest

from answerable_cli.errors import UsageRefused
from tests.support.evaluating import evaluate, rows_file

ROWS: list[object] = [
    {"id": "mail", "text": "Write to a@b.org now", "spans": [{"start": 9, "end": 16, "type": "EMAIL_ADDRESS"}]},
    {"id": 2, "text": "the rest of the words", "spans": [{"start": 4, "end": 8, "type": "PERSON"}]},
    {"id": "other", "text": "code a@b.org", "spans": [{"start": 5, "end": 12, "type": "BADGE"}]},
]


def file_of(tmp_path: Path, rows: list[object], *, packed: bool = False) -> Path:
    return rows_file(tmp_path, rows, "rows.jsonl.gz" if packed else "rows.jsonl")


run = partial(evaluate, "personal-data")


@pytest.mark.parametrize("packed", [False, True])
def test_letters_and_digits_found_are_counted_by_kind(tmp_path, packed):
    predictions = tmp_path / "found.jsonl"
    done = run(file_of(tmp_path, ROWS, packed=packed), "--json", "--predictions", str(predictions))
    figures = json.loads(done.stdout)
    assert done.exit_code == 0
    assert figures["structured"] == {"f2": 1.0, "precision": 1.0, "recall": 1.0, "characters": 5}
    assert figures["kinds"]["person"] == {"f2": 0.0, "precision": None, "recall": 0.0, "characters": 4}
    assert (figures["all"]["recall"], figures["all"]["f2"]) == (round(5 / 9, 4), round(25 / 41, 4))
    assert figures["types_left_out"] == {"BADGE": 1}
    written = [json.loads(line) for line in predictions.read_text().splitlines()]
    assert written[0] == {"id": "mail", "spans": [{"start": 9, "end": 16, "type": "EMAIL_ADDRESS"}]}
    assert [row["id"] for row in written] == ["mail", "2", "other"]


def test_addresses_places_and_postcodes_are_one_group(tmp_path):
    text = "He lives at 12 Hollis Street"
    row = {"id": "a", "text": text, "spans": [{"start": 12, "end": len(text), "type": "GPE"}]}
    figures = json.loads(run(file_of(tmp_path, [row]), "--json").stdout)
    assert figures["all"]["f2"] == 1.0


@pytest.mark.parametrize(
    "broken",
    [
        "{broken",
        '"words"',
        {"id": "a", "text": "Secret"},
        {"id": "a", "text": "Secret", "spans": [{"start": 0, "end": 99, "type": "PERSON"}]},
        {"id": "a", "text": "Secret", "spans": [{"start": True, "end": 2, "type": "PERSON"}]},
        {"id": None, "text": "Secret", "spans": []},
    ],
)
def test_a_broken_line_is_refused_by_its_number_without_its_text(tmp_path, broken):
    with pytest.raises(UsageRefused, match="line 2") as refused:
        run(file_of(tmp_path, [ROWS[0], broken]))
    assert "Secret" not in str(refused.value)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_a_file_without_texts_is_refused(tmp_path, content):
    path = tmp_path / "rows.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageRefused):
        run(path)


def test_people_are_shown_a_table(tmp_path):
    done = run(file_of(tmp_path, ROWS))
    assert "email" in done.stdout
    assert "unstructured" in done.stdout
