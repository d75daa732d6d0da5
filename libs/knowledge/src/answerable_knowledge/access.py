"""Who may read what: readers on documents, principals of a person, deny by default. Pure.

A reader is `user:NAME` or `group:NAME`. A document may be read by a person when one of its readers is one of the
person's principals and none of those denied is; a document without readers may be read by nobody. There is no
wildcard: "everyone" is a group that the identity provider fills, so that its members are as checkable as any other's.
"""

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

# The same form as in the events: a kind, a colon, a name without control characters.
_READER = re.compile(r"(user|group):[^\x00-\x1f\x7f]{1,200}")


def principals_of(subject: str, groups: Iterable[str]) -> frozenset[str]:
    """Principals of a verified identity: itself and its groups. A name that no reader can have grants nothing."""
    return frozenset(filter(is_reader, [f"user:{subject}", *(f"group:{group}" for group in groups)]))


def validate_readers(readers: Iterable[str]) -> tuple[str, ...]:
    """The same readers, sorted, each once. Raises ValueError for anything but `user:NAME` and `group:NAME`."""
    unique = sorted(set(readers))
    if not all(map(is_reader, unique)):
        raise ValueError("a reader is user:NAME or group:NAME, without control characters or a wildcard")
    return tuple(unique)


def is_reader(text: str) -> bool:
    """Whether this can be somebody."""
    name = text.partition(":")[2]
    return bool(_READER.fullmatch(text)) and name == name.strip() and name != "*"


def matched(readers: Iterable[str], principals: frozenset[str]) -> tuple[str, ...]:
    """The readers that the person is, sorted."""
    return tuple(sorted(principals.intersection(readers)))


def permits(readers: Iterable[str] | None, denied: Iterable[str] | None, principals: frozenset[str]) -> bool:
    """Whether the person may read: one of the readers, and none of those denied. A list that is missing permits none.

    `principals` with the groups that contain them: see `Groups.closure`.
    """
    if readers is None or denied is None:
        return False
    return not principals.isdisjoint(readers) and principals.isdisjoint(denied)


@dataclass(frozen=True, slots=True)
class Groups:
    """Which groups contain whom; `containing` names for a member the groups that it is directly in."""

    containing: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, members: Mapping[str, Iterable[str]]) -> Self:
        """From the members of each group, all by their names as readers."""
        containing: dict[str, list[str]] = {}
        for group in sorted(members):
            for member in members[group]:
                containing.setdefault(member, []).append(group)
        return cls({member: tuple(groups) for member, groups in containing.items()})

    def closure(self, principals: Iterable[str]) -> frozenset[str]:
        """The principals and every group that contains one of them, at any depth."""
        return frozenset(self._reached(principals))

    def chain(self, principals: Iterable[str], wanted: str) -> tuple[str, ...]:
        """A shortest way from a principal to a group that contains it, both ends named; empty: there is none."""
        reached = self._reached(principals)
        if wanted not in reached:
            return ()
        way = [wanted]
        while (before := reached[way[-1]]) is not None:
            way.append(before)
        return tuple(reversed(way))

    def _reached(self, principals: Iterable[str]) -> dict[str, str | None]:
        """All that the principals are, each with the member by which it was reached. Each once, so circles end."""
        reached: dict[str, str | None] = dict.fromkeys(sorted(principals))
        waiting = deque(reached)
        while waiting:
            member = waiting.popleft()
            for group in self.containing.get(member, ()):
                if group not in reached:
                    reached[group] = member
                    waiting.append(group)
        return reached
