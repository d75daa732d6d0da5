"""The verifier as a file that stands alone: what it prints, its exit codes, and zips that mean harm."""

import io
import json
import random
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import UUID

import pytest

from answerable_trail import verify
from answerable_trail.verify import Unreadable, examine, main, shown
from tests.support.bundles import SealedLog, Signer, dumped, erased, passport_of, zipped
from tests.support.sealed import RELEASED, REQUESTS, several_requests
from tests.support.verdicts import ONE, TREE, written


@pytest.fixture(scope="module")
def members() -> dict[str, bytes]:
    return written().parts(ONE).members()


def alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The verifier, copied into a folder where nothing of ours can be imported."""
    shutil.copy(verify.__file__, folder / "verify.py")
    command = [sys.executable, "-I", "verify.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


# --- Alone ------------------------------------------------------------------------------------------------------------


def test_it_runs_alone_and_leaves_nothing_behind(tmp_path: Path) -> None:
    parts = several_requests().parts(REQUESTS)
    members = parts.members() | {"../escaped": b"x", "/root-of-all/escaped": b"x", "dir/inside": b"x"}
    (tmp_path / "bundle.zip").write_bytes(zipped(members, deflated=True))
    done = alone(tmp_path, "bundle.zip")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "acme/00000000-0000-0000-0000-000000000003  complete: every record is as it was sealed",
        "acme/00000000-0000-0000-0000-000000000004  complete: every record is as it was sealed",
        "norvik/00000000-0000-0000-0000-000000000001  complete: every record is as it was sealed",
        "norvik/00000000-0000-0000-0000-000000000002  complete: every record is as it was sealed",
        f"norvik/{UUID(int=5)}  erased: question.asked.v1 at questions/0/3, epoch 1 (and 4 more, see --json)",
        "",
        "ERASED: 5 requests; 24 records and 5 checkpoints are in the bundle",
        "log keys TAKEN FROM THE BUNDLE, so whoever made it chose them:",
        f"  {SealedLog().signer.verifier}",
        "witness keys TAKEN FROM THE BUNDLE, so whoever made it chose them:",
        f"  {SealedLog().witness.verifier}",
        "note: the zip has members that mean nothing here: ../escaped, /root-of-all/escaped, dir/inside",
    ]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["bundle.zip", "verify.py"]


def test_it_imports_the_standard_library_and_cryptography() -> None:
    lines = Path(verify.__file__).read_text("utf-8").splitlines()
    imported = {line.split()[1].partition(".")[0] for line in lines if line.startswith(("import ", "from "))}
    assert imported - sys.stdlib_module_names == {"cryptography"}


# --- Exit codes and output --------------------------------------------------------------------------------------------


def spoiled(how: str) -> bytes:
    parts = written().parts(ONE)
    if how == "erased":
        parts.events[1] = erased(parts.events[1])
        parts.passport = passport_of(parts.events)
    elif how == "edited":
        parts.events[1]["log_time_ms"] += 1
    elif how == "missing":
        parts.events.pop(1)
        parts.passport = passport_of(parts.events)
    elif how == "not_witnessed":
        for line in parts.checkpoints:
            line["note"] = line["note"].partition("\u2014 witness")[0]
    return parts.zip() if how != "unreadable" else b"no zip"


CODES = {"complete": 0, "erased": 0, "edited": 1, "missing": 3, "not_witnessed": 4, "unreadable": 5}


@pytest.mark.parametrize(("how", "code"), CODES.items())
def test_the_exit_code_is_the_verdict(how: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(spoiled(how))
    assert main([str(bundle)]) == code
    assert how.upper() in capsys.readouterr().out
    assert main([str(bundle), "--json"]) == code
    assert json.loads(capsys.readouterr().out)["verdict"] == how


def test_json_says_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = written()
    bundle, held = tmp_path / "bundle.zip", tmp_path / "note"
    bundle.write_bytes(log.parts(ONE).zip())
    held.write_text(log.note(TREE, 5), "utf-8")
    keys = ["--log-key", log.signer.verifier, "--witness-key", log.witness.verifier, Signer("w2", 4).verifier]
    assert main([str(bundle), *keys, "--witnessed", str(held), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "verdict": "complete",
        "reasons": [],
        "requests": [{"tenant": "norvik", "request_id": str(UUID(int=RELEASED)), "verdict": "complete", "reasons": []}],
        "records": 5,
        "checkpoints": 2,
        "trusted_keys": {
            "log": [log.signer.verifier],
            "log_from": "you",
            "witnesses": [log.witness.verifier, Signer("w2", 4).verifier],
            "witnesses_from": "you",
        },
        "remarks": [],
    }


@pytest.mark.parametrize(
    ("request_id", "code", "lines"),
    [
        (str(UUID(int=4)), 0, 1),
        (f"acme/{UUID(int=4)}", 0, 1),
        (str(UUID(int=1)), 1, 1),
        (f"acme/{UUID(int=1)}", 3, 0),
        ("4", 3, 0),
    ],
)
def test_one_request_can_be_picked(
    request_id: str, code: int, lines: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = several_requests().parts(REQUESTS)
    parts.event("draft.generated", UUID(int=RELEASED))["log_time_ms"] += 1
    (tmp_path / "bundle.zip").write_bytes(parts.zip())
    assert main([str(tmp_path / "bundle.zip"), "--request", request_id]) == code
    out = capsys.readouterr().out
    assert out.count("acme/") + out.count("norvik/") == lines
    assert ("missing: the bundle has no such request" in out) == (code == 3)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["x.zip", "--log-key", "nonsense"],
        ["x.zip", "--log-key", Signer("w", 4).verifier],
        ["x.zip", "--log-key", Signer("a").verifier.replace("a+", "b+")],
        ["x.zip", "--witness-key", Signer("w").verifier],
        ["x.zip", "--witnessed", "there is no such file"],
        ["x.zip", "--witnessed", __file__],
        ["x.zip", "--unknown"],
    ],
)
def test_what_it_cannot_be_asked_is_a_usage_error(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2


def test_hostile_text_reaches_the_terminal_as_harmless_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    parts = written().parts(ONE)
    parts.bundle["requests"].append({"tenant": "\x1b[2J\u202e\ud800", "request_id": "x" * 1000})
    parts.bundle["deployment"] = "\x1b]0;title\x07"
    (tmp_path / "bundle.zip").write_bytes(parts.zip())
    assert main([str(tmp_path / "bundle.zip")]) == 1
    out = capsys.readouterr().out
    assert out.isascii()
    assert "\x1b" not in out
    assert "\\x1b[2J\\u202e\\ud800/" in out
    assert len(max(out.splitlines(), key=len)) < 400
    assert shown("plain text") == "plain text"


# --- Zips -------------------------------------------------------------------------------------------------------------


def unreadable(data: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        examine(io.BytesIO(data))
    return str(refused.value)


def test_what_is_no_zip_or_was_cut_is_unreadable(members: dict[str, bytes]) -> None:
    whole = zipped(members)
    for data in (b"", b"PK", b"PK\x05\x06", b"x" * 100_000, whole[:-1], whole[:-30], whole[: len(whole) // 2]):
        assert unreadable(data) == "not a zip for this: it has no end, so it is something else or was cut"


def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    assert main([str(tmp_path / "nothing.zip")]) == 5
    assert main([str(tmp_path)]) == 5


def test_two_members_of_one_name_are_refused(members: dict[str, bytes]) -> None:
    out = io.BytesIO(zipped(members))
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("passport.json", b"{}")
    assert "two members of one name" in unreadable(out.getvalue())


def test_members_that_mean_nothing_are_not_even_unpacked(members: dict[str, bytes]) -> None:
    data = zipped(members | {"verify.py": b"A" * 100, "other": b"B" * 100})
    broken = data.replace(b"A" * 100, b"C" * 100).replace(b"B" * 100, b"D" * 100)
    assert examine(io.BytesIO(broken)).remarks == ["the zip has members that mean nothing here: other"]


def test_more_members_than_a_bundle_can_have_are_refused(members: dict[str, bytes]) -> None:
    assert "more than 64 members" in unreadable(zipped(members | {f"more/{n}": b"" for n in range(60)}))
    assert "too many members" in unreadable(zipped(members | {f"more/{n:0500}": b"" for n in range(2_500)}))
    data = zipped(members)
    assert "too many members" in unreadable(data[:-22] + b"PK\x06\x07" + bytes(16) + data[-22:])


def test_a_bomb_is_refused_before_it_is_unpacked(members: dict[str, bytes]) -> None:
    data = bytearray(zipped(members, deflated=True))
    entry = data.rfind(b"PK\x01\x02", 0, data.rfind(b"passport.json"))
    struct.pack_into("<L", data, entry + 24, 1 << 30)
    assert "it unpacks to more than 1073741824 bytes" in unreadable(bytes(data))


def test_a_member_that_lies_about_its_size_is_unreadable(members: dict[str, bytes]) -> None:
    data = bytearray(zipped(members | {"passport.json": b"{" * 1_000_000}, deflated=True))
    entry = data.rfind(b"PK\x01\x02", 0, data.rfind(b"passport.json"))
    struct.pack_into("<L", data, entry + 24, 10)
    assert "Bad CRC-32" in unreadable(bytes(data))
    stored = bytearray(zipped(members))
    entry = stored.rfind(b"PK\x01\x02", 0, stored.rfind(b"passport.json"))
    struct.pack_into("<L", stored, entry + 24, 1_000_000)
    assert "a member is not as long as the zip says" in unreadable(bytes(stored))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(members: dict[str, bytes], method: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert "not stored or deflated" in unreadable(out.getvalue())


def test_an_encrypted_member_is_unreadable(members: dict[str, bytes]) -> None:
    data = bytearray(zipped(members))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + flags] |= 1
    assert "encrypted" in unreadable(bytes(data))


@pytest.mark.parametrize("name", verify.PARTS)
@pytest.mark.parametrize(
    "content",
    [b"\xff", b"{", b"[" * 100_000, b"1" * 5_000, b'{"a":NaN}', b'{"a":1,"a":2}', b"\n", b'"\\ud800', b"\x00"],
    ids=["not text", "cut", "deep", "long number", "NaN", "name twice", "blank", "open", "zero"],
)
def test_a_part_that_is_not_json_is_unreadable(members: dict[str, bytes], name: str, content: bytes) -> None:
    assert name in unreadable(zipped(members | {name: content}))


@pytest.mark.parametrize("content", [{}, [], None, 5, {"format": "answerable-bundle", "version": 1}])
def test_a_bundle_of_another_form_is_unreadable(members: dict[str, bytes], content: object) -> None:
    assert "bundle.json: the object does not have exactly the fields" in unreadable(
        zipped(members | {"bundle.json": dumped(content)})
    )


@pytest.mark.parametrize("change", [{"format": "other"}, {"version": 2}])
def test_a_bundle_of_another_version_is_unreadable(members: dict[str, bytes], change: dict[str, object]) -> None:
    bundle = json.loads(members["bundle.json"]) | change
    refused = unreadable(zipped(members | {"bundle.json": dumped(bundle)}))
    assert refused == "bundle.json: not an answerable-bundle of version 1"


@pytest.mark.parametrize("name", ["events.jsonl", "checkpoints.jsonl", "consistency.jsonl", "passport.json"])
def test_a_part_that_is_not_there_is_missing(members: dict[str, bytes], name: str) -> None:
    others = {each: content for each, content in members.items() if each != name}
    _, reasons = examine(io.BytesIO(zipped(others))).result(("norvik", str(UUID(int=RELEASED))))
    assert f"missing: the bundle has no {name}" in reasons


def test_a_zip_without_bundle_json_is_unreadable(members: dict[str, bytes]) -> None:
    del (others := dict(members))["bundle.json"]
    assert unreadable(zipped(others)) == "the zip has no bundle.json"


def test_limits_hold(members: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "MAX_LINES", 4)
    assert "line 5 of events.jsonl" in unreadable(zipped(members))
    monkeypatch.setattr(verify, "MAX_TEXT_BYTES", 1000)
    assert "a JSON text is too long" in unreadable(zipped(members))


def test_many_reasons_are_cut_short() -> None:
    parts = written().parts(ONE)
    parts.events = [{"tenant": "norvik", "request_id": str(UUID(int=RELEASED))}] * 150
    reasons = examine(io.BytesIO(parts.zip())).result(("norvik", str(UUID(int=RELEASED))))[1]
    assert sum(reason.startswith("edited: line ") for reason in reasons) == 100


@pytest.mark.parametrize("name", verify.PARTS)
def test_whatever_a_part_holds_there_is_a_verdict(name: str) -> None:
    """Any value at any place of any part: an answer or a refusal, and nothing else."""
    rng = random.Random(name)
    parts = several_requests().parts(REQUESTS)
    base = parts.members()
    odd: tuple[object, ...] = (
        None,
        True,
        0,
        -1,
        2**63,
        10**30,
        1.5,
        "",
        "\ud800",
        "\x1b[2J",
        "+",
        [],
        [[]],
        [None],
        {},
        {"": 0},
        "A" * 999,
    )
    for _ in range(150):
        lines = [json.loads(line) for line in base[name].splitlines()]
        target: object = lines
        while True:
            at = rng.choice(list(target if isinstance(target, dict) else range(len(target))))  # type: ignore[arg-type]
            inner = target[at]  # type: ignore[index]
            if not isinstance(inner, dict | list) or not inner or (target is not lines and rng.random() < 0.3):
                break
            target = inner
        target[at] = rng.choice(odd)  # type: ignore[index]
        try:
            examine(io.BytesIO(zipped(base | {name: b"".join(dumped(line) + b"\n" for line in lines)})))
        except Unreadable as refused:
            assert str(refused)  # noqa: PT017 - either is right
