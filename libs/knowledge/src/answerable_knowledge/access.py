"""Who may read what: readers on documents, principals of a person, deny by default.

A reader is `user:NAME` or `group:NAME`. A document may be read by a person when one of its readers is one of the
person's principals; a document without readers may be read by nobody. There is no wildcard: "everyone" is a group
that the identity provider fills, so that its members are as checkable as any other's.
"""

import re
from collections.abc import Iterable

# The same form as in the events: a kind, a colon, a name without control characters.
_READER = re.compile(r"(user|group):[^\x00-\x1f\x7f]{1,200}")


def principals_of(subject: str, groups: Iterable[str]) -> frozenset[str]:
    """Principals of a verified identity: itself and its groups.

    Raises ValueError for a name that no reader could have.
    """
    return frozenset(validate_readers([f"user:{subject}", *(f"group:{group}" for group in groups)]))


def validate_readers(readers: Iterable[str]) -> tuple[str, ...]:
    """The same readers, sorted, each once. Raises ValueError for anything but `user:NAME` and `group:NAME`."""
    unique = sorted(set(readers))
    for reader in unique:
        name = reader.partition(":")[2]
        if not _READER.fullmatch(reader) or name != name.strip() or name == "*":
            raise ValueError("a reader is user:NAME or group:NAME, without control characters or a wildcard")
    return tuple(unique)


def matched(readers: Iterable[str], principals: frozenset[str]) -> tuple[str, ...]:
    """The readers by which access is granted, sorted; empty means denied."""
    return tuple(sorted(principals.intersection(readers)))
