import contextlib
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from answerable_trail.errors import KeyRefused, NoteInvalid
from answerable_trail.keys import COSIGNATURE_V1, ED25519, SignerKey, VerifierKey, parse_signer_key, parse_verifier_key
from answerable_trail.merkle import EMPTY_ROOT, leaf_hash
from answerable_trail.notes import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Checkpoint,
    LogSigner,
    Note,
    Signature,
    checkpoint_body,
    cosign,
    create_key,
    origin_of,
    parse_checkpoint,
    parse_note,
    parse_signatures,
    sign,
    tree_of,
    verify,
)
from tests.support.c2sp import (
    C2SP_CHECKPOINT,
    C2SP_COSIGNED,
    C2SP_COSIGNED_AT_S,
    C2SP_EXAMPLE,
    C2SP_NOTE,
    ENOCH,
    ENOCH_LINE,
    OTHER_SIGNS,
    PETER,
    PETER_LINE,
    PETER_SIGNS,
    TEXT,
)

LOG = SignerKey("answerable/dev", ED25519, bytes(range(32)))
WITNESS = SignerKey("witness.example/w1", COSIGNATURE_V1, bytes(range(1, 33)))
ROOT = leaf_hash(b"one")
BODY = checkpoint_body("answerable/acme/3", 1, ROOT)
COSIGNED = sign(BODY, LOG).with_signatures([cosign(BODY, WITNESS, C2SP_COSIGNED_AT_S)])


def signers(note: Note | str, *keys: VerifierKey) -> list[str]:
    parsed = note if isinstance(note, Note) else parse_note(note)
    return [verified.key.name for verified in verify(parsed, keys)]


def test_signing_gives_the_note_that_other_implementations_give() -> None:
    assert sign(TEXT, parse_signer_key(PETER_SIGNS)).to_text() == f"{TEXT}\n{PETER_LINE}"


def test_the_notes_of_other_implementations_verify() -> None:
    peter, enoch = parse_verifier_key(PETER), parse_verifier_key(ENOCH)
    both = f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}"
    assert signers(C2SP_NOTE, parse_verifier_key(C2SP_EXAMPLE)) == ["example.com/foo"]
    assert signers(both, peter, enoch) == ["PeterNeumann", "EnochRoot"]
    assert signers(both, enoch) == ["EnochRoot"]


@pytest.mark.parametrize(
    "text", [C2SP_NOTE, C2SP_COSIGNED, f"one\n\n\ntwo\n\n{PETER_LINE}", f"{TEXT}\n{PETER_LINE}", f"\n\n{PETER_LINE}"]
)
def test_a_note_comes_back_as_its_text(text: str) -> None:
    assert parse_note(text).to_text() == text
    assert parse_note(text.encode()) == parse_note(text)


def test_the_text_ends_at_the_last_empty_line() -> None:
    assert parse_note(f"one\n\n\ntwo\n\n{PETER_LINE}").body == "one\n\n\ntwo\n"


def test_the_cosigned_checkpoint_of_c2sp_is_read_as_it_says() -> None:
    note = parse_note(C2SP_COSIGNED)
    checkpoint = parse_checkpoint(note.body)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.body == C2SP_CHECKPOINT
    assert int.from_bytes(note.signatures[1].data[:8], "big") == C2SP_COSIGNED_AT_S
    assert note.signatures[1].name == "witness.example.com/w1"


def test_a_cosignature_is_over_the_message_that_c2sp_gives() -> None:
    signature = cosign(C2SP_CHECKPOINT, WITNESS, C2SP_COSIGNED_AT_S)
    message = f"cosignature/v1\ntime 1679315147\n{C2SP_CHECKPOINT}".encode()
    Ed25519PublicKey.from_public_bytes(WITNESS.verifier.public).verify(signature.data[8:], message)
    assert signature.data[:8] == (1679315147).to_bytes(8, "big")
    assert signature.key_id == WITNESS.verifier.key_id


def test_log_and_witness_are_told_apart() -> None:
    log, witness = verify(parse_note(COSIGNED.to_text()), [WITNESS.verifier, LOG.verifier])
    assert (log.key, log.timestamp_s) == (LOG.verifier, None)
    assert (witness.key, witness.timestamp_s) == (WITNESS.verifier, C2SP_COSIGNED_AT_S)


