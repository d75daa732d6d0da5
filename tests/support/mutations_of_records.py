"""Falsified records: each field of one, and what a forger would do."""

import base64
import hashlib
import json
import random
from collections.abc import Callable
from functools import cache
from typing import Any

from tests.support.bundles import Line, SealedLog, Signer, b64, dumped, erased, leaf_of
from tests.support.drafts_of_bundles import (
    CHANGES,
    Draft,
    Given,
    change,
    change_any_scalar,
    damage,
    flipped,
    otherwise,
    shown_by,
    write_passport,
)
from tests.support.sealed import several_requests

# --- Fields of records ------------------------------------------------------------------------------------------------


@change
def any_scalar_of_a_record(draft: Draft, rng: random.Random) -> bool:
    number, line = draft.line("events.jsonl")
    change_any_scalar(line, rng)
    draft.put(number, line)
    return True


@change
def anything_anywhere(draft: Draft, rng: random.Random) -> bool:
    """Any part of any line, or of the passport, is something that does not belong there."""
    name = rng.choice(("events.jsonl", "events.jsonl", "checkpoints.jsonl", "consistency.jsonl", "passport.json"))
    number, whole = draft.line(name) if name in draft.lines else (0, draft.json(name))
    target, path = whole, [rng.choice(list(whole))]
    while isinstance(target[path[-1]], dict | list) and target[path[-1]] and rng.random() < 0.7:
        target = target[path[-1]]
        path.append(rng.choice(list(target if isinstance(target, dict) else range(len(target)))))
    others: tuple[Any, ...] = (
        None,
        True,
        0,
        -1,
        10**30,
        1.5,
        "",
        "\ud800",
        "\x00\x1b[2J",
        [],
        [[]],
        {},
        {"": 0},
        "A" * 9999,
    )
    target[path[-1]] = rng.choice([other for other in others if dumped(other) != dumped(target[path[-1]])])
    if name in draft.lines:
        draft.lines[name][number] = dumped(whole)
    else:
        draft.members[name] = dumped(whole)
    return True


def _field(name: str, *path: str, of_erased: bool = True) -> None:
    """A mutation for one field of a record."""

    def mutation(draft: Draft, rng: random.Random) -> bool:
        number = draft.pick((*draft.base.whole, *draft.base.erased) if of_erased else draft.base.whole)
        line = draft.event(number)
        value: Any = line
        for step in path[:-1]:
            value = value[step]
        old = value[path[-1]]
        value[path[-1]] = flipped(old, rng) if path[-1] in {"key", "body", "salt"} else otherwise(old, rng)
        draft.put(number, line)
        return True

    mutation.__name__ = name
    CHANGES.append(mutation)


for _part in ("epoch", "topic", "partition", "offset"):
    _field(f"position_{_part}", "position", _part)
for _part in ("tenant", "request_id", "event_id", "type", "log_time_ms", "leaf_index", "leaf_hash", "checkpoint"):
    _field(f"record_{_part}", _part)
for _part in ("key", "body", "salt"):
    _field(f"record_{_part}", _part, of_erased=False)
for _part in ("tenant", "shard"):
    _field(f"tree_{_part}", "tree", _part)


@change
def header_value(draft: Draft, rng: random.Random) -> bool:
    return _with_headers(draft, lambda headers, at: headers[at].__setitem__(1, flipped(headers[at][1], rng)))


@change
def header_name(draft: Draft, rng: random.Random) -> bool:
    return _with_headers(draft, lambda headers, at: headers[at].__setitem__(0, headers[at][0].swapcase()))


@change
def header_dropped(draft: Draft, rng: random.Random) -> bool:
    return _with_headers(draft, lambda headers, at: headers.pop(at))


@change
def header_added(draft: Draft, rng: random.Random) -> bool:
    added = rng.choice((["x", ""], ["ce_tenant", b64(b"acme")], ["ce_id", b64(b"?")]))
    return _with_headers(draft, lambda headers, at: headers.insert(at, added))


@change
def headers_swapped(draft: Draft, rng: random.Random) -> bool:
    return _with_headers(draft, lambda headers, at: headers.append(headers.pop(0)))


def _with_headers(draft: Draft, edit: Callable[[list[list[str]], int], object]) -> bool:
    number = draft.pick(draft.base.whole)
    line = draft.event(number)
    edit(line["headers"], draft.rng.randrange(len(line["headers"])))
    draft.put(number, line)
    return True


