"""What the batch loop promises, on the in-process double and on real brokers alike."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from answerable_events.message import Message, Record
from answerable_events.topics import ANSWERS, QUESTIONS
from answerable_runtime.batch import BatchRoute
from answerable_runtime.errors import BrokerUnavailable, Transient
from answerable_runtime.log import Log, Partition
from answerable_runtime.service import Service
from tests.support.brokers import Bench
from tests.support.questions import asked


@dataclass
class Store:
    """Stores in memory; answers each stored question with a message, once."""

    stored: list[Record] = field(default_factory=list)
    loads: int = 0
    fail_store: int = 0
    fail_publish: int = 0
    answered: set[bytes | None] = field(default_factory=set)

    async def load(self, partitions: Collection[Partition], log: Log) -> None:
        self.loads += 1

    async def store(self, records: Sequence[Record]) -> None:
        if self.fail_store:
            self.fail_store -= 1
            raise Transient
        self.stored += records

    def is_outdated(self, records: Sequence[Record]) -> bool:
        return False

    def note(self, records: Sequence[Record], stored: None) -> None: ...

    async def due(self, now: datetime) -> Sequence[Message]:
        if self.fail_publish:
            self.fail_publish -= 1
            raise BrokerUnavailable
        keys = [
            record.key for record in self.stored if record.topic == QUESTIONS.name and record.key not in self.answered
        ]
        return [Message("answers", key, b"{}", (), 0) for key in dict.fromkeys(keys)]

    def published(self, messages: Sequence[Message]) -> None:
        self.answered |= {message.key for message in messages}


def audit(store: Store) -> Service:
    return Service(name="audit", batch=BatchRoute(topics=(QUESTIONS, ANSWERS), handler=store, transient=(Transient,)))


async def test_records_are_stored_then_answered_then_committed(bench: Bench) -> None:
    store = Store()
    async with bench.running(audit(store)):
        await bench.publish(*(asked(f"{n}?") for n in range(30)))
        await bench.wait_for("answers", 30)
        async with asyncio.timeout(20):
            while await bench.committed("answerable.audit", "questions") < 30:
                await asyncio.sleep(0.05)
    assert len({record.position for record in store.stored if record.topic == "questions"}) == 30


async def test_the_state_is_loaded_before_the_first_batch(bench: Bench) -> None:
    store = Store()
    async with bench.running(audit(store)):
        await bench.publish(asked())
        await bench.wait_for("answers", 1)
    assert store.loads >= 1


async def test_a_store_that_is_down_delays_and_loses_nothing(bench: Bench) -> None:
    store = Store(fail_store=3)
    async with bench.running(audit(store)):
        await bench.publish(*(asked(f"{n}?") for n in range(5)))
        await bench.wait_for("answers", 5)
    assert {record.key for record in store.stored if record.topic == "questions"} == store.answered


async def test_after_an_unconfirmed_publish_the_state_is_loaded_again_first(bench: Bench) -> None:
    store = Store(fail_publish=1)
    async with bench.running(audit(store)):
        await bench.publish(asked())
        await bench.wait_for("answers", 1)
    assert store.loads >= 2


async def test_time_passing_alone_brings_out_what_falls_due(bench: Bench) -> None:
    store = Store()
    async with bench.running(audit(store)):
        await bench.publish(asked())
        await bench.wait_for("answers", 1)
        store.answered.clear()
        assert len(await bench.wait_for("answers", 2)) >= 2
