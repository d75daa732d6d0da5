import asyncio
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from answerable_trail.errors import (
    NoteInvalid,
    WitnessConflict,
    WitnessDistrusts,
    WitnessInconsistent,
    WitnessRefused,
    WitnessUnavailable,
    WitnessUnknownLog,
)
from answerable_trail.keys import COSIGNATURE_V1, ED25519, SignerKey
from answerable_trail.merkle import Tree, consistency_proof, leaf_hash
from answerable_trail.notes import Signature, checkpoint_body, cosign, parse_note, sign, verify
from answerable_trail.witnesses import (
    MAX_ANSWER_BYTES,
    FileWitness,
    HttpWitness,
    Offer,
    Witness,
    request_body,
)
from tests.support.witness import StrictWitness, serving

LOG = SignerKey("answerable/dev", ED25519, bytes(range(32)))
OTHER_LOG = SignerKey("answerable/other", ED25519, bytes(range(2, 34)))
KEY = SignerKey("witness.example/w1", COSIGNATURE_V1, bytes(range(1, 33)))
OTHER_KEY = SignerKey("witness.example/w2", COSIGNATURE_V1, bytes(range(3, 35)))
ORIGIN = "answerable/acme/3"
TREE = Tree(leaf_hash(b"%d" % number) for number in range(20))
REWRITTEN = Tree(leaf_hash(b"%d" % (number or 99)) for number in range(20))

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def offer(size: int, old_size: int = 0, *, tree: Tree = TREE, key: SignerKey = LOG, origin: str = ORIGIN) -> Offer:
    body = checkpoint_body(origin, size, Tree(tree.hashes(0, index) for index in range(size)).root())
    return Offer(sign(body, key), old_size, tuple(consistency_proof(old_size, size, tree.hashes)))


@pytest.fixture
def strict() -> StrictWitness:
    return StrictWitness(KEY, {ORIGIN: (LOG.verifier,), "answerable/acme/4": (OTHER_LOG.verifier,)})


@pytest_asyncio.fixture
async def witness(strict: StrictWitness) -> AsyncIterator[HttpWitness]:
    async with serving(strict.add_checkpoint) as url, HttpWitness(url, KEY.verifier) as opened:
        yield opened


async def answered(answer: Answer, *, patience: timedelta = timedelta(seconds=5)) -> tuple[Signature, ...]:
    """What comes of an offer that is answered so."""
    async with serving(answer) as url, HttpWitness(url, KEY.verifier, timeout=patience) as witness:
        async with asyncio.timeout(10):
            return await witness.offer(offer(5, 2))


def fixed(status: int, body: str | bytes = b"", kind: str = "text/plain") -> Answer:
    async def answer(_: web.Request) -> web.Response:
        raw = body.encode() if isinstance(body, str) else body
        return web.Response(status=status, body=raw, headers={"Content-Type": kind})

    return answer


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def cosignature(of: Offer, key: SignerKey = KEY) -> str:
    return cosign(of.note.body, key, 5).line


async def test_a_cosignature_completes_the_note(strict: StrictWitness, witness: HttpWitness) -> None:
    first = offer(7)
    note = first.note.with_signatures(await witness.offer(first))
    log, cosigned = verify(parse_note(note.to_text()), [LOG.verifier, KEY.verifier])
    assert (log.key, cosigned.key, cosigned.timestamp_s) == (LOG.verifier, KEY.verifier, strict.now_s)


async def test_a_growing_log_is_cosigned_step_by_step(strict: StrictWitness, witness: HttpWitness) -> None:
    for old_size, size in ((0, 0), (0, 1), (1, 4), (4, 7), (7, 7), (7, 20)):
        assert len(await witness.offer(offer(size, old_size))) == 1
    assert strict.held[ORIGIN] == (20, TREE.root())
    assert len({id(request.transport) for request in strict.requests}) == 1  # the connection was kept


async def test_a_witness_that_is_elsewhere_says_where(strict: StrictWitness, witness: HttpWitness) -> None:
    await witness.offer(offer(5))
    with pytest.raises(WitnessConflict) as caught:
        await witness.offer(offer(9, 3))
    assert caught.value.size == 5
    assert await witness.offer(offer(9, caught.value.size))
    assert strict.held[ORIGIN][0] == 9


async def test_an_unknown_log_is_refused(witness: HttpWitness) -> None:
    with pytest.raises(WitnessUnknownLog):
        await witness.offer(offer(5, origin="answerable/stranger/0"))


async def test_a_key_that_was_not_announced_is_refused(witness: HttpWitness) -> None:
    with pytest.raises(WitnessDistrusts):
        await witness.offer(offer(5, key=OTHER_LOG))


