"""`answerable eval gate`: labelled answers in, a proved threshold out."""

import gzip
import json

import pytest
from typer.testing import CliRunner

from answerable_cli.errors import UsageRefused
from answerable_cli.main import app


def run(*arguments):
    return CliRunner().invoke(app, ["eval", "gate", *map(str, arguments)])


def rows(right, wrong, confidence):
    labels = [True] * right + [False] * wrong
    return [{"id": f"{confidence}-{n}", "confidence": confidence, "correct": label} for n, label in enumerate(labels)]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "judged.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in [*rows(300, 1, 0.9), *rows(50, 50, 0.2)]) + "\n")
    return path


def test_the_proved_threshold_is_told_with_what_it_releases(file, tmp_path):
    done = run(file, "--json", "--predictions", tmp_path / "out.jsonl")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["bound"] == {
        "threshold": 0.22, "alpha": 0.05, "delta": 0.1, "judged": 401, "released": 301, "wrong": 1,
    }  # fmt: skip
    assert (told["answers"], told["coverage"]) == (401, 0.75062)
    assert told["coverage_best"] >= told["coverage"]
    released = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert sum(row["released"] for row in released) == 301
    assert released[0] == {"id": "0.9-0", "confidence": 0.9, "correct": True, "released": True}


def test_people_are_told_in_words(file):
    done = run(file)
    assert "From 0.22 on at most 5.0% are wrong, said with 90% certainty" in done.stderr + done.stdout


def test_where_nothing_is_proved_the_exit_code_says_so_and_how_many_it_takes(file):
    done = run(file, "--alpha", "0.005")
    assert done.exit_code == 3
    assert "at least" in done.stdout + done.stderr
    assert "817 answers" in done.stdout + done.stderr


def test_a_packed_file_is_read(file, tmp_path):
    packed = tmp_path / "judged.jsonl.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert run(packed, "--json").stdout == run(file, "--json").stdout


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "3", '{"id": "a", "confidence": 2, "correct": true}', '{"id": "a", "confidence": NaN, "correct": true}',
     '{"id": "a", "confidence": 0.5, "correct": 1}', '{"id": "a", "confidence": "0.5", "correct": true}',
     '{"confidence": 0.5, "correct": true}', '{"id": "a", "correct": true}'],
)  # fmt: skip
def test_a_line_that_is_no_row_is_named(file, line):
    file.write_text(file.read_text() + line + "\n")
    error = run(file).exception
    assert isinstance(error, UsageRefused)
    assert "line 402:" in str(error)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00"])
def test_a_file_without_rows_is_refused(tmp_path, content):
    path = tmp_path / "empty.jsonl"
    path.write_bytes(content)
    assert isinstance(run(path).exception, UsageRefused)
    assert isinstance(run(tmp_path / "absent.jsonl").exception, UsageRefused)


@pytest.mark.parametrize("option", [("--alpha", "0"), ("--alpha", "nan"), ("--delta", "1")])
def test_impossible_shares_are_refused(file, option):
    assert run(file, *option).exit_code == 2
