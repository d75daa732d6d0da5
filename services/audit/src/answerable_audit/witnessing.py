"""Hands checkpoints to witnesses, beside the gate: a witness that is slow or down holds nothing up.

What a witness holds cannot be rewritten by whoever runs this deployment, so the sooner it has a checkpoint the better;
but an answer does not wait for it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog

from answerable_audit.rounds import rounds
from answerable_audit.sealing import Sealer
from answerable_runtime.clock import Clock
from answerable_runtime.errors import StartUpRefused
from answerable_runtime.metrics import Metrics
from answerable_trail.errors import NoteInvalid, TrailError, WitnessConflict, WitnessRefused
from answerable_trail.keys import parse_verifier_key
from answerable_trail.merkle import consistency_places, consistency_proof
from answerable_trail.notes import Note, Signature, parse_note
from answerable_trail.rows import TreeId
from answerable_trail.trees import Checkpoint, TreeStore
from answerable_trail.witnesses import FileWitness, HttpWitness, Offer, Witness

_log = structlog.get_logger(__name__)


Witnesses = Mapping[str, Witness]
"""Who gets checkpoints, by the name under which metrics and logs know them."""


@asynccontextmanager
async def witnesses(folder: Path | None, file: Path | None) -> AsyncIterator[Witnesses]:
    """A folder to drop checkpoints into, and the servers that a file names: a URL and a verifier key on each line.

    Raises:
        StartUpRefused: the folder or the file cannot be used.
    """
    found: dict[str, Witness] = {}
    async with AsyncExitStack() as stack:
        if folder is not None:
            if not folder.is_dir():  # noqa: ASYNC240 - once, at start-up
                raise StartUpRefused(f"{folder} for witnesses is not a folder")
            found["folder"] = FileWitness(folder)
        for url, key in _lines(file) if file is not None else ():
            try:
                found[url] = await stack.enter_async_context(HttpWitness(url, parse_verifier_key(key)))
            except (NoteInvalid, ValueError) as error:
                raise StartUpRefused(f"{file}: {error}") from None
        yield found


def _lines(file: Path) -> list[tuple[str, str]]:
    try:
        lines = [line.split() for line in file.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise StartUpRefused(f"{file} with witnesses cannot be read: {type(error).__name__}") from None
    if any(len(words) != 2 for words in lines):  # noqa: PLR2004 - URL and key
        raise StartUpRefused(f"{file}: each line is the URL of a witness and its verifier key")
    return [(url, key) for url, key in lines]


@dataclass(slots=True)
class Witnessing:
    """Offers the newest checkpoint of each tree to each witness."""

    sealer: Sealer
    trees: TreeStore
    witnesses: Witnesses
    metrics: Metrics
    _held: dict[tuple[str, TreeId], int] = field(default_factory=dict)
    """Leaves in the checkpoint that a witness took last."""

    async def round(self) -> None:
        """Offer what no witness has yet; what fails is offered again in the next round."""
        await asyncio.gather(*(self._offer_all(name, witness) for name, witness in self.witnesses.items()))

    async def _offer_all(self, name: str, witness: Witness) -> None:
        """At the witness's own pace: a slow one keeps no other from its checkpoints."""
        for checkpoint in self.sealer.signed():
            if self._held.get((name, checkpoint.tree), -1) < checkpoint.size:
                await self._offer(name, witness, checkpoint)

    async def _offer(self, name: str, witness: Witness, checkpoint: Checkpoint) -> None:
        result = "taken"
        try:
            signatures = await self._taken(name, witness, checkpoint)
            if signatures:
                await self._keep(checkpoint, signatures)
            self._held[name, checkpoint.tree] = checkpoint.size
        except TrailError as error:
            result = "refused" if isinstance(error, WitnessRefused) else "unavailable"
            level = _log.error if isinstance(error, WitnessRefused) else _log.warning
            level("witness did not take a checkpoint", witness=name, exception=type(error).__name__)
        self.metrics.witness_offers.labels(name, result).inc()

    async def _taken(self, name: str, witness: Witness, checkpoint: Checkpoint) -> Sequence[Signature]:
        """The cosignatures. A witness that holds another size than we remember says which, and is offered again."""
        note = parse_note(checkpoint.note)
        old_size = self._held.get((name, checkpoint.tree), 0)
        try:
            return await witness.offer(await self._from(old_size, checkpoint, note))
        except WitnessConflict as conflict:
            return await witness.offer(await self._from(conflict.size, checkpoint, note))

    async def _from(self, old_size: int, checkpoint: Checkpoint, note: Note) -> Offer:
        if old_size in {0, checkpoint.size}:
            return Offer(note, old_size)
        if old_size > checkpoint.size:
            raise WitnessRefused("the witness holds a larger checkpoint of this tree")
        hashes = await self.trees.hashes(checkpoint.tree, consistency_places(old_size, checkpoint.size))
        return Offer(note, old_size, tuple(consistency_proof(old_size, checkpoint.size, hashes)))

    async def _keep(self, checkpoint: Checkpoint, signatures: Sequence[Signature]) -> None:
        await self.trees.keep([self.sealer.cosigned(checkpoint, signatures)])


def witnessing(work: Witnessing, clock: Clock, *, every: timedelta) -> AbstractAsyncContextManager[None]:
    """Offer checkpoints while the block runs; never, without a witness."""
    return rounds(work.round, clock, every=every if work.witnesses else timedelta(0))
