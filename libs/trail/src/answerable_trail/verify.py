"""Checks a bundle of sealed requests, offline: `python verify.py bundle.zip`.

Needs Python 3.11 or newer and `cryptography`, nothing else. It is written from the standards and from BUNDLE.md, shares
no code with what seals records, writes no file and opens no connection.

    RFC 9162 (RFC 6962)     Merkle trees: leaf and interior hashes, inclusion and consistency proofs
    RFC 8785                canonical JSON, as far as a leaf needs it: integers and strings
    RFC 8032                Ed25519
    C2SP signed-note, tlog-checkpoint, tlog-cosignature

What it cannot see: a record that no other record of its request names, when the bundle leaves it out; and a whole
history that was written and signed anew by whoever holds the log key, unless you give a checkpoint (--witnessed) or a
witness key (--witness-key) that you did not get from them.
"""

from __future__ import annotations

import argparse
import binascii
import hashlib
import hmac
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PARTS = ("bundle.json", "events.jsonl", "checkpoints.jsonl", "consistency.jsonl", "keys.json", "passport.json")
MAX_MEMBERS = 64
MAX_DIRECTORY_BYTES = 1 << 20
MAX_TOTAL_BYTES = 1 << 30
MAX_TEXT_BYTES = 64 << 20  # one JSON text: a line, or a whole .json
MAX_LINES = 1_000_000
MAX_NOTE_CHARACTERS = 64 << 10
MAX_REASONS = 100  # of one kind for one request
MAX_SHOWN_CHARACTERS = 120

VERDICTS = ("complete", "erased", "not_witnessed", "missing", "edited")  # from best to worst
EXIT_CODES = {"complete": 0, "erased": 0, "edited": 1, "missing": 3, "not_witnessed": 4, "unreadable": 5}
NIL = "00000000-0000-0000-0000-000000000000"
ED25519, COSIGNATURE_V1 = 1, 4  # signed-note, "Signature types"

Tree = tuple[str, int]  # tenant, shard
RequestId = tuple[str, str]  # tenant, request_id


class Unreadable(Exception):
    """The bundle as a whole cannot be read."""


class Ill(Exception):
    """One thing in the bundle is not what it has to be."""


def require(condition: object, problem: str) -> None:
    if not condition:
        raise Ill(problem)


# --- JSON and encodings ---------------------------------------------------------------------------------------------


def parse_json(raw: bytes | str) -> Any:
    """Strict JSON in UTF-8: no name twice, no NaN. Raises ValueError."""
    if len(raw) > MAX_TEXT_BYTES:
        raise ValueError("a JSON text is too long")
    text = raw if isinstance(raw, str) else raw.decode("utf-8")
    try:
        return _STRICT.decode(text)
    except (RecursionError, MemoryError):
        raise ValueError("nested too deeply, or too large") from None


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_STRICT = json.JSONDecoder(object_pairs_hook=_no_name_twice, parse_constant=_no_constant)
_LENIENT = json.JSONDecoder(parse_constant=_no_constant)
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def parse_body(body: bytes) -> dict[str, Any] | None:
    """The JSON object that an event's body is, or None: anybody may have written anything into the log."""
    try:
        content = _LENIENT.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def canonical(value: dict[str, Any]) -> bytes:
    """RFC 8785 for objects of integers and strings whose names are ASCII; integers in full, whatever their size."""
    try:
        return _CANONICAL.encode(value).encode("utf-8")
    except UnicodeEncodeError:
        raise Ill("a text is not Unicode") from None


def unbase64(text: Any, *, length: int | None = None) -> bytes:
    """RFC 4648 section 4, and only the one spelling that an encoder gives."""
    try:
        raw = binascii.a2b_base64(text)
    except (ValueError, TypeError):
        raise Ill("not base64") from None
    if binascii.b2a_base64(raw, newline=False).decode("ascii") != text:
        raise Ill("base64 in an unusual spelling")
    if length is not None and len(raw) != length:
        raise Ill(f"{len(raw)} bytes where {length} belong")
    return raw


def shaped(value: Any, shape: dict[str, type], what: str) -> dict[str, Any]:
    """`value`, which is an object with exactly these fields of these types."""
    if type(value) is not dict or value.keys() != shape.keys():
        raise Ill(f"{what} does not have exactly the fields {', '.join(shape)}")
    for name, kind in shape.items():
        if type(value[name]) is not kind or (kind is int and not -(1 << 63) <= value[name] < 1 << 64):
            raise Ill(f"{name} of {what} is not of type {kind.__name__}, or out of range")
    return value


def same(one: Any, other: Any) -> bool:
    """Equal as JSON values: 1 is 1.0, but true is not 1."""
    todo = [(one, other)]
    while todo:
        a, b = todo.pop()
        if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
            todo += [(a[name], b[name]) for name in a]
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            todo += zip(a, b, strict=True)
        elif isinstance(a, dict | list) or isinstance(a, bool) != isinstance(b, bool) or a != b:
            return False
    return True


