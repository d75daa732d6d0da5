"""Offering checkpoints to witnesses: to a folder that others take them from, or to a server that cosigns them.

https://c2sp.org/tlog-witness, "add-checkpoint"; https://c2sp.org/tlog-cosignature.
"""

import asyncio
import os
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import aiohttp

from answerable_trail.errors import (
    NoteInvalid,
    WitnessConflict,
    WitnessDistrusts,
    WitnessInconsistent,
    WitnessRefused,
    WitnessUnavailable,
    WitnessUnknownLog,
)
from answerable_trail.keys import COSIGNATURE_V1, VerifierKey
from answerable_trail.notes import (
    MAX_NOTE_BYTES,
    MAX_SIZE,
    Note,
    Signature,
    parse_checkpoint,
    parse_note,
    parse_signatures,
    tree_of,
    verify,
)

DEFAULT_TIMEOUT = timedelta(seconds=10)
"""For one offer, connecting included; a witness does one look-up and one write."""

MAX_ANSWER_BYTES = 64 * 1024
MAX_PROOF_HASHES = 63

_SIZE_TYPE = "text/x.tlog.size"
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_REFUSALS: Mapping[int, type[WitnessRefused]] = {
    HTTPStatus.FORBIDDEN: WitnessDistrusts,
    HTTPStatus.NOT_FOUND: WitnessUnknownLog,
    HTTPStatus.UNPROCESSABLE_ENTITY: WitnessInconsistent,
}
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True)
class Offer:
    """A signed checkpoint, and the proof that it continues the one that the witness holds.

    `old_size`: leaves in that one, 0 for none; `proof`: as `merkle.consistency_proof` makes it from there.
    Raises NoteInvalid when the note holds no checkpoint of ours, ValueError for a proof that none can be.
    """

    note: Note
    old_size: int = 0
    proof: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        checkpoint = parse_checkpoint(self.note.body)
        tree_of(checkpoint.origin)
        if not 0 <= self.old_size <= checkpoint.size or len(self.proof) > MAX_PROOF_HASHES:
            raise ValueError("a checkpoint continues a smaller one, and 63 hashes prove it")


class Witness(Protocol):
    """Whoever keeps checkpoints where this deployment cannot change them."""

    async def offer(self, offer: Offer) -> tuple[Signature, ...]:
        """Hand a checkpoint over; it is kept when this returns. The cosignatures, verified, if the witness gives any.

        The same may be offered again. Raises WitnessUnavailable, WitnessRefused.
        """


