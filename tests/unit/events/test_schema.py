import json

import jsonschema_rs
import pytest

from answerable_events.body import EventBody
from answerable_events.requests import ContextRetrieved, QuestionAsked
from answerable_events.schema import DIALECT, reader_schema, render, writer_schema
from answerable_events.topics import event_types

EVENTS = event_types().values()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TYPE)
def test_a_published_schema_is_valid_in_its_dialect_and_says_what_it_is(event: type[EventBody]) -> None:
    schema = reader_schema(event)
    jsonschema_rs.meta.validate(schema)
    assert (schema["$schema"], schema["x-type"], schema["title"]) == (DIALECT, event.TYPE, event.__name__)
    assert schema["description"]
    assert schema["$id"].endswith(event.TYPE)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TYPE)
def test_readers_are_open_and_writers_closed(event: type[EventBody]) -> None:
    schema = reader_schema(event)
    assert "additionalProperties" not in schema
    closed = writer_schema(schema)
    records = [closed, *closed.get("$defs", {}).values()]
    assert all(one["additionalProperties"] is False for one in records if "properties" in one)
    assert "additionalProperties" not in schema


def test_a_field_that_is_named_like_a_keyword_is_not_taken_for_one() -> None:
    schema = {"type": "object", "properties": {"properties": {"type": "string"}, "required": {"type": "array"}}}
    closed = writer_schema(schema)
    assert closed == {"additionalProperties": False, **schema}


def test_the_text_of_a_schema_is_the_same_every_time_and_sorted() -> None:
    text = render(reader_schema(QuestionAsked))
    assert text == render(reader_schema(QuestionAsked))
    parsed = json.loads(text)
    assert list(parsed) == sorted(parsed)
    assert parsed["required"] == sorted(parsed["required"])
    assert text.endswith("}\n")


def test_constraints_of_texts_and_map_keys_are_published() -> None:
    question, context = reader_schema(QuestionAsked), reader_schema(ContextRetrieved)
    assert {"minLength", "maxLength", "pattern"} <= set(question["properties"]["text"])
    left_out = jsonschema_rs.validator_for({**context["properties"]["left_out"]})
    assert left_out.is_valid({"access": 2})
    assert not left_out.is_valid({"Not a code": 2})


def test_a_schema_names_who_writes_and_who_reads() -> None:
    schema = reader_schema(QuestionAsked)
    assert {"upstream", "gateway"} <= set(schema["x-producers"])
    assert schema["x-consumers"] == ["audit", "retrieval"]