def shown(text: str) -> str:
    """Text of the bundle for a terminal: nothing in it can move the cursor, and it is not long."""
    plain = text if text.isascii() and text.isprintable() else ascii(text)[1:-1]
    return plain if len(plain) <= MAX_SHOWN_CHARACTERS else plain[:MAX_SHOWN_CHARACTERS] + "..."


# --- RFC 9162 section 2.1: Merkle trees -----------------------------------------------------------------------------


def leaf_hash_of(leaf: bytes) -> bytes:
    """Section 2.1.1."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def interior(left: bytes, right: bytes) -> bytes:
    """Section 2.1.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Section 2.1.3.2: the root that the path leads to from a leaf hash, None when its length is wrong."""
    if not 0 <= index < size:
        return None
    fn, sn, root = index, size - 1, leaf
    for step in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            root = interior(step, root)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = interior(root, step)
        fn, sn = fn >> 1, sn >> 1
    return root if sn == 0 else None


def is_consistent(first: Checkpoint, second: Checkpoint, path: Sequence[bytes]) -> bool:
    """Section 2.1.4.2: whether the second tree begins with the leaves of the first. An empty tree begins every tree."""
    if first.size == second.size:
        return not path and first.root == second.root
    if first.size > second.size or first.size == 0:
        return first.size == 0 and not path
    steps = list(path)
    if not steps:
        return False
    if first.size & (first.size - 1) == 0:
        steps.insert(0, first.root)
    fn, sn = first.size - 1, second.size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = steps[0]
    for step in steps[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = interior(step, fr), interior(step, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = interior(sr, step)
        fn, sn = fn >> 1, sn >> 1
    return fr == first.root and sr == second.root and sn == 0


# --- C2SP signed notes, checkpoints, cosignatures -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Key:
    """signed-note, "Verifier keys": `<name>+<key id in hex>+<base64 of signature type and public key>`."""

    text: str
    name: str
    id: bytes
    public: Ed25519PublicKey

    @staticmethod
    def parse(text: Any, kind: int) -> Key:
        parts = text.split("+", 2) if isinstance(text, str) else []
        if len(parts) != 3 or not parts[0]:  # noqa: PLR2004
            raise Ill("not a verifier key of the form name+id+base64")
        raw = unbase64(parts[2], length=33)
        require(raw[0] == kind, f"a key of signature type {raw[0]} where type {kind} belongs")
        key_id = hashlib.sha256(parts[0].encode("utf-8", "replace") + b"\n" + raw).digest()[:4]
        require(parts[1].lower() == key_id.hex(), "the key id is not that of this name and key")
        return Key(text, parts[0], key_id, Ed25519PublicKey.from_public_bytes(raw[1:]))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree at one size, and what was signed about it."""

    body: str
    origin: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes], ...]  # key name; key id and signature

    @staticmethod
    def parse(note: Any) -> Checkpoint:
        """signed-note, "Format", and tlog-checkpoint, "Note text"; no extension lines."""
        if not isinstance(note, str) or len(note) > MAX_NOTE_CHARACTERS:
            raise Ill("not a signed note")
        require(not re.search("[\x00-\x09\x0b-\x1f\ud800-\udfff]", note), "a note with control characters")
        text, _, lines = note.rpartition("\n\n")
        signatures = re.findall("\u2014 ([^\\s+]+) (\\S+)\n", lines)
        rebuilt = "".join(f"\u2014 {name} {signature}\n" for name, signature in signatures)
        require(text and lines and rebuilt == lines, "not a signed note")
        match = re.fullmatch("([^\n]+)\n(0|[1-9][0-9]{0,18})\n([^\n]+)", text)
        if match is None:
            raise Ill("not a checkpoint of origin, size and root")
        size, root = int(match[2]), unbase64(match[3], length=32)
        require(size or root == hashlib.sha256(b"").digest(), "a root that the empty tree does not have")
        signed = tuple((name, unbase64(signature)) for name, signature in signatures)
        return Checkpoint(text + "\n", match[1], size, root, signed)

    def signers(self, keys: Iterable[Key]) -> set[str]:
        """signed-note, "Signatures": names of those keys that signed. Raises Ill when one of them signed wrongly."""
        return {self._signer(key, self.body, signature) for key, signature in self._of(keys)}

    def cosigners(self, keys: Iterable[Key]) -> set[str]:
        """tlog-cosignature, "Ed25519 signed message": names of those witnesses that signed. Raises Ill as above."""
        return {
            self._signer(key, f"cosignature/v1\ntime {int.from_bytes(stamped[:8])}\n{self.body}", stamped[8:])
            for key, stamped in self._of(keys)
        }

    def _of(self, keys: Iterable[Key]) -> Iterator[tuple[Key, bytes]]:
        """Signatures that claim to be of one of the keys; all others are ignored."""
        known = {(key.name, key.id): key for key in keys}
        for name, raw in self.signatures:
            if key := known.get((name, raw[:4])):
                yield key, raw[4:]

    @staticmethod
    def _signer(key: Key, message: str, signature: bytes) -> str:
        try:
            key.public.verify(signature, message.encode("utf-8"))
        except InvalidSignature:
            raise Ill(f"the signature of {shown(key.name)} is wrong") from None
        return key.name


