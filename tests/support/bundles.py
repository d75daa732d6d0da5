"""Bundles of sealed requests, built without any of the code that seals and exports.

Trees are the recursive definitions of RFC 6962 word for word, notes are signed here, and what the events say comes from
the real codec. So whoever reads these bundles is compared with the standards, and not with their own mirror image.
"""

import base64
import hashlib
import hmac
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from answerable_events.message import Message, Record

STARTED_AT = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
DEPLOYMENT = "dev"
NIL = "00000000-0000-0000-0000-000000000000"
HOMES = {"questions": "question", "contexts": "context", "drafts": "draft", "verdicts": "verdict", "answers": "answer"}
"""Topics of a request, and what the types on them begin with."""

Tree = tuple[str, int]
Line = dict[str, Any]


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


class MerkleTree:
    """RFC 6962 section 2.1 over leaf hashes; ranges that were hashed once are remembered."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self.leaves = list(leaves)
        self._known: dict[tuple[int, int], bytes] = {}

    def root(self, size: int) -> bytes:
        return self._mth(0, size) if size else hashlib.sha256().digest()

    def path(self, index: int, size: int) -> list[bytes]:
        return self._path(index, 0, size)

    def proof(self, first: int, second: int) -> list[bytes]:
        return self._subproof(first, 0, second, whole=True) if 0 < first < second else []

    def _mth(self, start: int, end: int) -> bytes:
        if end - start == 1:
            return self.leaves[start]
        if (start, end) not in self._known:
            middle = start + _split(end - start)
            both = self._mth(start, middle) + self._mth(middle, end)
            self._known[start, end] = hashlib.sha256(b"\x01" + both).digest()
        return self._known[start, end]

    def _path(self, index: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if index < middle:
            return [*self._path(index, start, middle), self._mth(middle, end)]
        return [*self._path(index, middle, end), self._mth(start, middle)]

    def _subproof(self, first: int, start: int, end: int, *, whole: bool) -> list[bytes]:
        if first == end:
            return [] if whole else [self._mth(start, end)]
        middle = start + _split(end - start)
        if first <= middle:
            return [*self._subproof(first, start, middle, whole=whole), self._mth(middle, end)]
        return [*self._subproof(first, middle, end, whole=False), self._mth(start, middle)]


def _split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return 1 << (count - 1).bit_length() - 1


class Signer:
    """An Ed25519 key with a name: of a log (signature type 1) or of a witness (type 4)."""

    def __init__(self, name: str, kind: int = 1, secret: str = "") -> None:
        seed = hashlib.sha256(f"{name}/{kind}/{secret}".encode()).digest()
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.name = name
        public = bytes([kind]) + self._key.public_key().public_bytes_raw()
        self.id = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
        self.verifier = f"{name}+{self.id.hex()}+{b64(public)}"

    def sign(self, body: str) -> str:
        return self._line(self._key.sign(body.encode()))

    def cosign(self, body: str, *, at: int = 1_793_700_000) -> str:
        return self._line(at.to_bytes(8, "big") + self._key.sign(f"cosignature/v1\ntime {at}\n{body}".encode()))

    def _line(self, signature: bytes) -> str:
        return f"\u2014 {self.name} {b64(self.id + signature)}\n"


def checkpoint_body(origin: str, size: int, root: bytes) -> str:
    return f"{origin}\n{size}\n{b64(root)}\n"


@dataclass
class Parts:
    """What is in a bundle, before it is written."""

    bundle: Line
    events: list[Line]
    checkpoints: list[Line]
    consistency: list[Line]
    keys: Line
    passport: Line

    def members(self) -> dict[str, bytes]:
        return {
            "bundle.json": dumped(self.bundle),
            "events.jsonl": b"".join(dumped(line) + b"\n" for line in self.events),
            "checkpoints.jsonl": b"".join(dumped(line) + b"\n" for line in self.checkpoints),
            "consistency.jsonl": b"".join(dumped(line) + b"\n" for line in self.consistency),
            "keys.json": dumped(self.keys),
            "passport.json": dumped(self.passport),
            "verify.py": b"# take yours from elsewhere\n",
        }

    def zip(self) -> bytes:
        return zipped(self.members())

    def event(self, kind: str, request: UUID | None = None) -> Line:
        """The first event of a type, `draft.generated`; of any request, or of one."""
        return next(
            line
            for line in self.events
            if f".{kind}.v" in line["type"] and (request is None or line["request_id"] == str(request))
        )


def dumped(value: object) -> bytes:
    """Compact JSON in UTF-8; what UTF-8 cannot hold stays an escape."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def zipped(members: dict[str, bytes], *, deflated: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, archive.compression)
    return out.getvalue()


