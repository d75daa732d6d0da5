"""Verdicts of the offline verifier on records, receipts, checkpoints and keys."""

import base64
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.support.bundles import Line, Parts, SealedLog, b64, dumped, erased, passport_of
from tests.support.sealed import ERASED, FAILED, RELEASED, REQUESTS, WITHHELD, asked, several_requests
from tests.support.verdicts import ONE, TREE, examined, found_of, written


@pytest.fixture(scope="module")
def log() -> SealedLog:
    return several_requests()


@pytest.fixture
def parts(log: SealedLog) -> Parts:
    """Of a log that nobody changes; each test gets its own."""
    return deepcopy(log.parts(REQUESTS))


# --- Verdicts ---------------------------------------------------------------------------------------------------------


def test_an_untouched_bundle_is_complete_but_for_what_was_erased(parts: Parts) -> None:
    found = examined(parts)
    verdicts = {UUID(each["request_id"]).int: each["verdict"] for each in found["requests"]}
    assert verdicts.pop(ERASED) == "erased"
    assert set(verdicts.values()) == {"complete"}
    assert (found["verdict"], found["records"], found["checkpoints"]) == ("erased", 24, 5)
    assert all(not each["reasons"] for each in found["requests"] if each["verdict"] == "complete")


def test_the_reasons_of_an_erased_request_name_its_records(parts: Parts) -> None:
    _, reasons = found_of(parts, ERASED)
    assert reasons[0] == "erased: question.asked.v1 at questions/0/3, epoch 1"
    assert len(reasons) == 5


def test_an_edited_record_taints_its_own_request_only(parts: Parts) -> None:
    parts.event("draft.generated", UUID(int=RELEASED))["log_time_ms"] += 1
    assert found_of(parts) == (
        "edited",
        [
            "edited: draft.generated.v1 at drafts/0/0, epoch 1: its leaf hash is not what its fields give",
            "edited: draft.generated.v1 at drafts/0/0, epoch 1: its proof does not lead to the root of checkpoint 4",
        ],
    )
    assert found_of(parts, WITHHELD)[0] == found_of(parts, FAILED)[0] == "complete"


def without(parts: Parts, kind: str, number: int = RELEASED) -> Parts:
    """A bundle that lacks an event and says so nowhere."""
    gone = parts.event(kind, UUID(int=number))["event_id"]
    parts.events = [line for line in parts.events if line["event_id"] != gone]
    parts.passport = passport_of(parts.events)
    return parts


@pytest.mark.parametrize("kind", ["question.asked", "context.retrieved", "draft.generated"])
def test_what_later_events_rest_on_is_missed(parts: Parts, kind: str) -> None:
    verdict, reasons = found_of(without(parts, kind))
    assert verdict == "missing"
    assert any(reason.startswith(f"missing: io.answerable.{kind}.v1 ") for reason in reasons)


def test_an_outcome_is_missed(parts: Parts) -> None:
    assert found_of(without(parts, "answer.released")) == ("missing", ["missing: its outcome on topic answers"])


def test_a_request_without_any_record_is_missed(parts: Parts) -> None:
    parts.events = [line for line in parts.events if line["request_id"] != str(UUID(int=RELEASED))]
    parts.passport = passport_of(parts.events)
    assert found_of(parts) == ("missing", ["missing: all of its records"])


def test_a_bundle_of_no_request_is_no_proof_of_anything() -> None:
    assert examined(SealedLog().parts([]))["verdict"] == "missing"


def test_a_second_copy_that_is_left_out_is_not_missed(parts: Parts) -> None:
    """The known limit: nothing names a copy."""
    parts.events = [line for line in parts.events if line["position"]["topic"] != "contexts-retry"]
    assert found_of(parts)[0] == "complete"


def test_records_of_a_request_that_is_not_listed_are_edited(parts: Parts) -> None:
    parts.bundle["requests"] = [
        each for each in parts.bundle["requests"] if each["request_id"] != str(UUID(int=RELEASED))
    ]
    assert found_of(parts) == ("edited", ["edited: there are records of it, but bundle.json does not list it"])


def test_a_request_that_is_listed_twice_is_edited(parts: Parts) -> None:
    parts.bundle["requests"] *= 2
    assert found_of(parts) == ("edited", ["edited: bundle.json lists a request twice"])


def test_a_record_that_was_cut_loose_from_all_its_witnesses_is_not_witnessed(parts: Parts) -> None:
    for line in parts.checkpoints:
        line["note"] = line["note"].partition("\u2014 witness")[0]
    verdict, reasons = found_of(parts)
    assert verdict == "not_witnessed"
    assert (
        "not_witnessed: no witness signed a checkpoint that covers answer.released.v1 at answers/0/0, epoch 1"
        in reasons
    )


def test_records_after_the_last_witnessed_checkpoint_are_not_witnessed(log: SealedLog, parts: Parts) -> None:
    parts.checkpoints[-1]["note"] = log.note(TREE, len(log.trees[TREE].leaves), cosigned=False)
    assert found_of(parts)[0] == "complete"
    assert found_of(parts, ERASED)[1][0] == (
        "not_witnessed: no witness signed a checkpoint that covers answer.released.v1 at answers/0/2, epoch 1"
    )


