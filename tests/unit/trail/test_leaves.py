import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_events.message import Headers, Record
from answerable_trail.identity import Identity, identify
from answerable_trail.leaves import (
    Leaf,
    body_commitment,
    envelope_bytes,
    envelope_commitment,
    leaf_bytes,
    leaf_of,
    seal_record,
)

REQUEST = "0193a1b2-0000-7000-8000-000000000001"
EVENT = "0193a1b2-0000-7000-8000-000000000002"
SALT = bytes(range(32))
IDENTITY = Identity("acme", REQUEST, EVENT, "io.answerable.question.asked.v1")
RECORD = Record(
    "questions",
    3,
    42,
    1_793_696_400_123,
    b"key",
    b'{"text": "How many days?"}',
    (("ce_tenant", b"acme"), ("ce_id", EVENT.encode())),
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def canonical(content: dict[str, Any]) -> bytes:
    """RFC 8785 for integers and texts, written from its text: sections 3.2.2.2 (texts) and 3.2.3 (order of names)."""

    def text(value: str) -> str:
        escaped = (ESCAPES.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in value)
        return f'"{"".join(escaped)}"'

    names = sorted(content, key=lambda name: name.encode("utf-16-be"))
    members = (f"{text(n)}:{text(content[n]) if isinstance(content[n], str) else content[n]}" for n in names)
    return f"{{{','.join(members)}}}".encode()


def content_of(leaf: Leaf) -> dict[str, Any]:
    """The members that the format has, from the value."""
    return {
        "version": 1,
        "tenant": leaf.identity.tenant,
        "request_id": leaf.identity.request_id,
        "event_id": leaf.identity.event_id,
        "type": leaf.identity.type,
        "topic": leaf.topic,
        "partition": leaf.partition,
        "epoch": leaf.epoch,
        "offset": leaf.offset,
        "log_time_ms": leaf.log_time_ms,
        "body": leaf.body.hex(),
        "envelope": leaf.envelope.hex(),
    }


def sha256_hmac(salt: bytes, message: bytes) -> bytes:
    return hmac.new(salt, message, hashlib.sha256).digest()


def test_a_leaf_is_this_text() -> None:
    body = sha256_hmac(SALT, b'body\x00{"text": "How many days?"}').hex()
    envelope = sha256_hmac(
        SALT, b"envelope\x003:key,9:ce_tenant,4:acme,5:ce_id,36:0193a1b2-0000-7000-8000-000000000002,"
    ).hex()
    expected = (
        f'{{"body":"{body}","envelope":"{envelope}","epoch":7,"event_id":"{EVENT}","log_time_ms":1793696400123,'
        f'"offset":42,"partition":3,"request_id":"{REQUEST}","tenant":"acme","topic":"questions",'
        '"type":"io.answerable.question.asked.v1","version":1}'
    )
    assert leaf_bytes(leaf_of(RECORD, 7, IDENTITY, SALT)) == expected.encode()


def test_a_record_seals_to_the_rfc_6962_hash_of_its_leaf() -> None:
    leaf = leaf_bytes(leaf_of(RECORD, 7, IDENTITY, SALT))
    assert seal_record(RECORD, 7, IDENTITY, SALT) == hashlib.sha256(b"\x00" + leaf).digest()


def test_a_leaf_never_changes_between_releases() -> None:
    assert seal_record(RECORD, 7, IDENTITY, SALT).hex() == (
        "15a7635b8565fb55278255ec389a180edabdd0efa225c9f803e52f3bce72da4a"
    )


@given(
    st.builds(
        Leaf,
        epoch=st.integers(0, 2**32 - 1),
        topic=TEXTS,
        partition=st.integers(0, 2**16 - 1),
        offset=st.integers(0, 2**64 - 1),
        log_time_ms=st.integers(-(2**63), 2**63 - 1),
        identity=st.builds(Identity, TEXTS, st.uuids().map(str), st.uuids().map(str), TEXTS),
        body=st.binary(min_size=32, max_size=32),
        envelope=st.binary(min_size=32, max_size=32),
    )
)
def test_leaves_are_canonical_json(leaf: Leaf) -> None:
    assert leaf_bytes(leaf) == canonical(content_of(leaf))
    assert json.loads(leaf_bytes(leaf)) == content_of(leaf)


def test_every_character_is_escaped_as_rfc_8785_says() -> None:
    every = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x10100), 0x10FFFF)))
    leaf = leaf_of(RECORD, 7, IDENTITY._replace(tenant=every), SALT)
    assert leaf_bytes(leaf) == canonical(content_of(leaf))