@dataclass
class SealedLog:
    """A log whose records are sealed as they come, with checkpoints where somebody asks for one."""

    seed: int = 1
    signer: Signer = field(default_factory=lambda: Signer(f"answerable/{DEPLOYMENT}"))
    witness: Signer = field(default_factory=lambda: Signer("witness.example/w1", 4))
    now: datetime = STARTED_AT
    trees: dict[Tree, MerkleTree] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    signed: list[tuple[Tree, int, bool]] = field(default_factory=list)
    """Checkpoints to be exported: tree, size, and whether the witness signed, too."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._offsets: dict[tuple[str, int], int] = {}

    def write(self, message: Message, *, topic: str | None = None, epoch: int = 1) -> Line:
        """Place a message at the end of its partition and seal it."""
        self.now += timedelta(milliseconds=7)
        place = topic or message.topic, message.partition or 0
        offset = self._offsets[place] = self._offsets.get(place, -1) + 1
        at = int(self.now.timestamp() * 1000)
        record = Record(*place, offset, at, message.key, message.value, message.headers)
        return self.seal(record, epoch=epoch)

    def seal(self, record: Record, *, epoch: int = 1, **row: str) -> Line:
        """`row` says who and what the record is where its headers do not."""
        texts = record.header_texts()
        ids = {
            "tenant": texts.get("ce_tenant", "unknown"),
            "request_id": texts.get("ce_correlationid", NIL),
            "event_id": texts.get("ce_id", NIL),
            "type": texts.get("ce_type", ""),
            **row,
        }
        line = {
            "position": {
                "epoch": epoch,
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
            },
            **ids,
            "log_time_ms": record.timestamp_ms,
            "key": b64(record.key or b""),
            "headers": [[name, b64(value)] for name, value in record.headers],
            "body": b64(record.value),
            "salt": b64(self._random.randbytes(32)),
            "tree": {"tenant": ids["tenant"], "shard": record.partition},
        }
        return self._append(line)

    def _append(self, line: Line) -> Line:
        tree = self.trees.setdefault((line["tree"]["tenant"], line["tree"]["shard"]), MerkleTree())
        leaf_hash = hashlib.sha256(b"\x00" + leaf_of(line).encode()).digest()
        line |= {"leaf_index": len(tree.leaves), "leaf_hash": leaf_hash.hex()}
        tree.leaves.append(leaf_hash)
        self.lines.append(line)
        return line

    def checkpoint(self, tree: Tree, *, cosigned: bool = True) -> str:
        """Sign the tree as it stands, for export."""
        self.signed.append((tree, len(self.trees[tree].leaves), cosigned))
        return self.note(*self.signed[-1])

    def note(self, tree: Tree, size: int, cosigned: bool = True) -> str:
        body = checkpoint_body(f"answerable/{tree[0]}/{tree[1]}", size, self.trees[tree].root(size))
        return f"{body}\n{self.signer.sign(body)}{self.witness.cosign(body) if cosigned else ''}"

    def parts(self, requests: Sequence[tuple[str, UUID]]) -> Parts:
        """The bundle of some requests; trees without a checkpoint at their end get one."""
        wanted = {(tenant, str(request_id)) for tenant, request_id in requests}
        lines = [line for line in self.lines if (line["tenant"], line["request_id"]) in wanted]
        trees = dict.fromkeys((line["tree"]["tenant"], line["tree"]["shard"]) for line in lines)
        signed = [each for each in self.signed if each[0] in trees]
        signed += [(tree, len(self.trees[tree].leaves), True) for tree in trees]
        signed = list({each[:2]: each for each in sorted(signed)}.values())
        newest = {tree: number for number, (tree, _, _) in enumerate(signed)}
        return Parts(
            bundle={
                "format": "answerable-bundle",
                "version": 1,
                "exported_at": "2026-11-03T10:00:00Z",
                "deployment": DEPLOYMENT,
                "requests": [{"tenant": tenant, "request_id": request_id} for tenant, request_id in sorted(wanted)],
            },
            events=[self.proven(line, signed, newest) for line in lines],
            checkpoints=[{"tenant": each[0][0], "shard": each[0][1], "note": self.note(*each)} for each in signed],
            consistency=[
                {
                    "from": number,
                    "to": number + 1,
                    "proof": [b64(step) for step in self.trees[tree].proof(size, next_size)],
                }
                for number, ((tree, size, _), (next_tree, next_size, _)) in enumerate(pairwise(signed))
                if tree == next_tree
            ],
            keys={"log": [self.signer.verifier], "witnesses": [self.witness.verifier]},
            passport=passport_of(lines),
        )

    def proven(self, line: Line, signed: Sequence[tuple[Tree, int, bool]], newest: dict[Tree, int]) -> Line:
        tree = line["tree"]["tenant"], line["tree"]["shard"]
        path = self.trees[tree].path(line["leaf_index"], signed[newest[tree]][1])
        return {**line, "inclusion": [b64(step) for step in path], "checkpoint": newest[tree]}

    def erase(self, request_id: UUID) -> None:
        """Of each record of a request nothing is left but its leaf."""
        self.lines = [erased(line) if line["request_id"] == str(request_id) else line for line in self.lines]

    def rewritten(self, change: Callable[[Line], Line], **signers: Any) -> "SealedLog":
        """The same log as it would be if records had been otherwise, signed anew."""
        other = SealedLog(self.seed, **signers)
        for line in self.lines:
            other._append(change(dict(line)))
        other.signed = list(self.signed)
        return other


def erased(line: Line) -> Line:
    kept = {name: value for name, value in line.items() if name not in {"key", "headers", "body", "salt"}}
    return {**kept, "erased": True, "leaf": leaf_of(line)}


def leaf_of(line: Line) -> str:
    """The leaf of a record as canonical JSON: of texts and integers that is sorted names, and no spaces."""
    if "leaf" in line:
        return str(line["leaf"])
    salt = base64.b64decode(line["salt"])
    parts = [line["key"], *(part for name, value in line["headers"] for part in (b64(name.encode()), value))]
    envelope = b"".join(b"%d:%b," % (len(raw), raw) for raw in map(base64.b64decode, parts))
    leaf = {
        **line["position"],
        **{name: line[name] for name in ("tenant", "request_id", "event_id", "type", "log_time_ms")},
        "version": 1,
        "body": hmac.new(salt, b"body\x00" + base64.b64decode(line["body"]), "sha256").hexdigest(),
        "envelope": hmac.new(salt, b"envelope\x00" + envelope, "sha256").hexdigest(),
    }
    return json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def passport_of(lines: Sequence[Line]) -> Line:
    """What shaped each answer, read off the first copy of each event."""
    found: Line = {}
    for line in sorted(lines, key=lambda one: [one["position"][name] for name in ("epoch", "topic", "offset")]):
        bodies = found.setdefault(f"{line['tenant']}/{line['request_id']}", {})
        topic = line["position"]["topic"].removesuffix("-retry")
        if topic not in bodies and line["type"].startswith(f"io.answerable.{HOMES.get(topic)}."):
            body = {} if "erased" in line else json.loads(base64.b64decode(line["body"]))
            bodies[topic] = body and {**body, "type": line["type"]}
    by_topic = {name: [bodies.get(topic, {}) for topic in HOMES] for name, bodies in found.items()}
    return {"requests": {name: _passport(*bodies) for name, bodies in by_topic.items()}}


def _passport(question: Line, context: Line, draft: Line, verdict: Line, answer: Line) -> Line:
    passages = context.get("passages")
    return {
        "asker_sha256": _sha256(question["asker"]["subject"]) if question else None,
        "question_sha256": _sha256(question["text"]) if question else None,
        "access": passages and [{name: one[name] for name in ("passage_id", "readers_matched")} for one in passages],
        "snapshot": context.get("snapshot"),
        "passages": passages
        and [
            {name: one[name] for name in ("label", "passage_id", "document_id", "document_version")}
            | {"text_sha256": _sha256(one["text"])}
            for one in passages
        ],
        "embedder": context.get("embedder"),
        "prompt": draft.get("prompt"),
        "model": draft.get("model"),
        "checks": verdict.get("checks"),
        "decision": {name: verdict.get(name) for name in ("action", "reason", "confidence", "threshold")}
        if verdict
        else None,
        "outcome": {name: answer.get(name) for name in ("type", "reason", "decided_at")} if answer else None,
        "reviewer": None,
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