@change
def proof_of_a_record(draft: Draft, rng: random.Random) -> bool:
    number, line = draft.line("events.jsonl")
    damage(line["inclusion"], rng)
    draft.put(number, line)
    return True


@change
def field_of_a_record_dropped(draft: Draft, rng: random.Random) -> bool:
    number, line = draft.line("events.jsonl")
    line.pop(rng.choice(list(line)))
    draft.put(number, line)
    return True


@change
def field_of_a_record_added(draft: Draft, rng: random.Random) -> bool:
    number, line = draft.line("events.jsonl")
    line["body" if "erased" in line else "note"] = b64(b'{"text": "reviewed and found correct"}')
    draft.put(number, line)
    return True


@change
def field_of_a_record_of_another_type(draft: Draft, rng: random.Random) -> bool:
    number, line = draft.line("events.jsonl")
    name = rng.choice(list(line))
    others: tuple[Any, ...] = (None, [], {}, 1.5, True, [1])
    line[name] = rng.choice([other for other in others if other != line[name]])
    draft.put(number, line)
    return True


@change
def base64_in_another_spelling(draft: Draft, rng: random.Random) -> bool:
    number = draft.pick(draft.base.whole)
    line = draft.event(number)
    line["salt"] = rng.choice(
        (line["salt"] + "\n", line["salt"].rstrip("="), line["salt"][:-2] + chr(ord(line["salt"][-2]) + 1) + "=")
    )
    draft.put(number, line)
    return True


@change
def name_twice_in_a_record(draft: Draft, rng: random.Random) -> bool:
    number = draft.pick(draft.base.whole)
    draft.lines["events.jsonl"][number] = b'{"body":"e30=",' + draft.lines["events.jsonl"][number][1:]
    return True


# --- What a forger would do -------------------------------------------------------------------------------------------


def _forged(line: Line, rng: random.Random) -> Line:
    """A record with another text in its body, and everything about it that can be computed without the tree."""
    body = json.loads(base64.b64decode(line["body"]))
    body[rng.choice(("text", "explanation", "snapshot", "reason", "confidence"))] = "no"
    line = {**line, "body": b64(dumped(body))}
    return {**line, "leaf_hash": hashlib.sha256(b"\x00" + leaf_of(line).encode()).hexdigest()}


@change
def body_and_leaf_hash(draft: Draft, rng: random.Random) -> bool:
    number = draft.pick(draft.base.whole)
    draft.put(number, _forged(draft.event(number), rng))
    write_passport(draft)
    return True


@change
def bodies_exchanged(draft: Draft, rng: random.Random) -> bool:
    return _exchanged(draft, "body")


@change
def positions_exchanged(draft: Draft, rng: random.Random) -> bool:
    return _exchanged(draft, "position")


@change
def seals_exchanged(draft: Draft, rng: random.Random) -> bool:
    return _exchanged(draft, "leaf_index", "leaf_hash", "inclusion", "salt")


@change
def contents_exchanged(draft: Draft, rng: random.Random) -> bool:
    return _exchanged(draft, "key", "headers", "body", "event_id", "type", "request_id", "tenant")


def _exchanged(draft: Draft, *fields: str) -> bool:
    one, other = draft.rng.sample(draft.base.whole, 2)
    first, second = draft.event(one), draft.event(other)
    changed = any(first[name] != second[name] for name in fields)
    for name in fields:
        first[name], second[name] = second[name], first[name]
    draft.put(one, first)
    draft.put(other, second)
    return changed


@change
def record_dropped(draft: Draft, rng: random.Random) -> bool:
    """As a forger would do it: the passport says nothing of it either."""
    del draft.lines["events.jsonl"][draft.pick(draft.base.needed)]
    write_passport(draft)
    return True


@change
def record_dropped_but_not_from_the_passport(draft: Draft, rng: random.Random) -> bool:
    del draft.lines["events.jsonl"][draft.pick(draft.base.needed)]
    return True


@change
def request_emptied(draft: Draft, rng: random.Random) -> bool:
    """It is listed, and no record of it is there."""
    _, request_id = rng.choice(draft.base.requests)
    lines = draft.lines["events.jsonl"]
    lines[:] = [line for line in lines if json.loads(line)["request_id"] != str(request_id)]
    write_passport(draft)
    return True


