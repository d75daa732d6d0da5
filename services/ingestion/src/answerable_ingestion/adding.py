"""Puts documents into the index, those of a tenant that wait together as one commit.

A commit costs the same for one document as for twenty, and so do the look-ups of the quality ledger.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from answerable_ingestion.examining import Incoming, examine_in, hold_conflict
from answerable_knowledge.entries import Addition, IndexedDocument, IndexVersion
from answerable_knowledge.index import Index
from answerable_models.embedding import Vectors
from answerable_runtime.threads import run_on

_MOST_PASSAGES = 2_000
"""Of a commit, unless a single document has more."""


@dataclass(frozen=True, slots=True)
class Added:
    """The document as it went in, with what is held against it, and the snapshot that has it."""

    entry: IndexedDocument
    version: IndexVersion


@dataclass(frozen=True, slots=True)
class _Waiting:
    incoming: Incoming
    vectors: Vectors
    added: asyncio.Future[Added]


class Additions:
    """What waits to be put. One commit of a tenant at a time; what comes meanwhile goes into the next one."""

    def __init__(self, index: Index, workers: Executor) -> None:
        self._index = index
        self._workers = workers
        self._waiting: defaultdict[str, list[_Waiting]] = defaultdict(list)
        self._commits: dict[str, asyncio.Task[None]] = {}

    async def add(self, incoming: Incoming, vectors: Vectors) -> Added:
        """Examine a document beside what is there, and put it. One that is given up may be put all the same.

        Raises:
            WriteFailed: try again.
            ValueError: the document cannot be put.
        """
        tenant = incoming.entry.tenant
        waiting = _Waiting(incoming, vectors, asyncio.get_running_loop().create_future())
        self._waiting[tenant].append(waiting)
        if tenant not in self._commits:
            self._commits[tenant] = asyncio.create_task(self._commit_all(tenant))
        return await waiting.added

    async def _commit_all(self, tenant: str) -> None:
        try:
            while batch := self._next(tenant):
                await self._commit(batch)
        finally:
            del self._commits[tenant]

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            additions = [(each.incoming, each.vectors) for each in batch]
            done = await run_on(self._workers, put_together, self._index, additions)
        except Exception as error:  # noqa: BLE001 - it is raised where the document is waited for
            if len(batch) > 1:  # each alone: one that cannot be put must not take others with it
                for each in batch:
                    await self._commit([each])
            elif not batch[0].added.done():
                batch[0].added.set_exception(error)
        else:
            for each, added in zip(batch, done, strict=True):
                if not each.added.done():
                    each.added.set_result(added)

    def _next(self, tenant: str) -> Sequence[_Waiting]:
        waiting = self._waiting.pop(tenant, [])
        passages = fits = 0
        for each in waiting:
            passages += len(each.incoming.passages)
            if fits and passages > _MOST_PASSAGES:
                self._waiting[tenant] = waiting[fits:]
                break
            fits += 1
        return waiting[:fits]


def put_together(index: Index, additions: Sequence[tuple[Incoming, Vectors]]) -> list[Added]:
    """Examine documents of one tenant and put them as one commit. Blocking; raises as `Additions.add`."""
    examined = examine_in(index, [incoming for incoming, _ in additions])
    done = index.put_all(
        [
            Addition(one.entry, incoming.passages, vectors, one.marks)
            for one, (incoming, vectors) in zip(examined, additions, strict=True)
        ]
    )
    contradicted = {passage_id for one in examined for passage_id in one.contradicted}
    hold_conflict(index, examined[0].entry.tenant, sorted(contradicted))
    return [Added(one.entry, version) for one, version in zip(examined, done, strict=True)]
