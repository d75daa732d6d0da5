"""Is every value of one JSON Schema also a value of another? Proven by structure, or not at all.

Covers what pydantic generates. Keywords of the narrower schema only narrow, so unknown ones there may be ignored;
every keyword of the wider schema must be proven, so an unknown one there is a difference.
General containment is undecidable in practice: https://dl.acm.org/doi/10.1145/3460319.3464796 (Habib et al., 2021).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from answerable_events.schema import JsonObject

Schema = JsonObject | bool

_ANNOTATIONS = {
    "$schema", "$id", "$defs", "$comment", "title", "description", "default", "examples", "deprecated",
    "readOnly", "writeOnly", "discriminator", "x-type", "x-producers", "x-consumers",
}  # fmt: skip
_LOWER = {"minLength", "minItems", "minProperties", "minimum"}
_UPPER = {"maxLength", "maxItems", "maxProperties", "maximum"}
_SIZES = {"minLength", "minItems", "minProperties"}
_EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}
_EQUAL = {"pattern", "format", "multipleOf", "uniqueItems", "contentEncoding"}
_ARRAY = {"items", "prefixItems"}
_OBJECT = {"properties", "required", "additionalProperties", "patternProperties", "propertyNames"}
_JSON_TYPES: dict[type, str] = {
    bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null", list: "array", dict: "object"
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """A place where the proof fails; `text` says what the narrower schema allows and the wider one does not."""

    path: str
    text: str


def differences(narrow: JsonObject, wide: JsonObject) -> list[Difference]:
    """Why `narrow` is not proven to be a subset of `wide`; empty when it is."""
    return sorted(set(_Proof(narrow, wide).compare(narrow, wide, "$")))


@dataclass(slots=True)
class _Proof:
    narrow_root: JsonObject
    wide_root: JsonObject
    assumed: set[tuple[str, str]] = field(default_factory=set)
    """Pairs under comparison: a recursive schema is a subset if that follows from assuming it."""

    def compare(self, narrow: Schema, wide: Schema, path: str) -> Iterator[Difference]:
        if wide is True or wide == {} or narrow is False:
            return
        if wide is False:
            yield Difference(path, "is not allowed")
            return
        pair = (json.dumps(narrow, sort_keys=True), json.dumps(wide, sort_keys=True))
        if pair in self.assumed:
            return
        self.assumed.add(pair)
        yield from self._compare_resolved(resolve(narrow, self.narrow_root), resolve(wide, self.wide_root), path)
        self.assumed.discard(pair)

    def _compare_resolved(self, narrow: JsonObject, wide: JsonObject, path: str) -> Iterator[Difference]:
        if "allOf" in wide:
            for part in _parts(wide):
                yield from self.compare(narrow, part, path)
        elif branches := _alternatives(narrow, "anyOf") or _alternatives(narrow, "oneOf"):
            for branch in branches:
                yield from self.compare(branch, wide, path)
        elif "allOf" in narrow:
            attempts = [list(self.compare(part, wide, path)) for part in _parts(narrow)]
            yield from min(attempts, key=len)
        elif "const" in narrow or "enum" in narrow:
            for value in _values(narrow) or []:
                yield from self._compare_value(value, wide, path)
        elif branches := _alternatives(wide, _union(wide)):
            yield from self._compare_with_any(narrow, branches, path)
        else:
            yield from self._compare_plain(narrow, wide, path)

    def _compare_value(self, value: Any, wide: JsonObject, path: str) -> Iterator[Difference]:
        if branches := _alternatives(wide, _union(wide)):
            if all(any(self._compare_value(value, resolve(one, self.wide_root), path)) for one in branches):
                yield Difference(path, f"value {value!r} is not allowed")
            return
        allowed = _values(wide)
        if allowed is not None and not any(type(value) is type(other) and value == other for other in allowed):
            yield Difference(path, f"value {value!r} is not among {_listing(allowed)}")
        elif not _covers(_types(wide), {_JSON_TYPES[type(value)]}):
            yield Difference(path, f"value {value!r} is not of type {_listing(_types(wide))}")
        elif unproven := wide.keys() - _ANNOTATIONS - {"type", "const" if "const" in wide else "enum"}:
            yield Difference(path, f"value {value!r} is not proven to satisfy {_listing(unproven)}")

    def _compare_with_any(self, narrow: JsonObject, branches: list[Schema], path: str) -> Iterator[Difference]:
        attempts = [list(self.compare(narrow, branch, path)) for branch in branches]
        if not all(attempts):
            return
        alike = [
            attempt
            for attempt, branch in zip(attempts, branches, strict=True)
            if _types(narrow) & _types(resolve(branch, self.wide_root))
        ]
        yield from min(alike, key=len, default=[Difference(path, "fits none of the alternatives")])

    def _compare_plain(self, narrow: JsonObject, wide: JsonObject, path: str) -> Iterator[Difference]:
        if (values := _values(wide)) is not None:
            yield Difference(path, f"is no longer limited to {_listing(values)}")
            return
        if "type" in wide and not _covers(_types(wide), _types(narrow)):
            yield Difference(path, f"type {_listing(_types(narrow))} is not {_listing(_types(wide))}")
            return
        for keyword in sorted(set(wide) - _ANNOTATIONS - {"type"} - _ARRAY - _OBJECT):
            if not _bound_holds(keyword, narrow, wide):
                found = narrow.get(keyword, "none")
                yield Difference(path, f"{keyword} {found} is not proven to satisfy {keyword} {wide[keyword]}")
        yield from self._compare_items(narrow, wide, path)
        yield from self._compare_fields(narrow, wide, path)

    def _compare_items(self, narrow: JsonObject, wide: JsonObject, path: str) -> Iterator[Difference]:
        if not _ARRAY & set(wide) or "array" not in _types(narrow):
            return
        fixed = max(len(narrow.get("prefixItems", ())), len(wide.get("prefixItems", ())))
        longest = narrow.get("maxItems")
        for index in range(fixed if longest is None else min(fixed, longest)):
            yield from self.compare(_item(narrow, index), _item(wide, index), f"{path}[{index}]")
        if longest is None or longest > fixed:
            yield from self.compare(narrow.get("items", True), wide.get("items", True), f"{path}[*]")

    def _compare_fields(self, narrow: JsonObject, wide: JsonObject, path: str) -> Iterator[Difference]:
        if not _OBJECT & set(wide) or "object" not in _types(narrow):
            return
        for name in sorted(set(wide.get("required", ())) - set(narrow.get("required", ()))):
            yield Difference(f"{path}.{name}", "is required, and may be absent")
        named = sorted({*narrow.get("properties", {}), *wide.get("properties", {})})
        for name in named:
            for member in _members(wide, name):
                yield from self.compare(_members(narrow, name)[0], member, f"{path}.{name}")
        yield from self._compare_maps(narrow, wide, path)
        if "propertyNames" in wide:
            yield from self.compare(narrow.get("propertyNames", True), wide["propertyNames"], f"{path}.<name>")

    def _compare_maps(self, narrow: JsonObject, wide: JsonObject, path: str) -> Iterator[Difference]:
        """Fields without a name of their own: by pattern, and the rest."""
        patterns, rest = wide.get("patternProperties", {}), wide.get("additionalProperties", True)
        mine, my_rest = narrow.get("patternProperties", {}), narrow.get("additionalProperties", True)
        for pattern, schema in mine.items():
            yield from self.compare(schema, patterns.get(pattern, rest), f"{path}.<{pattern}>")
            for other in patterns.keys() - {pattern}:
                yield from self.compare(schema, patterns[other], f"{path}.<{pattern}>")
        yield from self.compare(my_rest, rest, f"{path}.<other fields>")
        for pattern in patterns.keys() - mine.keys():
            yield from self.compare(my_rest, patterns[pattern], f"{path}.<{pattern}>")


def resolve(schema: Schema, root: JsonObject) -> JsonObject:
    """The schema behind a `$ref` into the same document; what stands beside the reference still applies."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    if "$ref" not in schema:
        return schema
    target: Any = root
    for part in schema["$ref"].removeprefix("#/").split("/"):
        target = target[part.replace("~1", "/").replace("~0", "~")]
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    target = resolve(target, root)
    if not beside.keys() - _ANNOTATIONS & (target.keys() | _ARRAY | _OBJECT):
        return {**target, **beside}
    return {"allOf": [target, beside]}


