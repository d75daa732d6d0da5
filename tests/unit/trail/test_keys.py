import contextlib
import os
import stat
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_trail.errors import KeyRefused, NoteInvalid, TrailError
from answerable_trail.keys import (
    COSIGNATURE_V1,
    ED25519,
    MAX_KEY_FILE_BYTES,
    SignerKey,
    VerifierKey,
    create_key,
    exact_base64,
    parse_signer_key,
    parse_verifier_key,
    read_keys,
)
from tests.support.c2sp import C2SP_EXAMPLE, ENOCH, OTHER_SIGNS, PETER, PETER_SIGNS


def manglings(text: str) -> Iterator[str]:
    """Every part of the text, and the text with every character moved by one."""
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            if end - start < len(text):
                yield text[start:end]
    for at, character in enumerate(text):
        yield text[:at] + chr(ord(character) + 1) + text[at + 1 :]


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return written(tmp_path / "checkpoints.key", f"{PETER_SIGNS}\n")


def written(path: Path, content: str | bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return path


@pytest.mark.parametrize("text", [PETER, ENOCH, C2SP_EXAMPLE])
def test_a_verifier_key_comes_back_as_its_text(text: str) -> None:
    key = parse_verifier_key(text)
    assert key.text == text
    assert f"{key.name}+{key.key_id.hex()}" in text
    assert key.algorithm == ED25519


def test_a_signing_key_comes_back_as_its_text_and_knows_its_verifier() -> None:
    key = parse_signer_key(PETER_SIGNS)
    assert key.text == PETER_SIGNS
    assert key.verifier == parse_verifier_key(PETER)


def test_a_signature_is_verified_by_its_own_key_for_its_own_message() -> None:
    signing = parse_signer_key(PETER_SIGNS)
    signature = signing.sign(b"hi")
    assert signing.verifier.verifies(b"hi", signature)
    assert not signing.verifier.verifies(b"ho", signature)
    assert not signing.verifier.verifies(b"hi", bytes([signature[0] ^ 1]) + signature[1:])
    assert not signing.verifier.verifies(b"hi", signature[:-1])
    assert not parse_verifier_key(ENOCH).verifies(b"hi", signature)


def test_no_part_and_no_variant_of_a_verifier_key_is_one() -> None:
    for text in manglings(PETER):
        with pytest.raises(NoteInvalid):
            parse_verifier_key(text)


def test_no_part_and_no_variant_of_a_signing_key_is_one() -> None:
    for text in manglings(PETER_SIGNS):
        with pytest.raises(NoteInvalid):
            parse_signer_key(text)


REFUSED = {
    "too long, with the id of that": "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
    "unknown type, with the id of that": "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "id in capitals": PETER.replace("c74f20a3", "C74F20A3"),
    "spaces in the id": PETER.replace("c74f20a3", "c7 4f 20"),
    "base64 with more after it": f"{PETER}=",
    "newline after it": f"{PETER}\n",
    "half a character": f"\ud800{PETER}",
    "empty": "",
    "plus only": "++",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_a_verifier_key_in_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        parse_verifier_key(text)


def test_the_same_key_for_cosignatures_has_another_id() -> None:
    key = parse_verifier_key(C2SP_EXAMPLE)
    cosigning = VerifierKey(key.name, COSIGNATURE_V1, key.public)
    assert cosigning.key_id != key.key_id
    assert parse_verifier_key(cosigning.text) == cosigning


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\u2028b", "a\nb", "a\x00b", "a" * 256, "\udc00"])
def test_a_name_that_no_signature_line_can_hold_is_refused(name: str) -> None:
    with pytest.raises(NoteInvalid):
        SignerKey(name, ED25519, bytes(32))
    with pytest.raises(NoteInvalid):
        VerifierKey(name, ED25519, bytes(32))


def test_a_signing_key_does_not_show_its_secret() -> None:
    key = parse_signer_key(PETER_SIGNS)
    assert PETER_SIGNS.rpartition("+")[2][4:20] not in repr(key)
    assert repr(key.seed) not in repr(key)


@given(st.text() | st.builds("{}+{}+{}".format, st.text(), st.text("0123456789abcdef"), st.text("ABab01+/=")))
def test_nothing_but_note_invalid_comes_of_any_key(text: str) -> None:
    for parse, candidate in ((parse_verifier_key, text), (parse_signer_key, f"PRIVATE+KEY+{text}")):
        with contextlib.suppress(NoteInvalid):
            parse(candidate)


@pytest.mark.parametrize(
    "text", ["QUI", "QUJD=", "QUJD=QUJD", "QUI==", "QUJ=", "QR==", "Q Q=", "QUJD\n", "QUJ-", "\u0661"]
)
def test_base64_is_taken_in_one_spelling(text: str) -> None:
    with pytest.raises(NoteInvalid):
        exact_base64(text)


@given(st.binary())
def test_what_an_encoder_writes_is_taken(raw: bytes) -> None:
    assert exact_base64(b64encode(raw).decode()) == raw


def test_a_created_key_signs_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new.key"
    before = os.umask(0)
    try:
        verifier = create_key(path, "answerable/dev")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (key,) = read_keys(path)
    assert key.verifier == verifier
    assert (verifier.name, verifier.algorithm) == ("answerable/dev", ED25519)
    assert verifier.verifies(b"hi", key.sign(b"hi"))


def test_no_two_created_keys_are_the_same(tmp_path: Path) -> None:
    assert create_key(tmp_path / "one", "a") != create_key(tmp_path / "two", "a")


def test_a_key_file_is_never_overwritten(key_file: Path) -> None:
    with pytest.raises(KeyRefused):
        create_key(key_file, "answerable/dev")
    assert key_file.read_text() == f"{PETER_SIGNS}\n"


def test_a_key_file_where_none_can_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused):
        create_key(tmp_path / "missing" / "new.key", "answerable/dev")


def test_keys_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "keys", f"{OTHER_SIGNS}\n\n{PETER_SIGNS}")
    assert [key.name for key in read_keys(path)] == ["Log", "PeterNeumann"]


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o640, 0o620, 0o610, 0o644, 0o660, 0o666])
def test_a_file_that_others_can_use_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(KeyRefused, match="others"):
        read_keys(key_file)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_that_only_its_owner_can_use_is_read(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    assert len(read_keys(key_file)) == 1


@pytest.mark.parametrize(
    ("mode", "is_read"), [(0o440, True), (0o400, True), (0o444, False), (0o460, False), (0o450, False), (0o404, False)]
)
def test_a_mounted_secret_may_be_read_by_the_group_only(
    key_file: Path, monkeypatch: pytest.MonkeyPatch, mode: int, is_read: bool
) -> None:
    key_file.chmod(mode)
    # What access() says of a read-only mount, also to root; mounting one takes rights that tests do not have.
    monkeypatch.setattr(os, "access", lambda path, how: (path, how) != (key_file, os.W_OK))
    if is_read:
        assert len(read_keys(key_file)) == 1
    else:
        with pytest.raises(KeyRefused, match="others"):
            read_keys(key_file)


CONTENTS = {
    "nothing": b"",
    "an empty line": b"\n",
    "a verifier key": PETER.encode(),
    "a comment": f"# key\n{PETER_SIGNS}\n".encode(),
    "a broken second line": f"{PETER_SIGNS}\n{PETER_SIGNS[:-1]}\n".encode(),
    "carriage returns": f"{PETER_SIGNS}\r\n".encode(),
    "no text": b"\xff\xfe",
    "too many keys": f"{PETER_SIGNS}\n".encode() * 101,
    "too much": f"{PETER_SIGNS}\n".encode() + b"\n" * MAX_KEY_FILE_BYTES,
    "a key for cosignatures": f"{SignerKey('w', COSIGNATURE_V1, bytes(32)).text}\n".encode(),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_a_file_that_holds_anything_else_is_refused_without_being_quoted(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(KeyRefused) as caught:
        read_keys(written(tmp_path / "keys", content))
    assert "AYEKFALV" not in str(caught.value)


def test_a_key_file_that_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(KeyRefused):
            read_keys(path)


@pytest.mark.parametrize("content", [b"", f"{PETER_SIGNS}\n".encode()], ids=["nothing", "a key"])
def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path, content: bytes) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    writer = os.open(pipe, os.O_RDWR | os.O_NONBLOCK) if content else None
    if writer is not None:
        os.write(writer, content)
    with pytest.raises(KeyRefused, match="not a file"):
        read_keys(pipe)
    if writer is not None:
        os.close(writer)


def test_a_link_is_followed_to_the_file_whose_mode_counts(tmp_path: Path, key_file: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(key_file)
    assert len(read_keys(link)) == 1
    key_file.chmod(0o644)
    with pytest.raises(KeyRefused):
        read_keys(link)


def test_failures_are_of_the_trail() -> None:
    assert issubclass(NoteInvalid, TrailError)
    assert issubclass(KeyRefused, TrailError)
