"""Falsified checkpoints, proofs, lists, passports and zips; and the same bundle, written otherwise."""

import base64
import io
import json
import random
import zipfile
from uuid import UUID

from tests.support.bundles import Line, Signer, Tree, b64, checkpoint_body, dumped
from tests.support.drafts_of_bundles import (
    Draft,
    Given,
    change,
    change_any_scalar,
    damage,
    flipped,
    otherwise,
    same,
    shown_by,
)

# --- Checkpoints and consistency --------------------------------------------------------------------------------------


@change
def body_of_a_checkpoint(draft: Draft, rng: random.Random) -> bool:
    number, line = draft.line("checkpoints.jsonl")
    lines = line["note"].split("\n")
    at = rng.randrange(3)
    lines[at] = (
        str(int(lines[at]) + 1) if at == 1 else flipped(lines[at], rng) if at == 2 else otherwise(lines[at], rng)
    )
    return _put_note(draft, number, line, "\n".join(lines))


def _put_note(draft: Draft, number: int, line: Line, note: str) -> bool:
    draft.lines["checkpoints.jsonl"][number] = dumped({**line, "note": note})
    return bool(note != line["note"])


@change
def signature_of_a_checkpoint(draft: Draft, rng: random.Random) -> bool:
    """Of the log or the witness: one bit."""
    number, line = draft.line("checkpoints.jsonl")
    *before, name, signature = line["note"].rstrip("\n").rsplit(" ", 2)
    raw = bytearray(base64.b64decode(signature))
    raw[rng.randrange(4, len(raw))] ^= 1 << rng.randrange(8)
    return _put_note(draft, number, line, " ".join([*before, name, b64(bytes(raw))]) + "\n")


@change
def signature_of_the_log_dropped(draft: Draft, rng: random.Random) -> bool:
    number, line = draft.line("checkpoints.jsonl")
    body, _, signatures = line["note"].rpartition("\n\n")
    return _put_note(draft, number, line, f"{body}\n\n" + "".join(signatures.splitlines(keepends=True)[1:]))


@change
def cosignatures_of_the_newest_dropped(draft: Draft, rng: random.Random) -> bool:
    number = rng.choice(_newest(draft))
    line = json.loads(draft.lines["checkpoints.jsonl"][number])
    kept = [part for part in line["note"].splitlines(keepends=True) if draft.base.log.witness.name not in part]
    return _put_note(draft, number, line, "".join(kept))


def _newest(draft: Draft) -> list[int]:
    trees = {(line["tenant"], line["shard"]): number for number, line in enumerate(draft.base.parts.checkpoints)}
    return list(trees.values())


@change
def extension_line_in_a_checkpoint(draft: Draft, rng: random.Random) -> bool:
    number, line = draft.line("checkpoints.jsonl")
    body, _, _ = line["note"].rpartition("\n\n")
    body += "\nreviewed\n"
    return _put_note(draft, number, line, f"{body}\n{draft.base.log.signer.sign(body)}")


@change
def tree_of_a_checkpoint(draft: Draft, rng: random.Random) -> bool:
    number, line = draft.line("checkpoints.jsonl")
    name = rng.choice(("tenant", "shard"))
    draft.lines["checkpoints.jsonl"][number] = dumped({**line, name: otherwise(line[name], rng)})
    return True


@change
def checkpoint_dropped(draft: Draft, rng: random.Random) -> bool:
    lines = draft.lines["checkpoints.jsonl"]
    del lines[rng.randrange(len(lines))]
    return True


@change
def checkpoints_exchanged(draft: Draft, rng: random.Random) -> bool:
    lines = draft.lines["checkpoints.jsonl"]
    one, other = rng.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return True


@change
def checkpoint_of_another_tree(draft: Draft, rng: random.Random) -> bool:
    lines = draft.lines["checkpoints.jsonl"]
    one, other = rng.sample(range(len(lines)), 2)
    tenants = [json.loads(lines[number])["tenant"] for number in (one, other)]
    if tenants[0] == tenants[1]:
        other_size = json.loads(lines[other])["note"].split("\n")[1]
        if json.loads(lines[one])["note"].split("\n")[1] == other_size:
            return False
    lines[one] = lines[other]
    return True


@change
def fork(draft: Draft, rng: random.Random) -> bool:
    """The log itself signs another history of a tree: same size, smaller, or larger."""
    tree, size = _any_tree(draft, rng)
    size = rng.choice((size, size - 1, size + 5))
    body = checkpoint_body(f"answerable/{tree[0]}/{tree[1]}", size, rng.randbytes(32))
    note = f"{body}\n{draft.base.log.signer.sign(body)}{draft.base.log.witness.cosign(body)}"
    draft.lines["checkpoints.jsonl"].append(dumped({"tenant": tree[0], "shard": tree[1], "note": note}))
    if rng.random() < 0.5:
        proof = [b64(rng.randbytes(32)) for _ in range(rng.randrange(6))]
        ends = rng.sample([0, len(draft.lines["checkpoints.jsonl"]) - 1], 2)
        draft.lines["consistency.jsonl"].append(dumped({"from": ends[0], "to": ends[1], "proof": proof}))
    return True


