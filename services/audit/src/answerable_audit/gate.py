"""The gate: an outcome goes out only after everything it rests on is durable. The only producer of `answers`.

State is a cache of the trace: it can be thrown away at any time and loaded again, and after an assignment, a lost log
or an unconfirmed publish it is.
"""

import asyncio
import heapq
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from answerable_audit.cases import Case, Decision, Key, decide
from answerable_audit.epochs import find_epochs
from answerable_audit.loading import case_of, joined, put_again
from answerable_audit.release import Releaser
from answerable_audit.sealing import MAY_RELY_FOR_S, Sealer
from answerable_events.answers import Receipt
from answerable_events.errors import UndecodableEvent
from answerable_events.message import Message, Record
from answerable_events.topics import ANSWERS, QUESTIONS, REQUEST_TOPICS, VERDICTS
from answerable_runtime.clock import Clock
from answerable_runtime.log import Log, Partition
from answerable_runtime.metrics import Metrics
from answerable_trail.client import Trail
from answerable_trail.identity import NIL, identify
from answerable_trail.rows import LastPosition, RequestState, Row

_log = structlog.get_logger(__name__)

_CLOSED_REMEMBERED = 100_000
"""Newest closed requests kept in memory, so that late copies cost no query; older ones are looked up."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What `Gate.note` needs of a stored batch."""

    keys: Sequence[Key | None]
    """The request of each record."""
    rows: Sequence[Row]
    found: Mapping[Key, RequestState]
    """What was recorded of requests that were not in memory."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much time a decision keeps back, and how far back open requests are looked for."""

    margin: timedelta
    horizon: timedelta