class FileWitness:
    """A folder: one file `<tenant>-<shard>-<size>.note` for each checkpoint, complete from the moment it is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def offer(self, offer: Offer) -> tuple[Signature, ...]:
        """Raises WitnessUnavailable when the folder cannot be written, WitnessInconsistent when another checkpoint of
        this tree and size is there; neither changes what is there.
        """
        try:
            await asyncio.to_thread(_drop, self._folder, offer.note)
        except OSError as error:
            raise WitnessUnavailable(f"the folder for witnesses cannot be used: {error.strerror}") from None
        return ()


class HttpWitness:
    """A witness that speaks C2SP tlog-witness. Connections are kept between offers, so it is used in `async with`.

    `url`: its submission prefix; `keys`: what its cosignatures are verified with, usually one.
    Raises ValueError for a URL or key that no witness has.
    """

    def __init__(self, url: str, *keys: VerifierKey, timeout: timedelta = DEFAULT_TIMEOUT) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("the URL of a witness has to read http[s]://host[:port][/path]")
        if not keys or any(key.algorithm != COSIGNATURE_V1 for key in keys):
            raise ValueError("a witness has a key for cosignatures")
        self._url = f"{url.rstrip('/')}/add-checkpoint"
        self._keys = keys
        self._timeout = aiohttp.ClientTimeout(total=timeout.total_seconds())
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # What is not asked for compressed and not unpacked cannot be larger than it seems.
        headers = {"Accept-Encoding": "identity", "Content-Type": "text/plain; charset=utf-8"}
        self._session = aiohttp.ClientSession(timeout=self._timeout, headers=headers, auto_decompress=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def offer(self, offer: Offer) -> tuple[Signature, ...]:
        """At least one cosignature of exactly this checkpoint.

        Raises:
            WitnessConflict: the witness holds a checkpoint of another size; offer again with a proof from that one.
            WitnessUnknownLog, WitnessDistrusts, WitnessInconsistent: it answered 404, 403, 422.
            WitnessRefused: any other answer that the protocol does not have, also a cosignature that does not verify.
            WitnessUnavailable: no answer in time, 408, 429, 5xx.
        """
        status, kind, body = await self._post(request_body(offer))
        if status == HTTPStatus.OK:
            return _cosignatures(offer.note.body, body, self._keys)
        if status == HTTPStatus.CONFLICT:
            raise _conflict(offer, kind, body)
        raise _refusal(status)

    async def _post(self, body: bytes) -> tuple[int, str, bytes]:
        """Status, type and content of the answer."""
        assert self._session is not None, "an HttpWitness is used in `async with`"
        answer = bytearray()
        try:
            async with self._session.post(self._url, data=body, allow_redirects=False) as response:
                async for chunk in response.content.iter_any():
                    answer += chunk
                    if len(answer) > MAX_ANSWER_BYTES:
                        raise WitnessRefused("the witness answers at too great a length")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise WitnessUnavailable(f"the witness does not answer: {type(error).__name__}") from None
        return response.status, response.content_type, bytes(answer)


def request_body(offer: Offer) -> bytes:
    """What is posted to add-checkpoint: old size, proof, empty line, checkpoint."""
    proof = "".join(f"{b64encode(step).decode()}\n" for step in offer.proof)
    return f"old {offer.old_size}\n{proof}\n{offer.note.to_text()}".encode()


def _cosignatures(body: str, answer: bytes, keys: tuple[VerifierKey, ...]) -> tuple[Signature, ...]:
    try:
        signatures = parse_signatures(answer.decode("utf-8"))
        return tuple(verified.signature for verified in verify(Note(body, signatures), keys))
    except (UnicodeDecodeError, NoteInvalid):
        raise WitnessRefused("the witness answers without a cosignature that verifies") from None


def _conflict(offer: Offer, kind: str, answer: bytes) -> WitnessRefused:
    match = _SIZE.fullmatch(answer)
    if kind != _SIZE_TYPE or match is None or int(match[1]) > MAX_SIZE:
        return WitnessRefused("the witness answers that it holds another checkpoint, but not which")
    size = int(match[1])
    if size == offer.old_size:
        return WitnessRefused("the witness contradicts itself about what it holds")
    return WitnessConflict(size)


def _refusal(status: int) -> WitnessUnavailable | WitnessRefused:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING:
        return WitnessUnavailable(f"the witness answers {status}")
    return _REFUSALS.get(status, WitnessRefused)(f"the witness answers {status}")


def _drop(folder: Path, note: Note) -> None:
    checkpoint = parse_checkpoint(note.body)
    tenant, shard = tree_of(checkpoint.origin)
    name = f"{tenant}-{shard}-{checkpoint.size}.note"
    held = _held(folder / name)
    if held == note.body:
        return
    if held is not None:
        raise WitnessInconsistent(f"another checkpoint is in {name} already")
    part = folder / f".{name}.part"
    part.unlink(missing_ok=True)  # of a process that died while it wrote
    with part.open("xb") as file:  # new, so that a link that somebody laid there is not followed
        file.write(note.to_text().encode())
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / name)
    _sync(folder)


def _held(path: Path) -> str | None:
    """The text of the checkpoint in a file; empty when the file holds none, None when there is no file."""
    try:
        with path.open("rb") as file:
            return parse_note(file.read(MAX_NOTE_BYTES + 1)).body
    except FileNotFoundError:
        return None
    except NoteInvalid:
        return ""


def _sync(folder: Path) -> None:
    """Makes the name of a new file as durable as its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
