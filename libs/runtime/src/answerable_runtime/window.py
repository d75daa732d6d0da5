"""The in-flight window: up to `limit` records of different keys at once, one at a time per key, commits without a gap.

A slow record holds back no other key. While more than twice the limit waits, nothing more is polled (README, "Why
nothing is paused").
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta

import structlog

from answerable_events.message import Record
from answerable_runtime.errors import BrokerUnavailable
from answerable_runtime.log import Member, Partition
from answerable_runtime.progress import Progress

_log = structlog.get_logger(__name__)

Key = tuple[str, int, bytes | int]


class Window:
    """Runs `work` over the records of one topic.

    `work(record)` must return only when the record's outputs are acknowledged; if it raises, `broken` is set, nothing
    after that record is committed in its partition, and the service has to stop.
    """

    def __init__(self, work: Callable[[Record], Awaitable[object]], *, limit: int) -> None:
        self._work = work
        self._limit = limit
        self._queues: dict[Key, deque[Record]] = {}
        self._ready: deque[Key] = deque()
        self._running: dict[asyncio.Task[None], Key] = {}
        self._progress: dict[Partition, Progress] = {}
        self._waiting = 0
        self._room = asyncio.Event()
        self.broken: BaseException | None = None

    @property
    def running(self) -> int:
        return len(self._running)

    @property
    def waiting(self) -> int:
        return self._waiting

    @property
    def idle(self) -> bool:
        return not self._running and not self._queues

    def watermarks(self) -> dict[Partition, int]:
        """Offset below which everything is finished, by partition."""
        return {place: mark for place, progress in self._progress.items() if (mark := progress.watermark) is not None}

    def offer(self, records: Sequence[Record]) -> None:
        """Take records in; returns at once."""
        for record in records:
            place = (record.topic, record.partition)
            if self._progress.setdefault(place, Progress()).take(record.offset):
                self._waiting += 1
                key: Key = (*place, record.offset if record.key is None else record.key)
                queue = self._queues.get(key)
                if queue is None:
                    self._queues[key] = deque([record])
                    self._ready.append(key)
                else:
                    queue.append(record)
        self._start()

    async def room(self) -> None:
        """Return when no more than twice the limit waits: until then nothing more should be offered."""
        while self._waiting > 2 * self._limit and self.broken is None:
            self._room.clear()
            await self._room.wait()

    async def commit(self, member: Member) -> None:
        """Commit what is finished without a gap. A refusal is not an error: the records come again."""
        due = {place: mark for place, progress in self._progress.items() if (mark := progress.to_commit) is not None}
        if not due:
            return
        try:
            await member.commit(due)
        except BrokerUnavailable:
            _log.warning("commit not confirmed", partitions=len(due))
            return
        for place, mark in due.items():
            if place in self._progress:
                self._progress[place].committed(mark)

    async def release(self, partitions: Collection[Partition], member: Member, *, within: timedelta) -> None:
        """Give partitions up: drop what waits, finish or abandon what runs, commit, forget."""
        self._drop_waiting(set(partitions))
        await self._settle({task for task, key in self._running.items() if key[:2] in partitions}, within)
        await self.commit(member)
        for place in partitions:
            self._progress.pop(place, None)

    async def drain(self, member: Member | None, *, within: timedelta) -> None:
        """Stop taking, finish or abandon what runs, commit: for the end of the service."""
        self._drop_waiting({key[:2] for key in self._queues})
        await self._settle(set(self._running), within)
        if member is not None:
            await self.commit(member)

    def _start(self) -> None:
        while self._ready and len(self._running) < self._limit and self.broken is None:
            key = self._ready.popleft()
            record = self._queues[key].popleft()
            self._waiting -= 1
            task = asyncio.create_task(self._run(record), name=f"{record.topic}/{record.partition}/{record.offset}")
            self._running[task] = key
            task.add_done_callback(self._finished)

    async def _run(self, record: Record) -> None:
        await self._work(record)
        progress = self._progress.get((record.topic, record.partition))
        if progress is not None:
            progress.finish(record.offset)

    def _finished(self, task: asyncio.Task[None]) -> None:
        key = self._running.pop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.broken = self.broken or error
        if self._queues.get(key):
            self._ready.append(key)
        else:
            self._queues.pop(key, None)
        self._start()
        self._room.set()

    def _drop_waiting(self, partitions: set[Partition]) -> None:
        running = set(self._running.values())
        for key in [key for key in self._queues if key[:2] in partitions]:
            self._waiting -= len(self._queues[key])
            if key in running:
                self._queues[key].clear()
            else:
                del self._queues[key]
        self._ready = deque(key for key in self._ready if self._queues.get(key))
        self._room.set()

    @staticmethod
    async def _settle(tasks: set[asyncio.Task[None]], within: timedelta) -> None:
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=within.total_seconds())
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
