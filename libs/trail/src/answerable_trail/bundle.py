"""What an auditor takes along: requests with their proofs, in one zip. BUNDLE.md says how to read it.

The writer reads the record and proves nothing to itself: whether the bundle holds is for a verifier to say.
"""

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from itertools import pairwise
from typing import Any
from uuid import UUID

from answerable_events.topics import ANSWERS
from answerable_trail.client import Trail
from answerable_trail.errors import NoteInvalid, NotSealedYet
from answerable_trail.merkle import Hashes, consistency_places, consistency_proof, inclusion_places, inclusion_proof
from answerable_trail.notes import parse_checkpoint, parse_note
from answerable_trail.rows import TraceRow, TreeId
from answerable_trail.trees import Checkpoint
from answerable_trail.verify import passport, read_record

FORMAT, VERSION = "answerable-bundle", 1

Request = tuple[str, UUID]


@dataclass(slots=True)
class _Proofs:
    """The trees of a bundle: the hashes that its proofs take, and every checkpoint that goes along."""

    hashes: dict[TreeId, Hashes] = field(default_factory=dict)
    checkpoints: dict[TreeId, list[Checkpoint]] = field(default_factory=dict)


async def assemble(
    trail: Trail, requests: Sequence[Request], *, now: datetime, keys: Mapping[str, Sequence[str]]
) -> bytes:
    """A bundle of these requests. `keys`: verifier keys of log and witnesses, for convenience.

    Raises:
        NotSealedYet: the newest checkpoint does not cover a record of them yet; try again in a few seconds.
        TrailUnavailable, TrailRefused.
    """
    rows = {request: await trail.request(*request) for request in requests}
    everything = [row for found in rows.values() for row in found]
    proofs = await _proofs(trail, everything)
    order = [each for checkpoints in proofs.checkpoints.values() for each in checkpoints]
    newest = {tree: order.index(checkpoints[-1]) for tree, checkpoints in proofs.checkpoints.items()}
    events = [_event(row, proofs, newest) for row in everything]
    members = {
        "bundle.json": _json(
            {
                "format": FORMAT,
                "version": VERSION,
                "exported_at": now.isoformat(),
                "deployment": keys["log"][0].split("+")[0].removeprefix("answerable/") if keys.get("log") else "",
                "requests": [{"tenant": tenant, "request_id": str(request)} for tenant, request in requests],
            }
        ),
        "events.jsonl": _lines(events),
        "checkpoints.jsonl": _lines({"tenant": c.tree[0], "shard": c.tree[1], "note": c.note} for c in order),
        "consistency.jsonl": _lines(_consistency(proofs, order)),
        "keys.json": _json({name: list(texts) for name, texts in keys.items()}),
        "passport.json": _json(passport(map(read_record, events))),
        "verify.py": (resources.files("answerable_trail") / "verify.py").read_bytes(),
    }
    return _zipped(members, now)


def tree_of(row: TraceRow) -> TreeId:
    return row.tenant, row.position.partition


async def _proofs(trail: Trail, rows: Sequence[TraceRow]) -> _Proofs:
    """What it takes to prove these rows: for each tree its newest checkpoint, and those that witnesses cosigned."""
    proofs = _Proofs()
    leaves: dict[TreeId, set[int]] = {}
    for row in rows:
        leaves.setdefault(tree_of(row), set()).add(row.seal.leaf_index)
    for tree, indexes in sorted(leaves.items()):
        checkpoints = await trail.trees.checkpoints(tree)
        if not checkpoints or checkpoints[-1].size <= max(indexes):
            raise NotSealedYet(f"the tree {tree[0]}/{tree[1]} has no checkpoint over leaf {max(indexes)} yet")
        newest = checkpoints[-1]
        quoted = {size for row in rows if tree_of(row) == tree for size in _quoted_sizes(row)}
        cosigned = [each for each in checkpoints[:-1] if each.cosignatures]
        proofs.checkpoints[tree] = [
            each for each in checkpoints if each is newest or each in cosigned[-1:] or each.size in quoted
        ]
        places = {place for index in indexes for place in inclusion_places(index, newest.size)}
        for older, newer in pairwise(proofs.checkpoints[tree]):
            places.update(consistency_places(older.size, newer.size))
        proofs.hashes[tree] = await trail.trees.hashes(tree, places)
    return proofs


def _quoted_sizes(row: TraceRow) -> list[int]:
    """Of the checkpoint that the receipt in an outcome quotes."""
    if row.position.topic != ANSWERS.name or row.seal.is_erased:
        return []
    try:
        note = json.loads(row.body)["receipt"]["checkpoint"]
        return [parse_checkpoint(parse_note(note).body).size]
    except (ValueError, KeyError, TypeError, NoteInvalid):
        return []  # none is quoted, or nothing that a verifier could look for


def _event(row: TraceRow, proofs: _Proofs, newest: Mapping[TreeId, int]) -> dict[str, Any]:
    tree, place, seal = tree_of(row), row.position, row.seal
    size = proofs.checkpoints[tree][-1].size
    event: dict[str, Any] = {
        "position": {
            "epoch": place.epoch,
            "topic": place.topic,
            "partition": place.partition,
            "offset": place.offset,
        },
        "tenant": row.tenant,
        "request_id": str(row.request_id),
        "event_id": str(row.event_id),
        "type": row.type,
        "log_time_ms": row.log_time_ms,
        "tree": {"tenant": tree[0], "shard": tree[1]},
        "leaf_index": seal.leaf_index,
        "leaf_hash": seal.leaf_hash.hex(),
        "inclusion": _texts(inclusion_proof(seal.leaf_index, size, proofs.hashes[tree])),
        "checkpoint": newest[tree],
    }
    if seal.is_erased:
        return {**event, "erased": True, "leaf": row.erased_leaf}
    return {
        **event,
        "key": _text(row.key),
        "headers": [[name, _text(value)] for name, value in row.headers],
        "body": _text(row.body),
        "salt": _text(seal.salt),
    }


def _consistency(proofs: _Proofs, order: Sequence[Checkpoint]) -> Iterable[dict[str, Any]]:
    for tree, checkpoints in proofs.checkpoints.items():
        for older, newer in pairwise(checkpoints):
            proof = consistency_proof(older.size, newer.size, proofs.hashes[tree])
            yield {"from": order.index(older), "to": order.index(newer), "proof": _texts(proof)}


def _texts(hashes: Sequence[bytes]) -> list[str]:
    return [_text(each) for each in hashes]


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def _lines(values: Iterable[object]) -> bytes:
    return "".join(json.dumps(value, separators=(",", ":")) + "\n" for value in values).encode()


def _zipped(members: Mapping[str, bytes], now: datetime) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, now.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()
