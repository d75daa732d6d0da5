"""What `answerable eval support` reports, and how it fails."""

import json
from functools import partial
from typing import Any

import pytest

from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.support_evaluation import Row, Scored, length_matched_auroc, measured
from tests.support.evaluating import evaluate, rows_file
from tests.support.openai_server import completion, failure, openai_server

LEAVE = "Employees at Norvik get 25 days of annual leave. Unused days expire in March."
ROWS: list[dict[str, Any]] = [
    {"id": "a", "evidence": LEAVE, "claim": "Employees at Norvik get 25 days of annual leave.", "supported": True},
    {"id": "b", "evidence": [LEAVE], "claim": "Unused days expire in March.", "supported": True, "group": "x"},
    {"id": "c", "evidence": [LEAVE], "claim": "Employees at Norvik get 35 days of annual leave.", "supported": False},
    {"id": 4, "evidence": [], "claim": "The office in Halvar opens at nine.", "supported": False, "group": "x"},
]


run = partial(evaluate, "support")


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_figures_and_predictions(tmp_path, name):
    predictions = tmp_path / "predictions.jsonl"
    done = run(rows_file(tmp_path, ROWS, name), "--json", "--predictions", str(predictions))
    figures = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (figures["rows"], figures["supported"], figures["auroc"], figures["use"]) == (4, 2, 1.0, "prose")
    assert figures["balanced_accuracy"] == figures["balanced_accuracy_best"] == 1.0
    assert figures["groups"]["x"]["rows"] == 2
    assert 0 <= figures["cpu_ms_p50"] <= figures["cpu_ms_p95"]
    written = [json.loads(line) for line in predictions.read_text().splitlines()]
    assert [(one["id"], one["supported"], one["predicted"]) for one in written] == [
        ("a", True, True),
        ("b", True, True),
        ("c", False, False),
        ("4", False, False),
    ]
    assert LEAVE not in predictions.read_text()


def test_people_read_shares(tmp_path):
    text = " ".join(run(rows_file(tmp_path, ROWS)).output.split())
    assert "4 rows, 2 supported AUROC 1.000" in text
    assert "(at best 1.000)" in text


def test_each_use_has_its_own_threshold(tmp_path):
    file = rows_file(tmp_path, ROWS)
    found = {use: json.loads(run(file, "--json", "--use", use).stdout)["threshold"] for use in ("prose", "answer")}
    assert found["prose"] != found["answer"]


def test_figures_that_need_both_labels_are_null_without(tmp_path):
    figures = json.loads(run(rows_file(tmp_path, ROWS[:2]), "--json").stdout)
    assert (figures["auroc"], figures["auroc_length_matched"], figures["balanced_accuracy"]) == (None, None, None)


def scored(claim_words: int, score: float, supported: bool, name: str) -> Scored:
    return Scored(Row(name, ("e",), " ".join(["w"] * claim_words), supported), score, 0.0)


def test_a_score_that_is_length_alone_is_worth_nothing_among_claims_of_like_length():
    short = [scored(4, 0.9, supported=n > 0, name=f"s{n}") for n in range(5)]
    long = [scored(40, 0.1, supported=n == 0, name=f"l{n}") for n in range(5)]
    results = short + long
    assert measured(results, 0.5)["auroc"] == 0.8
    assert length_matched_auroc(results) == 0.5


def test_the_best_threshold_is_not_the_shipped_one():
    results = [
        scored(4, score, held, str(n)) for n, (score, held) in enumerate([(0.4, True), (0.3, True), (0.2, False)])
    ]
    figures = measured(results, 0.5)
    assert (figures["balanced_accuracy"], figures["balanced_accuracy_best"]) == (0.5, 1.0)


@pytest.mark.parametrize(
    "line",
    [
        *("{broken", '"words"', "[1]", "null", '{"id": "x", "evidence": "y", "claim": "z"}', "[" * 100_000),
        '{"id": "x", "evidence": [1], "claim": "z", "supported": true}',
        '{"id": "x", "evidence": {"a": 1}, "claim": "z", "supported": true}',
        '{"id": "x", "evidence": "y", "claim": 2, "supported": true}',
        '{"id": "x", "evidence": "y", "claim": "z", "supported": 1}',
        '{"id": null, "evidence": "y", "claim": "z", "supported": true}',
    ],
)
def test_a_bad_line_is_named(tmp_path, line):
    with pytest.raises(UsageRefused, match="line 3"):
        run(rows_file(tmp_path, [ROWS[0], "", line]))


def test_predictions_need_a_folder(tmp_path):
    with pytest.raises(UsageRefused):
        run(rows_file(tmp_path, ROWS), "--predictions", str(tmp_path / "none" / "p.jsonl"))


def test_a_scorer_that_is_not_there_is_refused(tmp_path):
    file = rows_file(tmp_path, ROWS)
    for options in (("--scorer", "gone"), ("--scorer", "x", "--models", str(tmp_path / "no.toml"))):
        with pytest.raises(UsageRefused):
            run(file, *options)
    (tmp_path / "models.toml").write_text("[[models]]\nid = 'me'\nadapter = 'extractive'\n")
    with pytest.raises(UsageRefused, match="openai"):
        run(file, "--scorer", "me", "--models", str(tmp_path / "models.toml"))


def test_a_model_judges_and_its_failure_ends_the_run(tmp_path):
    file = rows_file(tmp_path, ROWS[:3])
    verdicts = [completion(f'{{"supported": {held}, "probability": {p}}}') for held, p in
                (("true", 0.9), ("true", 0.8), ("false", 0.1))]  # fmt: skip
    for replies, fails in ((verdicts, False), ([failure(500)], True)):
        with openai_server(*replies) as server:
            models = tmp_path / "models.toml"
            models.write_text(
                f"[[models]]\nid = 'j'\nadapter = 'openai'\nname = 'tiny'\nbase_url = '{server.base_url}'\n"
            )
            options = ("--json", "--scorer", "j", "--models", str(models))
            if fails:
                with pytest.raises(CliError, match="row a: the model failed"):
                    run(file, *options)
            else:
                figures = json.loads(run(file, *options).stdout)
                assert (figures["scorer"], figures["auroc"]) == ("support-judge", 1.0)
                assert figures["balanced_accuracy"] == 1.0