def test_a_cosignature_does_not_pass_for_a_signature_of_the_same_key() -> None:
    as_log = SignerKey(WITNESS.name, ED25519, WITNESS.seed)
    cosignature = cosign(BODY, WITNESS, 5)
    renamed = Signature(as_log.name, as_log.verifier.key_id, cosignature.data)
    with pytest.raises(NoteInvalid):
        verify(Note(BODY, (renamed,)), [as_log.verifier])


def test_no_bit_of_a_cosigned_note_can_change() -> None:
    keys = (LOG.verifier, WITNESS.verifier)
    raw = COSIGNED.to_text().encode()
    for place in range(len(raw)):
        for bit in range(8):
            changed = raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]
            try:
                assert signers(parse_note(changed), *keys) in (["answerable/dev"], ["witness.example/w1"])
                assert parse_note(changed).body == BODY  # a name or key id changed: that signature means nothing now
            except NoteInvalid:
                pass


def test_signatures_by_unknown_keys_mean_nothing() -> None:
    stranger = SignerKey(LOG.name, ED25519, bytes(32))
    forged = Signature("stranger", b"\x00" * 4, b"\x00" * 64)
    note = COSIGNED.with_signatures([forged, *sign(BODY, stranger).signatures])
    assert signers(note, LOG.verifier) == ["answerable/dev"]
    with pytest.raises(NoteInvalid, match="not signed"):
        verify(note, [SignerKey("nobody", ED25519, bytes(32)).verifier])
    with pytest.raises(NoteInvalid, match="not signed"):
        verify(note, [])


def test_a_wrong_signature_by_a_known_key_spoils_the_note() -> None:
    wrong = Signature(LOG.name, LOG.verifier.key_id, b"\x00" * 64)
    with pytest.raises(NoteInvalid, match="wrong"):
        verify(Note(BODY, (*COSIGNED.signatures, wrong)), [LOG.verifier, WITNESS.verifier])


def test_two_keys_with_one_name_and_id_are_refused() -> None:
    # Found by search: their ids agree in all four bytes.
    one, other = (VerifierKey("collision", ED25519, public.to_bytes(32, "big")) for public in (0xDACD, 0x1DED6))
    assert one.key_id == other.key_id
    with pytest.raises(NoteInvalid, match="two keys"):
        verify(COSIGNED, [one, other, LOG.verifier])
    assert signers(COSIGNED, LOG.verifier, LOG.verifier) == ["answerable/dev"]


@pytest.mark.parametrize("timestamp_s", [0, -1, 2**63])
def test_a_cosignature_without_a_time_is_refused(timestamp_s: int) -> None:
    with pytest.raises(NoteInvalid):
        cosign(BODY, WITNESS, timestamp_s)
    stamped = WITNESS.sign(f"cosignature/v1\ntime {timestamp_s}\n{BODY}".encode())
    data = (timestamp_s % 2**64).to_bytes(8, "big") + stamped
    with pytest.raises(NoteInvalid):
        verify(Note(BODY, (Signature(WITNESS.name, WITNESS.verifier.key_id, data),)), [WITNESS.verifier])


@pytest.mark.parametrize("size", [0, 7, 8, 63, 71, 73])
def test_a_cosignature_of_another_length_is_refused(size: int) -> None:
    data = (cosign(BODY, WITNESS, 5).data * 2)[:size]
    with pytest.raises(NoteInvalid):
        verify(Note(BODY, (Signature(WITNESS.name, WITNESS.verifier.key_id, data),)), [WITNESS.verifier])