@pytest.mark.parametrize(
    ("spoil", "worst"),
    [
        ((), "complete"),
        (("erased",), "erased"),
        (("erased", "not_witnessed"), "not_witnessed"),
        (("erased", "not_witnessed", "missing"), "missing"),
        (("erased", "not_witnessed", "missing", "edited"), "edited"),
    ],
)
def test_the_worst_of_several_verdicts_counts(spoil: tuple[str, ...], worst: str) -> None:
    parts = written().parts(ONE)
    if "erased" in spoil:
        parts.events[1] = erased(parts.events[1])
        parts.passport = passport_of(parts.events)
    if "not_witnessed" in spoil:
        for line in parts.checkpoints:
            line["note"] = line["note"].partition("\u2014 witness")[0]
    if "missing" in spoil:
        without(parts, "draft.generated")
    if "edited" in spoil:
        parts.passport = {"requests": {}}
    assert found_of(parts)[0] == worst


# --- Records ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tenant", "request_id", "event_id", "type"])
def test_an_identity_that_headers_and_key_do_not_give_is_edited_even_when_sealed(name: str) -> None:
    other = {"tenant": "acme", "type": "io.answerable.answer.released.v1"}.get(name, str(UUID(int=77)))
    log = written().rewritten(
        lambda line: {**line, name: other} if line["type"].endswith("draft.generated.v1") else line
    )
    parts = log.parts([*ONE, ("acme", UUID(int=RELEASED)), ("norvik", UUID(int=77))])
    reasons = [reason for each in examined(parts)["requests"] for reason in each["reasons"]]
    assert any(reason.endswith(f": {name} is not what headers and key say") for reason in reasons)


def test_a_record_in_a_tree_of_others_is_edited() -> None:
    def move(line: Line) -> Line:
        return {**line, "tree": {"tenant": "acme", "shard": 0}} if line["position"]["topic"] == "drafts" else line

    _, reasons = found_of(written(checkpoint=None).rewritten(move).parts(ONE))
    assert reasons[0] == "edited: draft.generated.v1 at drafts/0/0, epoch 1: it does not belong into tree acme/0"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"checkpoint": 9}, "there is no checkpoint 9"),
        ({"checkpoint": -1}, "there is no checkpoint -1"),
        ({"checkpoint": 1}, "checkpoint 1 is of another tree"),
        ({"checkpoint": 2}, "checkpoint 2 of size 10 is older than leaf 15"),
        ({"leaf_index": 16}, "its proof does not lead to the root of checkpoint 4"),
        ({"inclusion": []}, "its proof does not lead to the root of checkpoint 4"),
    ],
)
def test_a_proof_that_proves_nothing_is_edited(parts: Parts, change: dict[str, Any], reason: str) -> None:
    line = parts.event("verdict.decided", UUID(int=ERASED))
    assert line["leaf_index"] == 15
    line |= change
    assert f"edited: verdict.decided.v1 at verdicts/0/2, epoch 1: {reason}" in found_of(parts, ERASED)[1]


def test_two_records_at_one_place_are_edited(parts: Parts) -> None:
    parts.events.append(parts.event("question.asked", UUID(int=RELEASED)))
    reasons = found_of(parts)[1]
    assert (
        "edited: question.asked.v1 at questions/0/1, epoch 1: it has the leaf of line 1 of events.jsonl, too" in reasons
    )
    assert any("it has the position of line" in reason for reason in reasons)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line.pop("salt"),
        lambda line: line.update(comment="approved"),
        lambda line: line.update(leaf_index=True),
        lambda line: line.update(log_time_ms=10**30),
        lambda line: line.update(body=line["body"] + "\n"),
        lambda line: line.update(salt="AAAA"),
        lambda line: line.update(headers=[["a"]]),
        lambda line: line["position"].update(topic="\ud800"),
        lambda line: line["inclusion"].append(7),
        lambda line: line.update(erased=False),
    ],
)
def test_a_record_of_another_form_is_edited(parts: Parts, spoil: Callable[[Line], object]) -> None:
    line = parts.event("draft.generated", UUID(int=RELEASED))
    spoil(line)
    verdict, reasons = found_of(parts)
    assert verdict == "edited"
    assert reasons[0].startswith(f"edited: line {parts.events.index(line) + 1} of events.jsonl: ")


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.update(leaf=line["leaf"].replace('"offset":0', '"offset":1')),
        lambda line: line.update(leaf=line["leaf"].replace(",", ", ")),
        lambda line: line.update(leaf="[" * 5000),
        lambda line: line.update(erased=False),
        lambda line: line.update(body="e30="),
        lambda line: line["position"].update(offset=1),
        lambda line: line.update(type="io.answerable.answer.released.v1"),
    ],
)
def test_an_erased_record_says_what_its_leaf_says_and_nothing_else(change: Callable[[Line], object]) -> None:
    log = written()
    log.erase(UUID(int=RELEASED))
    parts = log.parts(ONE)
    assert found_of(parts)[0] == "erased"
    change(parts.events[0])
    assert found_of(parts)[0] == "edited"