def _any_tree(draft: Draft, rng: random.Random) -> tuple[Tree, int]:
    tree = rng.choice(sorted({(line["tenant"], line["shard"]) for line in draft.base.parts.checkpoints}))
    return tree, len(draft.base.log.trees[tree].leaves)


@change
def proof_of_consistency(draft: Draft, rng: random.Random) -> bool:
    number, line = draft.line("consistency.jsonl")
    damage(line["proof"], rng)
    draft.lines["consistency.jsonl"][number] = dumped(line)
    return True


@change
def ends_of_consistency(draft: Draft, rng: random.Random) -> bool:
    number, line = draft.line("consistency.jsonl")
    if rng.random() < 0.5:
        line["from"], line["to"] = line["to"], line["from"]
    else:
        name = rng.choice(("from", "to"))
        line[name] = rng.choice([other for other in (-1, 0, 1, 2, 3, 4, 99) if other != line[name]])
    draft.lines["consistency.jsonl"][number] = dumped(line)
    return True


@change
def consistency_dropped(draft: Draft, rng: random.Random) -> bool:
    lines = draft.lines["consistency.jsonl"]
    del lines[rng.randrange(len(lines))]
    return True


# --- The other parts --------------------------------------------------------------------------------------------------


@change
def bundle_json(draft: Draft, rng: random.Random) -> bool:
    bundle = draft.json("bundle.json")
    name = rng.choice(("format", "version", "deployment"))
    draft.put_json("bundle.json", {**bundle, name: otherwise(bundle[name], rng)})
    return True


@change
def listed_requests(draft: Draft, rng: random.Random) -> bool:
    bundle = draft.json("bundle.json")
    listed, kind, other = bundle["requests"], rng.randrange(5), {"tenant": "norvik", "request_id": str(UUID(int=99))}
    at = rng.randrange(len(listed))
    if kind == 0:
        listed.pop(at)
    elif kind == 1:
        listed.insert(at, other)
    elif kind == 2:
        listed.append(listed[at])
    elif kind == 3:
        listed.clear()
    else:
        name = rng.choice(("tenant", "request_id"))
        listed[at][name] = otherwise(listed[at][name], rng)
    draft.put_json("bundle.json", bundle)
    return True


@change
def any_scalar_of_the_passport(draft: Draft, rng: random.Random) -> bool:
    passport = draft.json("passport.json")
    change_any_scalar(passport, rng)
    draft.put_json("passport.json", passport)
    return True


@change
def entry_of_the_passport(draft: Draft, rng: random.Random) -> bool:
    passport = draft.json("passport.json")
    requests = passport["requests"]
    name = rng.choice(list(requests))
    part = rng.choice(list(requests[name]))
    rng.choice(
        (
            lambda: requests.pop(name),
            lambda: requests[name].pop(part),
            lambda: requests[name].update(approved_by="ada"),
            lambda: requests.update({"norvik/nobody": requests[name]}),
            lambda: requests[name].update({part: 1}),
            lambda: passport.update(note="reviewed"),
        )
    )()
    draft.put_json("passport.json", passport)
    return True


@change
def member_dropped(draft: Draft, rng: random.Random) -> bool:
    name = rng.choice([name for name in draft.members if name not in {"keys.json", "verify.py"}])
    del draft.members[name]
    draft.lines.pop(name, None)
    return True


@change
def member_cut(draft: Draft, rng: random.Random) -> bool:
    """Anywhere but before the last line end, which means nothing, or after lines that nobody misses."""
    name = rng.choice(("bundle.json", "events.jsonl", "checkpoints.jsonl", "consistency.jsonl", "passport.json"))
    raw = draft.members[name]
    draft.members[name] = raw[: rng.randrange(len(raw) - 2 - len(raw.splitlines()[-1]) // 2)]
    return True


@change
def member_renamed(draft: Draft, rng: random.Random) -> bool:
    name = rng.choice([name for name in draft.members if name not in {"keys.json", "verify.py"}])
    draft.members = {(f"./{each}" if each == name else each): raw for each, raw in draft.members.items()}
    draft.lines.pop(name, None)
    return True


@change
def member_twice(draft: Draft, rng: random.Random) -> bytes:
    out = io.BytesIO(draft.zip())
    name = rng.choice(list(draft.members)[:-1])
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name + "!"), draft.members[name])
    return out.getvalue().replace(f"{name}!".encode(), name.encode() + b"\x00")


@change
def zip_cut(draft: Draft, rng: random.Random) -> bytes:
    return draft.base.data[: rng.randrange(len(draft.base.data))]


