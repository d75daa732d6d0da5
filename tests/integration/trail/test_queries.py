"""What the named queries tell of requests that went one way or another."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from answerable_events.codec import encode
from answerable_events.deadletters import DeadLettered
from answerable_events.feedback import AnswerAudited
from answerable_events.message import Record
from answerable_events.topics import CONTEXTS, DRAFTS, FEEDBACK, QUESTIONS, dead_letter_topic
from answerable_trail.client import Trail
from answerable_trail.errors import QueryUnknown
from answerable_trail.queries import named_queries
from tests.support.servers import start_clickhouse
from tests.support.settled import settle
from tests.support.stories import Story, tell
from tests.support.trail import ASKED_AT, PRODUCER, Log, fresh_trail, record, rows

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

TUESDAY, WEDNESDAY, NEXT_TUESDAY = ASKED_AT, ASKED_AT + timedelta(days=1), ASKED_AT + timedelta(days=7)
NOW = datetime.now(UTC)
NOT_KNOWN = "withheld:not_known"
QUERIES = [query for query in named_queries() if not query.name.startswith("completeness_")]
"""All but those that find nothing in a record that is whole."""
STORIES = (
    Story(1, TUESDAY),
    Story(2, TUESDAY, asker="bob", text="How many days of LEAVE", documents=("d2",), confidence=0.2, ended=NOT_KNOWN),
    Story(3, WEDNESDAY, text=" how many  days of leave?!", confidence=0.4, ended=NOT_KNOWN, seconds=(1, 9, 3, 4)),
    Story(4, NEXT_TUESDAY, asker="cy", text="What is the budget?", documents=("d1", "d3"), revision="r2",
          confidence=0.4, failed_check="unsupported", ended="withheld:unsupported"),
    Story(5, NEXT_TUESDAY, tenant="other", asker="eve", text="Prices?", ended="failed:deadline_exceeded", stages=0),
    Story(6, NEXT_TUESDAY, documents=("d1",), confidence=0.7),
    Story(7, NOW, ended=None, stages=1, deadline=NOW + timedelta(seconds=7)),
    Story(8, NOW, tenant="other", ended=None, stages=0, deadline=NOW + timedelta(hours=1)),
)  # fmt: skip


def _audited(auditor: str) -> AnswerAudited:
    return AnswerAudited(
        tenant=STORIES[0].tenant,
        request_id=STORIES[0].request_id,
        auditor=auditor,
        correct=auditor == "maud",
        reason="Read.",
        answer_sha256="b" * 64,
        share=0.1,
        confidence=0.9,
        audited_at=ASKED_AT,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trail() -> AsyncIterator[Trail]:
    """The stories, some of them stored and some live, a retry, dead letters, and events written twice."""
    async with start_clickhouse() as server, fresh_trail(server.url) as opened:
        log = Log()
        for story in STORIES:
            tell(log, story)
        for auditor in ("maud", "olle"):
            log.write(_audited(auditor), FEEDBACK, at=ASKED_AT)
        await opened.append(rows(*log.records[:15]))
        await settle(opened)
        await opened.append(rows(*log.records[15:], *log.records[:3]))
        context, draft = log.of(CONTEXTS)[0], log.of(DRAFTS)[0]
        await opened.append(
            rows(
                replace(context, offset=90),
                replace(context, offset=91, value=context.value.replace(b"Thirty", b"Forty")),
                replace(draft, offset=90),
                _retry(draft),
                *_dead_letters(),
                record(0, topic="documents", body=b"\xff not JSON", tenant="acme"),
            )
        )
        yield opened


def _retry(of: Record) -> Record:
    return replace(of, topic="drafts-retry", offset=0, headers=(*of.headers, ("answerable_attempt", b"2")))


def _dead_letters() -> list[Record]:
    letters = []
    for offset, reason in enumerate(("body_invalid", "retries_exhausted", "retries_exhausted")):
        dead = DeadLettered(
            tenant="acme", stage="retrieval", reason=reason, attempts=offset, request_id=UUID(int=9), topic="questions",
            partition=0, offset=offset, value=b"", headers=(), dead_at=TUESDAY,
        )  # fmt: skip
        message = encode(dead, topic=dead_letter_topic(QUESTIONS), producer=PRODUCER, now=TUESDAY)
        letters.append(Record(message.topic, 0, offset, 0, message.key, message.value, message.headers))
    return letters


async def asked(trail: Trail, name: str, **parameters: object) -> list[tuple[object, ...]]:
    return list((await trail.named_query(name, parameters=parameters)).rows)


@pytest.mark.parametrize("name", [query.name for query in QUERIES])
async def test_every_named_query_runs_with_its_defaults(trail: Trail, name: str) -> None:
    table = await trail.named_query(name)
    assert table.columns
    assert table.rows


@pytest.mark.parametrize("query", [query for query in QUERIES if query.parameters], ids=lambda one: one.name)
async def test_every_named_query_can_be_limited(trail: Trail, query) -> None:
    names = {parameter.name for parameter in query.parameters}
    assert await asked(trail, query.name, tenant="nobody") == []
    if "since" in names:
        assert await asked(trail, query.name, since="2100-01-01 00:00:00") == []


async def test_outcomes_are_counted_with_their_reasons(trail: Trail) -> None:
    assert [row[:4] for row in await asked(trail, "outcomes_by_reason")] == [
        ("open", "", 2, 0.25),
        ("released", "", 2, 0.25),
        ("withheld", "not_known", 2, 0.25),
        ("failed", "deadline_exceeded", 1, 0.125),
        ("withheld", "unsupported", 1, 0.125),
    ]


async def test_documents_that_are_cited_most_come_first(trail: Trail) -> None:
    assert await asked(trail, "documents_most_cited", limit=2) == [
        ("acme", "d1", 1, "D1", 2, 5, 0.4),
        ("acme", "d2", 1, "D2", 0, 4, 0.0),
    ]


async def test_model_cost_is_summed_over_events_not_over_copies(trail: Trail) -> None:
    found = [row[:8] for row in await asked(trail, "model_cost", since="2026-11-04 00:00:00")]
    assert found == [
        (date(2026, 11, 10), "acme", "small", "r1", "answer", 1, 1, 0),
        (date(2026, 11, 10), "acme", "small", "r2", "answer", 1, 1, 0),
        (date(2026, 11, 4), "acme", "small", "r1", "answer", 1, 1, 1),
    ]


async def test_latency_is_told_by_stage(trail: Trail) -> None:
    assert [row[:4] for row in await asked(trail, "latency_by_stage")] == [
        ("retrieval", 6, 1.0, 1.0),
        ("inference", 5, 3.4, 2.0),
        ("validation", 5, 3.0, 3.0),
        ("audit", 5, 4.0, 4.0),
        ("total", 6, 10.1667, 10.0),
    ]


async def test_completeness_names_what_is_missing(trail: Trail) -> None:
    assert [row for row in await asked(trail, "completeness") if row[2] == "contexts"] == [
        ("missing", 1, "contexts", 0, 6, 89)
    ]


async def test_refusals_are_counted_by_tenant_and_reason(trail: Trail) -> None:
    assert await asked(trail, "refusals_by_reason") == [
        ("acme", "withheld", "not_known", 2, 0.4, WEDNESDAY + timedelta(seconds=17)),
        ("acme", "withheld", "unsupported", 1, 0.2, NEXT_TUESDAY + timedelta(seconds=10)),
        ("other", "failed", "deadline_exceeded", 1, 1.0, NEXT_TUESDAY + timedelta(seconds=4)),
    ]


async def test_an_open_question_near_its_deadline_is_named_with_the_stage_it_waits_for(trail: Trail) -> None:
    ((tenant, request, _, answer_by, left, waits_for),) = await asked(trail, "unanswered_near_deadline")
    assert (tenant, request, waits_for) == ("acme", UUID(int=7), "inference")
    assert answer_by == NOW + timedelta(seconds=7)
    assert isinstance(answer_by, datetime)
    assert left == pytest.approx((answer_by - datetime.now(UTC)).total_seconds(), abs=60), "seconds left, on this clock"
    both = await asked(trail, "unanswered_near_deadline", within_seconds=4000)
    assert [(row[1], row[5]) for row in both] == [(UUID(int=7), "inference"), (UUID(int=8), "retrieval")]


async def test_the_slowest_stage_of_each_hour_is_named(trail: Trail) -> None:
    found = await asked(trail, "slowest_stage_by_hour")
    assert [row[1:] for row in found[-3:]] == [
        ("audit", 4.0, 0.4, 2),
        ("inference", 9.0, 0.5294, 1),
        ("audit", 4.0, 0.4, 2),
    ]
    assert found[-1][0] == TUESDAY
    assert len(await asked(trail, "slowest_stage_by_hour", limit=1)) == 1


async def test_abstention_is_told_by_day_and_by_seven_days(trail: Trail) -> None:
    assert await asked(trail, "abstention_trend") == [
        (date(2026, 11, 10), 3, 0, 0.0, 0.25),
        (date(2026, 11, 4), 1, 1, 1.0, 0.6667),
        (date(2026, 11, 3), 2, 1, 0.5, 0.5),
    ]


async def test_documents_behind_failed_checks_are_named_with_the_reason(trail: Trail) -> None:
    assert await asked(trail, "documents_behind_failed_checks") == [
        ("acme", "d3", 1, "D3", 1, 1, 1.0, ["unsupported"]),
        ("acme", "d1", 1, "D1", 1, 5, 0.2, ["unsupported"]),
    ]


async def test_readers_of_a_document_are_named_with_what_allowed_them(trail: Trail) -> None:
    found = await asked(trail, "readers_of_documents", document="d1")
    assert [row[1:7] for row in found] == [
        ("d1", "ada", ["user:ada"], 4, 2, [1]),
        ("d1", "cy", ["user:cy"], 1, 0, [1]),
    ]
    assert found[0][7] == TUESDAY
    assert {row[1] for row in await asked(trail, "readers_of_documents", asker="bob")} == {"d2"}


async def test_retries_and_dead_letters_are_counted_by_reason(trail: Trail) -> None:
    assert [row[:7] for row in await asked(trail, "retries_and_dead_letters")] == [
        ("dead letter", "questions", "retrieval", "retries_exhausted", 2, 1, 2),
        ("dead letter", "questions", "retrieval", "body_invalid", 1, 1, 0),
        ("retry", "drafts", "", "", 1, 1, 2),
    ]


async def test_events_written_twice_are_counted_and_rows_written_twice_are_not(trail: Trail) -> None:
    assert await asked(trail, "duplicate_events") == [
        ("contexts", "io.answerable.context.retrieved.v1", "/test", 1, 2, 3, 1),
        ("drafts", "io.answerable.draft.generated.v1", "/test", 1, 1, 2, 0),
    ]


async def test_confidence_is_compared_with_the_week_before(trail: Trail) -> None:
    assert await asked(trail, "confidence_drift") == [
        (date(2026, 11, 9), "small", "r1", 1, 0.7, 0.2, 1.0),
        (date(2026, 11, 9), "small", "r2", 1, 0.4, None, 0.0),
        (date(2026, 11, 2), "small", "r1", 3, 0.5, None, 0.3333),
    ]


async def test_questions_that_differ_in_spelling_only_are_taken_together(trail: Trail) -> None:
    found = await asked(trail, "questions_without_answer")
    assert [(row[0], *row[2:5]) for row in found] == [
        ("acme", 2, 2, ["not_known"]),
        ("acme", 1, 1, ["unsupported"]),
        ("other", 1, 1, ["deadline_exceeded"]),
    ]


async def test_an_unknown_query_or_parameter_is_named(trail: Trail) -> None:
    with pytest.raises(QueryUnknown, match="completeness"):
        await trail.named_query("no_such_query")
    with pytest.raises(QueryUnknown, match="colour"):
        await trail.named_query("completeness", parameters={"colour": "red"})
