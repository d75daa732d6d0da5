"""Leaves of the trees: what is sealed of a record.

A leaf is canonical JSON (RFC 8785). It says in clear where the record stands and whose it is, and commits to key,
headers and body by HMAC with a random salt of the record's own. Erasing those and the salt leaves a leaf that still
stands in its tree, and from which nobody can confirm what the text was.
"""

import hmac
import json
from typing import NamedTuple

from answerable_events.message import Headers, Record
from answerable_trail import merkle
from answerable_trail.identity import Identity

SALT_BYTES = 32

_quoted = json.JSONEncoder(ensure_ascii=False).encode
"""A text as RFC 8785 section 3.2.2.2 has it: the encoder escapes what must be escaped, in the same forms."""


class Leaf(NamedTuple):
    """What a leaf says. A tuple because there is one for each record."""

    epoch: int
    topic: str
    partition: int
    offset: int
    log_time_ms: int
    identity: Identity
    body: bytes
    """Commitment to the body, 32 bytes."""
    envelope: bytes
    """Commitment to key and headers, 32 bytes."""


def leaf_of(record: Record, epoch: int, identity: Identity, salt: bytes) -> Leaf:
    """The leaf of a record. `identity`: of this record; `salt`: SALT_BYTES random bytes, another for each record."""
    return Leaf(
        epoch,
        record.topic,
        record.partition,
        record.offset,
        record.timestamp_ms,
        identity,
        body_commitment(salt, record.value),
        envelope_commitment(salt, record.key, record.headers),
    )


def leaf_bytes(leaf: Leaf) -> bytes:
    """Canonical JSON of the leaf. Whole numbers are written in full, also where RFC 8785 would round to a double."""
    tenant, request_id, event_id, kind = leaf.identity
    return (
        f'{{"body":"{leaf.body.hex()}","envelope":"{leaf.envelope.hex()}","epoch":{leaf.epoch},"event_id":"{event_id}",'
        f'"log_time_ms":{leaf.log_time_ms},"offset":{leaf.offset},"partition":{leaf.partition},'
        f'"request_id":"{request_id}","tenant":{_quoted(tenant)},"topic":{_quoted(leaf.topic)},"type":{_quoted(kind)},'
        f'"version":1}}'
    ).encode()


def seal_record(record: Record, epoch: int, identity: Identity, salt: bytes) -> bytes:
    """The leaf hash of a record; arguments as for `leaf_of`."""
    return merkle.leaf_hash(leaf_bytes(leaf_of(record, epoch, identity, salt)))


def body_commitment(salt: bytes, body: bytes) -> bytes:
    return hmac.digest(salt, b"body\x00" + body, "sha256")


def envelope_commitment(salt: bytes, key: bytes | None, headers: Headers) -> bytes:
    return hmac.digest(salt, b"envelope\x00" + envelope_bytes(key, headers), "sha256")


def envelope_bytes(key: bytes | None, headers: Headers) -> bytes:
    """Key, then name and value of each header, as netstrings: no two envelopes have the same bytes.

    Save that no key and an empty one are the same, as they are in the trace.
    """
    parts = [b"%d:%b," % (len(key), key) if key else b"0:,"]
    for name, value in headers:
        raw = name.encode("utf-8", "surrogatepass")  # as the trace stores names
        parts.append(b"%d:%b,%d:%b," % (len(raw), raw, len(value), value))
    return b"".join(parts)