@change
def bit_of_the_zip(draft: Draft, rng: random.Random) -> bytes:
    data = bytearray(draft.base.data)
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


@change
def bit_of_the_directory_of_the_zip(draft: Draft, rng: random.Random) -> bytes:
    data = bytearray(draft.base.data)
    data[rng.randrange(data.rfind(b"PK\x01\x02") - 300, len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


@change
def garbage_in_the_zip(draft: Draft, rng: random.Random) -> bytes:
    data, start = draft.base.data, rng.randrange(len(draft.base.data))
    return data[:start] + rng.randbytes(rng.randrange(1, 64)) + data[start + rng.randrange(64) :]


# --- The same bundle, written otherwise -------------------------------------------------------------------------------


@same
def json_written_otherwise(draft: Draft, rng: random.Random) -> bool:
    for name, lines in draft.lines.items():
        draft.lines[name] = [json.dumps(json.loads(line), sort_keys=True).encode() for line in lines]
    for name in ("bundle.json", "keys.json", "passport.json"):
        draft.members[name] = json.dumps(draft.json(name), indent=2, sort_keys=True).encode()
    return False


@same
def records_in_another_order(draft: Draft, rng: random.Random) -> bool:
    rng.shuffle(draft.lines["events.jsonl"])
    return False


@same
def proofs_in_another_order(draft: Draft, rng: random.Random) -> bool:
    lines = draft.lines["consistency.jsonl"]
    rng.shuffle(lines)
    lines.append(lines[0])
    return False


@same
def deflated(draft: Draft, rng: random.Random) -> bytes:
    return draft.zip(deflated=True)


@same
def more_members(draft: Draft, rng: random.Random) -> bool:
    draft.members |= {"README.txt": b"hello", "../../etc/cron.d/x": b"* * * * * root true", "/abs": b"", "dir/": b""}
    return False


@same
def members_in_another_order(draft: Draft, rng: random.Random) -> bool:
    draft.members = dict(rng.sample(list(draft.members.items()), len(draft.members)))
    return False


@same
def no_line_end_at_the_end(draft: Draft, rng: random.Random) -> bool:
    for name in draft.lines:
        draft.members[name] = draft.members[name].rstrip(b"\n")
    return False


@same
def checkpoint_twice(draft: Draft, rng: random.Random) -> bool:
    draft.lines["checkpoints.jsonl"].append(rng.choice(draft.lines["checkpoints.jsonl"]))
    return False


@same
def signature_of_somebody_unknown(draft: Draft, rng: random.Random) -> bool:
    number, line = draft.line("checkpoints.jsonl")
    body = line["note"].rpartition("\n\n")[0] + "\n"
    stranger = Signer(f"stranger.example/{rng.randrange(9)}", 4)
    _put_note(draft, number, line, line["note"] + stranger.cosign(body + "other"))
    return False


@same
def proof_that_skips_a_checkpoint(draft: Draft, rng: random.Random) -> bool | None:
    checkpoints = draft.base.parts.checkpoints
    one, other = sorted(rng.sample(range(len(checkpoints)), 2))
    first, second = checkpoints[one], checkpoints[other]
    if first["tenant"] != second["tenant"]:
        return None
    sizes = [int(each["note"].split("\n")[1]) for each in (first, second)]
    proof = draft.base.log.trees[first["tenant"], first["shard"]].proof(*sizes)
    draft.lines["consistency.jsonl"].append(dumped({"from": one, "to": other, "proof": [b64(step) for step in proof]}))
    return False


@same
def proof_against_an_older_checkpoint(draft: Draft, rng: random.Random) -> bool | None:
    number, line = draft.line("events.jsonl")
    older = rng.randrange(len(draft.base.parts.checkpoints))
    checkpoint = draft.base.parts.checkpoints[older]
    size = int(checkpoint["note"].split("\n")[1])
    if checkpoint["tenant"] != line["tree"]["tenant"] or size <= line["leaf_index"]:
        return None
    path = draft.base.log.trees[checkpoint["tenant"], checkpoint["shard"]].path(line["leaf_index"], size)
    draft.put(number, {**line, "checkpoint": older, "inclusion": [b64(step) for step in path]})
    return False


@same
@shown_by(Given.KEYS)
def what_no_seal_covers(draft: Draft, rng: random.Random) -> bool:
    """Keys of the bundle where others are given, the moment of the export, the verifier in the zip."""
    kind = rng.randrange(4)
    if kind == 0:
        draft.put_json("keys.json", {"log": [Signer("answerable/dev").verifier[:-4] + "AAA="], "witnesses": ["?"]})
    elif kind == 1:
        draft.put_json("bundle.json", {**draft.json("bundle.json"), "exported_at": "2030-01-01T00:00:00Z"})
    elif kind == 2:
        draft.members["verify.py"] = b"print('complete')\n"
    else:
        del draft.members["keys.json"], draft.members["verify.py"]
    return False
