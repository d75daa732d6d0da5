"""What the scheduled check says, and when."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from answerable_audit.completeness import Checker, Schedule
from answerable_events.codec import decode
from answerable_events.governance import TraceChecked
from answerable_events.message import Message
from answerable_events.topics import GOVERNANCE
from answerable_runtime.clock import Clock
from answerable_runtime.errors import BrokerUnavailable
from answerable_runtime.log import Log, Partition
from answerable_runtime.metrics import Metrics
from answerable_runtime.numbering import Numbering
from answerable_trail.client import Trail
from answerable_trail.completeness import Depth, Kind, Part, Problem
from answerable_trail.inspecting import Inspection
from answerable_trail.recomputing import Recomputed
from tests.support.requests import place

HOLE = Problem(Kind.OFFSETS, "drafts/2/7", 3)
GAP = Problem(Kind.SEQUENCE, "run\n#7")
EDITED = Problem(Kind.ROW, "answers/0/1")


class FakeTrail:
    """A trail whose checks find what the test says."""

    def __init__(self) -> None:
        self.inspector, self.recomputation = self, self
        self.findings: dict[Part, tuple[Problem, ...]] = {}
        self.pages: list[Recomputed] = []
        self.depths: list[tuple[Depth, bool]] = []

    async def inspect(self, depth: Depth, now: datetime, *, caught_up: bool) -> Inspection:
        self.depths.append((depth, caught_up))
        partial = frozenset[Part]() if depth is Depth.FULL else frozenset({Part.SEQUENCES})
        return Inspection(42, dict(self.findings), partial)

    async def run(self, keys: Collection[Any]) -> AsyncIterator[Recomputed]:
        for page in self.pages:
            yield page

    async def positions(self) -> dict[Partition, Any]:
        return {}


class FakeLog:
    def __init__(self) -> None:
        self.published: list[Message] = []
        self.down = False
        self.end = 0

    async def publish(self, messages: Sequence[Message]) -> None:
        if self.down:
            raise BrokerUnavailable
        self.published += messages

    async def bounds(self, partitions: Collection[Partition]) -> Mapping[Partition, tuple[int, int]]:
        return dict.fromkeys(partitions, (0, self.end))

    def events(self) -> list[TraceChecked]:
        found = [decode(place(message, 0), GOVERNANCE).body for message in self.published]
        return [body for body in found if isinstance(body, TraceChecked)]


class Bench:
    def __init__(self) -> None:
        self.trail, self.log, self.moment = FakeTrail(), FakeLog(), datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
        self.metrics = Metrics(CollectorRegistry())
        self.checker = Checker(
            cast(Trail, self.trail), cast(Log, self.log), self.metrics, Clock(lambda: self.moment, self.sleep),
            numbering=Numbering("/answerable/audit", "run"), keys=(),
        )  # fmt: skip

    async def check(self) -> None:
        await self.checker.check(Schedule())
        self.moment += timedelta(minutes=1)

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def measured(self, kind: str) -> float | None:
        return self.metrics.registry.get_sample_value("answerable_trace_problems", {"kind": kind})


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_the_verdict_is_published_on_partition_0_when_it_changes(bench: Bench) -> None:
    for findings in ({}, {}, {Part.OFFSETS: (HOLE,)}, {Part.OFFSETS: (HOLE,)}, {Part.OFFSETS: ()}):
        bench.trail.findings = dict(findings)
        await bench.check()
    assert [(each.complete, len(each.problems), each.records) for each in bench.log.events()] == [
        (True, 0, 42),
        (False, 1, 42),
        (True, 0, 42),
    ]
    assert {message.partition for message in bench.log.published} == {0}
    assert bench.log.events()[1].problems[0].model_dump() == {"kind": "offsets", "place": "drafts/2/7", "count": 3}


async def test_the_same_verdict_is_published_once_an_hour(bench: Bench) -> None:
    for _ in range(62):
        await bench.check()
    assert len(bench.log.events()) == 2


async def test_metrics_count_by_kind_and_go_back(bench: Bench) -> None:
    bench.trail.findings = {Part.OFFSETS: (HOLE,)}
    await bench.check()
    assert (bench.measured("offsets"), bench.measured("row")) == (3, 0)
    bench.checker.forget()
    assert bench.measured("offsets") == 0


async def test_a_verdict_that_was_not_published_is_said_with_the_next_check_as_another_run(bench: Bench) -> None:
    bench.log.down = True
    await bench.check()
    bench.log.down = False
    await bench.check()
    [message] = bench.log.published
    assert (dict(message.headers)["ce_producerid"], dict(message.headers)["ce_producerseq"]) == (b"run.1", b"1")


async def test_what_a_windowed_part_found_stays_until_the_next_full_check(bench: Bench) -> None:
    bench.trail.findings = {Part.SEQUENCES: (GAP,)}
    await bench.check()
    bench.trail.findings = {Part.SEQUENCES: ()}
    for _ in range(60):
        await bench.check()
    assert [each.complete for each in bench.log.events()] == [False, True]
    assert [depth for depth, _ in bench.trail.depths] == [Depth.FULL, *[Depth.QUICK] * 59, Depth.FULL]
    assert bench.log.events()[0].problems[0].place == "run?#7"


async def test_a_full_check_while_the_record_is_behind_is_made_again(bench: Bench) -> None:
    bench.log.end = 1_000
    await bench.check()
    bench.log.end = 0
    await bench.check()
    assert bench.trail.depths == [(Depth.FULL, False), (Depth.FULL, True)]


async def test_a_hash_that_differs_is_said_at_once_and_until_the_next_time(bench: Bench) -> None:
    bench.trail.pages = [Recomputed(1, 3), Recomputed(2, 3, (EDITED,)), Recomputed(3, 3)]
    await bench.checker.recompute()
    await bench.check()
    assert [each.complete for each in bench.log.events()] == [False]
    bench.trail.pages = [Recomputed(3, 3)]
    await bench.checker.recompute()
    assert [each.complete for each in bench.log.events()] == [False, True]