MALFORMED = {
    "nothing": "",
    "no signatures": TEXT,
    "no signatures after the empty line": f"{TEXT}\n",
    "no empty line": f"{TEXT}{PETER_LINE}",
    "no text": f"\n{PETER_LINE}",
    "no newline at the end": f"{TEXT}\n{PETER_LINE[:-1]}",
    "control character": f"\x01{TEXT}\n{PETER_LINE}",
    "carriage return": f"{TEXT}\r\n\n{PETER_LINE}",
    "tab": f"\t{TEXT}\n{PETER_LINE}",
    "half a character": f"\ud800{TEXT}\n{PETER_LINE}",
    "space in the name": f"{TEXT}\n\u2014 Bad Name x08go/ZJkuBS9UG=\n",
    "plus in the name": f"{TEXT}\n\u2014 a+b ABCDEFGH\n",
    "no name": f"{TEXT}\n\u2014  ABCDEFGH\n",
    "no signature": f"{TEXT}\n\u2014 name\n",
    "a key id and nothing else": f"{TEXT}\n\u2014 name ABCDEA==\n",
    "no dash": f"{TEXT}\nname ABCDEFGH\n",
    "hyphen for the dash": f"{TEXT}\n- name ABCDEFGH\n",
    "space at the end": f"{TEXT}\n\u2014 name ABCDEFGH \n",
    "base64 in another spelling": f"{TEXT}\n\u2014 name ABCDEFH=\n",
    "another line among signatures": f"{TEXT}\n{PETER_LINE}Unexpected line.\n",
    "empty line after signatures": f"{TEXT}\n{PETER_LINE}\n",
    "too many signatures": f"{TEXT}\n{PETER_LINE * (MAX_SIGNATURES + 1)}",
    "too long": f"{'a' * MAX_NOTE_BYTES}\n\n{PETER_LINE}",
    "too long in bytes": f"{'é' * (MAX_NOTE_BYTES // 2)}\n\n{PETER_LINE}",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        parse_note(text)
    with pytest.raises(NoteInvalid):
        parse_note(text.encode("utf-8", "surrogatepass"))


def test_a_note_is_utf_8() -> None:
    with pytest.raises(NoteInvalid):
        parse_note(b"\xff" + f"{TEXT}\n{PETER_LINE}".encode())


def test_the_largest_note_is_read() -> None:
    lines = PETER_LINE * MAX_SIGNATURES
    text = f"{'a' * (MAX_NOTE_BYTES - len(lines.encode()) - 2)}\n\n{lines}"
    assert len(parse_note(text).signatures) == MAX_SIGNATURES


def test_more_signatures_than_a_note_may_have_cannot_be_added() -> None:
    many = [Signature(f"w{number}", b"abcd", b"x") for number in range(MAX_SIGNATURES)]
    with pytest.raises(NoteInvalid):
        COSIGNED.with_signatures(many)
    assert len(Note(BODY, ()).with_signatures(many).signatures) == MAX_SIGNATURES


def test_of_one_key_the_newest_signature_stays() -> None:
    again = cosign(BODY, WITNESS, C2SP_COSIGNED_AT_S + 1)
    note = COSIGNED.with_signatures([again, *COSIGNED.signatures[:1]])
    assert note.signatures == (COSIGNED.signatures[0], again)


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "\ud800\n", "a" * MAX_NOTE_BYTES + "\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(NoteInvalid):
        sign(text, LOG)


def test_keys_sign_what_they_are_for() -> None:
    with pytest.raises(NoteInvalid):
        sign(BODY, WITNESS)
    with pytest.raises(NoteInvalid):
        sign(BODY)
    with pytest.raises(NoteInvalid):
        cosign(BODY, LOG, 5)
    with pytest.raises(NoteInvalid):
        cosign(TEXT, WITNESS, 5)


def test_a_checkpoint_is_three_lines() -> None:
    body = f"answerable/acme/3\n1\n{b64encode(ROOT).decode()}\n"
    assert body == BODY
    assert parse_checkpoint(body) == Checkpoint("answerable/acme/3", 1, ROOT)


R64 = b64encode(ROOT).decode()
NO_CHECKPOINTS = {
    "nothing": "",
    "no root": "o\n1\n",
    "no newline": f"o\n1\n{R64}",
    "extension line": f"o\n1\n{R64}\nextension\n",
    "extension line without a newline": f"o\n1\n{R64}\nextension",
    "empty line after it": f"o\n1\n{R64}\n\n",
    "no origin": f"\n1\n{R64}\n",
    "leading zero": f"o\n01\n{R64}\n",
    "plus": f"o\n+1\n{R64}\n",
    "minus": f"o\n-1\n{R64}\n",
    "space": f"o\n 1\n{R64}\n",
    "other digits": f"o\n\u0661\n{R64}\n",
    "too large": f"o\n{2**63}\n{R64}\n",
    "far too large": f"o\n{'9' * 10_000}\n{R64}\n",
    "short root": f"o\n1\n{b64encode(ROOT[1:]).decode()}\n",
    "long root": f"o\n1\n{b64encode(ROOT + ROOT).decode()}\n",
    "root in another spelling": f"o\n1\n{R64[:-1]}\n",
    "root in hexadecimal": f"o\n1\n{ROOT.hex()}\n",
    "another root for nothing": f"o\n0\n{R64}\n",
    "long origin": f"{'o' * 256}\n1\n{R64}\n",
    "control character": f"o\x00\n1\n{R64}\n",
    "half a character": f"\ud800\n1\n{R64}\n",
}


@pytest.mark.parametrize("body", NO_CHECKPOINTS.values(), ids=NO_CHECKPOINTS.keys())
def test_what_is_no_checkpoint_is_refused(body: str) -> None:
    with pytest.raises(NoteInvalid):
        parse_checkpoint(body)


def test_an_origin_cannot_smuggle_lines_in() -> None:
    with pytest.raises(NoteInvalid):
        checkpoint_body("answerable/acme/3\n99", 1, ROOT)


def test_the_empty_tree_and_the_largest_have_checkpoints() -> None:
    for checkpoint in (Checkpoint("o", 0, EMPTY_ROOT), Checkpoint("o", 2**63 - 1, ROOT)):
        assert parse_checkpoint(checkpoint.body) == checkpoint


@pytest.mark.parametrize("tree", [("acme", 3), ("a-1_2", 0), ("unknown", 65535)])
def test_a_tree_is_known_by_its_origin(tree: tuple[str, int]) -> None:
    assert tree_of(origin_of(*tree)) == tree
    assert origin_of("acme", 3) == "answerable/acme/3"


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "answerable//3",
        "answerable/acme",
        "answerable/acme/03",
        "other/acme/3",
        "answerable/a/x",
        "answerable/../3",
        "answerable/a/1/3",
    ],
)
def test_other_origins_are_no_trees(origin: str) -> None:
    with pytest.raises(NoteInvalid):
        tree_of(origin)