async def test_a_rewritten_log_is_refused(strict: StrictWitness, witness: HttpWitness) -> None:
    await witness.offer(offer(5))
    for size in (5, 9):
        with pytest.raises(WitnessInconsistent):
            await witness.offer(offer(size, 5, tree=REWRITTEN))
    assert strict.held[ORIGIN][0] == 5


def test_a_request_is_old_size_proof_and_note() -> None:
    made = offer(3, 1)
    lines = request_body(made).decode().split("\n")
    assert lines[0] == "old 1"
    assert [len(line) for line in lines[1:4]] == [44, 44, 0]
    assert "\n".join(lines[4:]) == made.note.to_text()
    assert request_body(offer(3)).startswith(b"old 0\n\nanswerable/acme/3\n3\n")


async def test_cosignatures_of_unknown_keys_are_left_out() -> None:
    answer = cosignature(offer(5), OTHER_KEY) + cosignature(offer(5))
    assert [one.name for one in await answered(fixed(200, answer))] == [KEY.name]


async def test_a_witness_with_two_keys_gives_two_cosignatures() -> None:
    answer = fixed(200, cosignature(offer(5), OTHER_KEY) + cosignature(offer(5)))
    async with serving(answer) as url, HttpWitness(f"{url}/", KEY.verifier, OTHER_KEY.verifier) as witness:
        assert len(await witness.offer(offer(5))) == 2


OUTSIDE_THE_PROTOCOL = {
    "nothing": fixed(200),
    "no signature": fixed(200, "ok\n"),
    "no text": fixed(200, b"\xff\n"),
    "only other keys": fixed(200, cosignature(offer(5), OTHER_KEY)),
    "another checkpoint": fixed(200, cosignature(offer(6))),
    "a wrong cosignature": fixed(200, Signature(KEY.name, KEY.verifier.key_id, b"\x00" * 72).line),
    "a whole note": fixed(200, offer(5).note.to_text()),
    "no newline at the end": fixed(200, cosignature(offer(5))[:-1]),
    "too much": fixed(200, b"\n" * (MAX_ANSWER_BYTES + 1)),
    "too much with an error": fixed(500, b"\n" * (MAX_ANSWER_BYTES + 1)),
    "success of another kind": fixed(202, cosignature(offer(5))),
    "elsewhere": fixed(307),
    "a bad request": fixed(400),
    "a conflict without a size": fixed(409, "", "text/x.tlog.size"),
    "a conflict of another type": fixed(409, "3\n", "text/plain"),
    "a conflict without a newline": fixed(409, "3", "text/x.tlog.size"),
    "a conflict with a leading zero": fixed(409, "03\n", "text/x.tlog.size"),
    "a conflict below zero": fixed(409, "-3\n", "text/x.tlog.size"),
    "a conflict beyond all trees": fixed(409, f"{2**63}\n", "text/x.tlog.size"),
    "a conflict over the size that was named": fixed(409, "2\n", "text/x.tlog.size"),
}


@pytest.mark.parametrize("answer", OUTSIDE_THE_PROTOCOL.values(), ids=OUTSIDE_THE_PROTOCOL.keys())
async def test_an_answer_outside_the_protocol_is_refused(answer: Answer) -> None:
    with pytest.raises(WitnessRefused) as caught:
        await answered(answer)
    assert type(caught.value) is WitnessRefused


@pytest.mark.parametrize("status", [408, 429, 500, 503, 599])
async def test_a_witness_with_too_much_to_do_is_unavailable(status: int) -> None:
    with pytest.raises(WitnessUnavailable):
        await answered(fixed(status, "later"))


async def test_a_redirect_is_not_followed(strict: StrictWitness) -> None:
    async with serving(strict.add_checkpoint) as url:

        async def elsewhere(_: web.Request) -> web.Response:
            raise web.HTTPTemporaryRedirect(f"{url}/add-checkpoint")

        with pytest.raises(WitnessRefused):
            await answered(elsewhere)
    assert strict.requests == []


async def test_a_witness_that_does_not_answer_in_time_is_unavailable() -> None:
    asked = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(WitnessUnavailable, match="not answer"):
        await answered(silent, patience=timedelta(milliseconds=100))
    assert asked.is_set()


async def test_a_witness_that_answers_drop_by_drop_is_unavailable() -> None:
    async def dripping(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"\n")
            await asyncio.sleep(0.01)

    with pytest.raises(WitnessUnavailable, match="not answer"):
        await answered(dripping, patience=timedelta(milliseconds=200))


