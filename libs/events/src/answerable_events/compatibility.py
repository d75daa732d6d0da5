"""The gate for changes of event contracts: `python -m answerable_events.compatibility schemas`.

Writers are closed, readers open. A changed model passes when whatever any committed version lets a writer say is
understood by the new reader, and the other way round, so that services and upstream systems update in any order
and every message of the log stays legible. In doubt the change fails; exit code 1 names whom it hurts.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from answerable_events.schema import JsonObject, reader_schema, render, writer_schema
from answerable_events.schema_history import Revision, committed_revisions
from answerable_events.subset import Difference, differences, resolve
from answerable_events.topics import event_types

_MISSING = object()

Schemas = dict[str, JsonObject]
"""Open schemas by event type."""


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """A change that would hurt somebody."""

    event_type: str
    path: str
    change: str
    compared_with: str
    consumers: tuple[str, ...]


def violations(current: Schemas, revisions: Sequence[Revision]) -> list[Violation]:
    """Every way in which the current open schemas break a committed one; one entry per place and change."""
    found: dict[tuple[str, str, str], Violation] = {}
    for revision in revisions:
        new = current.get(revision.event_type)
        changes = [Difference("$", "the event type was removed")] if new is None else _changes(revision.schema, new)
        consumers = {*revision.schema.get("x-consumers", ()), *(new or {}).get("x-consumers", ())}
        for change in changes:
            key = (revision.event_type, change.path, change.text)
            violation = Violation(*key, revision.label, tuple(sorted(consumers)))
            found.setdefault(key, violation)
    return sorted(found.values())


def _changes(old: JsonObject, new: JsonObject) -> Iterator[Difference]:
    for difference in differences(writer_schema(old), new):
        yield Difference(difference.path, f"the new reader refuses what was written before: {difference.text}")
    for difference in differences(writer_schema(new), old):
        yield Difference(difference.path, f"the old reader refuses what will be written: {difference.text}")
    yield from _changes_of_meaning(old, new)


def _changes_of_meaning(old: JsonObject, new: JsonObject) -> Iterator[Difference]:
    """What open readers would accept in silence: a field that nobody reads any more, an absence that means another."""
    before, after = dict(_fields(old, old, "$")), dict(_fields(new, new, "$"))
    for path, schema in before.items():
        if path not in after:
            yield Difference(path, "the field was removed or renamed: what writers say there is no longer heard")
        elif schema.get("default", _MISSING) != after[path].get("default", _MISSING) and "default" in after[path]:
            yield Difference(path, f"the default is now {after[path]['default']!r}: absence means something else")


def _fields(schema: Any, root: JsonObject, path: str, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, JsonObject]]:
    """Named fields by path, through references, items, maps and unions; a recursive definition is entered once."""
    if not isinstance(schema, dict) or schema.get("$ref") in seen:
        return
    inner = (*seen, schema["$ref"]) if "$ref" in schema else seen
    schema = resolve(schema, root)
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}", field
        yield from _fields(field, root, f"{path}.{name}", inner)
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _fields(branch, root, path, inner)
    for place in (schema.get("items"), *schema.get("prefixItems", ())):
        yield from _fields(place, root, f"{path}[*]", inner)
    for place in (schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()):
        yield from _fields(place, root, f"{path}.<name>", inner)


def report(found: Sequence[Violation]) -> str:
    """The violations by event type, with whom they hurt and what to do instead."""
    lines: list[str] = []
    for event_type in sorted({violation.event_type for violation in found}):
        own = [violation for violation in found if violation.event_type == event_type]
        lines.append(f"BREAKING {event_type}")
        lines.extend(f"  {one.path}: {one.change}  [against {one.compared_with}]" for one in own)
        hurt = sorted({name for violation in own for name in violation.consumers})
        lines.append(f"  Hurts the consumers: {', '.join(hurt) or 'unknown'}.")
        lines.append(
            f"  Instead: leave it as it was, add {_next_version(event_type)} beside it, and let producers move once "
            "every consumer reads both (schemas/README.md)."
        )
    return "\n".join(lines)


def _next_version(event_type: str) -> str:
    base, _, version = event_type.rpartition(".v")
    return f"{base}.v{int(version) + 1}" if version.isdecimal() else "a new version"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m answerable_events.compatibility", description=__doc__)
    parser.add_argument("schemas", type=Path, help="the folder that holds events/")
    folder = parser.parse_args(arguments).schemas / "events"
    current = {name: json.loads(render(reader_schema(event))) for name, event in event_types().items()}
    revisions, notes = committed_revisions(folder)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)  # noqa: T201 - a command
    found = violations(current, revisions)
    if found:
        print(report(found))  # noqa: T201 - a command
        return 1
    print(f"{len(current)} event types are compatible with all {len(revisions)} committed versions")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
