"""Askers, a log, instances of audit that come, die, sleep and wake, and a record that is erased from meanwhile.

A step is a name and three numbers, which are taken modulo whatever there is: every sequence of steps is a story.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from answerable_audit.gate import Pace
from answerable_audit.sealing import Rhythm
from answerable_cli.erasure import Kind, Order, choose
from answerable_events.message import Record
from answerable_events.topics import every_topic
from answerable_runtime.clock import Clock
from answerable_runtime.log import Partition
from answerable_runtime.memory import MemoryBroker
from answerable_trail.client import Trail
from answerable_trail.connection import Connection
from answerable_trail.erasure import Blanked, Eraser
from answerable_trail.errors import TrailUnavailable
from answerable_trail.notes import LogSigner
from answerable_trail.reading import listed, literal, standing_query, trace_row
from answerable_trail.rows import Row, TraceRow
from tests.support.asking import Askers, Key
from tests.support.keys import signing_key
from tests.support.stepping import Died, Instance, Site, cut

Step = tuple[str, int, int, int]
ThingT = TypeVar("ThingT")

_TAKEN_OVER_AFTER_S = 6.0
"""For so long a member of the group is silent before others are given its partitions. It goes on when it wakes."""


class World:
    """`shards`: two partition numbers that nothing in the record has yet."""

    def __init__(self, connection: Connection, shards: tuple[int, int]) -> None:
        self.shards = shards
        self.eraser = Eraser(connection)
        self.now = datetime.now(UTC).replace(microsecond=0)
        clock = Clock(lambda: self.now)
        self.broker = MemoryBroker(clock)
        signer, rhythm = LogSigner.from_file(signing_key()), Rhythm(timedelta(seconds=5))
        self.site = Site(connection, self.broker, clock, signer, rhythm, Pace(timedelta(seconds=1), timedelta(days=2)))
        self.instances: list[Instance] = []
        self.started = 0
        self.owners: dict[int, Instance] = {}
        self.askers = Askers(self.broker, shards, clock.now)
        self.settled: dict[Partition, int] = {}
        """How far each log was ever committed by whoever owned it: so far it is recorded, and stays so."""
        self.erased: set[tuple[str, str]] = set()
        """Documents."""

    @property
    def trail(self) -> Trail:
        return self.eraser.trail

    async def play(self, steps: Iterable[Step]) -> None:
        for name, one, two, three in steps:
            await STEPS[name](self, one, two, three)

    # what others write

    async def ask(self, where: int, kind: int, written: int) -> None:
        self.askers.ask(where, kind, written)

    async def go_on(self, which: int, count: int, _: int) -> None:
        self.askers.go_on(which, count)

    async def write_again(self, which: int, message: int, _: int) -> None:
        self.askers.write_again(which, message)

    async def write_other(self, where: int, illegible: int, _: int) -> None:
        self.askers.write_other(where, illegible)

    async def wait(self, seconds: int, _: int, __: int) -> None:
        self.now += timedelta(seconds=(1 + seconds) ** 2)

    # what becomes of audit

    async def start(self, shards: int, former: int, _: int) -> None:
        """A new instance is given partitions. The former owners hand them over, die, or sleep and know nothing."""
        wanted = (self.shards, self.shards, self.shards[:1], self.shards[1:])[shards % 4]
        places = frozenset((topic.name, shard) for topic in every_topic() for shard in wanted)
        losing = {id(self.owners[shard]): self.owners[shard] for shard in wanted if shard in self.owners}
        for owner in losing.values():
            if former % 3 == 0:
                await owner.revoked(places)
            elif former % 3 == 1:
                self._bury(owner)
            else:
                owner.slept_s += _TAKEN_OVER_AFTER_S
        self.started += 1
        instance = Instance(self.site, f"{self.started}-{uuid4().hex}", places, self._commit)
        self.instances.append(instance)
        self.owners |= dict.fromkeys(wanted, instance)

    async def take(self, which: int, most: int, _: int) -> None:
        if (instance := _one(self.instances, which)) is not None:
            await instance.awake()
            await instance.take(1 + 3 * most)

    async def catch_up(self, which: int, _: int, __: int) -> None:
        """Take what there is, and what follows from it, and its checkpoint."""
        if (instance := _one(self.instances, which)) is not None:
            await instance.awake()
            for _ in range(3):
                await instance.take(5_000)
                self.now += timedelta(seconds=2)
                while instance.waiting:
                    await instance.settle()

    async def settle(self, which: int, _: int, __: int) -> None:
        if (instance := _one(self.instances, which)) is not None:
            await instance.settle()

    async def lose_confirmation(self, which: int, writes: int, _: int) -> None:
        """The broker takes some of what is published, or all, and is gone before it says so."""
        if (instance := _one(self.instances, which)) is not None:
            await instance.settle(writes=writes)

    async def die_before_commit(self, which: int, _: int, __: int) -> None:
        if (instance := _one(self.instances, which)) is not None:
            await instance.settle(commits=False)
            self._bury(instance)

    async def die(self, which: int, _: int, __: int) -> None:
        if (instance := _one(self.instances, which)) is not None:
            self._bury(instance)

    async def die_in_insert(self, which: int, first: int, count: int) -> None:
        await self._insert_badly(which, first, count, Died)

    async def fail_in_insert(self, which: int, first: int, count: int) -> None:
        """The same, but audit lives, and repeats it."""
        await self._insert_badly(which, first, count, TrailUnavailable)

    async def fall_asleep_in_insert(self, which: int, most: int, _: int) -> None:
        if (instance := _one(self.instances, which)) is not None:
            await instance.sleep_in_insert(1 + 3 * most)

    async def wake(self, which: int, _: int, __: int) -> None:
        if (instance := _one(self.instances, which)) is not None:
            await instance.awake()

    async def deliver_again(self, shard: int, back: int, restart: int) -> None:
        """Committed offsets go back, for those who start later and, at times, for those who run."""
        for (group, place), offset in list(self.broker.offsets.items()):
            if place[1] == self.shards[shard % 2]:
                self.broker.offsets[group, place] = max(0, offset - 2 * back)
                for instance in self.instances if restart % 2 else ():
                    instance.rewind(place, max(0, offset - 2 * back))

    # erasure

    async def erase(self, kind: int, which: int, purge: int) -> None:
        """A person, a request or a document, whose records are all settled."""
        order = self._document(which) if kind % 3 == 2 else self._request(kind, which)
        if order is not None:
            await self.eraser.blank((await choose(order, self.eraser)).selection, Blanked())
            if purge % 4 == 0:
                await self.eraser.purge()

    def _request(self, kind: int, which: int) -> Order | None:
        ready = [one for one in self.askers.requests.values() if not one.erased and self.is_over(one.key)]
        asked = _one(ready, which)
        if asked is None:
            return None
        asked.erased, asked.coming = True, []
        of: Kind = "subject" if kind % 3 else "request"
        return _order(asked.key[0], of, asked.asker if kind % 3 else str(asked.key[1]))

    def _document(self, which: int) -> Order | None:
        ready = [one for one in self.askers.documents if one not in self.erased and self._are_settled(one[1])]
        found = _one(ready, which)
        if found is None:
            return None
        self.erased.add(found)
        return _order(found[0], "document", found[1])

    # how it ends

    async def end(self) -> None:
        """Whoever sleeps wakes; then one instance brings everything to its end."""
        for instance in self.instances:
            await instance.awake()
            await instance.settle()
        for instance in list(self.instances):
            self._bury(instance)
        await self.start(0, 1, 0)
        last = self.owners[self.shards[0]]
        for _ in range(6):  # what is written, outcomes and checkpoints of it, records of those
            while last.positions != {place: len(self.broker.logs[place]) for place in last.places}:
                await last.take(5_000)
                await last.settle()
            self.now += timedelta(seconds=61)
            await last.settle()

    async def standing(self) -> list[TraceRow]:
        """Of each position the row that counts."""
        mine = f"partition IN {listed(self.shards)}"
        return [trace_row(row) for row in (await self.site.connection.select(standing_query(mine), exact=True)).rows]

    def is_over(self, key: Key) -> bool:
        answered = any(record.topic == "answers" for record in self.askers.records_of(str(key[1])))
        return answered and self._are_settled(str(key[1]))

    def _are_settled(self, name: str) -> bool:
        records = self.askers.records_of(name)
        return bool(records) and all(self.settled.get((r.topic, r.partition), 0) > r.offset for r in records)

    def _commit(self, instance: Instance, records: Sequence[Record]) -> None:
        """As the broker takes it: from members of the group only."""
        for record in records:
            place = (record.topic, record.partition)
            if self.owners.get(place[1]) is instance:
                self.broker.offsets["audit", place] = record.offset + 1
                self.settled[place] = max(self.settled.get(place, 0), record.offset + 1)

    async def _insert_badly(self, which: int, first: int, count: int, end: type[Exception]) -> None:
        if (instance := _one(self.instances, which)) is None:
            return
        await instance.awake()

        async def lose(rows: Sequence[Row]) -> None:
            """An insert into two tables may end after one of them."""
            fresh = [row for row in rows if row.seal.token == instance.sealer.token]
            if fresh and count % 3:
                await self._lose(fresh, "leaves" if count % 3 == 1 else "events")

        try:
            await instance.take(10, cut(first, 1 + 2 * count, end, lose))
        except Died:
            self._bury(instance)

    async def _lose(self, rows: Sequence[Row], table: str) -> None:
        shard = "shard" if table == "leaves" else "partition"
        places = ", ".join(
            f"({literal(row.identity.tenant)}, {row.record.partition}, {row.seal.leaf_index}, {row.seal.token})"
            for row in rows
        )
        await self.trail.query(
            f"DELETE FROM trace.{table} WHERE (tenant, {shard}, leaf_index, seal) IN ({places}) "
            "SETTINGS lightweight_deletes_sync = 2"
        )

    def _bury(self, instance: Instance) -> None:
        if instance.asleep is not None:
            instance.asleep.cancel()
        self._remove(instance)

    def _remove(self, instance: Instance) -> None:
        self.instances.remove(instance)
        self.owners = {shard: owner for shard, owner in self.owners.items() if owner is not instance}


def _one(things: Sequence[ThingT], which: int) -> ThingT | None:
    return things[which % len(things)] if things else None


def _order(tenant: str, kind: Kind, target: str) -> Order:
    return Order(tenant, kind, target, "Asked for it.", "dpo@norvik.example")


STEPS: Mapping[str, Callable[[World, int, int, int], Awaitable[None]]] = {
    "ask": World.ask,
    "go on": World.go_on,
    "write again": World.write_again,
    "write other": World.write_other,
    "wait": World.wait,
    "start": World.start,
    "take": World.take,
    "catch up": World.catch_up,
    "settle": World.settle,
    "lose confirmation": World.lose_confirmation,
    "die before commit": World.die_before_commit,
    "die": World.die,
    "die in insert": World.die_in_insert,
    "fail in insert": World.fail_in_insert,
    "fall asleep in insert": World.fall_asleep_in_insert,
    "wake": World.wake,
    "deliver again": World.deliver_again,
    "erase": World.erase,
}