# --- Records and their leaves ---------------------------------------------------------------------------------------

POSITION = {"epoch": int, "topic": str, "partition": int, "offset": int}
COMMON = {
    "position": dict, "tenant": str, "request_id": str, "event_id": str, "type": str, "log_time_ms": int, "tree": dict,
    "leaf_index": int, "leaf_hash": str, "inclusion": list, "checkpoint": int,
}  # fmt: skip
WHOLE = COMMON | {"key": str, "headers": list, "body": str, "salt": str}
ERASED = COMMON | {"erased": bool, "leaf": str}
TREE = {"tenant": str, "shard": int}
NAMED = ("tenant", "request_id", "event_id", "type", "log_time_ms")  # the first four are the identity of a record


@dataclass(slots=True)
class Record:
    """One line of events.jsonl, read but not yet believed."""

    epoch: int
    topic: str
    partition: int
    offset: int
    tenant: str
    request_id: str
    event_id: str
    type: str
    log_time_ms: int
    tree: Tree
    leaf_index: int
    leaf_hash: str
    inclusion: list[bytes]
    checkpoint: int
    erased: bool
    leaf: bytes  # what leaf_hash has to be the hash of
    sha256: str = ""  # of the body
    content: dict[str, Any] | None = None  # of the body
    problems: list[str] = field(default_factory=list)

    @property
    def request(self) -> RequestId:
        return self.tenant, self.request_id

    @property
    def name(self) -> str:
        kind = self.type.removeprefix("io.answerable.") or "record"
        return shown(f"{kind} at {self.topic}/{self.partition}/{self.offset}, epoch {self.epoch}")

    @property
    def precedence(self) -> tuple[int, str, int, int]:
        """Of several copies of an event the first one counts: `x` sorts before `x-retry`."""
        return self.epoch, self.topic, self.partition, self.offset


def read_record(line: Any) -> Record:
    """A line of events.jsonl as a record. Raises Ill when its form is wrong; what it claims goes into `problems`."""
    erased = isinstance(line, dict) and "erased" in line
    line = shaped(line, ERASED if erased else WHOLE, "the record")
    position = shaped(line["position"], POSITION, "position")
    tree = shaped(line["tree"], TREE, "tree")
    record = Record(
        **position,
        **{name: line[name] for name in NAMED},
        tree=(tree["tenant"], tree["shard"]),
        leaf_index=line["leaf_index"],
        leaf_hash=line["leaf_hash"],
        inclusion=[unbase64(step, length=32) for step in line["inclusion"]],
        checkpoint=line["checkpoint"],
        erased=erased,
        leaf=b"",
    )
    if erased:
        _read_erased(record, line)
    else:
        _read_whole(record, line)
    return record


def _read_whole(record: Record, line: dict[str, Any]) -> None:
    """BUNDLE.md, "Leaf": body and envelope are committed to by HMAC, everything else stands in the leaf in clear."""
    salt, key, body = unbase64(line["salt"], length=32), unbase64(line["key"]), unbase64(line["body"])
    headers = []
    for pair in line["headers"]:
        if type(pair) is not list or len(pair) != 2 or type(pair[0]) is not str:  # noqa: PLR2004
            raise Ill("headers are not pairs of name and value")
        headers.append((pair[0], unbase64(pair[1])))
    envelope = [_netstring(key)]
    for name, value in headers:
        envelope += (_netstring(name.encode("utf-8", "surrogatepass")), _netstring(value))
    commitments = {
        "body": hmac.digest(salt, b"body\x00" + body, "sha256").hex(),
        "envelope": hmac.digest(salt, b"envelope\x00" + b"".join(envelope), "sha256").hex(),
    }
    record.leaf = canonical({**commitments, **_in_clear(record)})
    record.sha256 = hashlib.sha256(body).hexdigest()
    record.content = parse_body(body)
    for field_name, text in zip(NAMED, identity(headers, key), strict=False):
        if getattr(record, field_name) != text:
            record.problems.append(f"{field_name} is not what headers and key say")


def _read_erased(record: Record, line: dict[str, Any]) -> None:
    """Of an erased record the leaf itself is left; the line may say nothing that the leaf does not say."""
    try:
        leaf, clear = parse_json(line["leaf"]), _in_clear(record)
    except ValueError as error:
        raise Ill(f"leaf: {shown(str(error))}") from None
    shaped(leaf, {"body": str, "envelope": str} | {name: type(value) for name, value in clear.items()}, "leaf")
    record.leaf = canonical(leaf)
    require(line["erased"] is True and record.leaf == line["leaf"].encode("utf-8"), "the leaf is not canonical")
    record.problems += [f"{name} is not what the leaf says" for name, value in clear.items() if leaf[name] != value]


def _in_clear(record: Record) -> dict[str, Any]:
    names = ("epoch", "event_id", "log_time_ms", "offset", "partition", "request_id", "tenant", "topic", "type")
    return {name: getattr(record, name) for name in names} | {"version": 1}


