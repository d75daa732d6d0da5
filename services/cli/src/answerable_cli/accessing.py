"""`answerable access explain`: how someone stands to a document, out of the index that retrieval searches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from answerable_cli.addresses import locate
from answerable_cli.errors import UsageRefused
from answerable_cli.index_place import IndexPlace, index_place
from answerable_cli.output import console, print_json
from answerable_cli.wording import printable
from answerable_knowledge.access import is_reader, principals_of
from answerable_knowledge.errors import IndexCorrupt, SnapshotGone
from answerable_knowledge.index import Index
from answerable_knowledge.permissions import Chains, Permission

_MAY_NOT = 1

REASONS = {
    "unknown": "the index knows no document of this id in this organisation",
    "removed": "it was withdrawn, or erased; what follows is who was last allowed to read it",
    "denied": "a denial beats every reader",
    "no_reader": "the person is none of its readers, directly or through groups",
    "superseded": "another document in force replaces it",
    "expired": "its time is over",
    "not_yet_valid": "its time has not begun",
}
"""Why a document is not given to someone, in words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose access to what; `at` names a snapshot, whole or by its number."""

    tenant: str
    user: str
    groups: tuple[str, ...]
    document: str
    at: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the index says; `permission` is None where it does not know the document."""

    asked: Asked
    snapshot: str
    permission: Permission | None
    reason: str | None
    unusable: tuple[str, ...]


def explain_access(asked: Asked, data: Path, *, as_json: bool) -> int:
    """Print whether the person may read the document, and why; 0 when they may.

    Raises:
        UsageRefused: it cannot be told: no index here, no such snapshot, or a name that nobody can have.
    """
    answer = look_up(open_index(data), asked, datetime.now(UTC))
    if as_json:
        print_json(as_value(answer))
    else:
        for line in lines_of(answer):
            console().print(line, highlight=False, markup=False)
    return 0 if answer.reason is None else _MAY_NOT


def open_index(data: Path) -> Index:
    """The index that the environment names, or that of the data folder, whether Answerable runs on it or not.

    Raises:
        UsageRefused: there is none.
    """
    place = index_place(locate(data)) or IndexPlace(str(data / "index"))
    if place.folder is not None and not place.folder.is_dir():
        raise UsageRefused("the index is not here", "name its data folder with --data, or set ANSWERABLE_INDEX_PATH")
    try:
        return place.open()
    except IndexCorrupt as error:
        raise UsageRefused(f"the index cannot be opened: {error}") from None


def look_up(index: Index, asked: Asked, now: datetime) -> Answer:
    """Ask the index.

    Raises:
        UsageRefused: no such snapshot, a name that nobody can have, or an index that cannot be read.
    """
    unusable = tuple(group for group in asked.groups if not is_reader(f"group:{group}"))
    if not is_reader(f"user:{asked.user}"):
        raise UsageRefused("nobody can have this name", "at most 200 letters, no control characters, no blanks around")
    principals = principals_of(asked.user, asked.groups)
    try:
        snapshot = _snapshot(asked) or index.snapshot(asked.tenant)
        found = index.permissions(asked.tenant, principals, [asked.document], now, snapshot)
    except SnapshotGone as error:
        raise UsageRefused(f"there is no such snapshot: {error}", "leave --at away for the newest") from None
    except IndexCorrupt as error:
        raise UsageRefused(f"the index cannot be read: {error}") from None
    except ValueError:
        raise UsageRefused("no document can have this id") from None
    permission = found.get(asked.document)
    return Answer(asked, snapshot, permission, _reason(permission, now), unusable)


def _snapshot(asked: Asked) -> str | None:
    if asked.at is not None and "/" in asked.at:  # a question about the past was judged by the access of two versions
        raise UsageRefused(
            "that names two versions", "ask for each of them: the past one, and the one after the stroke"
        )
    if asked.at is None or "@" in asked.at:
        return asked.at
    return f"{asked.tenant}@{asked.at}"


def _reason(permission: Permission | None, now: datetime) -> str | None:
    if permission is None:
        return "unknown"
    objection = permission.objection(now)
    if objection != "access":
        return objection
    return "denied" if permission.denied_by else "no_reader"


def as_value(answer: Answer) -> dict[str, Any]:
    """For programs."""
    asked, permission = answer.asked, answer.permission
    value: dict[str, Any] = {
        "tenant": asked.tenant,
        "user": asked.user,
        "groups": list(asked.groups),
        "document": asked.document,
        "snapshot": answer.snapshot,
        "may_read": answer.reason is None,
        "reason": answer.reason,
    }
    if permission is not None:
        value |= {
            "version": permission.version,
            "removed": permission.removed,
            "readers": list(permission.readers),
            "denied": list(permission.denied),
            "granted_by": [list(chain) for chain in permission.granted_by],
            "denied_by": [list(chain) for chain in permission.denied_by],
            "readers_changed_at": permission.changed_at,
            "valid_from": permission.valid_from,
            "valid_until": permission.valid_until,
            "superseded_by": list(permission.superseded_by),
        }
    return value


def lines_of(answer: Answer) -> Iterator[str]:
    """For people."""
    asked, permission = answer.asked, answer.permission
    verdict = "may read" if answer.reason is None else "may NOT read"
    version = f", version {permission.version}" if permission is not None else ""
    yield printable(f"{asked.user} {verdict} {asked.document}{version} (snapshot {answer.snapshot})")
    if answer.reason is not None:
        yield f"  because {REASONS[answer.reason]}"
    for group in answer.unusable:
        yield printable(f"  the group {group!r} grants nothing: no reader can have this name")
    if permission is None:
        return
    yield from _ways("granted", permission.granted_by)
    yield from _ways("denied", permission.denied_by)
    yield printable(f"  readers: {_listed(permission.readers)}; denied: {_listed(permission.denied)}")
    if permission.changed_at is not None:
        yield f"  access last changed {_moment(permission.changed_at)}"
    if permission.superseded_by:
        yield printable(f"  replaced by: {_listed(permission.superseded_by)}")
    if permission.valid_from is not None:
        yield f"  valid from {_moment(permission.valid_from)}"
    if permission.valid_until is not None:
        yield f"  valid until {_moment(permission.valid_until)}"


def _ways(word: str, chains: Chains) -> Iterator[str]:
    for chain in chains:
        way = " is in ".join(chain) if len(chain) > 1 else f"{chain[0]} is on the list itself"
        yield printable(f"  {word} by {chain[-1]}: {way}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nobody"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
