"""Each rule in both directions: the narrower schema is a subset of the wider one, and not the other way round."""

from typing import Annotated, Any, Literal

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, StringConstraints, TypeAdapter

from answerable_events.body import EventBody
from answerable_events.schema import reader_schema, writer_schema
from answerable_events.subset import differences
from answerable_events.topics import event_types

STRING, INTEGER, NUMBER, NULL = ({"type": name} for name in ("string", "integer", "number", "null"))


def record(required: tuple[str, ...] = (), /, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def tagged(*kinds: str) -> dict[str, Any]:
    return {
        "oneOf": [record(("kind",), kind={"const": kind}) for kind in kinds],
        "discriminator": {"propertyName": "kind"},
    }


NARROWER: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "anything": (STRING, {}),
    "integer is a number": (INTEGER, NUMBER),
    "nullable": (STRING, {"anyOf": [STRING, NULL]}),
    "fewer alternatives": ({"anyOf": [STRING, NULL]}, {"anyOf": [NULL, INTEGER, STRING]}),
    "type list": ({"type": "string"}, {"type": ["string", "null"]}),
    "constant of an enum": ({"const": "release"}, {"enum": ["release", "withhold"]}),
    "smaller enum": ({"enum": ["release"], "type": "string"}, {"enum": ["release", "withhold"], "type": "string"}),
    "enum with a limit besides": ({"enum": ["a", "ab"], "minLength": 2}, {"enum": ["a", "ab"]}),
    "limit of a constant's type": ({"const": "ab", "pattern": "b$"}, {"const": "ab"}),
    "enum of strings": ({"enum": ["release", "withhold"], "type": "string"}, STRING),
    "constant in a union": ({"const": None}, {"anyOf": [STRING, NULL]}),
    "minLength": ({**STRING, "minLength": 2}, {**STRING, "minLength": 1}),
    "maxLength": ({**STRING, "maxLength": 10}, {**STRING, "maxLength": 20}),
    "maxLength against none": ({**STRING, "maxLength": 10}, STRING),
    "pattern": ({**STRING, "pattern": "^a$"}, STRING),
    "format": ({**STRING, "format": "uuid"}, STRING),
    "minimum": ({**NUMBER, "minimum": 1}, {**NUMBER, "minimum": 0}),
    "maximum": ({**NUMBER, "maximum": 1}, {**NUMBER, "maximum": 2}),
    "exclusive lower bound within inclusive": ({**NUMBER, "exclusiveMinimum": 0}, {**NUMBER, "minimum": 0}),
    "exclusive upper bound within inclusive": ({**NUMBER, "exclusiveMaximum": 1}, {**NUMBER, "maximum": 1}),
    "inclusive within exclusive": ({**NUMBER, "minimum": 1}, {**NUMBER, "exclusiveMinimum": 0}),
    "multipleOf": ({**INTEGER, "multipleOf": 5}, INTEGER),
    "items": ({"type": "array", "items": INTEGER}, {"type": "array", "items": NUMBER}),
    "item count": ({"type": "array", "maxItems": 2}, {"type": "array", "maxItems": 3}),
    "unique items": ({"type": "array", "uniqueItems": True}, {"type": "array"}),
    "tuple items": (
        {"type": "array", "prefixItems": [INTEGER, STRING], "minItems": 2, "maxItems": 2},
        {"type": "array", "prefixItems": [NUMBER, STRING], "minItems": 2, "maxItems": 2},
    ),
    "tuple within list": (
        {"type": "array", "prefixItems": [STRING, STRING], "maxItems": 2},
        {"type": "array", "items": STRING},
    ),
    "field required": (record(("a",), a=STRING), record(a=STRING)),
    "field of a narrower type": (record(a=INTEGER), record(a=NUMBER)),
    "closed within open": (record(a=STRING), {"type": "object", "properties": {"a": STRING}}),
    "fewer optional fields": (record(a=STRING), record(a=STRING, b=STRING)),
    "map values": (
        {"type": "object", "additionalProperties": INTEGER},
        {"type": "object", "additionalProperties": NUMBER},
    ),
    "record within map": (record(a=INTEGER), {"type": "object", "additionalProperties": NUMBER}),
    "map keys by pattern": (
        {"type": "object", "patternProperties": {"^a": INTEGER}, "additionalProperties": False},
        {"type": "object", "additionalProperties": INTEGER},
    ),
    "map keys by name": (
        {"type": "object", "propertyNames": {"type": "string", "maxLength": 3}},
        {"type": "object", "propertyNames": {"type": "string", "maxLength": 4}},
    ),
    "field count": ({"type": "object", "maxProperties": 2}, {"type": "object"}),
    "fewer tagged alternatives": (tagged("a"), tagged("a", "b")),
    "all of both": ({"allOf": [STRING, {"maxLength": 3}]}, STRING),
    "nothing": (record(a=STRING), {"type": "object"}),
}
INCOMPARABLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "type": (STRING, INTEGER),
    "pattern": ({**STRING, "pattern": "^a$"}, {**STRING, "pattern": "^(a)$"}),
    "format": ({**STRING, "format": "uuid"}, {**STRING, "format": "date-time"}),
    "enum": ({"enum": ["a", "b"]}, {"enum": ["b", "c"]}),
    "true is not 1": ({"const": True}, {"const": 1}),
    "renamed field": (record(("a",), a=STRING), record(("b",), b=STRING)),
    "patterns that may overlap": (
        {"type": "object", "patternProperties": {"^a": INTEGER}, "additionalProperties": False},
        {"type": "object", "patternProperties": {"b$": STRING}, "additionalProperties": False},
    ),
    "a pattern added that may overlap": (
        {"type": "object", "patternProperties": {"^a": INTEGER}, "additionalProperties": False},
        {"type": "object", "patternProperties": {"^a": INTEGER, "b$": STRING}, "additionalProperties": False},
    ),
    "a keyword that is not understood": (
        {"type": "array", "contains": STRING},
        {"type": "array", "contains": STRING, "minContains": 2},
    ),
    "oneOf without a discriminator": ({"oneOf": [STRING, NULL]}, {"oneOf": [NULL, STRING]}),
}