def _netstring(raw: bytes) -> bytes:
    return b"%d:%s," % (len(raw), raw)


def identity(headers: Iterable[tuple[str, bytes]], key: bytes) -> tuple[str, str, str, str]:
    """BUNDLE.md, "Identity": tenant, request id, event id and type, as headers and key say; of equal names the last."""
    last = {name.lower(): value.decode("utf-8", "replace") for name, value in headers}
    tenant = last.get("ce_tenant", "")
    request_id = _legible_uuid(last.get("ce_correlationid", "")) or _legible_uuid(key.decode("ascii", "replace"))
    return (
        tenant if re.fullmatch("[a-z0-9][a-z0-9_-]{0,62}", tenant) else "unknown",
        request_id or NIL,
        _legible_uuid(last.get("ce_id", "")) or NIL,
        last.get("ce_type", ""),
    )


def _legible_uuid(text: str) -> str | None:
    return text.lower() if re.fullmatch("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) else None


# --- The passport: what shaped the answer ---------------------------------------------------------------------------

ANSWERS = "answers"
HOMES = {  # type of an event without its version, and the topic that it belongs on
    "io.answerable.question.asked": "questions",
    "io.answerable.context.retrieved": "contexts",
    "io.answerable.draft.generated": "drafts",
    "io.answerable.verdict.decided": "verdicts",
    "io.answerable.answer.released": ANSWERS,
    "io.answerable.answer.withheld": ANSWERS,
    "io.answerable.answer.failed": ANSWERS,
}


def passport(events: Iterable[Record]) -> dict[str, Any]:
    """What passport.json has to say about these records."""
    counting: dict[RequestId, dict[str, Record]] = {}
    for event in sorted(events, key=lambda each: each.precedence):
        requests = counting.setdefault(event.request, {})
        home = HOMES.get(event.type.rpartition(".v")[0])
        if home is not None and event.topic in {home, f"{home}-retry"}:
            requests.setdefault(home, event)
    return {"requests": {f"{tenant}/{id_}": _passport_of(copies) for (tenant, id_), copies in counting.items()}}


def _passport_of(copies: dict[str, Record]) -> dict[str, Any]:
    """From the copies that count, by topic; what is absent, erased or illegible is null."""
    bodies = {home: copy.content for home, copy in copies.items() if copy.content}
    question, context, draft, verdict, answer = (bodies.get(home, {}) for home in dict.fromkeys(HOMES.values()))
    asker, found = question.get("asker"), context.get("passages")
    passages = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else None
    return {
        "asker_sha256": _text_sha256(asker.get("subject") if isinstance(asker, dict) else None),
        "question_sha256": _text_sha256(question.get("text")),
        "access": passages and [_picked(each, "passage_id", "readers_matched") for each in passages],
        "snapshot": context.get("snapshot"),
        "passages": passages and [_passage(each) for each in passages],
        "embedder": context.get("embedder"),
        "prompt": draft.get("prompt"),
        "model": draft.get("model"),
        "checks": verdict.get("checks"),
        "decision": _picked(verdict, "action", "reason", "confidence", "threshold") if verdict else None,
        "outcome": {"type": copies[ANSWERS].type, **_picked(answer, "reason", "decided_at")} if answer else None,
        "reviewer": answer.get("reviewer"),
    }


def _picked(content: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: content.get(name) for name in names}


def _passage(passage: dict[str, Any]) -> dict[str, Any]:
    kept = _picked(passage, "label", "passage_id", "document_id", "document_version")
    return kept | {"text_sha256": _text_sha256(passage.get("text"))}


def _text_sha256(text: Any) -> str | None:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if isinstance(text, str) else None


# --- The zip --------------------------------------------------------------------------------------------------------


ZIP_ERRORS = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, struct.error, MemoryError)


def read_parts(source: str | BinaryIO) -> tuple[dict[str, bytes], list[str]]:
    """Members by name, and names of members that mean nothing here. Nothing is ever written. Raises Unreadable."""
    try:
        with open(source, "rb") if isinstance(source, str) else source as file:  # noqa: PTH123
            _require_small_directory(file)
            with zipfile.ZipFile(file) as archive:
                names = archive.namelist()
                require(len(names) <= MAX_MEMBERS, f"more than {MAX_MEMBERS} members")
                require(len(set(names)) == len(names), "two members of one name")
                members = [archive.getinfo(name) for name in names if name in PARTS]
                total = sum(member.file_size for member in members)
                require(total <= MAX_TOTAL_BYTES, f"it unpacks to more than {MAX_TOTAL_BYTES} bytes")
                methods = {member.compress_type for member in members}
                require(methods <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}, "not stored or deflated")
                parts = {member.filename: archive.read(member) for member in members}
                true = all(len(parts[member.filename]) == member.file_size for member in members)
                require(true, "a member is not as long as the zip says")
    except Ill as error:
        raise Unreadable(f"not a zip for this: {error}") from None
    except ZIP_ERRORS as error:
        raise Unreadable(f"not a zip that can be read: {shown(str(error)) or type(error).__name__}") from None
    return parts, [name for name in names if name not in {*PARTS, "verify.py"}]


