"""Signed notes, the checkpoints that they hold, and what witnesses add to them.

https://c2sp.org/signed-note (Ed25519), https://c2sp.org/tlog-checkpoint, https://c2sp.org/tlog-cosignature (Ed25519).

Whatever is parsed here may come from anybody: only NoteInvalid is ever raised for it.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from answerable_trail.errors import NoteInvalid
from answerable_trail.keys import (
    COSIGNATURE_V1,
    ED25519,
    SignerKey,
    VerifierKey,
    create_key,
    exact_base64,
    read_keys,
    require_name,
    utf8_length,
)
from answerable_trail.merkle import EMPTY_ROOT, HASH_BYTES

__all__ = [
    "MAX_NOTE_BYTES",
    "MAX_SIGNATURES",
    "Checkpoint",
    "LogSigner",
    "Note",
    "Signature",
    "Verified",
    "checkpoint_body",
    "cosign",
    "create_key",
    "origin_of",
    "parse_checkpoint",
    "parse_note",
    "parse_signatures",
    "sign",
    "tree_of",
    "verify",
]

MAX_NOTE_BYTES = 1024 * 1024
MAX_SIGNATURES = 100
MAX_ORIGIN_BYTES = 255
MAX_SIZE = 2**63 - 1
MAX_TIMESTAMP_S = 2**63 - 1

_DASH = "\u2014 "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_ORIGIN = re.compile(r"answerable/([a-z0-9][a-z0-9_-]{0,62})/(0|[1-9][0-9]{0,18})")
_KEY_ID_BYTES, _TIMESTAMP_BYTES, _SIGNATURE_BYTES = 4, 8, 64


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line: who says to have signed, and the bytes that have to show it."""

    name: str
    key_id: bytes
    data: bytes

    @property
    def line(self) -> str:
        return f"{_DASH}{self.name} {b64encode(self.key_id + self.data).decode()}\n"

    @property
    def by(self) -> tuple[str, bytes]:
        """Which key: its name and id."""
        return self.name, self.key_id


