"""The other side of C2SP tlog-witness, strict about everything that the protocol says of a request."""

import re
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from answerable_trail.errors import NoteInvalid, ProofInvalid
from answerable_trail.keys import SignerKey, VerifierKey
from answerable_trail.merkle import EMPTY_ROOT, verify_consistency
from answerable_trail.notes import Note, cosign, parse_checkpoint, parse_note, verify

_HEAD = re.compile(r"old (0|[1-9][0-9]*)\n((?:[A-Za-z0-9+/]{43}=\n){0,63})")


@dataclass
class StrictWitness:
    """Cosigns what continues what it cosigned before. `logs`: keys of the origins that it was told of."""

    key: SignerKey
    logs: Mapping[str, tuple[VerifierKey, ...]]
    now_s: int = 1_793_696_400
    held: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    requests: list[web.Request] = field(default_factory=list)

    async def add_checkpoint(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        try:
            old_size, proof, note = _parsed(await request.read())
            refusal = self._refusal(old_size, proof, note)
        except (NoteInvalid, ValueError):
            return web.Response(status=400)
        if refusal is not None:
            return refusal
        checkpoint = parse_checkpoint(note.body)
        self.held[checkpoint.origin] = (checkpoint.size, checkpoint.root)
        return web.Response(text=cosign(note.body, self.key, self.now_s).line)

    def _refusal(self, old_size: int, proof: list[bytes], note: Note) -> web.Response | None:
        """The checks of add-checkpoint in their order."""
        checkpoint = parse_checkpoint(note.body)
        if checkpoint.origin not in self.logs:
            return web.Response(status=404)
        try:
            verify(note, self.logs[checkpoint.origin])
        except NoteInvalid:
            return web.Response(status=403)
        size, root = self.held.get(checkpoint.origin, (0, EMPTY_ROOT))
        if old_size > checkpoint.size:
            return web.Response(status=400)
        if old_size != size:
            return web.Response(status=409, body=f"{size}\n".encode(), headers={"Content-Type": "text/x.tlog.size"})
        try:
            verify_consistency(size, root, checkpoint.size, checkpoint.root, proof)
        except ProofInvalid:
            return web.Response(status=422)
        return None


def _parsed(body: bytes) -> tuple[int, list[bytes], Note]:
    head, blank, note = body.decode("utf-8").partition("\n\n")
    match = _HEAD.fullmatch(f"{head}\n")
    if not blank or match is None:
        raise ValueError("not a request to add a checkpoint")
    return int(match[1]), [b64decode(line) for line in match[2].split()], parse_note(note)


@asynccontextmanager
async def serving(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A server on loopback that hands every POST to `/log/add-checkpoint` to the handler; the submission prefix."""
    application = web.Application()
    application.router.add_post("/log/add-checkpoint", handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}/log"
    finally:
        await runner.cleanup()