def _require_small_directory(file: BinaryIO) -> None:
    """The list of members is read as a whole when a zip is opened, before anybody can count them."""
    file.seek(max(0, file.seek(0, io.SEEK_END) - (1 << 16) - 22))
    tail = file.read()
    end = len(tail) - 22 if tail[-22:-18] == b"PK\x05\x06" and tail[-2:] == b"\x00\x00" else tail.rfind(b"PK\x05\x06")
    require(0 <= end <= len(tail) - 22, "it has no end, so it is something else or was cut")
    (directory_bytes,) = struct.unpack_from("<L", tail, end + 12)
    is_zip64 = tail[max(0, end - 20) : end].startswith(b"PK\x06\x07")
    require(directory_bytes <= MAX_DIRECTORY_BYTES and not is_zip64, "too many members")


# --- The examination --------------------------------------------------------------------------------------------------

BUNDLE = {"format": str, "version": int, "exported_at": str, "deployment": str, "requests": list}


@dataclass(frozen=True, slots=True)
class Trust:
    """What you brought yourself: keys, and checkpoints that a witness holds."""

    log: tuple[Key, ...] = ()
    witnesses: tuple[Key, ...] = ()
    witnessed: tuple[Checkpoint, ...] = ()


@dataclass(slots=True)
class Examination:
    """A bundle under examination. Everything may raise Unreadable."""

    parts: dict[str, bytes]
    trust: Trust
    remarks: list[str]
    deployment: str = ""
    log: tuple[Key, ...] = ()
    witnesses: tuple[Key, ...] = ()
    listed: set[RequestId] = field(default_factory=set)
    requests: dict[RequestId, list[Record]] = field(default_factory=dict)
    trees: set[Tree] = field(default_factory=set)
    """Those that have records in the bundle."""
    checkpoints: list[tuple[Tree, Checkpoint] | None] = field(default_factory=list)
    sizes: dict[Tree, dict[int, Checkpoint]] = field(default_factory=dict)
    cosigned: dict[Tree, int] = field(default_factory=dict)
    """The largest size that a witness signed."""
    found: dict[RequestId | Tree | None, dict[str, list[str]]] = field(default_factory=dict)
    """Reasons by verdict; of one request, of all that have records in a tree, of all."""

    def run(self) -> Examination:
        self._read_bundle()
        self._choose_keys()
        for name in PARTS:
            if name not in self.parts and name != "keys.json":
                self._note(None, "missing", f"the bundle has no {name}")
        self._read_records()
        for line in self._lines("checkpoints.jsonl"):
            self._read_checkpoint(*line)
        self._check_consistency()
        for given in self.trust.witnessed:
            self._compare_witnessed(given)
        for request, records in self.requests.items():
            self._check_request(request, records)
        self._check_passport()
        return self

    def result(self, request: RequestId) -> tuple[str, list[str]]:
        """Verdict and reasons of a request, the worst first."""
        trees = dict.fromkeys(record.tree for record in self.requests[request])
        found = [self.found.get(scope, {}) for scope in (request, *trees, None)]
        reasons = {
            f"{kind}: {why}": kind for kind in reversed(VERDICTS) for each in found for why in each.get(kind, ())
        }
        return next(iter(reasons.values()), "complete"), list(reasons)

    def _note(self, scope: RequestId | Tree | None, verdict: str, reason: str) -> None:
        reasons = self.found.setdefault(scope, {}).setdefault(verdict, [])
        if len(reasons) < MAX_REASONS:
            reasons.append(reason)

    def _blame(self, tree: Tree, verdict: str, reason: str) -> None:
        self._note(tree if tree in self.trees else None, verdict, reason)

    def _rewritten(self, tree: Tree, how: str) -> None:
        self._blame(tree, "edited", f"the history of {_named(tree)} was rewritten: {how}")

    def _json(self, name: str) -> Any:
        try:
            return parse_json(self.parts[name])
        except ValueError as error:
            raise Unreadable(f"{name}: {shown(str(error))}") from None

    def _lines(self, name: str) -> Iterator[tuple[str, Any]]:
        """What to call each line, and its JSON."""
        for number, line in enumerate(io.BytesIO(self.parts.get(name, b"")), start=1):
            try:
                yield f"line {number} of {name}", parse_json(line if number <= MAX_LINES else b"")
            except ValueError as error:
                raise Unreadable(f"line {number} of {name}: {shown(str(error))}") from None

    def _read_bundle(self) -> None:
        if "bundle.json" not in self.parts:
            raise Unreadable("the zip has no bundle.json")
        try:
            bundle = shaped(self._json("bundle.json"), BUNDLE, "the object")
            version = bundle["format"], bundle["version"]
            require(version == ("answerable-bundle", 1), "not an answerable-bundle of version 1")
            for request in bundle["requests"]:
                shaped(request, {"tenant": str, "request_id": str}, "a request")
        except Ill as error:
            raise Unreadable(f"bundle.json: {error}") from None
        self.deployment = bundle["deployment"]
        self.requests = {(each["tenant"], each["request_id"]): [] for each in bundle["requests"]}
        self.listed = set(self.requests)
        if len(self.listed) < len(bundle["requests"]):
            self._note(None, "edited", "bundle.json lists a request twice")

    def _choose_keys(self) -> None:
        """Keys that were given, else those in the bundle."""
        self.log, self.witnesses = self.trust.log, self.trust.witnesses
        if not (self.log and self.witnesses) and "keys.json" in self.parts:
            try:
                keys = shaped(self._json("keys.json"), {"log": list, "witnesses": list}, "the object")
                self.log = self.log or tuple(Key.parse(text, ED25519) for text in keys["log"])
                self.witnesses = self.witnesses or tuple(Key.parse(text, COSIGNATURE_V1) for text in keys["witnesses"])
            except Ill as error:
                self._note(None, "edited", f"keys.json: {error}")
        if not self.log:
            self._note(None, "missing", "a log key: give one with --log-key, the bundle has none")
        if not self.witnesses:
            self.remarks.append("no witness key is known, so nobody but the log itself vouches for its history")

    def _read_records(self) -> None:
        places: dict[object, str] = {}
        for where, line in self._lines("events.jsonl"):
            try:
                record = read_record(line)
            except Ill as error:
                request = _claimed_request(line)
                if request is not None:
                    self.requests.setdefault(request, [])
                self._note(request, "edited", f"{where}: {error}")
                continue
            self.requests.setdefault(record.request, []).append(record)
            self.trees.add(record.tree)
            for place in (("leaf", record.tree, record.leaf_index), ("position", record.precedence)):
                if (twin := places.setdefault(place, where)) != where:
                    record.problems.append(f"it has the {place[0]} of {twin}, too")

    def _read_checkpoint(self, where: str, line: Any) -> None:
        try:
            shaped(line, {**TREE, "note": str}, "the line")
            tree, checkpoint = (line["tenant"], line["shard"]), Checkpoint.parse(line["note"])
        except Ill as error:
            self.checkpoints.append(None)
            self._note(None, "edited", f"{where}: {error}")
            return
        self.checkpoints.append((tree, checkpoint))
        if self.sizes.setdefault(tree, {}).setdefault(checkpoint.size, checkpoint).root != checkpoint.root:
            self._rewritten(tree, f"two checkpoints of size {checkpoint.size} have different roots")
        try:
            require(checkpoint.origin == origin(tree), f"its origin {shown(checkpoint.origin)} is not {_named(tree)}")
            signers, name = checkpoint.signers(self.log), f"answerable/{self.deployment}"
            require(name in signers or not self.log, f"{shown(name)} did not sign it, with a key that is trusted")
            if checkpoint.cosigners(self.witnesses):
                self.cosigned[tree] = max(self.cosigned.get(tree, 0), checkpoint.size)
        except Ill as error:
            self._blame(tree, "edited", f"{where}: {error}")

    def _checkpoint(self, number: int) -> tuple[Tree, Checkpoint]:
        found = self.checkpoints[number] if 0 <= number < len(self.checkpoints) else None
        if found is None:
            raise Ill(f"there is no checkpoint {number}")
        return found

    def _check_consistency(self) -> None:
        """From each checkpoint of a tree, proofs have to lead to the largest one."""
        led = set()
        for where, line in self._lines("consistency.jsonl"):
            try:
                shaped(line, {"from": int, "to": int, "proof": list}, "the line")
                proof = [unbase64(step, length=32) for step in line["proof"]]
                (tree, first), (other, second) = self._checkpoint(line["from"]), self._checkpoint(line["to"])
                require(tree == other, "it joins two trees")
            except Ill as error:
                self._note(None, "edited", f"{where}: {error}")
                continue
            if not is_consistent(first, second, proof):
                self._rewritten(tree, f"by {where} size {second.size} does not continue size {first.size}")
            elif first.size < second.size:
                led.add((tree, first.size))
        for tree, sizes in self.sizes.items():
            for size in sizes.keys() - {max(sizes)}:
                if (tree, size) not in led:
                    self._blame(tree, "missing", f"the proof that {_named(tree)} continues its size {size}")

    def _compare_witnessed(self, given: Checkpoint) -> None:
        """What a witness holds must be one of the checkpoints here; how those go together is checked already."""
        what = f"the witnessed checkpoint of {shown(given.origin)}, size {given.size},"
        tree = next((tree for tree in self.sizes if origin(tree) == given.origin), None)
        if tree is None:
            self.remarks.append(f"{what} is of no tree in this bundle")
            return
        same_size = self.sizes[tree].get(given.size)
        if same_size is None and given.size:
            self._rewritten(tree, f"{what} is not in the bundle, and nothing proves that they agree")
        elif same_size is not None and same_size.root != given.root:
            self._rewritten(tree, f"{what} has another root")
        try:
            if given.cosigners(self.witnesses):
                self.cosigned[tree] = max(self.cosigned.get(tree, 0), given.size)
        except Ill as error:
            self.remarks.append(f"{what} was compared, although {error}")

    def _check_request(self, request: RequestId, records: list[Record]) -> None:
        if request not in self.listed:
            self._note(request, "edited", "there are records of it, but bundle.json does not list it")
        if not any(record.topic == ANSWERS for record in records):
            self._note(request, "missing", "its outcome on topic answers" if records else "all of its records")
        by_id: dict[str, list[Record]] = {}
        for record in records:
            by_id.setdefault(record.event_id, []).append(record)
        for record in records:
            for problem in (*record.problems, *self._seal_problems(record)):
                self._note(request, "edited", f"{record.name}: {problem}")
            for verdict, reason in (*_ancestor_problems(record, by_id), *self._receipt_problems(record, by_id)):
                self._note(request, verdict, f"{reason} {record.name}")
            if record.erased:
                self._note(request, "erased", record.name)
            if self.witnesses and record.leaf_index >= self.cosigned.get(record.tree, 0):
                self._note(request, "not_witnessed", f"no witness signed a checkpoint that covers {record.name}")

    def _seal_problems(self, record: Record) -> Iterator[str]:
        """BUNDLE.md, "Leaf" and "Tree": from the fields to the leaf, from the leaf to the root of a checkpoint."""
        leaf_hash = leaf_hash_of(record.leaf)
        if leaf_hash.hex() != record.leaf_hash:
            yield "its leaf hash is not what its fields give"
        if record.tree != (record.tenant, record.partition):
            yield f"it does not belong into {_named(record.tree)}"
        try:
            tree, checkpoint = self._checkpoint(record.checkpoint)
            require(tree == record.tree, f"checkpoint {record.checkpoint} is of another tree")
            too_old = f"checkpoint {record.checkpoint} of size {checkpoint.size} is older than leaf {record.leaf_index}"
            require(record.leaf_index < checkpoint.size, too_old)
            root = root_from_inclusion(leaf_hash, record.leaf_index, checkpoint.size, record.inclusion)
            require(root == checkpoint.root, f"its proof does not lead to the root of checkpoint {record.checkpoint}")
        except Ill as error:
            yield str(error)

    def _receipt_problems(self, record: Record, by_id: dict[str, list[Record]]) -> Iterator[tuple[str, str]]:
        """The asker was told where the event is sealed that the outcome rests on: there it has to be."""
        receipt = (record.content or {}).get("receipt")
        if record.topic != ANSWERS or receipt is None:
            return
        try:
            tree, copies = receipt["tree"], by_id.get(receipt["event_id"].lower(), [])
            named = (tree["tenant"], tree["shard"]), receipt["leaf_index"], receipt["leaf_hash"]
            quoted = None if receipt.get("checkpoint") is None else Checkpoint.parse(receipt["checkpoint"])
        except (TypeError, KeyError, AttributeError, Ill):
            yield "edited", "nobody can read the receipt in"
            return
        sealed = next((copy for copy in copies if (copy.tree, copy.leaf_index, copy.leaf_hash) == named), None)
        if sealed is None:
            yield ("edited", "another leaf was promised by") if copies else ("missing", "what the receipt names in")
        elif quoted is not None:
            known = self.sizes.get(sealed.tree, {}).get(quoted.size)
            if quoted.origin != origin(sealed.tree) or quoted.size <= sealed.leaf_index:
                yield "edited", "a checkpoint that does not cover the leaf is quoted by"
            elif known is None:
                yield "missing", f"the checkpoint of size {quoted.size} quoted by"
            elif known.root != quoted.root:
                yield "edited", f"another history of {_named(sealed.tree)} than the bundle's is quoted by"

    def _check_passport(self) -> None:
        if "passport.json" not in self.parts:
            return
        try:
            shows = shaped(self._json("passport.json"), {"requests": dict}, "the object")["requests"]
        except Ill as error:
            self._note(None, "edited", f"passport.json: {error}")
            return
        due = passport(record for records in self.requests.values() for record in records)["requests"]
        names = {f"{tenant}/{request_id}": (tenant, request_id) for tenant, request_id in self.requests}
        for name in shows.keys() | due.keys():
            if not same(shows.get(name, ...), due.get(name, ...)):
                self._note(names.get(name), "edited", f"passport.json is not what the events of {shown(name)} say")


