"""Each service as a process of its own, on the best broker here: the demo questions get the same outcomes."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from answerable_cli.expectations import DemoQuestion, demo_questions
from answerable_events.answers import AnswerReleased
from answerable_events.message import Message
from answerable_events.requests import Asker
from answerable_events.topics import PARTITIONS
from answerable_runtime.kafka import KafkaLog
from tests.chaos.checker import check
from tests.chaos.stack import servers_running, service, supervised
from tests.support import corpus, servers
from tests.support.outcomes import Outcome, outcomes_of
from tests.support.questions import asked

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

NAMES = ("ingestion", "retrieval", "inference", "validation", "audit")
FEW_MISSES = 3
"""The demo itself says which; here the point is the processes."""


def message(request_id: UUID, question: DemoQuestion) -> Message:
    return asked(
        question.text,
        request_id=request_id,
        asker=Asker(subject=question.asker, groups=question.groups),
        consequential=question.consequential,
        deadline=datetime.now(UTC) + timedelta(minutes=4),
    )


async def put_documents(log: KafkaLog) -> None:
    submissions = list(corpus.submissions())
    for submission in submissions:
        await log.publish([submission])
    places = [("knowledge", number) for number in range(PARTITIONS)]
    async with asyncio.timeout(240):
        while sum(end for _, end in (await log.bounds(places)).values()) < len(submissions):
            await asyncio.sleep(1)


def as_expected(question: DemoQuestion, outcome: Outcome) -> bool:
    if isinstance(outcome, AnswerReleased):
        text = " ".join(outcome.text.split())
        return question.expect == "released" and all(part in text for part in question.must_contain)
    return question.expect == "withheld" and outcome.reason in question.reasons


async def test_services_in_separate_processes_answer_the_demo_questions_as_in_one() -> None:
    questions = {uuid4(): question for question in demo_questions() if question.expect != "in_review"}
    async with servers_running(servers.broker_kinds()[-1]) as stack:
        upstream = KafkaLog(stack.settings, client_id="upstream")
        await upstream.start(())
        processes = [service(stack, name) for name in NAMES]
        async with supervised(processes):
            await put_documents(upstream)
            await upstream.publish([message(*each) for each in questions.items()])
            outcomes = await outcomes_of(upstream, questions, seconds=200)
            await asyncio.sleep(2)
        await upstream.stop()
        findings = await check(stack.settings, stack.clickhouse_url)
    assert all(len(found) == 1 for found in outcomes.values())
    wrong = [question.id for key, question in questions.items() if not as_expected(question, outcomes[key][0])]
    assert len(wrong) <= FEW_MISSES, wrong
    leaked = [
        question.id
        for key, question in questions.items()
        if question.expect == "withheld" and isinstance(outcomes[key][0], AnswerReleased)
    ]
    assert leaked == []
    assert findings.problems == {}
    assert [code for process in processes for code in process.unexpected] == []
