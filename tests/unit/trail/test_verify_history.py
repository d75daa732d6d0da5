"""Checkpoints, what joins them, who vouches for them, and with which key."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from answerable_trail.verify import Checkpoint
from tests.support.bundles import Parts, SealedLog, Signer, b64, checkpoint_body
from tests.support.sealed import FAILED, REQUESTS, several_requests
from tests.support.verdicts import TREE, examined, found_of, log_key, witness_key, written


@pytest.fixture(scope="module")
def log() -> SealedLog:
    return several_requests()


@pytest.fixture
def parts(log: SealedLog) -> Parts:
    """Of a log that nobody changes; each test gets its own."""
    return deepcopy(log.parts(REQUESTS))


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda note: note.replace("norvik/0", "norvik/1"), "its origin answerable/norvik/1 is not tree norvik/0"),
        (lambda note: note.replace("\n18\n", "\n19\n"), "the signature of answerable/dev is wrong"),
        (lambda note: note.replace("\n18\n", "\n018\n"), "not a checkpoint of origin, size and root"),
        (lambda note: note.replace("\n18\n", "\n"), "not a checkpoint of origin, size and root"),
        (lambda note: note.replace("\n\n", "\nmore\n\n"), "not a checkpoint of origin, size and root"),
        (lambda note: note.replace("\n\n", "\n"), "not a signed note"),
        (lambda note: note.rstrip("\n"), "not a signed note"),
        (lambda note: note.replace("\u2014", "-"), "not a signed note"),
        (lambda note: note + "\t", "a note with control characters"),
        (lambda note: note + "\udc80", "a note with control characters"),
        (
            lambda note: note.partition("\u2014 witness")[0].replace("answerable/dev", "x"),
            "answerable/dev did not sign it, with a key that is trusted",
        ),
    ],
)
def test_a_checkpoint_that_is_not_the_logs_own_is_edited(parts: Parts, edit: Callable[[str], str], reason: str) -> None:
    parts.checkpoints[4]["note"] = edit(parts.checkpoints[4]["note"])
    assert f"edited: line 5 of checkpoints.jsonl: {reason}" in found_of(parts)[1]
    assert found_of(parts)[0] == "edited"


def test_a_fork_of_one_size_is_edited(log: SealedLog, parts: Parts) -> None:
    body = checkpoint_body("answerable/norvik/0", 18, bytes(32))
    parts.checkpoints.append({"tenant": "norvik", "shard": 0, "note": f"{body}\n{log.signer.sign(body)}"})
    reason = "edited: the history of tree norvik/0 was rewritten: two checkpoints of size 18 have different roots"
    assert found_of(parts) == ("edited", [reason])
    assert found_of(parts, FAILED)[0] == "complete"


def test_a_checkpoint_that_nothing_joins_to_the_others_is_missing(parts: Parts) -> None:
    parts.consistency = [line for line in parts.consistency if line["from"] != 2]
    assert found_of(parts) == ("missing", ["missing: the proof that tree norvik/0 continues its size 10"])


def test_a_proof_of_consistency_that_fails_is_edited(parts: Parts) -> None:
    parts.consistency[-1]["proof"][0] = b64(bytes(32))
    reason = "by line 3 of consistency.jsonl size 18 does not continue size 16"
    assert f"edited: the history of tree norvik/0 was rewritten: {reason}" in found_of(parts)[1]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"from": 1, "to": 4, "proof": []}, "it joins two trees"),
        ({"from": 3, "to": 5, "proof": []}, "there is no checkpoint 5"),
        ({"from": -1, "to": 4, "proof": []}, "there is no checkpoint -1"),
        ({"from": 3, "to": 4, "proof": ["?"]}, "base64 in an unusual spelling"),
        ({"from": 3, "to": 4}, "the line does not have exactly the fields from, to, proof"),
    ],
)
def test_a_proof_of_nothing_is_edited_even_when_nobody_needs_it(parts: Parts, line: Any, reason: str) -> None:
    parts.consistency.append(line)
    assert found_of(parts) == ("edited", [f"edited: line 4 of consistency.jsonl: {reason}"])


def test_a_witnessed_checkpoint_with_another_root_shows_a_history_that_both_keys_signed(log: SealedLog) -> None:
    rewritten = several_requests(text="Another question?")
    parts = rewritten.parts(REQUESTS)
    keys: dict[str, Any] = {"log": log_key(log.signer), "witnesses": witness_key(log.witness)}
    assert found_of(parts, **keys) == ("complete", [])
    held = Checkpoint.parse(log.note(TREE, 18))
    what = "the witnessed checkpoint of answerable/norvik/0, size 18, has another root"
    assert found_of(parts, **keys, witnessed=(held,)) == (
        "edited",
        [f"edited: the history of tree norvik/0 was rewritten: {what}"],
    )


@pytest.mark.parametrize("size", [9, 11])
def test_a_witnessed_checkpoint_that_nothing_joins_to_the_bundle_is_edited(
    log: SealedLog, parts: Parts, size: int
) -> None:
    verdict, (reason,) = found_of(parts, witnessed=(Checkpoint.parse(log.note(TREE, size)),))
    assert verdict == "edited"
    assert reason.endswith("is not in the bundle, and nothing proves that they agree")


def test_witnessed_checkpoints_that_agree_change_nothing(log: SealedLog, parts: Parts) -> None:
    sizes = [(TREE, size) for size in (10, 16, 18)] + [(("acme", 1), 8)]
    notes = tuple(Checkpoint.parse(log.note(*each)) for each in sizes)
    assert found_of(parts, witnessed=notes) == ("complete", [])


def test_a_witnessed_checkpoint_of_another_tree_is_remarked(parts: Parts) -> None:
    other = written()
    other.signer = Signer("x")
    body = checkpoint_body("answerable/norvik/5", 3, bytes(32))
    held = Checkpoint.parse(f"{body}\n{other.signer.sign(body)}")
    assert examined(parts, witnessed=(held,))["remarks"] == [
        "the witnessed checkpoint of answerable/norvik/5, size 3, is of no tree in this bundle"
    ]


def test_a_cosignature_on_a_witnessed_checkpoint_counts(log: SealedLog, parts: Parts) -> None:
    for line in parts.checkpoints:
        line["note"] = line["note"].partition("\u2014 witness")[0]
    assert found_of(parts, witnessed=(Checkpoint.parse(log.note(TREE, 18)),)) == ("complete", [])


def test_another_key_of_the_same_name_is_edited(parts: Parts) -> None:
    other = Signer("answerable/dev", secret="other")
    assert found_of(parts, log=log_key(other))[0] == "edited"


def test_a_key_of_another_deployment_is_edited(parts: Parts) -> None:
    parts.bundle["deployment"] = "production"
    reasons = found_of(parts)[1]
    assert (
        "edited: line 5 of checkpoints.jsonl: answerable/production did not sign it, with a key that is trusted"
        in reasons
    )


def test_keys_that_are_given_count_and_those_of_the_bundle_do_not(log: SealedLog, parts: Parts) -> None:
    parts.keys = {"log": ["nonsense"], "witnesses": ["nonsense"]}
    keys: dict[str, Any] = {"log": log_key(log.signer), "witnesses": witness_key(log.witness)}
    assert found_of(parts, **keys) == ("complete", [])
    assert found_of(parts)[0] == "edited"


def test_without_any_log_key_something_is_missing(parts: Parts) -> None:
    parts.keys = {"log": [], "witnesses": []}
    found = examined(parts)
    assert found["verdict"] == "missing"
    assert found["remarks"] == ["no witness key is known, so nobody but the log itself vouches for its history"]