def _ancestor_problems(record: Record, by_id: dict[str, list[Record]]) -> Iterator[tuple[str, str]]:
    """Whatever an event rests on is there, with the bytes that it rested on."""
    ancestors = (record.content or {}).get("ancestors")
    for ancestor in ancestors if isinstance(ancestors, list) else ():
        try:
            event_id, kind, sha256 = ancestor["event_id"].lower(), ancestor["type"], ancestor["sha256"]
        except (TypeError, KeyError, AttributeError):
            continue  # not an ancestor; that nobody wrote it in later is what the seal says
        copies = by_id.get(event_id, [])
        if not copies:
            yield "missing", f"{shown(str(kind))} {shown(event_id)}, an ancestor of"
        elif not any(copy.type == kind and (copy.erased or copy.sha256 == sha256) for copy in copies):
            yield "edited", f"{copies[0].name} has another type or other bytes than are named in"


def origin(tree: Tree) -> str:
    return f"answerable/{tree[0]}/{tree[1]}"


def _named(tree: Tree) -> str:
    return f"tree {shown(tree[0])}/{tree[1]}"


def _claimed_request(line: Any) -> RequestId | None:
    tenant, request_id = (line.get("tenant"), line.get("request_id")) if isinstance(line, dict) else (None, None)
    return (tenant, request_id) if isinstance(tenant, str) and isinstance(request_id, str) else None


