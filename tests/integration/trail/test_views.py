"""What analysts see of a request that was built by hand."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from answerable_events.message import Record
from answerable_events.topics import QUESTIONS
from answerable_trail.client import Trail
from answerable_trail.rows import Table
from tests.support.servers import start_clickhouse
from tests.support.settled import settle
from tests.support.trail import ASKED_AT, Log, fresh_trail, question, record, released_request, rows, withheld_request

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

RELEASED = UUID("0193a1b2-0000-7000-8000-000000000001")
WITHHELD = UUID("0193a1b2-0000-7000-8000-000000000002")
WAITING = UUID("0193a1b2-0000-7000-8000-000000000003")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["live", "stored"])
async def trail(request: pytest.FixtureRequest) -> AsyncIterator[Trail]:
    """A released, a withheld and a waiting request, all recorded twice, and later copies with other content.

    Views are computed out of the events when these are new, and read from stored rows later: all tests see both.
    """
    async with start_clickhouse() as server, fresh_trail(server.url) as opened:
        log = Log()
        events = released_request(log, RELEASED)
        withheld_request(log, WITHHELD)
        log.write(question(WAITING), QUESTIONS, at=ASKED_AT)
        copies = [_changed_copy(one) for one in log.records[: len(events)]]
        await opened.append(rows(*copies, *log.records))
        await opened.append(rows(*log.records))
        await opened.append(rows(record(0, topic="documents", body=b"\xff not JSON")))
        if request.param == "stored":
            await settle(opened)
        yield opened


def _changed_copy(one: Record) -> Record:
    """The same event once more, later in the log, as a repeated model call could write it."""
    value = (
        one.value.replace(b"Thirty", b"Forty")
        .replace(b'"tiny-1"', b'"tiny-2"')
        .replace(b"0.25", b"0.75")
        .replace(b'"small"', b'"other"')
    )
    return Record(one.topic, one.partition, one.offset + 50, one.timestamp_ms + 9_000, one.key, value, one.headers)


def dicts(table: Table) -> list[dict[str, object]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


async def test_answers_have_one_row_per_request(trail: Trail) -> None:
    table = await trail.query("SELECT * EXCEPT (tenant) FROM trace.answers ORDER BY request_id")
    released, withheld, waiting = dicts(table)
    assert released == {
        "request_id": RELEASED,
        "asked_at": ASKED_AT,
        "asker": "ada",
        "question": "How many days of leave?",
        "outcome": "released",
        "reason": "",
        "answer": "Thirty days.",
        "confidence": 0.9,
        "snapshot": "v7",
        "model": "small",
        "decided_at": ASKED_AT + timedelta(seconds=10),
        "seconds": 10.0,
        "answer_by": ASKED_AT + timedelta(seconds=60),
    }
    assert (withheld["outcome"], withheld["reason"], withheld["confidence"], withheld["seconds"]) == (
        "withheld",
        "not_known",
        None,
        2,
    )
    assert (waiting["outcome"], waiting["decided_at"], waiting["seconds"]) == ("", None, None)


async def test_passages_tell_whether_they_were_cited(trail: Trail) -> None:
    first, second = dicts(await trail.query("SELECT * FROM trace.passages ORDER BY label"))
    assert first == {
        "tenant": "acme",
        "request_id": RELEASED,
        "label": 1,
        "passage_id": "p1",
        "document_id": "d1",
        "version": 1,
        "title": "Title 1",
        "source": "file1.pdf",
        "locator": "page 3",
        "scores": {"bm25": 0.5},
        "cited": 1,
        "readers_matched": ["user:ada"],
    }
    assert (second["label"], second["cited"]) == (2, 0)


async def test_model_calls_tell_model_prompt_usage_and_duration(trail: Trail) -> None:
    (call,) = dicts(await trail.query("SELECT * EXCEPT (event_id, tenant) FROM trace.model_calls"))
    assert call == {
        "request_id": RELEASED,
        "called_at": ASKED_AT + timedelta(seconds=3),
        "model": "small",
        "adapter": "openai",
        "name": "tiny-1",
        "revision": "r1",
        "prompt": "answer",
        "prompt_version": 2,
        "prompt_sha256": "0" * 64,
        "input_tokens": 900,
        "output_tokens": 12,
        "cost_usd": 0.25,
        "seconds": 1.5,
        "answered": True,
    }


async def test_checks_are_listed_with_the_verdict(trail: Trail) -> None:
    table = await trail.query("SELECT * EXCEPT (tenant, request_id) FROM trace.checks ORDER BY check")
    assert table.rows == (
        ("citations_resolve", 1, True, 1.0, "", "release", 0.9, 0.8, "", ""),
        ("supported", 3, False, 0.25, "unsupported", "release", 0.9, 0.8, "", ""),
    )


async def test_latencies_have_a_row_for_each_stage_that_is_over(trail: Trail) -> None:
    table = await trail.query("SELECT request_id, stage, seconds FROM trace.latencies ORDER BY request_id, seconds")
    assert table.rows == (
        (RELEASED, "retrieval", 1.0),
        (RELEASED, "inference", 2.0),
        (RELEASED, "validation", 3.0),
        (RELEASED, "audit", 4.0),
        (RELEASED, "total", 10.0),
        (WITHHELD, "total", 2.0),
    )


@pytest.mark.parametrize("view", ["answers", "passages", "model_calls", "checks", "latencies"])
async def test_a_view_filtered_by_request_reads_little_of_the_table(trail: Trail, view: str) -> None:
    where = f"tenant = 'acme' AND request_id = '{RELEASED}'"
    plan = await trail.query(f"EXPLAIN indexes = 1 SELECT * FROM trace.{view} WHERE {where}")
    text = "\n".join(str(row[0]) for row in plan.rows)
    assert re.search(r"PrimaryKey\s+Keys:\s+tenant\s+request_id", text)
