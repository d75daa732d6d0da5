from datetime import UTC, datetime

from answerable_events.message import EPOCH, Record


def record(timestamp_ms: int = 0, headers: tuple[tuple[str, bytes], ...] = ()) -> Record:
    return Record("questions", 2, 11, timestamp_ms, None, b"", headers)


def test_the_time_of_a_record_is_in_utc() -> None:
    assert record(1_794_820_445_120).time == datetime(2026, 11, 16, 9, 14, 5, 120_000, tzinfo=UTC)


def test_a_time_stamp_beyond_the_calendar_counts_as_the_epoch() -> None:
    assert record(2**63 - 1).time == EPOCH


def test_of_equal_header_names_the_last_wins_and_bad_bytes_are_replaced() -> None:
    found = record(headers=(("ce_id", b"1"), ("CE_ID", b"2"), ("x", b"\xff"))).header_texts()
    assert found == {"ce_id": "2", "x": "\N{REPLACEMENT CHARACTER}"}


def test_a_record_stands_at_topic_partition_offset() -> None:
    assert record().position == ("questions", 2, 11)
