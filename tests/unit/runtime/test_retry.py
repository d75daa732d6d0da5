"""When to try again."""

from datetime import UTC, datetime, timedelta

import pytest

from answerable_events.message import Record
from answerable_runtime.deadletters import ATTEMPT_HEADER, NOT_BEFORE_HEADER
from answerable_runtime.retry import not_before, pause_before, round_of, try_later
from answerable_runtime.routes import RetryPolicy

NOW = datetime(2026, 11, 24, tzinfo=UTC)
POLICY = RetryPolicy(backoff=timedelta(milliseconds=100), later=(timedelta(seconds=1), timedelta(seconds=9)))


def record(*headers: tuple[str, bytes], topic: str = "questions") -> Record:
    return Record(topic, 3, 7, 0, b"key", b"body", (("ce_id", b"1"), *headers))


@pytest.mark.parametrize(("attempt", "draw", "milliseconds"), [(1, 0.5, 50), (2, 0.5, 100), (3, 1.0, 400), (3, 0.0, 0)])
def test_pauses_double_and_are_drawn_from_zero(attempt: int, draw: float, milliseconds: float) -> None:
    assert pause_before(attempt, POLICY, draw) == timedelta(milliseconds=milliseconds)


def test_a_message_goes_to_the_retry_topic_with_its_bytes_and_the_moment_to_wait_for() -> None:
    later = try_later(record(), POLICY, NOW)
    assert later is not None
    assert (later.topic, later.partition, later.key, later.value) == ("questions-retry", 3, b"key", b"body")
    again = Record("questions-retry", 3, 0, 0, later.key, later.value, later.headers)
    assert (round_of(again), not_before(again)) == (1, NOW + timedelta(seconds=1))


def test_rounds_count_up_and_end() -> None:
    first = try_later(record(), POLICY, NOW)
    assert first is not None
    second = try_later(Record("questions-retry", 3, 0, 0, b"key", b"body", first.headers), POLICY, NOW)
    assert second is not None
    assert [name for name, _ in second.headers].count(ATTEMPT_HEADER) == 1
    assert try_later(Record("questions-retry", 3, 1, 0, b"key", b"body", second.headers), POLICY, NOW) is None


@pytest.mark.parametrize("text", [b"", b"-1", b"x", b"\xff", b"9" * 400])
def test_a_forged_attempt_counts_as_none(text: bytes) -> None:
    assert round_of(record((ATTEMPT_HEADER, text))) == 0


@pytest.mark.parametrize("text", [b"", b"tomorrow", b"\xff\xfe", b"2026-13-01"])
def test_a_forged_moment_is_not_waited_for(text: bytes) -> None:
    assert not_before(record((NOT_BEFORE_HEADER, text))) is None
