"""Versions of a tenant's table: their names, and which one was the newest at a moment of the past.

`acme@17` is version 17. `acme@17/23` is version 17 seen under the access rules of version 23 as well as its own.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from answerable_knowledge import rows, tables
from answerable_knowledge.errors import SnapshotGone
from answerable_knowledge.store import Store, check_out

_NUMBERS = re.compile(r"([0-9]{1,18})(?:/([0-9]{1,18}))?")
_MOMENTS_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class SnapshotName:
    """A version of a tenant's table. `access`: the later version by whose access rules it is seen, too."""

    tenant: str
    version: int
    access: int | None = None

    @classmethod
    def parse(cls, tenant: str, text: str) -> Self:
        """Raises SnapshotGone for what is none, or another tenant's."""
        owner, _, numbers = text.rpartition("@")
        found = _NUMBERS.fullmatch(numbers)
        if owner != tenant or found is None:
            raise SnapshotGone("not a snapshot of this tenant")
        version, access = found.groups()
        return cls(tenant, int(version), None if access is None else int(access))

    def __str__(self) -> str:
        access = "" if self.access is None else f"/{self.access}"
        return f"{self.tenant}@{self.version}{access}"


class History:
    """Finds versions by time. What was written carries the writer's clock, and never goes back within a document.

    LanceDB's own timestamps are not used: listing them reads every version (10,000 of them take 6 s on a local disk).
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._moments: OrderedDict[tuple[str, int], datetime | None] = OrderedDict()

    def as_of(self, tenant: str, moment: datetime) -> SnapshotName:
        """The version that was the newest then, seen under the access rules of now as well.

        Raises SnapshotGone: it is not kept any more, or nothing was there yet.
        """
        table = self._store.newest(tenant)
        if table is None:
            raise SnapshotGone("this tenant has no index")
        newest = int(table.version)
        found = self._last_until(_Versions(tenant, table), newest, moment)
        return SnapshotName(tenant, found, newest)

    def kept(self, tenant: str) -> tuple[SnapshotName, SnapshotName] | None:
        """The oldest version that is kept, and the newest; None without a table."""
        table = self._store.newest(tenant)
        if table is None:
            return None
        newest = int(table.version)
        versions = _Versions(tenant, table)
        gone, kept = 0, newest  # older versions go before newer ones
        while kept - gone > 1:
            middle = (gone + kept) // 2
            gone, kept = (gone, middle) if versions.keep(middle) else (middle, kept)
        return SnapshotName(tenant, kept), SnapshotName(tenant, newest)

    def of_document(self, tenant: str, document_id: str) -> Iterator[int]:
        """For each state of a document that is kept, one version that has it, newest first."""
        kept, table = self.kept(tenant), self._store.newest(tenant)
        if kept is None or table is None:
            return
        versions = _Versions(tenant, table, f"{rows.IS_HEAD} AND {rows.is_document(document_id)}")
        oldest, version = kept[0].version, kept[1].version
        while version >= oldest and (state := versions.written(version)) is not None:
            yield version
            other = oldest - 1  # versions from here down have another state, or are gone
            while version - other > 1:
                middle = (version + other) // 2
                version, other = (middle, other) if versions.written(middle) == state else (version, middle)
            version = other

    def _last_until(self, versions: "_Versions", newest: int, moment: datetime) -> int:
        """The last version that was written until then. Versions that are gone are older than all that are kept."""
        if (written := self._written(versions, newest)) is not None and written <= moment:
            return newest
        low, high = 0, newest  # `high` was written later; what is at or below `low` was not, or is gone
        while high - low > 1:
            middle = (low + high) // 2
            try:
                written = self._written(versions, middle)
            except SnapshotGone:
                written = None
            low, high = (low, middle) if written is not None and written > moment else (middle, high)
        if low == 0 or self._written(versions, low) is None:
            raise SnapshotGone("nothing of that time is kept, or was there")
        return low

    def _written(self, versions: "_Versions", version: int) -> datetime | None:
        """When the last of the version's rows was written; reorganising a table writes none. None: it has no rows.

        Raises SnapshotGone.
        """
        key = (versions.tenant, version)
        if key not in self._moments:
            self._moments[key] = versions.written(version)
            if len(self._moments) > _MOMENTS_REMEMBERED:
                self._moments.popitem(last=False)
        return self._moments[key]


@dataclass(frozen=True, slots=True)
class _Versions:
    """A table that is moved from one of its versions to another, to look at the rows under a condition."""

    tenant: str
    table: Any
    condition: str = "ordinal < 0"
    """Each document and each group has one such row."""

    def written(self, version: int) -> datetime | None:
        """When the last of the rows was written; None: there is none. Raises SnapshotGone."""
        check_out(self.table, version)
        return tables.last_written(self.table, self.condition)

    def keep(self, version: int) -> bool:
        """Whether the version can still be searched."""
        try:
            check_out(self.table, version)
        except SnapshotGone:
            return False
        return True
