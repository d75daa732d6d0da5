"""The record on a real ClickHouse engine."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from answerable_cli.servers.ports import free_port
from answerable_events.codec import encode
from answerable_events.deadletters import DeadLettered
from answerable_events.message import Record
from answerable_events.requests import QuestionAsked, VerdictDecided
from answerable_events.topics import ANSWERS, QUESTIONS, dead_letter_topic
from answerable_trail.client import Trail, connect
from answerable_trail.errors import QueryInvalid, TrailRefused, TrailUnavailable
from answerable_trail.identity import NIL
from answerable_trail.rows import Conflict, Count, Hole, LastPosition, Position, RequestState
from tests.support.servers import TOKEN, start_clickhouse
from tests.support.trail import (
    ASKED_AT,
    PRODUCER,
    Log,
    fresh_trail,
    record,
    released_request,
    rows,
    with_password,
    withheld_request,
)

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
REQUEST = UUID("0193a1b2-0000-7000-8000-000000000001")
OTHER = UUID("0193a1b2-0000-7000-8000-000000000002")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url() -> AsyncIterator[str]:
    async with start_clickhouse() as server:
        yield server.url


@pytest_asyncio.fixture(loop_scope="module")
async def trail(url: str) -> AsyncIterator[Trail]:
    async with fresh_trail(url) as opened:
        yield opened


ODD_BODIES = {
    "empty": b"",
    "not text": b"\xff\xfe\x00\x80",
    "ends a statement": b'\n\n; DROP TABLE trace.events;\n\n{"a": 1}',
    "every byte": bytes(range(256)) * 70,
    "broken JSON": b'{"request_id": "0193a1b2-0000-7000-8000-000000000001", "ancestors": [{',
    "JSON of another shape": b'{"request_id": 5, "ancestors": {"event_id": []}}',
    "long": b"x" * 3_000_000,
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES.keys())
async def test_any_body_comes_back_as_it_was_received(trail: Trail, body: bytes) -> None:
    await trail.append(rows(record(0, body=body, correlationid=str(REQUEST))))
    (row,) = await trail.request(None, REQUEST)
    assert row.body == body


ODD_HEADERS = {
    "none": (),
    "repeated": (("ce_tenant", b"first"), ("ce_tenant", b"last")),
    "empty name and value": (("", b""), ("a", b"")),
    "not text": (("ce_tenant", b"\xff\xfe"), ("ce_type", b"\x80")),
    "other alphabets": (("\u0434\u043e\u043c", "\u0434\u043e\u043c".encode()), ("ce_subject", "\u2603".encode())),
    "illegible ids and time": (("ce_id", b"x"), ("ce_correlationid", b"y"), ("ce_time", b"tomorrow")),
    "very long": (("long", b"\n\n" * 20_000), ("n" * 300, b"v")),
}


@pytest.mark.parametrize("headers", ODD_HEADERS.values(), ids=ODD_HEADERS.keys())
async def test_any_headers_come_back_in_their_order(trail: Trail, headers: tuple[tuple[str, bytes], ...]) -> None:
    await trail.append(rows(Record("questions", 0, 0, 0, None, b"", headers)))
    (row,) = await trail.request(None, NIL)
    assert row.headers == headers


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bodies=st.lists(st.binary(max_size=300), min_size=1, max_size=20),
    headers=st.lists(st.tuples(st.text(max_size=8), st.binary(max_size=200)), max_size=4),
    timestamp_ms=st.integers(-(2**63), 2**63 - 1),
)
async def test_a_batch_of_arbitrary_records_comes_back_whole(
    trail: Trail, bodies: list[bytes], headers: list[tuple[str, bytes]], timestamp_ms: int
) -> None:
    topic = str(uuid4())
    plain = tuple((f"x{name}", value) for name, value in headers)  # so that none becomes a tenant or an id
    batch = [Record(topic, 3, offset, timestamp_ms, body, body, plain) for offset, body in enumerate(bodies)]
    await trail.append(rows(*batch))
    found = {row.position: (row.key, row.body, row.headers) for row in await trail.request(None, NIL)}
    written = {Position(1, topic, 3, offset): (body, body, plain) for offset, body in enumerate(bodies)}
    assert {position: content for position, content in found.items() if position.topic == topic} == written


async def test_columns_are_taken_from_headers_and_body(trail: Trail) -> None:
    log = Log()
    asked, found, *_ = released_request(log, REQUEST)
    await trail.append(rows(log.records[1]))
    table = await trail.query(
        "SELECT tenant, request_id, event_id, type, event_time, source, subject, lower(hex(body_sha256)), ancestors "
        "FROM trace.events"
    )
    ancestor = {"event_id": asked.id, "type": QuestionAsked.TYPE, "sha256": asked.sha256}
    assert table.rows == (
        ("acme", REQUEST, found.id, found.body.TYPE, found.time, "/test", str(REQUEST), found.sha256, [ancestor]),
    )


async def test_a_request_id_that_only_the_key_tells_is_found(trail: Trail) -> None:
    await trail.append(rows(replace(record(0, tenant="acme"), key=str(REQUEST).encode())))
    assert [row.request_id for row in await trail.request("acme", REQUEST)] == [REQUEST]


@pytest.mark.parametrize("timestamp_ms", [-1, 0, -(2**63), 2**63 - 1, 32_503_680_000_000])
async def test_any_timestamp_is_recorded(trail: Trail, timestamp_ms: int) -> None:
    await trail.append(rows(Record("questions", 0, 0, timestamp_ms, None, b"body", ())))
    assert [row.body for row in await trail.request(None, NIL)] == [b"body"]


async def test_timestamps_all_over_the_calendar_do_not_stop_a_batch(trail: Trail) -> None:
    month_ms = 31 * 86_400_000
    await trail.append(rows(*(Record("questions", 0, n, n * month_ms, None, b"", ()) for n in range(300))))
    assert (await trail.counts())[0].rows == 300


async def test_appending_again_changes_nothing(trail: Trail) -> None:
    log = Log()
    released_request(log, REQUEST)
    await trail.append(rows(*log.records))
    before = await trail.request("acme", REQUEST)
    await trail.append(rows(*log.records))
    after = await trail.request("acme", REQUEST)
    assert [(row.position, row.body) for row in after] == [(row.position, row.body) for row in before]
    assert len(after) == 5


async def test_an_overlapping_batch_adds_only_what_is_new(trail: Trail) -> None:
    records = [record(offset, body=b"%d" % offset) for offset in range(15)]
    await trail.append(rows(*records[:10]))
    await trail.append(rows(*records[5:]))
    assert await trail.counts() == [Count(1, "questions", 0, 15, 0, 14)]
    assert [row.body for row in await trail.request(None, NIL)] == [b"%d" % offset for offset in range(15)]
    assert (await trail.query("SELECT count() FROM trace.events FINAL")).rows == ((15,),)


async def test_a_large_batch_is_recorded_whole(trail: Trail) -> None:
    await trail.append(rows(*(record(offset, body=b"x" * 100) for offset in range(25_000))))
    assert (await trail.counts(), await trail.holes()) == ([Count(1, "questions", 0, 25_000, 0, 24_999)], [])


async def test_positions_are_the_newest_of_each_partition(trail: Trail) -> None:
    await trail.append(rows(record(3), record(4, body=b"last"), record(9, partition=2)))
    await trail.append(rows(record(1)))
    positions = await trail.positions()
    assert {key: (last.epoch, last.offset) for key, last in positions.items()} == {
        ("questions", 0): (1, 4),
        ("questions", 2): (1, 9),
    }
    (row,) = [row for row in await trail.request(None, NIL) if row.body == b"last"]
    assert positions["questions", 0].known_by == (row.event_id, row.log_time_ms)


async def test_after_an_epoch_change_the_newest_position_is_of_the_new_epoch(trail: Trail) -> None:
    await trail.append(rows(*(record(offset) for offset in range(10))))
    await trail.append(rows(record(0, body=b"after the loss"), epoch=2))
    positions = await trail.positions()
    assert (positions["questions", 0].epoch, positions["questions", 0].offset) == (2, 0)
    assert isinstance(positions["questions", 0], LastPosition)
    assert [count.rows for count in await trail.counts()] == [10, 1]
    assert await trail.conflicts() == []


async def test_holes_are_named_by_their_ends(trail: Trail) -> None:
    await trail.append(rows(*(record(offset) for offset in (0, 1, 4, 5, 7, 9))))
    await trail.append(rows(record(2, topic="drafts", partition=5), epoch=3))
    assert await trail.holes() == [
        Hole(1, "questions", 0, 2, 3),
        Hole(1, "questions", 0, 6, 6),
        Hole(1, "questions", 0, 8, 8),
        Hole(3, "drafts", 5, 0, 1),
    ]


async def test_two_contents_at_one_position_are_a_conflict(trail: Trail) -> None:
    await trail.append(rows(record(0, body=b"one", tenant="acme")))
    await trail.append(rows(record(0, body=b"two", tenant="other")))
    assert await trail.conflicts() == [Conflict(Position(1, "questions", 0, 0), 2)]


async def test_state_tells_events_hashes_bodies_and_outcome(trail: Trail) -> None:
    log = Log()
    events = released_request(log, REQUEST)
    await trail.append(rows(*log.records))
    states = await trail.load([("acme", REQUEST), ("acme", OTHER), ("other", REQUEST)])
    state = states["acme", REQUEST]
    assert {event.event_id for event in state.events} == {event.id for event in events}
    assert all(state.has(event.id, event.sha256) for event in events)
    assert not state.has(events[0].id, events[1].sha256)
    assert state.bodies == {QuestionAsked.TYPE: log.records[0].value, VerdictDecided.TYPE: log.records[3].value}
    assert state.outcome is not None
    assert state.outcome.event_id == events[-1].id
    assert states["acme", OTHER] == states["other", REQUEST] == RequestState()


async def test_of_two_copies_of_an_event_the_lowest_offset_counts(trail: Trail) -> None:
    log = Log()
    released_request(log, REQUEST)
    first = log.records[3]
    second = Record(
        first.topic, 0, 7, first.timestamp_ms, first.key, first.value.replace(b"0.9", b"0.8"), first.headers
    )
    await trail.append(rows(second))
    await trail.append(rows(first))
    state = (await trail.load([("acme", REQUEST)]))["acme", REQUEST]
    assert [event.position.offset for event in state.events] == [0, 7]
    assert state.bodies[VerdictDecided.TYPE] == first.value


async def test_many_requests_are_loaded_at_once(trail: Trail) -> None:
    ids = [UUID(int=n + 1) for n in range(2_500)]
    await trail.append(rows(*(record(n, tenant="acme", correlationid=str(one)) for n, one in enumerate(ids))))
    states = await trail.load([("acme", one) for one in ids])
    assert all(len(states["acme", one].events) == 1 for one in ids)


async def test_a_question_without_outcome_is_open_until_it_has_one(trail: Trail) -> None:
    log = Log(partition=2)
    released_request(log, REQUEST)
    withheld_request(log, OTHER)
    await trail.append(rows(*(one for one in log.records if one.topic != "answers")))
    assert await trail.open_requests([2, 3], LONG_AGO) == [("acme", REQUEST), ("acme", OTHER)]
    await trail.append(rows(log.of(ANSWERS)[0]))
    assert await trail.open_requests([2, 3], LONG_AGO) == [("acme", OTHER)]
    assert await trail.open_requests([0, 1], LONG_AGO) == []
    assert await trail.open_requests([], LONG_AGO) == []
    assert await trail.open_requests([2], datetime.now(UTC) + timedelta(hours=1)) == []


async def test_a_question_that_is_recorded_again_after_its_outcome_is_not_open(trail: Trail) -> None:
    log = Log()
    released_request(log, REQUEST)
    await trail.append(rows(*log.records))
    await asyncio.sleep(0.01)
    ((since,),) = (await trail.query("SELECT now64(3, 'UTC')")).rows
    await trail.append(rows(*log.of(QUESTIONS)))
    assert isinstance(since, datetime)
    assert await trail.open_requests([0], since) == []


async def test_a_question_that_only_a_dead_letter_tells_of_is_open(trail: Trail) -> None:
    dead = DeadLettered(
        tenant="acme",
        stage="retrieval",
        reason="body_invalid",
        attempts=1,
        request_id=REQUEST,
        topic="questions",
        partition=4,
        offset=0,
        value=b"",
        headers=(),
        dead_at=ASKED_AT,
    )
    message = encode(dead, topic=dead_letter_topic(QUESTIONS), producer=PRODUCER, now=ASKED_AT)
    letter = Record(message.topic, 4, 0, 0, message.key, message.value, message.headers)
    await trail.append(rows(record(0, partition=4, body=b"?"), letter))
    assert await trail.open_requests(range(6), LONG_AGO) == [("acme", REQUEST)]
    state = (await trail.load([("acme", REQUEST)]))["acme", REQUEST]
    assert state.bodies == {DeadLettered.TYPE: message.value}


async def test_a_request_is_looked_up_with_and_without_tenant(trail: Trail) -> None:
    log = Log()
    released_request(log, REQUEST)
    withheld_request(log, REQUEST, tenant="other")
    await trail.append(rows(*log.records))
    of_acme = await trail.request("acme", REQUEST)
    assert [row.position.topic for row in of_acme] == ["questions", "contexts", "drafts", "verdicts", "answers"]
    assert [row.body for row in of_acme] == [one.value for one in log.records[:5]]
    assert [row.headers for row in of_acme] == [one.headers for one in log.records[:5]]
    assert len(await trail.request(None, REQUEST)) == 7
    assert await trail.request("nobody", REQUEST) == []


async def test_verify_passes_on_a_migrated_database_and_fails_on_an_empty_one(url: str, trail: Trail) -> None:
    await trail.verify()
    await trail.query("DROP DATABASE trace SYNC")
    with pytest.raises(TrailRefused):
        await trail.verify()


async def test_a_wrong_statement_is_quoted_to_its_author(trail: Trail) -> None:
    with pytest.raises(QueryInvalid, match="no_such_column"):
        await trail.query("SELECT no_such_column FROM trace.events")


async def test_wrong_credentials_are_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(TrailRefused) as caught:
        async with connect(with_password(url).replace(TOKEN, "guess")):
            pass
    assert "answerable" not in str(caught.value)


async def test_a_reader_cannot_append(url: str, trail: Trail) -> None:
    async with connect(url) as reader:
        assert (await reader.query("SELECT count() FROM trace.events")).rows == ((0,),)
        with pytest.raises(TrailRefused):
            await reader.append(rows(record(0)))


async def test_nobody_listening_is_unavailable() -> None:
    with pytest.raises(TrailUnavailable):
        async with connect(f"http://127.0.0.1:{free_port()}"):
            pass


async def test_a_server_that_ends_is_unavailable() -> None:
    async with start_clickhouse() as server, connect(with_password(server.url)) as trail:
        await trail.migrate()
        server.processes[0].kill()
        await server.processes[0].wait()
        with pytest.raises(TrailUnavailable):
            await trail.append(rows(record(0)))
        with pytest.raises(TrailUnavailable):
            await trail.positions()
