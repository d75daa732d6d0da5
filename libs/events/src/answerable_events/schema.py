"""JSON Schemas of the events, as published in `schemas/events`.

The published form is the open one, which readers apply: unknown fields are allowed.
Writers are held to the closed form.
"""

import json
from collections.abc import Callable
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from answerable_events.body import EventBody
from answerable_events.codec import dataschema
from answerable_events.topics import consumers_of, every_topic

JsonObject = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_BY_NAME = ("properties", "patternProperties", "$defs")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "propertyNames", "not", "contains")


class _Published(GenerateJsonSchema):
    """What the models enforce, said so that other implementations enforce it too, without pydantic's decoration."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - signature of the base class
        return False

    def dict_schema(self, schema: Any) -> JsonSchemaValue:
        written = super().dict_schema(schema)
        if "patternProperties" in written:
            written["additionalProperties"] = False
        return written


def reader_schema(event: type[EventBody]) -> JsonObject:
    """The open schema of an event type. Its `x-` fields tell whom a change concerns."""
    topics = [topic for topic in every_topic() if event in topic.events]
    return {
        "$schema": DIALECT,
        "$id": dataschema(event),
        **_ordered(event.model_json_schema(schema_generator=_Published)),
        "x-type": event.TYPE,
        "x-producers": sorted({name for topic in topics for name in topic.producers}),
        "x-consumers": list(consumers_of(event)),
    }


def writer_schema(schema: JsonObject) -> JsonObject:
    """The closed form of an open schema: an object with named fields has no others."""
    closed = map_subschemas(schema, writer_schema)
    return closed if "properties" not in closed else {"additionalProperties": False, **closed}


def render(schema: JsonObject) -> str:
    """The text of a committed file: the same for the same models, on every machine."""
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def map_subschemas(schema: JsonObject, change: Callable[[JsonObject], JsonObject]) -> JsonObject:
    """A copy whose direct subschemas went through `change`. Data (`default`, `enum`) is left alone."""

    def changed(value: Any) -> Any:
        return change(value) if isinstance(value, dict) else value

    def walk(keyword: str, value: Any) -> Any:
        if keyword in _BY_NAME:
            return {name: changed(item) for name, item in value.items()}
        if keyword in _LISTS:
            return [changed(item) for item in value]
        return changed(value) if keyword in _SINGLE else value

    return {keyword: walk(keyword, value) for keyword, value in schema.items()}


def _ordered(schema: JsonObject) -> JsonObject:
    """`required` is a set: the order of the fields in the model must not show."""
    ordered = map_subschemas(schema, _ordered)
    return {**ordered, "required": sorted(ordered["required"])} if "required" in ordered else ordered