async def test_a_compressed_answer_is_not_unpacked() -> None:
    async def packed(_: web.Request) -> web.Response:
        response = web.Response(body=b"\n" * 10_000_000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    with pytest.raises(WitnessRefused, match="cosignature"):
        await answered(packed)


async def test_an_answer_that_breaks_off_is_unavailable() -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"x")
        assert request.transport is not None
        request.transport.abort()
        return response

    with pytest.raises(WitnessUnavailable):
        await answered(broken)


async def test_nobody_listening_is_unavailable() -> None:
    async with serving(fixed(200)) as url:
        pass
    async with HttpWitness(url, KEY.verifier) as witness:
        with pytest.raises(WitnessUnavailable):
            await witness.offer(offer(5))


@pytest.mark.parametrize("url", ["", "witness", "ftp://witness", "http://", "http://witness?x=1", "http://witness/#x"])
def test_what_is_no_url_of_a_witness_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        HttpWitness(url, KEY.verifier)


def test_a_witness_without_a_key_for_cosignatures_is_refused() -> None:
    for keys in ((), (LOG.verifier,)):
        with pytest.raises(ValueError, match="key"):
            HttpWitness("http://witness", *keys)


def test_an_offer_is_a_checkpoint_of_ours_that_continues_something() -> None:
    with pytest.raises(NoteInvalid):
        Offer(sign("text\n", LOG))
    with pytest.raises(NoteInvalid):
        offer(5, origin="example.com/log")
    for old_size, proof in ((6, ()), (-1, ()), (2, (b"x" * 32,) * 64)):
        with pytest.raises(ValueError, match="continues"):
            Offer(offer(5).note, old_size, proof)


async def test_a_folder_holds_each_checkpoint_as_a_file(tmp_path: Path) -> None:
    first, second = offer(5), offer(9, 5)
    for one in (first, second):
        assert await FileWitness(tmp_path).offer(one) == ()
    assert files(tmp_path) == {
        "acme-3-5.note": first.note.to_text(),
        "acme-3-9.note": second.note.to_text(),
    }


async def test_others_can_read_what_is_dropped_for_them(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        await FileWitness(tmp_path).offer(offer(5))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "acme-3-5.note").stat().st_mode) == 0o644


async def test_what_is_there_is_not_written_again(tmp_path: Path) -> None:
    await FileWitness(tmp_path).offer(offer(5))
    before = (tmp_path / "acme-3-5.note").stat()
    await FileWitness(tmp_path).offer(offer(5, 3))
    after = (tmp_path / "acme-3-5.note").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize("there", [offer(5, tree=REWRITTEN).note.to_text().encode(), b"", b"\xff", b"x" * 2_000_000])
async def test_another_text_that_is_there_is_kept_and_told_of(tmp_path: Path, there: bytes) -> None:
    (tmp_path / "acme-3-5.note").write_bytes(there)
    with pytest.raises(WitnessInconsistent):
        await FileWitness(tmp_path).offer(offer(5))
    assert (tmp_path / "acme-3-5.note").read_bytes() == there


async def test_what_a_process_left_that_died_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".acme-3-5.note.part").write_text("half")
    await FileWitness(tmp_path).offer(offer(5))
    assert list(files(tmp_path)) == ["acme-3-5.note"]


async def test_a_link_in_the_folder_is_not_written_through(tmp_path: Path) -> None:
    folder, precious = tmp_path / "folder", tmp_path / "precious"
    folder.mkdir()
    precious.write_text("precious")
    (folder / ".acme-3-5.note.part").symlink_to(precious)
    await FileWitness(folder).offer(offer(5))
    assert precious.read_text() == "precious"
    assert not (folder / "acme-3-5.note").is_symlink()


async def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(WitnessUnavailable):
        await FileWitness(tmp_path / "missing").offer(offer(5))


@pytest_asyncio.fixture(params=["folder", "server"])
async def any_witness(request: pytest.FixtureRequest, tmp_path: Path, witness: HttpWitness) -> AsyncIterator[Witness]:
    yield FileWitness(tmp_path) if request.param == "folder" else witness


async def test_every_witness_takes_the_same_checkpoint_again(any_witness: Witness) -> None:
    await any_witness.offer(offer(5))
    await any_witness.offer(offer(5, 5))


async def test_every_witness_refuses_two_trees_of_one_size(any_witness: Witness) -> None:
    await any_witness.offer(offer(5))
    with pytest.raises(WitnessInconsistent):
        await any_witness.offer(offer(5, 5, tree=REWRITTEN))


async def test_every_witness_takes_what_comes_after(any_witness: Witness) -> None:
    for old_size, size in ((0, 3), (3, 8), (8, 8), (8, 20)):
        await any_witness.offer(offer(size, old_size))
