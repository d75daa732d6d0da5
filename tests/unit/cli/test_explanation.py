"""A request told from its rows in the trace, and how that looks."""

from datetime import timedelta
from uuid import UUID

import pytest
from rich.console import Console

from answerable_cli.explaining import rendered
from answerable_cli.explanation import Explanation, explanations
from answerable_events.codec import decode
from answerable_events.message import Record
from answerable_events.topics import every_topic
from answerable_trail.rows import Position, TraceRow
from tests.support.trail import Log, released_request, withheld_request

REQUEST = UUID("01a20dcd-1110-7ffc-b8b5-8c69f5a7bfb6")
_TOPICS = {topic.name: topic for topic in every_topic()}


def _row(record: Record, epoch: int = 0) -> TraceRow:
    event = decode(record, _TOPICS[record.topic])
    position = Position(epoch, record.topic, record.partition, record.offset)
    return TraceRow(
        event.body.tenant, event.body.correlation_id, position, record.time, event.id, event.body.TYPE, event.sha256,
        record.value, record.headers, record.key or b"", record.time,
    )  # fmt: skip


def _released() -> list[TraceRow]:
    log = Log()
    released_request(log, REQUEST)
    return [_row(record) for record in log.records]


def _told(explanation: Explanation) -> str:
    console = Console(width=160, record=True, file=None, quiet=True)
    with console.capture() as captured:
        console.quiet = False
        console.print(rendered(explanation))
    return captured.get()


def test_a_released_request_is_told_whole() -> None:
    (found,) = explanations(_released())
    assert found.status == "released"
    assert found.question is not None
    assert found.question.asker.subject == "ada"
    assert found.verdict is not None
    assert [(timing.stage, timing.seconds) for timing in found.timings] == [
        ("retrieval", 1), ("inference", 2), ("validation", 3), ("audit", 4), ("total", 10),
    ]  # fmt: skip
    assert [entry.topic for entry in found.log] == ["questions", "contexts", "drafts", "verdicts", "answers"]


@pytest.mark.parametrize(
    "part",
    [
        "How many days of leave?",
        "asked by ada",
        "snapshot v7",
        "[1] d1, page 3, version 1",
        "may read it: user:ada; scores: bm25 0.500",
        "model small (openai: tiny-1, revision r1)",
        "900 tokens in, 12 out, 1500.0 ms, 0.250000 USD",
        "supported v3          failed unsupported  0.250",
        "confidence 0.900, threshold 0.800: release",
        "released: Thirty days.",
        "validation 3000 ms, audit 4000 ms, total 10000 ms",
        "drafts/0/0, epoch 0",
    ],
)
def test_the_screen_shows(part: str) -> None:
    (found,) = explanations(_released())
    assert part in _told(found)


def test_of_two_copies_the_lowest_epoch_and_offset_counts() -> None:
    rows = _released()
    outcome = rows[-1]
    later = TraceRow(
        outcome.tenant, outcome.request_id, Position(1, "answers", 0, 0), outcome.log_time + timedelta(hours=1),
        outcome.event_id, outcome.type, outcome.body_sha256, outcome.body.replace(b"Thirty", b"Twenty"),
        outcome.headers, outcome.key, outcome.recorded_at,
    )  # fmt: skip
    (found,) = explanations([later, *rows])
    assert found.as_json()["outcome"]["text"] == "Thirty days."
    assert [entry.counts for entry in found.log] == [True, True, True, True, True, False]
    assert found.timings[-1].seconds == 10


def test_a_request_without_verdict_is_told_as_far_as_it_went() -> None:
    log = Log()
    withheld_request(log, REQUEST)
    (found,) = explanations([_row(record) for record in log.records])
    assert (found.status, found.context, found.verdict) == ("withheld", None, None)
    assert "withheld (not_known): No." in _told(found)


def test_an_illegible_body_is_left_out_not_an_error() -> None:
    rows = _released()
    broken = [row if row.position.topic != "drafts" else _with_body(row, b"\xff{") for row in rows]
    (found,) = explanations(broken)
    assert found.draft is None
    assert found.status == "released"
    assert "How many days" in _told(found)


def test_two_tenants_with_one_request_id_are_two_requests() -> None:
    log = Log()
    released_request(log, REQUEST)
    withheld_request(log, REQUEST, tenant="other")
    found = explanations([_row(record) for record in log.records])
    assert [(one.tenant, one.status) for one in found] == [("acme", "released"), ("other", "withheld")]


def test_json_repeats_nothing_and_has_positions() -> None:
    told = explanations(_released())[0].as_json()
    assert told["log"][0]["position"] == [0, "questions", 0, 0]
    assert "passages" not in told["draft"]
    assert "ancestors" not in told["verdict"]
    assert told["seconds"]["total"] == 10


def _with_body(row: TraceRow, body: bytes) -> TraceRow:
    return TraceRow(
        row.tenant, row.request_id, row.position, row.log_time, row.event_id, row.type, row.body_sha256,
        body, row.headers, row.key, row.recorded_at,
    )  # fmt: skip
