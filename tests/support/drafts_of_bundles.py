"""A bundle in the course of being changed, and the table of the ways to change one."""

import base64
import json
import random
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from typing import Any
from uuid import UUID

from tests.support.bundles import Line, Parts, SealedLog, b64, dumped, passport_of, zipped


class Given(IntEnum):
    """What a verifier brings itself."""

    NOTHING = 0
    KEYS = 1
    KEYS_AND_NOTES = 2
    """And the newest checkpoint of each tree."""


class Base:
    """The bundle that is mutated, written once."""

    def __init__(self, log: SealedLog, requests: Sequence[tuple[str, UUID]]) -> None:
        self.log = log
        self.requests = requests
        self.parts: Parts = log.parts(requests)
        self.members = self.parts.members()
        self.data = zipped(self.members)
        self.lines = {name: raw.splitlines() for name, raw in self.members.items() if name.endswith(".jsonl")}
        self.whole = [number for number, line in enumerate(self.parts.events) if "erased" not in line]
        self.erased = [number for number, line in enumerate(self.parts.events) if "erased" in line]
        self.needed = self._needed()

    def _needed(self) -> list[int]:
        """Records whose absence shows: the only copy of what another one names, and outcomes."""
        ids = [line["event_id"] for line in self.parts.events]
        named = set()
        for number in self.whole:
            body = json.loads(base64.b64decode(self.parts.events[number]["body"]))
            named |= {ancestor["event_id"] for ancestor in body["ancestors"]}
        return [
            number
            for number, line in enumerate(self.parts.events)
            if ids.count(ids[number]) == 1 and (ids[number] in named or line["position"]["topic"] == "answers")
        ]


class Draft:
    """A bundle in the making: lines are parsed only where they are changed."""

    def __init__(self, base: Base, rng: random.Random) -> None:
        self.base = base
        self.rng = rng
        self.members = dict(base.members)
        self.lines = {name: list(lines) for name, lines in base.lines.items()}

    def zip(self, **how: bool) -> bytes:
        for name, lines in self.lines.items():
            if name in self.members and lines != self.base.lines[name]:
                self.members[name] = b"".join(line + b"\n" for line in lines)
        return zipped(self.members, **how)

    def pick(self, numbers: Sequence[int]) -> int:
        return self.rng.choice(numbers)

    def event(self, number: int) -> Line:
        """A record, to be changed in place and put back."""
        return json.loads(self.lines["events.jsonl"][number])  # type: ignore[no-any-return]

    def put(self, number: int, line: Line) -> None:
        self.lines["events.jsonl"][number] = dumped(line)

    def json(self, name: str) -> Any:
        return json.loads(self.members[name])

    def put_json(self, name: str, value: Any) -> None:
        self.members[name] = dumped(value)

    def line(self, name: str) -> tuple[int, Line]:
        number = self.rng.randrange(len(self.lines[name]))
        return number, json.loads(self.lines[name][number])


Mutation = Callable[[Draft, random.Random], bytes | bool | None]
"""Changes the draft and says whether that is a change; or the bytes of a zip that may be one; None: not this time."""

CHANGES: list[Mutation] = []
SAME: list[Mutation] = []
GIVEN: dict[str, Given] = {}


def change(mutation: Mutation) -> Mutation:
    CHANGES.append(mutation)
    return mutation


def same(mutation: Mutation) -> Mutation:
    SAME.append(mutation)
    return mutation


def kinds() -> set[str]:
    return {mutation.__name__ for mutation in (*CHANGES, *SAME)}


def shown_by(given: Given) -> Callable[[Mutation], Mutation]:
    """More than the bundle alone is needed."""

    def note(mutation: Mutation) -> Mutation:
        GIVEN[mutation.__name__] = given
        return mutation

    return note


# --- What many of them do ---------------------------------------------------------------------------------------------


def flipped(text: str, rng: random.Random) -> str:
    """Base64 with one bit of what it encodes turned over; of nothing, one byte."""
    raw = bytearray(base64.b64decode(text)) or bytearray(1)
    if text:
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return b64(bytes(raw))


def otherwise(value: Any, rng: random.Random) -> Any:
    """Another value of the same JSON type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice((-1, 1, 2, 1 << 32))
    if isinstance(value, float):
        return value + 0.25
    if value is None:
        return rng.choice((0, "", False, []))
    if not value:
        return "AA=="
    place = rng.randrange(len(value))
    kept = rng.choice(
        (value[:place], value[place + 1 :], value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :])
    )
    return value + "=" if kept == value else kept


def _scalars(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        for name in value if isinstance(value, dict) else range(len(value)):
            yield from _scalars(value[name], (*path, name))
    else:
        yield path


def change_any_scalar(value: Any, rng: random.Random) -> None:
    path = rng.choice(list(_scalars(value)))
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = otherwise(value[path[-1]], rng)


def damage(proof: list[str], rng: random.Random) -> None:
    kind = rng.randrange(4 if proof else 1)
    at = rng.randrange(len(proof) or 1)
    if kind == 0:
        proof.insert(at, b64(rng.randbytes(32)))
    elif kind == 1:
        proof.pop(at)
    elif kind == 2 or len(proof) < 2:
        proof[at] = flipped(proof[at], rng)
    else:
        proof.append(proof.pop(0))


def write_passport(draft: Draft) -> None:
    draft.put_json("passport.json", passport_of([json.loads(line) for line in draft.lines["events.jsonl"]]))
