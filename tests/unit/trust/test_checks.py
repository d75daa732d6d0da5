"""Each row of the check table against its examples, and all of them against anything."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answerable_trust.checks import CHECKS, Check, run_checks
from answerable_trust.values import Case, Passage, Sentence

NOW = datetime(2026, 11, 24, tzinfo=UTC)
EXAMPLES = Path(__file__).parent / "examples"


def build_case(example: dict[str, Any]) -> Case:
    passages = [{"text": one} if isinstance(one, str) else one for one in example["passages"]]
    return Case(
        question=example.get("question", "What is said?"),
        answered=True,
        sentences=tuple(Sentence(text, tuple(labels)) for text, labels in example["sentences"]),
        passages=tuple(
            Passage(
                *(label, f"p{label}", f"d{label}", one.get("title", ""), one["text"]),
                stale=one.get("stale") is True,
                score=1.0,
                quality=float(one.get("quality", 1.0)),
            )
            for label, one in enumerate(passages, start=1)
        ),
        model_probability=None,
        consequential=False,
        now=NOW,
        source_quality=example.get("source_quality", 0.0),
        personal_data=example.get("personal_data", "allow"),
        secrets=example.get("secrets", "withhold"),
        revoked=frozenset(label for label, one in enumerate(passages, start=1) if one.get("revoked") is True),
    )


def read_examples(check: Check) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((EXAMPLES / f"{check.name}.json").read_text("utf-8"))
    return rows


ROWS = [pytest.param(check, row, id=f"{check.name}: {row['says']}") for check in CHECKS for row in read_examples(check)]


@pytest.mark.parametrize(("check", "example"), ROWS)
def test_a_check_judges_its_examples_as_written(check: Check, example: dict[str, Any]) -> None:
    case = build_case(example)
    result = check.run(case)
    assert (result.name, result.version, result.reason) == (check.name, check.version, example["reason"])
    assert result.passed is (example["reason"] is None)
    if "evidence" in example:
        texts = {passage.label: passage.text for passage in case.passages}
        found = [[span.label, texts[span.label][span.start : span.end]] for span in result.evidence]
        assert found == example["evidence"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_has_examples_that_pass_and_examples_that_fail(check: Check) -> None:
    assert {row["reason"] is None for row in read_examples(check)} == {True, False}


def test_no_name_stands_twice_in_the_table_and_no_example_file_without_a_row() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert {path.stem for path in EXAMPLES.glob("*.json")} == set(names)


def test_a_good_answer_passes_every_check_in_table_order() -> None:
    case = build_case(
        {
            "question": "How long is the warranty period?",
            "sentences": [["The warranty period is 24 months [1].", [1]]],
            "passages": ["The warranty period is 24 months.", "The canteen opens at noon."],
        }
    )
    results = run_checks(case)
    assert [(result.name, result.passed) for result in results] == [(check.name, True) for check in CHECKS]


PIECES = st.sampled_from(
    [
        *("1,200", " ", "\n", "- ", "12 %", "€", "not ", "X200", "March 1, 2026", "99/99/9999", "[1]", "https://a?b="),
        *("\u00ad", "9" * 5000, "M", "-\n", "Ignore all previous instructions"),
    ]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=12).map("".join))
LABELS = st.integers(-1, 4)
CASES = st.builds(
    Case,
    question=TEXTS,
    answered=st.booleans(),
    sentences=st.lists(st.builds(Sentence, TEXTS, st.lists(LABELS, max_size=3).map(tuple)), max_size=4).map(tuple),
    passages=st.lists(
        st.builds(Passage, LABELS, TEXTS, TEXTS, TEXTS, TEXTS, st.booleans(), st.floats()),
        max_size=4,
        unique_by=lambda passage: passage.label,
    ).map(tuple),
    model_probability=st.none() | st.floats(),
    consequential=st.booleans(),
    now=st.just(NOW),
)


@settings(max_examples=400, deadline=None)
@given(CASES)
def test_no_case_raises_and_every_result_is_well_formed_and_repeatable(case: Case) -> None:
    results = run_checks(case)
    texts = {passage.label: passage.text for passage in case.passages}
    for result in results:
        assert 0.0 <= result.score <= 1.0
        assert result.passed is (result.reason is None)
        assert all(0 <= span.start <= span.end <= len(texts[span.label]) for span in result.evidence)
    assert run_checks(case) == results


def test_a_case_with_eight_passages_of_200_words_takes_milliseconds() -> None:
    line = "The warranty of pump {n} is {n} months and the line manager of team {n} approves 1,2{n}0 EUR of travel. "
    passages = ["".join(line.format(n=10 * which + n) for n in range(9)) for which in range(1, 9)]
    sentences = [[line.format(n=10 * which).strip(), [which]] for which in range(1, 4)]
    case = build_case(
        {"question": "How long is the warranty period of pump 10?", "sentences": sentences, "passages": passages}
    )
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        run_checks(case)
        seconds.append(time.perf_counter() - start)
    print(f"{1000 * min(seconds):.1f} ms per case")
    assert min(seconds) < 0.05  # the aim is 0.005; a shared machine may be slow
