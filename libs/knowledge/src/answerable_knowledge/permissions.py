"""Whether someone may read given documents in one version of the table, and by what: for those who ask again later."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from answerable_knowledge import rows, tables
from answerable_knowledge.access import Groups, matched
from answerable_knowledge.ranking import superseded_ids

_COLUMNS = [
    *("ordinal", "document_id", "version", "readers", "denied", "readers_changed_at", "removed"),
    *("valid_from", "valid_until", "supersedes", "group_name", "members"),
]

Chains = tuple[tuple[str, ...], ...]
"""For each name that matched: the way to it, from the person or a group that the identity names, group by group."""


@dataclass(frozen=True, slots=True)
class Permission:
    """How someone stands to a document that is here, or was. Of a removed one, access is as last known."""

    document_id: str
    version: int
    removed: bool
    readers: tuple[str, ...]
    denied: tuple[str, ...]
    granted_by: Chains
    denied_by: Chains
    changed_at: datetime | None
    valid_from: datetime | None
    valid_until: datetime | None
    superseded_by: tuple[str, ...]

    @property
    def granted(self) -> bool:
        """Whether access permits it; nothing is said about what the document is worth now."""
        return bool(self.granted_by) and not self.denied_by

    def objection(self, now: datetime) -> str | None:
        """Why it is not given to this person now, or None. The reasons are those of a search, and `removed`."""
        if self.removed:
            return "removed"
        if not self.granted:
            return "access"
        if self.superseded_by:
            return "superseded"
        if self.valid_until is not None and self.valid_until < now:
            return "expired"
        if self.valid_from is not None and self.valid_from > now:
            return "not_yet_valid"
        return None


def permissions(
    table: Any, principals: Iterable[str], document_ids: Collection[str], now: datetime
) -> dict[str, Permission]:
    """For each of the documents that the table knows, by its id. One query: all of it is of one version."""
    if not document_ids:
        return {}
    ids = rows.listed(document_ids)
    condition = f"({rows.IS_HEAD} AND (document_id IN ({ids}) OR supersedes IN ({ids}))) OR {rows.IS_GROUP}"
    found = tables.scan(table, condition, _COLUMNS)
    groups = rows.groups_of(row for row in found if row["ordinal"] == rows.GROUP)
    heads = [row for row in found if row["ordinal"] == rows.HEAD]
    direct = frozenset(principals)
    return {
        row["document_id"]: _permission(row, direct, groups, _successors(heads, row["document_id"], now))
        for row in heads
        if row["document_id"] in document_ids
    }


def _permission(
    row: Mapping[str, Any], direct: frozenset[str], groups: Groups, superseded_by: tuple[str, ...]
) -> Permission:
    every = groups.closure(direct)
    ways: dict[str, Chains] = {
        name: tuple(groups.chain(direct, one) for one in matched(row[name] or (), every))
        for name in ("readers", "denied")
    }
    return Permission(
        document_id=row["document_id"],
        version=row["version"],
        removed=row["removed"],
        readers=tuple(row["readers"] or ()),
        denied=tuple(row["denied"] or ()),
        granted_by=ways["readers"],
        denied_by=ways["denied"],
        changed_at=row["readers_changed_at"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        superseded_by=superseded_by,
    )


def _successors(heads: Iterable[Mapping[str, Any]], document_id: str, now: datetime) -> tuple[str, ...]:
    claims = [row for row in heads if row["supersedes"] == document_id and not row["removed"]]
    return tuple(sorted(row["document_id"] for row in claims if document_id in superseded_ids([row], now)))