# --- The command line -------------------------------------------------------------------------------------------------


def examine(source: str | BinaryIO, trust: Trust | None = None) -> Examination:
    """A bundle, examined. Raises Unreadable."""
    parts, ignored = read_parts(source)
    remarks = [f"the zip has members that mean nothing here: {shown(', '.join(ignored))}"] if ignored else []
    return Examination(parts, trust or Trust(), remarks).run()


def report(found: Examination, only: str | None = None) -> dict[str, Any]:
    """What --json prints; `only` is a request id, with or without `tenant/` before it."""
    requests = []
    for tenant, request_id in sorted(found.requests):
        if only is None or only in {request_id, f"{tenant}/{request_id}"}:
            verdict, reasons = found.result((tenant, request_id))
            requests.append({"tenant": tenant, "request_id": request_id, "verdict": verdict, "reasons": reasons})
    return {
        "verdict": max((each["verdict"] for each in requests), key=VERDICTS.index, default="missing"),
        "reasons": [] if requests else ["missing: the bundle has no such request"],
        "requests": requests,
        "records": sum(map(len, found.requests.values())),
        "checkpoints": len(found.checkpoints),
        "trusted_keys": {
            "log": [key.text for key in found.log],
            "log_from": "you" if found.trust.log else "the bundle",
            "witnesses": [key.text for key in found.witnesses],
            "witnesses_from": "you" if found.trust.witnesses else "the bundle",
        },
        "remarks": found.remarks,
    }


