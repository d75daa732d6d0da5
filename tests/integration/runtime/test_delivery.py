"""What delivery promises, on the in-process double and on real brokers alike."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest

from answerable_events.body import EventBody
from answerable_events.codec import Event, decode
from answerable_events.deadletters import DeadLettered
from answerable_events.identity import event_id
from answerable_events.message import Message
from answerable_events.requests import ContextRetrieved, QuestionAsked
from answerable_events.topics import CONTEXTS, QUESTIONS, dead_letter_topic
from answerable_runtime.effects import MemoryEffects
from answerable_runtime.errors import TooManyFailures, Transient
from answerable_runtime.routes import FailureBudget
from answerable_runtime.service import Service, Watch
from tests.support.brokers import Bench
from tests.support.questions import asked
from tests.support.stages import context_of, stage

GROUP = "answerable.retrieval"
DEAD = dead_letter_topic(QUESTIONS)


async def test_a_question_becomes_one_context_with_derived_id_and_its_ancestor(bench: Bench) -> None:
    request = uuid4()
    async with bench.running(stage()):
        await bench.publish(asked(request_id=request))
        [record] = await bench.wait_for("contexts", 1)
    event = decode(record, CONTEXTS)
    [question] = await bench.records("questions")
    assert event.id == event_id(request, "norvik", ContextRetrieved.TYPE)
    assert event.body.ancestors == (decode(question, QUESTIONS).as_ancestor,)
    assert record.partition == question.partition


async def test_offsets_are_committed_once_the_output_is_in_the_log(bench: Bench) -> None:
    async with bench.running(stage()):
        await bench.publish(*(asked(f"Question {n}?") for n in range(20)))
        await bench.wait_for("contexts", 20)
    assert await bench.committed(GROUP, "questions") == 20


async def test_a_message_whose_work_was_cut_off_is_delivered_again(bench: Bench) -> None:
    begun = asyncio.Event()

    async def never_ends(_event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        begun.set()
        await asyncio.sleep(3600)
        return []

    await bench.publish(asked())
    async with bench.running(stage(never_ends, timeout=timedelta(hours=2)), drain=timedelta(0)):
        await asyncio.wait_for(begun.wait(), 20)
    assert await bench.committed(GROUP, "questions") == 0
    async with bench.running(stage()):
        assert len(await bench.wait_for("contexts", 1)) == 1


async def test_nothing_after_an_unfinished_message_is_committed_in_its_partition(bench: Bench) -> None:
    stuck, done = uuid4(), asyncio.Event()

    async def stuck_on_one(event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        if event.body.request_id == stuck:
            await asyncio.sleep(3600)
        return [context_of(event)]

    async with bench.running(stage(stuck_on_one, timeout=timedelta(hours=2)), drain=timedelta(0)):
        await bench.publish(asked("before", partition=2))
        await bench.publish(asked("stuck", request_id=stuck, partition=2))
        await bench.publish(*(asked(f"after {n}", partition=2) for n in range(5)))
        await bench.wait_for("contexts", 6)
        done.set()
        await asyncio.sleep(0.3)
    assert await bench.committed(GROUP, "questions") == 1


async def test_a_redelivery_publishes_the_same_bytes_without_working_again(bench: Bench) -> None:
    calls: list[str] = []

    async def counted(event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        calls.append(event.body.text)
        return [context_of(event)]

    message = asked()
    async with bench.running(stage(counted), effects=MemoryEffects()):
        await bench.publish(message)
        await bench.wait_for("contexts", 1)
        await bench.publish(message)
        first, second = await bench.wait_for("contexts", 2)
    assert calls == [message_text(message)]
    assert (first.value, first.headers) == (second.value, second.headers)


async def test_a_redelivery_without_effects_yields_the_same_ids(bench: Bench) -> None:
    message = asked()
    for expected in (1, 2):
        async with bench.running(stage(), effects=MemoryEffects()):
            await bench.publish(message)
            records = await bench.wait_for("contexts", expected)
    assert len({decode(record, CONTEXTS).id for record in records}) == 1


async def test_messages_of_one_key_run_one_at_a_time_and_in_order(bench: Bench) -> None:
    request, order, running = uuid4(), [], Counter[str]()

    async def watched(event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
        await asyncio.sleep(0.01)
        order.append(event.body.text)
        running["now"] -= 1
        return [context_of(event)]

    async with bench.running(stage(watched), effects=NoEffects()):
        await bench.publish(*(asked(f"{n}", request_id=request) for n in range(8)))
        await bench.wait_for("contexts", 8)
    assert order == [str(n) for n in range(8)]
    assert running["most"] == 1


async def test_a_slow_key_does_not_hold_back_the_others(bench: Bench) -> None:
    slow = uuid4()

    async def slow_on_one(event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        await asyncio.sleep(30 if event.body.request_id == slow else 0)
        return [context_of(event)]

    async with bench.running(stage(slow_on_one), drain=timedelta(0)):
        await bench.publish(asked(request_id=slow, partition=0))
        await bench.publish(*(asked(f"{n}", partition=0) for n in range(10)))
        assert len(await bench.wait_for("contexts", 10, seconds=10)) == 10


async def test_never_more_than_the_limit_run_at_once(bench: Bench) -> None:
    running = Counter[str]()

    async def counted(event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
        await asyncio.sleep(0.005)
        running["now"] -= 1
        return [context_of(event)]

    async with bench.running(stage(counted, concurrency=4)):
        await bench.publish(*(asked(f"{n}") for n in range(120)))
        await bench.wait_for("contexts", 120)
    assert running["most"] == 4


async def test_an_unreadable_message_becomes_a_dead_letter_with_its_bytes_and_the_service_goes_on(bench: Bench) -> None:
    good = asked()
    broken = Message("questions", good.key, b'{"text": ', (*good.headers, ("x-odd", b"\xff\x00")), 1)
    async with bench.running(stage()):
        await bench.publish(broken)
        [letter] = await bench.wait_for("questions-dlq", 1)
        await bench.publish(good)
        await bench.wait_for("contexts", 1)
    body = decode(letter, DEAD).body
    assert isinstance(body, DeadLettered)
    assert (body.reason, body.value, body.topic, body.partition) == ("body_invalid", broken.value, "questions", 1)
    assert tuple((header.name, header.value) for header in body.headers) == broken.headers


async def test_a_transient_failure_is_tried_again_in_place(bench: Bench) -> None:
    tries = Counter[str]()

    async def fails_once(event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        tries["all"] += 1
        if tries["all"] == 1:
            raise Transient
        return [context_of(event)]

    async with bench.running(stage(fails_once)):
        await bench.publish(asked())
        await bench.wait_for("contexts", 1)
    assert await bench.records("questions-retry") == []


async def test_a_longer_failure_goes_through_the_retry_topic_with_its_bytes_unchanged(bench: Bench) -> None:
    tries = Counter[str]()

    async def fails_thrice(event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        tries["all"] += 1
        if tries["all"] <= 3:
            raise Transient
        return [context_of(event)]

    message = asked()
    async with bench.running(stage(fails_thrice)):
        await bench.publish(message)
        await bench.wait_for("contexts", 1)
    [retried] = await bench.records("questions-retry")
    assert retried.value == message.value
    assert retried.headers[: len(message.headers)] == message.headers


async def test_a_failure_that_stays_ends_as_a_dead_letter(bench: Bench) -> None:
    async def fails(_event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        raise Transient

    async with bench.running(stage(fails)):
        await bench.publish(asked())
        [letter] = await bench.wait_for("questions-dlq", 1)
    body = decode(letter, DEAD).body
    assert isinstance(body, DeadLettered)
    assert (body.reason, body.exception_type, body.attempts) == ("retries_exhausted", "Transient", 6)
    assert len(await bench.records("questions-retry")) == 2


async def test_a_handler_that_takes_too_long_counts_as_a_transient_failure(bench: Bench) -> None:
    async def slow(_event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        await asyncio.sleep(5)
        return []

    async with bench.running(stage(slow, timeout=timedelta(milliseconds=5))):
        await bench.publish(asked())
        [letter] = await bench.wait_for("questions-dlq", 1)
    assert b'"TimeoutError"' in letter.value


async def test_a_bug_becomes_a_dead_letter_without_the_exception_text(bench: Bench) -> None:
    async def buggy(event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        raise KeyError(f"secret of {event.body.asker.subject}")

    async with bench.running(stage(buggy)):
        await bench.publish(asked())
        [letter] = await bench.wait_for("questions-dlq", 1)
    body = decode(letter, DEAD).body
    assert isinstance(body, DeadLettered)
    assert (body.reason, body.exception_type) == ("processing_error", "KeyError")
    assert b"secret" not in letter.value


async def test_a_service_that_only_fails_stops_and_leaves_the_rest_uncommitted(bench: Bench) -> None:
    async def buggy(_event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        raise KeyError

    with pytest.raises(TooManyFailures):  # noqa: PT012 - raised when the block is left
        async with bench.running(stage(buggy, concurrency=1, budget=FailureBudget(consecutive=3))) as running:
            await bench.publish(*(asked(f"{n}", partition=3) for n in range(10)))
            await asyncio.wait([running.task], timeout=30)
    assert len(await bench.records("questions-dlq")) == 3
    assert await bench.committed(GROUP, "questions") == 3


async def test_what_the_route_calls_permanent_dies_at_once_and_costs_no_budget(bench: Bench) -> None:
    class Refused(Exception):
        pass

    async def refuses(_event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        raise Refused

    async with bench.running(stage(refuses, permanent=(Refused,), budget=FailureBudget(consecutive=2))):
        await bench.publish(*(asked(f"{n}", partition=3) for n in range(8)))
        letters = await bench.wait_for("questions-dlq", 8)
    assert all(b'"exception_type":"Refused"' in letter.value for letter in letters)
    assert await bench.records("questions-retry") == []


async def test_a_stop_lets_running_work_finish_and_commits_it(bench: Bench) -> None:
    begun = asyncio.Event()

    async def takes_a_while(event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        begun.set()
        await asyncio.sleep(0.5)
        return [context_of(event)]

    async with bench.running(stage(takes_a_while)):
        await bench.publish(asked())
        await asyncio.wait_for(begun.wait(), 20)
    assert len(await bench.records("contexts")) == 1
    assert await bench.committed(GROUP, "questions") == 1


async def test_two_outputs_of_one_type_get_different_ids(bench: Bench) -> None:
    async def twice(event: Event[QuestionAsked], _deps: object) -> list[EventBody]:
        return [context_of(event), context_of(event)]

    async with bench.running(stage(twice)):
        await bench.publish(asked())
        records = await bench.wait_for("contexts", 2)
    assert len({decode(record, CONTEXTS).id for record in records}) == 2


async def test_a_watcher_sees_what_comes_after_it_started(bench: Bench) -> None:
    seen: list[bytes | None] = []

    async def watcher(records: object) -> None:
        assert isinstance(records, list)
        seen.extend(record.key for record in records)

    old, new = asked(partition=0), asked(partition=0)
    await bench.publish(old)
    async with bench.running(Service(name="gateway", watches=(Watch(QUESTIONS, watcher),))) as running:
        await asyncio.wait_for(running.runner.started.wait(), 20)
        async with asyncio.timeout(20):
            while new.key not in seen:
                await bench.publish(new)
                await asyncio.sleep(0.2)
    assert old.key not in seen


class NoEffects(MemoryEffects):
    """As with Redis down: each copy reaches the handler."""

    async def get(self, key: str) -> None:
        return None


def message_text(message: Message) -> str:
    return QuestionAsked.model_validate_json(message.value).text