@pytest.mark.parametrize(("narrow", "wide"), NARROWER.values(), ids=NARROWER)
def test_a_narrower_schema_is_a_subset(narrow: dict[str, Any], wide: dict[str, Any]) -> None:
    assert differences(narrow, wide) == []


@pytest.mark.parametrize(("narrow", "wide"), NARROWER.values(), ids=NARROWER)
def test_a_wider_schema_is_no_subset(narrow: dict[str, Any], wide: dict[str, Any]) -> None:
    assert differences(wide, narrow) != []


@pytest.mark.parametrize(("left", "right"), INCOMPARABLE.values(), ids=INCOMPARABLE)
def test_of_incomparable_schemas_neither_is_a_subset(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert differences(left, right) != []
    assert differences(right, left) != []


@pytest.mark.parametrize("event", event_types().values(), ids=lambda event: event.TYPE)
def test_the_writers_of_an_event_are_understood_by_its_readers_and_not_every_reader_input_is_written(
    event: type[EventBody],
) -> None:
    schema = reader_schema(event)
    assert differences(writer_schema(schema), schema) == []
    assert differences(schema, writer_schema(schema)) != []


def test_a_difference_says_where_it_is() -> None:
    narrow = record(("a",), a={"type": "array", "items": record(b={**STRING, "maxLength": 9})})
    wide = record(("a",), a={"type": "array", "items": record(b={**STRING, "maxLength": 8})})
    (difference,) = differences(narrow, wide)
    assert difference.path == "$.a[*].b"
    assert "maxLength 9" in difference.text


def test_the_difference_inside_the_alike_alternative_is_reported() -> None:
    narrow = {"anyOf": [{**STRING, "maxLength": 9}, NULL]}
    wide = {"anyOf": [NULL, {**STRING, "maxLength": 8}]}
    (difference,) = differences(narrow, wide)
    assert "maxLength 9" in difference.text


class Tree(BaseModel):
    name: str
    branches: tuple["Tree", ...] = ()


class ShortTree(BaseModel):
    name: Annotated[str, StringConstraints(max_length=3)]
    branches: tuple["ShortTree", ...] = ()


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


def test_recursive_models_are_compared_and_the_comparison_ends() -> None:
    tree, short = Tree.model_json_schema(), ShortTree.model_json_schema()
    assert differences(short, tree) == []
    assert {difference.path for difference in differences(tree, short)} >= {"$.name"}


def test_discriminated_unions_of_pydantic_are_compared_by_tag() -> None:
    both = TypeAdapter(Annotated[Cat | Dog, Field(discriminator="kind")]).json_schema()
    cats = Cat.model_json_schema()
    assert differences(cats, both) == []
    assert differences(both, cats) != []


def test_what_stands_beside_a_reference_counts() -> None:
    root = {"$defs": {"Name": STRING}, "$ref": "#/$defs/Name", "maxLength": 3}
    assert differences(root, {**STRING, "maxLength": 3}) == []
    assert differences(STRING, root) != []


VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 2, 1.5, -1, "", "a", "ab", "abc", "release", "2026-01-01"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "ab", "b", "kind"]), inner, max_size=3)
    ),
    max_leaves=6,
)
BOUND = st.integers(0, 2)