def print_report(found: dict[str, Any]) -> None:
    """A line for each request, then what the verdict rests on."""
    for request in found["requests"]:
        reasons = request["reasons"] or ["complete: every record is as it was sealed"]
        more = f" (and {len(reasons) - 1} more, see --json)" if len(reasons) > 1 else ""
        print(f"{shown(request['tenant'])}/{shown(request['request_id'])}  {reasons[0]}{more}")
    for reason in found["reasons"]:
        print(reason)
    print(f"\n{found['verdict'].upper()}: {len(found['requests'])} requests", end="; ")
    print(f"{found['records']} records and {found['checkpoints']} checkpoints are in the bundle")
    keys = found["trusted_keys"]
    for kind, what in (("log", "log"), ("witnesses", "witness")):
        taken = keys[f"{kind}_from"] == "the bundle"
        whose = "TAKEN FROM THE BUNDLE, so whoever made it chose them" if taken else "given by you"
        print("\n  ".join([f"{what} keys {whose}:", *map(shown, keys[kind])] if keys[kind] else [f"{what} keys: none"]))
    for remark in found["remarks"]:
        print(f"note: {remark}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 complete or erased, 1 edited, 2 usage, 3 missing, 4 not witnessed, 5 unreadable."""
    about = (__doc__ or "").partition("\n\n")[0]
    usage = "%(prog)s BUNDLE [--log-key KEY ...] [--witness-key KEY ...] [--witnessed FILE ...] [--request ID] [--json]"
    parser = argparse.ArgumentParser(prog="verify.py", usage=usage, description=about, epilog=main.__doc__)
    parser.add_argument("bundle", metavar="BUNDLE", help="the zip that `answerable export` wrote")
    for option, metavar, text in (
        ("--log-key", "KEY", "verifier key of the log"),
        ("--witness-key", "KEY", "verifier key of a witness"),
        ("--witnessed", "FILE", "checkpoint that a witness holds"),
    ):
        parser.add_argument(option, metavar=metavar, nargs="+", action="extend", default=[], help=text)
    parser.add_argument("--request", metavar="ID", help="only this request, with or without `tenant/` before it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    try:
        trust = Trust(
            tuple(Key.parse(text, ED25519) for text in given.log_key),
            tuple(Key.parse(text, COSIGNATURE_V1) for text in given.witness_key),
            tuple(Checkpoint.parse(Path(name).read_text("utf-8")) for name in given.witnessed),
        )
    except (Ill, OSError, ValueError) as error:
        parser.error(shown(str(error)))
    try:
        found = report(examine(given.bundle, trust), given.request)
    except Unreadable as error:
        found = {"verdict": "unreadable", "reasons": [str(error)], "requests": []}
    if given.json:
        print(json.dumps(found, indent=1))
    elif found["verdict"] == "unreadable":
        print(f"UNREADABLE: {found['reasons'][0]}")
    else:
        print_report(found)
    return EXIT_CODES[found["verdict"]]


if __name__ == "__main__":
    raise SystemExit(main())