@dataclass(frozen=True, slots=True)
class Note:
    """A text, ending in a newline, and signatures that nobody has verified yet."""

    body: str
    signatures: tuple[Signature, ...]

    def to_text(self) -> str:
        return f"{self.body}\n{''.join(signature.line for signature in self.signatures)}"

    def with_signatures(self, more: Iterable[Signature]) -> "Note":
        """The note with these as well; of one key the newest stays. Raises NoteInvalid when it gets too large."""
        newest = {signature.by: signature for signature in (*self.signatures, *more)}
        return _bounded(Note(self.body, tuple(newest.values())))


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that a known key has made; `timestamp_s`, since 1970, is in cosignatures only."""

    signature: Signature
    key: VerifierKey
    timestamp_s: int | None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its origin, how many leaves it has, and their root. Raises NoteInvalid if it is none."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not 0 < utf8_length(self.origin) <= MAX_ORIGIN_BYTES or "\n" in self.origin or _CONTROL.search(self.origin):
            raise NoteInvalid("an origin is one line that is not empty, and not long")
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_BYTES:
            raise NoteInvalid("a checkpoint has a size, and a root of 32 bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise NoteInvalid("the empty tree has another root")

    @property
    def body(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


class LogSigner:
    """Signs checkpoints with the first of some keys; all of them verify."""

    def __init__(self, keys: Sequence[SignerKey]) -> None:
        self._signing = keys[0]
        self.verifiers = tuple(key.verifier for key in keys)

    @classmethod
    def from_file(cls, path: Path) -> "LogSigner":
        """With the keys of a key file. Raises KeyRefused."""
        return cls(read_keys(path))

    def sign(self, body: str) -> str:
        """The text of the signed note. Raises NoteInvalid when no note can hold this text."""
        return sign(body, self._signing).to_text()


def origin_of(tenant: str, shard: int) -> str:
    """The first line of the checkpoints of a tree."""
    return f"answerable/{tenant}/{shard}"


def tree_of(origin: str) -> tuple[str, int]:
    """Tenant and shard of a tree by its origin. Raises NoteInvalid when it is no tree of ours."""
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        raise NoteInvalid("not the origin of a tree")
    return match[1], int(match[2])


def checkpoint_body(origin: str, size: int, root: bytes) -> str:
    """What is signed of a checkpoint. Raises NoteInvalid."""
    return Checkpoint(origin, size, root).body


def parse_checkpoint(body: str) -> Checkpoint:
    """The checkpoint in a note. Ours have no extension lines, and others are refused. Raises NoteInvalid."""
    lines = body.split("\n")
    if len(lines) != len(("origin", "size", "root", "")) or lines[3] or not _NUMBER.fullmatch(lines[1]):
        raise NoteInvalid("not a checkpoint of origin, size and root")
    return Checkpoint(lines[0], int(lines[1]), exact_base64(lines[2]))


def parse_note(raw: bytes | str) -> Note:
    """A note whose signatures nobody has verified. Raises NoteInvalid, also beyond MAX_NOTE_BYTES or MAX_SIGNATURES."""
    if len(raw) > MAX_NOTE_BYTES:
        raise NoteInvalid("the note is too long")
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8")
    except UnicodeDecodeError:
        raise NoteInvalid("a note is UTF-8") from None
    body, blank, lines = text.rpartition("\n\n")
    if not blank:
        raise NoteInvalid("a note is a text, an empty line, and lines of signatures")
    return _bounded(Note(f"{body}\n", parse_signatures(lines)))


def parse_signatures(lines: str) -> tuple[Signature, ...]:
    """Signature lines, each with its newline. Raises NoteInvalid."""
    if not lines.endswith("\n") or lines.count("\n") > MAX_SIGNATURES:
        raise NoteInvalid("not lines of signatures, or too many")
    return tuple(_parse_signature(line) for line in lines[:-1].split("\n"))


def sign(body: str, *keys: SignerKey) -> Note:
    """A note signed by these keys, which are for notes. Raises NoteInvalid when no note can hold this text."""
    if not keys or any(key.algorithm != ED25519 for key in keys):
        raise NoteInvalid("a note is signed with Ed25519 keys")
    unsigned = _bounded(Note(body, ()))
    message = body.encode()
    return unsigned.with_signatures(Signature(key.name, key.verifier.key_id, key.sign(message)) for key in keys)


def cosign(body: str, key: SignerKey, timestamp_s: int) -> Signature:
    """A witness's signature of a checkpoint, made at this time since 1970. Raises NoteInvalid."""
    parse_checkpoint(body)
    if key.algorithm != COSIGNATURE_V1 or not 0 < timestamp_s <= MAX_TIMESTAMP_S:
        raise NoteInvalid("a cosignature has a key for cosignatures, and a time")
    stamp = timestamp_s.to_bytes(_TIMESTAMP_BYTES, "big")
    return Signature(key.name, key.verifier.key_id, stamp + key.sign(_cosigned(body, timestamp_s)))


def verify(note: Note, keys: Iterable[VerifierKey]) -> list[Verified]:
    """The signatures by these keys, in the order of the note, at least one; those by other keys mean nothing.

    Raises NoteInvalid when there is none, when one of them is wrong, and when two keys have one name and id.
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise NoteInvalid("two keys have the same name and id")
    found = [
        _verified(note.body, signature, known[signature.by]) for signature in note.signatures if signature.by in known
    ]
    if not found:
        raise NoteInvalid("the note is not signed by a known key")
    return found


def _verified(body: str, signature: Signature, key: VerifierKey) -> Verified:
    if key.algorithm == ED25519:
        timestamp_s, message, made = None, body.encode(), signature.data
    else:
        timestamp_s = int.from_bytes(signature.data[:_TIMESTAMP_BYTES], "big")
        message, made = _cosigned(body, timestamp_s), signature.data[_TIMESTAMP_BYTES:]
        if not 0 < timestamp_s <= MAX_TIMESTAMP_S:
            raise NoteInvalid("a cosignature has no time")
    if len(made) != _SIGNATURE_BYTES or not key.verifies(message, made):
        raise NoteInvalid("a signature by a known key is wrong")
    return Verified(signature, key, timestamp_s)


def _cosigned(body: str, timestamp_s: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp_s}\n{body}".encode()


def _parse_signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    raw = exact_base64(encoded)
    if not line.startswith(_DASH) or not space or len(raw) <= _KEY_ID_BYTES:
        raise NoteInvalid("not a signature line")
    require_name(name)
    return Signature(name, raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:])


def _bounded(note: Note) -> Note:
    text = note.to_text()
    if utf8_length(text) > MAX_NOTE_BYTES or len(note.signatures) > MAX_SIGNATURES:
        raise NoteInvalid("the note is too long, or has too many signatures")
    if not note.body.endswith("\n") or _CONTROL.search(text):
        raise NoteInvalid("a note ends its text with a newline, and holds no other control character")
    return note