def _parts(schema: JsonObject) -> list[Schema]:
    rest = {key: value for key, value in schema.items() if key not in {"allOf", *_ANNOTATIONS}}
    return [*schema["allOf"], rest] if rest else schema["allOf"]


def _union(schema: JsonObject) -> str:
    """`oneOf` counts as `anyOf` where a discriminator keeps its branches apart."""
    return "oneOf" if "oneOf" in schema and "discriminator" in schema else "anyOf"


def _alternatives(schema: JsonObject, keyword: str) -> list[Schema]:
    """The branches of a union, and a list of types taken apart; empty for anything else."""
    beside = {key: value for key, value in schema.items() if key not in {keyword, *_ANNOTATIONS}}
    if keyword in schema:
        return [{"allOf": [branch, beside]} if beside else branch for branch in schema[keyword]]
    if isinstance(schema.get("type"), list):
        return [{**beside, "type": one} for one in schema["type"]]
    return []


def _values(schema: JsonObject) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _types(schema: JsonObject) -> set[str]:
    declared = schema.get("type")
    if declared is None:
        return set(_JSON_TYPES.values())
    return {declared} if isinstance(declared, str) else set(declared)


def _covers(wide: set[str], narrow: set[str]) -> bool:
    return narrow <= (wide | {"integer"} if "number" in wide else wide)


def _bound_holds(keyword: str, narrow: JsonObject, wide: JsonObject) -> bool:
    mine, limit = narrow.get(keyword, 0 if keyword in _SIZES else None), wide[keyword]
    if keyword in _LOWER | _UPPER:
        at_most = keyword in _UPPER
        bounds = [bound for bound in (mine, narrow.get(_EXCLUSIVE.get(keyword, ""))) if bound is not None]
        return any(bound <= limit if at_most else bound >= limit for bound in bounds)
    if keyword == "exclusiveMinimum":
        return bool((mine is not None and mine >= limit) or narrow.get("minimum", limit) > limit)
    if keyword == "exclusiveMaximum":
        return bool((mine is not None and mine <= limit) or narrow.get("maximum", limit) < limit)
    return bool(keyword in _EQUAL and mine == limit)


def _item(schema: JsonObject, index: int) -> Schema:
    prefix = schema.get("prefixItems", ())
    found: Schema = prefix[index] if index < len(prefix) else schema.get("items", True)
    return found


def _members(schema: JsonObject, name: str) -> list[Schema]:
    """Every schema that a field of this name has to satisfy."""
    named = [schema["properties"][name]] if name in schema.get("properties", {}) else []
    matching = [one for pattern, one in schema.get("patternProperties", {}).items() if re.search(pattern, name)]
    return [*named, *matching] or [schema.get("additionalProperties", True)]


def _listing(values: Any) -> str:
    return ", ".join(sorted(map(str, values)))
