from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter, ValidationError

from answerable_events.body import Ancestor, Base64, Code, EventBody, Instant, Name, Tenant, Text, Value, field_names
from answerable_events.requests import Asker, QuestionAsked


@pytest.mark.parametrize("text", ["", "a\nb\r\n\tc", "Hur många?", "🙂", "\x7f\x85"])
def test_text_may_hold_anything_printable_and_line_ends(text: str) -> None:
    assert TypeAdapter(Text).validate_python(text) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Text, "a\x00"),
        (Text, "\x1b[31m"),
        (Text, "a\x0bb"),
        (Text, "\ud800"),
        (Name, ""),
        (Name, "a" * 257),
        (Name, "a\x00"),
        (Tenant, "Norvik"),
        (Tenant, "norvik\n"),
        (Tenant, "-norvik"),
        (Tenant, "a" * 64),
        (Code, "Not Known"),
        (Code, "_x"),
    ],
)
def test_text_that_would_break_a_terminal_a_table_or_a_path_is_refused(kind: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize(
    "moment",
    [datetime(1899, 12, 31, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC), datetime(2026, 1, 1)],  # noqa: DTZ001 - naive on purpose
)
def test_instants_outside_the_range_of_the_trace_and_naive_ones_are_refused(moment: datetime) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(moment)


@pytest.mark.parametrize("text", ["%%%%", "-_-_", "aGk", "aGk\n=", "aGk= ", "ä", "=aGk"])
def test_what_is_not_strictly_base64_is_refused_rather_than_read_as_other_bytes(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Base64).validate_python(text)


def test_bytes_are_base64_in_json_and_bytes_in_the_model() -> None:
    kind = TypeAdapter(Base64)
    assert kind.validate_json(b'"+/8="') == b"\xfb\xff"
    assert kind.dump_json(b"\xfb\xff") == b'"+/8="'


def test_an_event_rests_on_ancestors_without_changing_the_original() -> None:
    asked = QuestionAsked(
        tenant="norvik",
        request_id=UUID("0192f0c4-5a00-7c11-8a01-3f6b1d2e9a01"),
        text="Why?",
        asker=Asker(subject="tove"),
        asked_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    ancestor = Ancestor(event_id=asked.request_id, type="t", sha256="0" * 64)
    assert asked.resting_on((ancestor,)).ancestors == (ancestor,)
    assert asked.ancestors == ()


def test_field_names_are_those_of_all_derived_models() -> None:
    assert {"tenant", "text", "asker", "subject", "left_out", "ancestors", "sha256"} <= field_names(Value)
    assert "left_out" not in field_names(Ancestor)
    assert "request_id" in field_names(EventBody)
