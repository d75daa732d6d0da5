"""The people of the demo corpus, whose groups need not be typed."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Person:
    subject: str
    name: str
    role: str
    groups: tuple[str, ...]


@cache
def people() -> dict[str, Person]:
    """By subject."""
    text = (resources.files("answerable_cli") / "corpus" / "people.toml").read_text("utf-8")
    found = [
        Person(entry["subject"], entry["name"], entry["role"], tuple(entry["groups"]))
        for entry in tomllib.loads(text)["person"]
    ]
    return {person.subject: person for person in found}


def groups_of(subject: str) -> tuple[str, ...]:
    """Of a person of the demo corpus; of anyone else none are known."""
    known = people().get(subject)
    return known.groups if known else ()
