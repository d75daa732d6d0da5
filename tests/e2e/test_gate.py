"""`answerable calibrate` and `answerable gate` against a running Answerable: from labels to certified answers."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Done, run, up

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

SUBJECTS = tuple(
    f"{subject} {kind}"
    for kind in ("allowance", "deposit")
    for subject in (
        "hotel", "meal", "taxi", "train", "flight", "phone", "laptop", "desk", "chair", "gift", "book", "parking",
        "visa", "fuel", "ferry", "luggage", "laundry", "roaming", "software", "training", "conference", "postage",
        "catering", "safety",
    )
)  # fmt: skip
SEEN_WITHIN_S = 3  # validation reads certificates every two seconds
ASKER = ("--as", "ada", "--groups", "staff")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a running Answerable with one short document about each subject."""
    root = tmp_path_factory.mktemp("gate")
    documents = root / "documents"
    documents.mkdir()
    for number, subject in enumerate(SUBJECTS):
        text = f"# About the {subject}\n\nThe {subject} is {100 + number} EUR a year.\n"
        (documents / f"{subject}.md").write_text(text)
    rows = [
        {"id": subject, "question": f"How high is the {subject}?", "answers": [f"{100 + number} EUR"]}
        for number, subject in enumerate(SUBJECTS)
    ]
    (root / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with up(root / "data"):
        assert run("knowledge", "add", documents, "--readers", "staff", data=root / "data").code == 0
        yield root / "data"


def explained(data: Path, request_id: str) -> dict[str, Any]:
    found: dict[str, Any] = run("explain", request_id, "--json", data=data).json
    return found


def ask(data: Path) -> dict[str, Any]:
    asked = run("ask", "How high is the taxi allowance?", *ASKER, "--json", data=data)
    verdict: dict[str, Any] = explained(data, asked.json["request_id"])["verdict"]
    return verdict


def calibrate(data: Path, *more: str) -> Done:
    questions, out = data.parent / "questions.jsonl", data.parent / "certificate.json"
    return run("calibrate", questions, *ASKER, "--alpha", "0.1", "--out", out, *more, data=data)


def test_labels_become_a_certificate_that_verdicts_quote_until_it_is_revoked(data: Path) -> None:
    proposal, labels = data.parent / "certificate.json", data.parent / "labels.jsonl"
    assert ask(data)["uncertified"] == "absent"
    assert run("gate", "show", data=data).code == 3

    assert calibrate(data, "--alpha", "0.01").code == 3  # too few labels for so much
    assert not proposal.exists()
    done = calibrate(data, "--labels", str(labels), "--json")
    assert done.code == 0, done
    assert done.json["wrong"] == 0
    assert done.json["labelled"] + done.json["abstained"] == len(SUBJECTS)
    assert len(labels.read_text().splitlines()) == done.json["labelled"]
    assert "certificate" not in ask(data)  # a proposal changes nothing

    assert run("gate", "sign", proposal, "--by", "maud", "--reason", "Labelled.", data=data).code == 0
    time.sleep(SEEN_WITHIN_S)
    quoted = done.json["proposal"]
    verdict = ask(data)
    assert verdict["action"] == "release"
    assert verdict["threshold"] == verdict["certificate"]["threshold"] == quoted["threshold"]
    assert verdict["certificate"]["certificate_id"] == quoted["certificate_id"]
    shown = run("gate", "show", "--json", data=data)
    assert (shown.code, shown.json[0]["state"]) == (0, "in force")
    simulated = run("gate", "simulate", labels, "--json", data=data).json
    assert [row["threshold"] is None for row in simulated["by_alpha"]] == [True, True, True, False, False]
    assert simulated["by_alpha"][3]["traffic"] > 0.5

    assert run("gate", "revoke", "--by", "maud", "--reason", "Done.", data=data).code == 0
    assert run("gate", "revoke", "--by", "maud", "--reason", "Again.", data=data).code == 2
    assert run("gate", "show", data=data).code == 3
    time.sleep(SEEN_WITHIN_S)
    assert ask(data)["uncertified"] == "revoked"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("calibrate", "nowhere.jsonl", *ASKER), "cannot be read"),
        (("gate", "sign", "nowhere.json", "--by", "maud", "--reason", "Why."), "is no proposal"),
        (("gate", "revoke", "--by", "maud", "--reason", " "), "needs a reason"),
        (("gate", "simulate", "nowhere.jsonl"), "cannot be read"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_with_a_hint(data: Path, arguments: tuple[str, ...], says: str) -> None:
    done = run(*arguments, data=data)
    assert done.code == 2
    assert says in done.err


def test_a_record_without_audits_proposes_nothing(data: Path) -> None:
    done = run("calibrate", "--from-record", data=data)
    assert done.code == 1
    assert "audited" in done.err
    assert run("calibrate", data=data).code == 2
    assert run("calibrate", data.parent / "questions.jsonl", "--from-record", data=data).code == 2