# --- Ancestors and receipts -------------------------------------------------------------------------------------------


def rewritten_body(parts_of: SealedLog, topic: str, **fields: Any) -> Parts:
    """The log as it would be had an event said something else: sealed, but not what later events rest on."""

    def change(line: Line) -> Line:
        body = json.loads(base64.b64decode(line["body"]))
        return {**line, "body": b64(dumped({**body, **fields}))} if line["position"]["topic"] == topic else line

    return parts_of.rewritten(change).parts(ONE)


def test_an_ancestor_with_other_bytes_is_edited() -> None:
    verdict, reasons = found_of(rewritten_body(written(checkpoint=None), "drafts", snapshot="norvik@2"))
    assert verdict == "edited"
    draft = "draft.generated.v1 at drafts/0/0, epoch 1"
    assert (
        f"edited: {draft} has another type or other bytes than are named in verdict.decided.v1 at verdicts/0/0, epoch 1"
        in reasons
    )


@pytest.mark.parametrize("ancestors", [5, {}, [5], [{}], [{"event_id": 5, "type": "x", "sha256": "x"}], None])
def test_what_is_no_ancestor_is_not_missed(ancestors: Any) -> None:
    parts = rewritten_body(written(checkpoint=None), "answers", ancestors=ancestors)
    assert found_of(parts) == ("complete", [])


def test_an_erased_ancestor_is_taken_at_its_name() -> None:
    parts = written().parts(ONE)
    parts.events[2] = erased(parts.events[2])
    parts.passport = passport_of(parts.events)
    assert found_of(parts)[0] == "erased"


OTHER_NOTE = "answerable/norvik/0\n4\n" + b64(bytes(32)) + "\n\n\u2014 x AAAAAAAA\n"


@pytest.mark.parametrize(
    ("receipt", "verdict", "reason"),
    [
        ({"leaf_index": 2}, "edited", "another leaf was promised by"),
        ({"leaf_hash": "0" * 64}, "edited", "another leaf was promised by"),
        ({"tree": {"tenant": "acme", "shard": 0}}, "edited", "another leaf was promised by"),
        ({"tree": None}, "edited", "nobody can read the receipt in"),
        ({"tree": 5}, "edited", "nobody can read the receipt in"),
        ({"checkpoint": "no note"}, "edited", "nobody can read the receipt in"),
        ({"event_id": str(UUID(int=5))}, "missing", "what the receipt names in"),
        (
            {"checkpoint": OTHER_NOTE.replace("\n4\n", "\n3\n")},
            "edited",
            "a checkpoint that does not cover the leaf is quoted by",
        ),
        (
            {"checkpoint": OTHER_NOTE.replace("norvik", "acme")},
            "edited",
            "a checkpoint that does not cover the leaf is quoted by",
        ),
        ({"checkpoint": OTHER_NOTE}, "missing", "the checkpoint of size 4 quoted by"),
        (
            {"checkpoint": OTHER_NOTE.replace("\n4\n", "\n5\n")},
            "edited",
            "another history of tree norvik/0 than the bundle's is quoted by",
        ),
    ],
)
def test_a_receipt_that_the_records_do_not_keep_is_seen(receipt: dict[str, Any], verdict: str, reason: str) -> None:
    answer = "answer.released.v1 at answers/0/0, epoch 1"
    assert found_of(written(**receipt).parts(ONE)) == (verdict, [f"{verdict}: {reason} {answer}"])


def test_a_receipt_without_checkpoint_is_a_promise_that_is_kept() -> None:
    assert found_of(written(checkpoint=None).parts(ONE)) == ("complete", [])


# --- The passport -----------------------------------------------------------------------------------------------------


def test_a_passport_that_says_what_the_events_do_not_say_is_edited(parts: Parts) -> None:
    name = f"norvik/{UUID(int=RELEASED)}"
    parts.passport["requests"][name]["decision"]["confidence"] = 0.99
    assert found_of(parts) == ("edited", [f"edited: passport.json is not what the events of {name} say"])


@pytest.mark.parametrize("passport", [{}, [], {"requests": []}, {"requests": {}, "note": ""}])
def test_a_passport_of_another_form_is_edited(parts: Parts, passport: Any) -> None:
    parts.passport = passport
    verdict, (reason,) = found_of(parts)
    assert verdict == "edited"
    assert reason.startswith("edited: passport.json: ")


def test_the_copy_with_the_lowest_place_makes_the_passport() -> None:
    """Not the first one in the file, nor one that was tried again, nor of a later epoch, nor on a wrong topic."""
    log = written()
    context = asked(RELEASED)[1]
    places = (("contexts-retry", 1), ("contexts", 1), ("contexts", 2), ("questions", 0))
    for number, (topic, epoch) in enumerate(places):
        value = context.value.replace(b'"norvik@1"', b'"copy-%d"' % number)
        log.write(replace(context, value=value), topic=topic, epoch=epoch)
    parts = log.parts(ONE)
    parts.events.reverse()
    (entry,) = parts.passport["requests"].values()
    assert entry["snapshot"] == "norvik@1"
    assert found_of(parts) == ("complete", [])