def some(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keywords)


def of(name: str, keywords: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return keywords.map(lambda found: {"type": name, **found})


def composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    named = st.dictionaries(st.sampled_from(["a", "ab", "b"]), inner, max_size=2)
    arrays = some(items=inner, prefixItems=st.lists(inner, min_size=1, max_size=2), minItems=BOUND, maxItems=BOUND)
    objects = some(
        properties=named,
        required=st.lists(st.sampled_from(["a", "b"]), unique=True),
        additionalProperties=inner | st.booleans(),
        patternProperties=st.dictionaries(st.sampled_from(["^a", "b$"]), inner, max_size=2),
        propertyNames=some(maxLength=BOUND),
        maxProperties=BOUND,
    )
    unions = st.lists(inner, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches})
    both = st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"allOf": parts})
    return of("array", arrays) | of("object", objects) | unions | both | objects


SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([{}, NULL, {"const": "a"}, {"const": 1}, {"enum": ["a", "release", None]}, {"type": "boolean"}])
    | of("string", some(minLength=BOUND, maxLength=BOUND, pattern=st.sampled_from(["^a", "b"])))
    | of("integer", some(minimum=BOUND, maximum=BOUND))
    | of("number", some(minimum=BOUND, exclusiveMinimum=BOUND, maximum=BOUND, exclusiveMaximum=BOUND)),
    composed,
    max_leaves=5,
)


def loosened(schema: Any) -> st.SearchStrategy[Any]:
    """A schema near another one, so that subsets are not too rare: a keyword dropped, or replaced by another's."""
    if not isinstance(schema, dict) or not schema:
        return SCHEMAS
    keyword = st.sampled_from(sorted(schema))
    return st.one_of(
        keyword.map(lambda name: {key: value for key, value in schema.items() if key != name}),
        SCHEMAS.map(lambda other: {**schema, **other}),
        SCHEMAS.map(lambda other: {"anyOf": [other, schema]}),
        st.just(schema),
    )


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data())
def test_what_is_proven_a_subset_is_one_for_every_value_tried(data: st.DataObject) -> None:
    narrow = data.draw(SCHEMAS)
    wide = data.draw(loosened(narrow))
    assume(differences(narrow, wide) == [])
    allows, includes = jsonschema_rs.validator_for(narrow), jsonschema_rs.validator_for(wide)
    for value in data.draw(st.lists(VALUES, min_size=20, max_size=20)):
        assert not allows.is_valid(value) or includes.is_valid(value)