@change
def record_twice(draft: Draft, rng: random.Random) -> bool:
    lines = draft.lines["events.jsonl"]
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))
    return True


@change
def record_inserted(draft: Draft, rng: random.Random) -> bool:
    line = _forged(draft.event(draft.pick(draft.base.whole)), rng)
    line["position"]["offset"] += 1000
    line["leaf_index"] = rng.choice((line["leaf_index"], line["leaf_index"] + 1, 10_000))
    draft.lines["events.jsonl"].append(dumped(line))
    return True


@change
def record_of_another_request_inserted(draft: Draft, rng: random.Random) -> bool:
    exported = {(tenant, str(request_id)) for tenant, request_id in draft.base.requests}
    others = [line for line in draft.base.log.lines if (line["tenant"], line["request_id"]) not in exported]
    signed = [
        ((line["tenant"], line["shard"]), int(line["note"].split("\n")[1]), True)
        for line in draft.base.parts.checkpoints
    ]
    newest = {tree: number for number, (tree, _, _) in enumerate(signed)}
    draft.lines["events.jsonl"].append(dumped(draft.base.log.proven(rng.choice(others), signed, newest)))
    return True


@change
def record_erased(draft: Draft, rng: random.Random) -> bool:
    """Whoever holds a bundle may erase a record in it: that is seen, and no crime."""
    number = draft.pick(draft.base.whole)
    draft.put(number, erased(draft.event(number)))
    write_passport(draft)
    return True


@change
def record_erased_but_its_passport(draft: Draft, rng: random.Random) -> bool:
    number = draft.pick(draft.base.whole)
    draft.put(number, erased(draft.event(number)))
    return True


@change
def leaf_of_an_erased_record(draft: Draft, rng: random.Random) -> bool:
    number = draft.pick(draft.base.erased)
    line = draft.event(number)
    leaf = json.loads(line["leaf"])
    if rng.random() < 0.5:
        change_any_scalar(leaf, rng)
        line["leaf"] = dumped(leaf).decode()
    else:
        line["leaf"] = rng.choice((json.dumps(leaf), line["leaf"] + " ", line["leaf"][:-1], "[]"))
    draft.put(number, line)
    return True


def _rewritten(draft: Draft, rng: random.Random, **signers: Signer) -> SealedLog:
    victim = draft.base.parts.events[draft.pick(draft.base.whole)]["event_id"]
    return draft.base.log.rewritten(
        lambda line: _forged(line, rng) if line["event_id"] == victim and "erased" not in line else line, **signers
    )


@change
@shown_by(Given.KEYS_AND_NOTES)
def history_rewritten_with_the_keys_of_log_and_witness(draft: Draft, rng: random.Random) -> bytes:
    return _rewritten(draft, rng).parts(draft.base.requests).zip()


@cache
def _other_history() -> SealedLog:
    return several_requests(text="How many days of parental leave do I have?")


@change
@shown_by(Given.KEYS_AND_NOTES)
def another_history_that_is_consistent_in_itself(draft: Draft, rng: random.Random) -> bytes:
    """Whoever has both keys can write any history; a checkpoint that somebody else kept is all that shows it."""
    requests = rng.sample(draft.base.requests, len(draft.base.requests))
    return _other_history().parts(requests).zip()


@change
@shown_by(Given.KEYS)
def another_history_with_keys_of_the_same_names(draft: Draft, rng: random.Random) -> bytes:
    signers = {
        "signer": Signer("answerable/dev", secret="forged"),
        "witness": Signer("witness.example/w1", 4, "forged"),
    }
    return _rewritten(draft, rng, **signers).parts(draft.base.requests).zip()


@change
def history_rewritten_with_the_key_of_the_log(draft: Draft, rng: random.Random) -> bytes:
    """The witness did not sign this one, and its old signatures are of no use."""
    parts = _rewritten(draft, rng, witness=Signer("stranger.example/w", 4)).parts(draft.base.requests)
    parts.keys = draft.base.parts.keys
    return parts.zip()


@change
def signed_with_another_key(draft: Draft, rng: random.Random) -> bytes:
    other = draft.base.log.rewritten(lambda line: line, signer=Signer("answerable/other"))
    return other.parts(draft.base.requests).zip()
