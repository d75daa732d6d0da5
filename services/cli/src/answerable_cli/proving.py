"""The part of the demo about proof: a request exported and verified, then one byte of the record edited."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from answerable_cli.exporting import assembled, verifier_keys
from answerable_cli.instance import Instance
from answerable_trail import verify
from answerable_trail.client import Trail, connect
from answerable_trail.reading import literal

_PATIENCE_S = 30.0
_TEXT = b'"text":"'


@dataclass(frozen=True, slots=True)
class Proven:
    """What the offline verifier says of a request: as recorded, and after an edit behind audit's back."""

    request_id: UUID
    bundle_bytes: int
    untouched: dict[str, Any]
    edited: dict[str, Any]

    @property
    def held(self) -> bool:
        return (self.untouched["verdict"], self.edited["verdict"]) == ("complete", "edited")


async def prove(instance: Instance, tenant: str, request_id: UUID) -> Proven:
    """Export and verify a request, once as it is recorded and once while a byte of its answer is changed."""
    keys = verifier_keys(instance.data)
    trusted = verify.Trust(log=tuple(verify.Key.parse(key, verify.ED25519) for key in keys["log"]))
    async with connect(instance.writer_url) as trail:
        before = await assembled(trail, [(tenant, request_id)], keys, _PATIENCE_S)
        async with _one_byte_changed(trail, tenant, request_id):
            after = await assembled(trail, [(tenant, request_id)], keys, _PATIENCE_S)
    return Proven(request_id, len(before), _judged(before, trusted), _judged(after, trusted))


def _judged(bundle: bytes, trusted: verify.Trust) -> dict[str, Any]:
    return verify.report(verify.examine(io.BytesIO(bundle), trusted))


@asynccontextmanager
async def _one_byte_changed(trail: Trail, tenant: str, request_id: UUID) -> AsyncIterator[None]:
    """As somebody would do it who may write to ClickHouse; undone at the end, so that the demo's record can be kept."""
    [answer] = [row for row in await trail.request(tenant, request_id) if row.position.topic == "answers"]
    place = answer.body.index(_TEXT) + len(_TEXT)

    async def put(byte: int) -> None:
        start, end = f"substring(body, 1, {place})", f"substring(body, {place + 2})"  # ClickHouse counts from 1
        await trail.query(
            f"ALTER TABLE trace.events UPDATE body = concat({start}, char({byte}), {end}) "
            f"WHERE tenant = {literal(tenant)} AND request_id = {literal(request_id)} AND topic = 'answers' "
            "SETTINGS mutations_sync = 2"
        )

    await put(answer.body[place] ^ 1)
    try:
        yield
    finally:
        await put(answer.body[place])
