"""Keys that sign notes, in C2SP's text forms, and the file that holds the signing ones.

https://c2sp.org/signed-note, sections "Signatures" and "Verifier keys"; https://c2sp.org/tlog-cosignature, "Format".
The form of a signing key is that of golang.org/x/mod/sumdb/note, which other implementations share.

A key file holds one signing key a line. The first one signs, all of them verify: to change keys, put the new one before
the old one. Nobody but its owner may read the file; its group may as well where this process cannot write it, which is
how secrets are mounted (mode 0440). Others never may.
"""

import os
import re
import secrets
import stat
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from answerable_trail.errors import KeyRefused, NoteInvalid

ED25519, COSIGNATURE_V1 = 0x01, 0x04
"""Signature types: of a log over the text of a note, of a witness over a checkpoint and a time."""

MAX_KEYS = 100
MAX_KEY_FILE_BYTES = 64 * 1024
MAX_NAME_BYTES = 255

_KEY_BYTES = 32
_SIGNING = "PRIVATE+KEY+"
_CONTROL = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """What checks signatures: a name, a signature type, and an Ed25519 public key. Raises NoteInvalid if it is none."""

    name: str
    algorithm: int
    public: bytes

    def __post_init__(self) -> None:
        _require(self.name, self.algorithm, self.public)

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell, with the name, which key a signature is by."""
        return sha256(f"{self.name}\n".encode() + bytes([self.algorithm]) + self.public).digest()[:4]

    @property
    def text(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64encode(bytes([self.algorithm]) + self.public).decode()}"

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether these 64 bytes are this key's Ed25519 signature of exactly this message (RFC 8032)."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SignerKey:
    """What signs: a name, a signature type, and the 32 secret bytes of an Ed25519 key. Raises NoteInvalid likewise."""

    name: str
    algorithm: int
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _require(self.name, self.algorithm, self.seed)

    @property
    def verifier(self) -> VerifierKey:
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(self.name, self.algorithm, public)

    @property
    def text(self) -> str:
        """Secret."""
        key_id = self.verifier.key_id.hex()
        return f"{_SIGNING}{self.name}+{key_id}+{b64encode(bytes([self.algorithm]) + self.seed).decode()}"

    def sign(self, message: bytes) -> bytes:
        """64 bytes; the same for the same message."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


def parse_verifier_key(text: str) -> VerifierKey:
    """`<name>+<key id>+<base64 of type and key>`. Raises NoteInvalid."""
    name, key_id, algorithm, public = _parts(text)
    key = VerifierKey(name, algorithm, public)
    if key.key_id.hex() != key_id:
        raise NoteInvalid("the key id is not that of the key")
    return key


def parse_signer_key(text: str) -> SignerKey:
    """`PRIVATE+KEY+<name>+<key id>+<base64 of type and secret>`. Raises NoteInvalid, which does not quote it."""
    if not text.startswith(_SIGNING):
        raise NoteInvalid("not a signing key")
    name, key_id, algorithm, seed = _parts(text.removeprefix(_SIGNING))
    key = SignerKey(name, algorithm, seed)
    if key.verifier.key_id.hex() != key_id:
        raise NoteInvalid("the key id is not that of the key")
    return key


def create_key(path: Path, name: str) -> VerifierKey:
    """Write a new key file that its owner alone can read, with one new Ed25519 key of this name.

    Raises KeyRefused when there is a file already or none can be written, NoteInvalid for a name that no key can have.
    """
    key = SignerKey(name, ED25519, secrets.token_bytes(_KEY_BYTES))
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(part, "x", encoding="utf-8", opener=_for_owner) as file:
            file.write(f"{key.text}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)  # unlike a rename it replaces nothing; and whoever is killed leaves no half a key
        finally:
            part.unlink()
    except OSError as error:
        raise KeyRefused(f"no key file can be written: {error.strerror}") from None
    return key.verifier


def read_keys(path: Path) -> tuple[SignerKey, ...]:
    """The keys of a key file in their order, at least one. Raises KeyRefused, which quotes nothing of the file."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            _require_private(path, os.fstat(file.fileno()))
            content = file.read(MAX_KEY_FILE_BYTES + 1)
    except OSError as error:
        raise KeyRefused(f"the key file cannot be read: {error.strerror}") from None
    if len(content) > MAX_KEY_FILE_BYTES:
        raise KeyRefused("the key file is too long")
    try:
        lines = [line for line in content.decode("utf-8").split("\n") if line]
        keys = tuple(parse_signer_key(line) for line in lines)
    except (UnicodeDecodeError, NoteInvalid):
        raise KeyRefused("the key file holds a line that is no signing key") from None
    if not 0 < len(keys) <= MAX_KEYS:
        raise KeyRefused("the key file holds no key, or too many")
    if any(key.algorithm != ED25519 for key in keys):
        raise KeyRefused("the key file holds a key that is not for notes but for cosignatures")
    return keys


def exact_base64(text: str) -> bytes:
    """RFC 4648 section 4, in the one spelling that an encoder gives. Raises NoteInvalid."""
    try:
        raw = b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise NoteInvalid("not base64") from None
    if b64encode(raw).decode() != text:
        raise NoteInvalid("base64 that no encoder writes")
    return raw


def require_name(name: str) -> None:
    """A key's name holds no space, no plus, no control character, and fits a line. Raises NoteInvalid."""
    spaced = any(character.isspace() or character == "+" for character in name)
    if not name or spaced or _CONTROL.search(name) or not 0 < utf8_length(name) <= MAX_NAME_BYTES:
        raise NoteInvalid("a key cannot have this name")


def utf8_length(text: str) -> int:
    """Bytes. Raises NoteInvalid for half characters."""
    try:
        return len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise NoteInvalid("not Unicode") from None


def _require(name: str, algorithm: int, key: bytes) -> None:
    require_name(name)
    if algorithm not in {ED25519, COSIGNATURE_V1}:
        raise NoteInvalid("a signature type that is not supported")
    if len(key) != _KEY_BYTES:
        raise NoteInvalid("an Ed25519 key has 32 bytes")


def _parts(text: str) -> tuple[str, str, int, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = exact_base64(encoded)
    if not raw:
        raise NoteInvalid("not a key")
    return name, key_id, raw[0], raw[1:]


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _without_waiting(path: str, flags: int) -> int:
    """Opening a pipe would wait for its writer."""
    return os.open(path, flags | os.O_NONBLOCK)


def _require_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyRefused("the key file is not a file")
    mounted = not os.access(path, os.W_OK)
    allowed = stat.S_IRWXU | (stat.S_IRGRP if mounted else 0)
    if stat.S_IMODE(status.st_mode) & ~allowed:
        raise KeyRefused("others than its owner can use the key file: make its mode 0600, or 0440 where it is mounted")