def test_the_example_of_rfc_8785_comes_out_as_it_does_there() -> None:
    # Section 3.2.2: the text "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/".
    leaf = leaf_of(RECORD, 7, IDENTITY._replace(tenant='\u20ac$\x0f\nA\'B"\\\\"/'), SALT)
    assert '"tenant":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode() in leaf_bytes(leaf)


CHANGED = {
    "epoch": lambda: seal_record(RECORD, 8, IDENTITY, SALT),
    "salt": lambda: seal_record(RECORD, 7, IDENTITY, bytes(32)),
    "tenant": lambda: seal_record(RECORD, 7, IDENTITY._replace(tenant="other"), SALT),
    "request": lambda: seal_record(RECORD, 7, IDENTITY._replace(request_id=EVENT), SALT),
    "event": lambda: seal_record(RECORD, 7, IDENTITY._replace(event_id=REQUEST), SALT),
    "type": lambda: seal_record(RECORD, 7, IDENTITY._replace(type="other"), SALT),
    "topic": lambda: seal_record(changed(topic="answers"), 7, IDENTITY, SALT),
    "partition": lambda: seal_record(changed(partition=4), 7, IDENTITY, SALT),
    "offset": lambda: seal_record(changed(offset=43), 7, IDENTITY, SALT),
    "time": lambda: seal_record(changed(timestamp_ms=0), 7, IDENTITY, SALT),
    "key": lambda: seal_record(changed(key=b"other"), 7, IDENTITY, SALT),
    "body": lambda: seal_record(changed(value=b"other"), 7, IDENTITY, SALT),
    "headers": lambda: seal_record(changed(headers=RECORD.headers[::-1]), 7, IDENTITY, SALT),
}


def changed(**parts: Any) -> Record:
    fields = {name: getattr(RECORD, name) for name in Record.__slots__}
    return Record(**(fields | parts))


@pytest.mark.parametrize("part", CHANGED)
def test_no_part_of_a_record_can_change_without_its_leaf(part: str) -> None:
    assert CHANGED[part]() != seal_record(RECORD, 7, IDENTITY, SALT)


ENVELOPES: dict[bytes, tuple[bytes | None, Headers]] = {
    b"0:,": (None, ()),
    b"1:k,": (b"k", ()),
    b"0:,0:,0:,": (b"", (("", b""),)),
    b"0:,6:\xd0\xb4\xd0\xbe\xd0\xbc,2:\xff\x00,": (None, (("\u0434\u043e\u043c", b"\xff\x00"),)),
    b"0:,3:\xed\xa0\x80,1:v,": (None, (("\ud800", b"v"),)),
    b"12:1:a,2:bc,3:d,1:x,0:,": (b"1:a,2:bc,3:d", (("x", b""),)),
}


@pytest.mark.parametrize(("expected", "envelope"), ENVELOPES.items())
def test_an_envelope_is_netstrings_of_key_names_and_values(
    expected: bytes, envelope: tuple[bytes | None, Headers]
) -> None:
    assert envelope_bytes(*envelope) == expected


@given(st.binary(max_size=30), st.lists(st.tuples(st.text(max_size=8), st.binary(max_size=300)), max_size=5).map(tuple))
def test_what_an_envelope_was_made_of_can_be_read_from_it(key: bytes, headers: Headers) -> None:
    parts, rest = [], envelope_bytes(key, headers)
    while rest:
        length, _, rest = rest.partition(b":")
        parts.append(rest[: int(length)])
        assert rest[int(length) : int(length) + 1] == b","
        rest = rest[int(length) + 1 :]
    names = [name.decode("utf-8", "surrogatepass") for name in parts[1::2]]
    assert (parts[0], tuple(zip(names, parts[2::2], strict=True))) == (key, headers)


def test_commitments_are_hmacs_that_differ_by_what_they_are_over() -> None:
    assert body_commitment(SALT, b"0:,") == sha256_hmac(SALT, b"body\x000:,")
    assert envelope_commitment(SALT, None, ()) == sha256_hmac(SALT, b"envelope\x000:,")


@given(st.binary(max_size=50), st.lists(st.tuples(st.sampled_from(["ce_tenant", "ce_type"]), st.binary(max_size=9))))
def test_whatever_a_record_holds_it_has_a_leaf(body: bytes, headers: list[tuple[str, bytes]]) -> None:
    record = changed(value=body, headers=tuple(headers))
    leaf = leaf_of(record, 0, identify(record), SALT)
    assert json.loads(leaf_bytes(leaf)) == content_of(leaf)