def test_the_first_key_of_a_file_signs_and_all_of_them_verify(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"{OTHER_SIGNS}\n{PETER_SIGNS}\n")
    path.chmod(0o600)
    signer = LogSigner.from_file(path)
    note = signer.sign(BODY)
    assert signers(note, *signer.verifiers) == ["Log"]
    assert signers(sign(BODY, parse_signer_key(PETER_SIGNS)), *signer.verifiers) == ["PeterNeumann"]


def test_a_created_key_signs_checkpoints(tmp_path: Path) -> None:
    verifier = create_key(tmp_path / "key", "answerable/dev")
    assert signers(LogSigner.from_file(tmp_path / "key").sign(BODY), verifier) == ["answerable/dev"]
    with pytest.raises(KeyRefused):
        LogSigner.from_file(tmp_path / "other")


def test_signature_lines_alone_are_read() -> None:
    lines = "".join(signature.line for signature in COSIGNED.signatures)
    assert parse_signatures(lines) == COSIGNED.signatures
    for wrong in ("", "\n", lines[:-1], f"{lines}\n", lines * MAX_SIGNATURES):
        with pytest.raises(NoteInvalid):
            parse_signatures(wrong)


NAMES = st.text(min_size=1, max_size=20).filter(lambda name: not any(c.isspace() or c == "+" or c < " " for c in name))
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), max_size=5).map("".join)
SIGNATURES = st.builds(
    Signature,
    NAMES.filter(lambda name: name.isprintable()),
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=1, max_size=90),
)


@given(TEXTS, st.lists(SIGNATURES, min_size=1, max_size=5))
def test_every_note_comes_back_from_its_text(text: str, signatures: list[Signature]) -> None:
    note = Note(f"{text}\n", tuple(signatures))
    assert parse_note(note.to_text().encode()) == note


@given(st.binary(max_size=400))
def test_nothing_but_note_invalid_comes_of_any_bytes(raw: bytes) -> None:
    for candidate in (
        raw,
        raw + b"\n\n\xe2\x80\x94 n ABCDEFGH\n",
        b"t\n\n" + raw,
        b"t\n\n\xe2\x80\x94 n " + raw + b"\n",
    ):
        try:
            note = parse_note(candidate)
        except NoteInvalid:
            continue
        assert note.to_text().encode() == candidate
        with pytest.raises(NoteInvalid):
            verify(note, [LOG.verifier])


@given(st.text() | st.builds("{}\n{}\n{}\n".format, st.text(), st.text("0123456789+- "), st.text("ABab01+/=")))
def test_nothing_but_note_invalid_comes_of_any_text(text: str) -> None:
    for parse in (parse_checkpoint, parse_note, parse_signatures, tree_of):
        with contextlib.suppress(NoteInvalid):
            parse(text)