class Gate:
    """Stores records and decides outcomes; driven by the batch loop, one call at a time."""

    def __init__(
        self, trail: Trail, sealer: Sealer, releaser: Releaser, *, metrics: Metrics, pace: Pace, clock: Clock
    ) -> None:
        self._trail = trail
        self._sealer = sealer
        self._metrics = metrics
        self._releaser = releaser
        self._pace = pace
        self._clock = clock
        self._forget()

    def _forget(self) -> None:
        self._partitions: frozenset[Partition] = frozenset()
        self._log: Log | None = None
        self._epochs: dict[Partition, int] = {}
        self._newest: dict[Partition, int] = {}
        self._cases: dict[Key, Case] = {}
        self._closed: OrderedDict[Key, None] = OrderedDict()
        self._touched: set[Key] = set()
        self._deadlines: list[tuple[datetime, Key]] = []
        self._decided: dict[Key, tuple[Message, Decision]] = {}
        self._others: list[Message] = []

    def owns(self, partition: Partition) -> bool:
        """Whether the partition was given to this instance."""
        return partition in self._partitions

    async def load(self, partitions: Collection[Partition], log: Log) -> None:
        """Read where the record ends, what is open, and which outcomes are in the log but not in the record yet.

        Raises:
            TrailUnavailable, BrokerUnavailable: try again.
        """
        self._forget()
        self._releaser.begin_again()
        self._partitions, self._log = frozenset(partitions), log
        last = await self._trail.positions()
        self._epochs = await find_epochs(partitions, last, log)
        await self._sealer.load(last, self._epochs)
        await self._read_unrecorded_outcomes(last)
        numbers = {partition for topic, partition in partitions if topic == QUESTIONS.name}
        open_keys = await self._trail.open_requests(numbers, since=self._clock.now() - self._pace.horizon)
        await self._open([key for key in open_keys if key not in self._closed])
        self._others += await put_again(self._trail, self._cases, self._epochs)
        self._metrics.redriven.inc(len(self._others))
        _log.info(
            "loaded", open=len(self._cases), put_again=len(self._others), epoch=max(self._epochs.values(), default=0)
        )

    def is_outdated(self, records: Sequence[Record]) -> bool:
        """Whether the log went backwards: it was lost, and these records stand in a new one."""
        backwards = any(record.offset <= self._newest.get((record.topic, record.partition), -1) for record in records)
        if backwards:
            _log.warning("the log went backwards, loading again")
        return backwards

    async def store(self, records: Sequence[Record]) -> Stored:
        """Make records durable, and meanwhile look up what is recorded of requests that are not in memory.

        What is found may or may not hold these records already.

        Raises:
            TrailUnavailable, BrokerUnavailable: try again.
        """
        rows = await self._sealer.rows(records, self._epochs)
        keys = [_key(row) for row in rows]
        unknown = {key for key in keys if key is not None and key not in self._cases and key not in self._closed}
        for record in records:
            self._newest[record.topic, record.partition] = record.offset
        looking = asyncio.create_task(self._trail.load(unknown))
        try:
            await self._trail.append([row for row in rows if not row.seal.is_erased])
            await self._sealer.require_writer()  # a claim from now on finds these rows
            self._sealer.stored()
            return Stored(keys, rows, await self._sealer.standing(await looking))
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    def note(self, records: Sequence[Record], stored: Stored) -> None:
        """What durable records mean for their requests."""
        new: dict[Key, list[Row]] = {}
        for key, row in zip(stored.keys, stored.rows, strict=True):
            if key is None:
                continue
            if key in self._cases or key in self._closed or row.record.topic == ANSWERS.name:
                self._note(key, row)
            else:
                self._inspect(row.record)
                new.setdefault(key, []).append(row)
        for key, theirs in new.items():
            if key not in self._closed:
                self._admit(key, joined(stored.found.get(key, RequestState()), theirs))
        self._measure(records)

    def _note(self, key: Key, row: Row) -> None:
        """What a durable record means for a request that is in memory."""
        record = row.record
        if record.topic == ANSWERS.name:
            self._close(key)
            return
        if key in self._closed:
            return
        self._inspect(record)
        case = self._cases[key]
        case.add_row(row)
        self._touched.add(key)
        if record.topic == QUESTIONS.name:  # its context may have come first, and with it a deadline by default
            heapq.heappush(self._deadlines, (case.deadline, key))

    async def due(self, now: datetime) -> Sequence[Message]:
        """Outcomes of requests that can be decided now, dead letters of unreadable verdicts, questions to put again."""
        while self._deadlines and self._deadlines[0][0] <= now + self._pace.margin:
            self._look_again(heapq.heappop(self._deadlines)[1], now)
        for key in self._touched:
            case = self._cases.get(key)
            decision = decide(case, now, self._pace.margin) if case is not None and key not in self._decided else None
            if case is not None and decision is not None:
                receipt = self._receipt(case, decision, now)
                self._decided[key] = self._releaser.message(case, decision, receipt, now), decision
        self._touched.clear()
        self._others += await self._sealer.checkpoints(now)
        self._measure_open(now)
        if self._decided or self._others:
            await self._sealer.require_writer(within_s=MAY_RELY_FOR_S)
        return [*self._others, *(message for message, _ in self._decided.values())]

    def _look_again(self, key: Key, now: datetime) -> None:
        """A deadline that was noted before the question came, which may give more time, is noted anew."""
        self._touched.add(key)
        case = self._cases.get(key)
        if case is not None and case.deadline > now + self._pace.margin:
            heapq.heappush(self._deadlines, (case.deadline, key))

    def published(self, messages: Sequence[Message]) -> None:
        assert len(messages) == len(self._others) + len(self._decided), "everything due is published together"
        for key, (_, decision) in list(self._decided.items()):
            self._releaser.measure(self._cases[key], decision)
            self._close(key)
        self._decided.clear()
        self._others.clear()

    def _receipt(self, case: Case, decision: Decision, now: datetime) -> Receipt | None:
        """Of the event that the outcome rests on; None when that was not recorded."""
        if decision.cause is None:
            return None
        return self._sealer.receipt(case.key[0], case.events[decision.cause.type], now)

    async def _open(self, keys: Sequence[Key]) -> None:
        """Load requests that are not in memory; one that turns out to have its outcome is closed."""
        for key, state in (await self._sealer.standing(await self._trail.load(keys))).items():
            self._admit(key, state)

    def _admit(self, key: Key, state: RequestState) -> None:
        if state.outcome is not None:
            self._close(key)
        elif (case := case_of(key, state)) is not None:
            self._cases[key] = case
            self._touched.add(key)
            heapq.heappush(self._deadlines, (case.deadline, key))

    def _close(self, key: Key) -> None:
        self._cases.pop(key, None)
        self._decided.pop(key, None)
        self._closed[key] = None
        self._closed.move_to_end(key)
        if len(self._closed) > _CLOSED_REMEMBERED:
            self._closed.popitem(last=False)

    def _inspect(self, record: Record) -> None:
        """A verdict that cannot be read has no other consumer to bury it."""
        if record.topic == VERDICTS.name:
            try:
                self._releaser.read(record)
            except UndecodableEvent as error:
                self._others.append(self._releaser.bury(record, error, self._clock.now()))

    async def _read_unrecorded_outcomes(self, last: Mapping[Partition, LastPosition]) -> None:
        """What a former owner published before it ended: in the log, perhaps not in the record."""
        assert self._log is not None
        places = [place for place in self._partitions if place[0] == ANSWERS.name]
        ranges = {}
        for place, (first, end) in (await self._log.bounds(places)).items():
            recorded = last.get(place)
            same_log = recorded is not None and recorded.epoch == self._epochs[place]
            ranges[place] = (max(first, recorded.offset + 1) if recorded is not None and same_log else first, end)
        async for record in self._log.read(ranges):
            key = _key(Row(0, record, identify(record)))
            if key is not None:
                self._close(key)

    def _measure(self, records: Sequence[Record]) -> None:
        now = self._clock.now().timestamp()
        counts: dict[str, int] = {}
        for record in records:
            counts[record.topic] = counts.get(record.topic, 0) + 1
        for topic, count in counts.items():
            self._metrics.recorded.labels(topic).inc(count)
        self._metrics.audit_delay_seconds.observe(max(0.0, now - min(r.timestamp_ms for r in records) / 1000))

    def _measure_open(self, now: datetime) -> None:
        while self._deadlines and self._deadlines[0][1] not in self._cases:
            heapq.heappop(self._deadlines)
        nearest = self._deadlines[0][0] if self._deadlines else None
        self._metrics.open_requests.set(len(self._cases))
        self._metrics.least_time_left.set((nearest - now).total_seconds() if nearest else float("nan"))


def _key(row: Row) -> Key | None:
    """The request that a row is about."""
    tenant, request_id, *_ = row.identity
    return None if row.record.topic not in REQUEST_TOPICS or request_id == str(NIL) else (tenant, UUID(request_id))
