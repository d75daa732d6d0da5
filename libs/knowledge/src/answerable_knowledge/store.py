"""Where the tables are: a folder or object storage. Opens those of a tenant, at their newest or an earlier version.

Object storage has to refuse a write to a name that is taken (S3 `If-None-Match`, as the large providers and MinIO do):
that is how writers of different processes find out about each other.
"""

import ctypes
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import pyarrow as pa

from answerable_knowledge import indexing, rows
from answerable_knowledge.errors import IndexCorrupt, SnapshotGone, WriteFailed

# LanceDB keeps what it read of indices and files, by default up to 7 GB. The indices of 100,000 passages are 50 MB.
_INDEX_CACHE_BYTES = 256 * 1024**2
_METADATA_CACHE_BYTES = 64 * 1024**2
_PROBE = "probe_"
_TABLES_AT_ONCE = 100
_TRIES = 5
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3  # malloc.h


class Store:
    """Tables of all tenants. Nothing of them is kept here: each call sees what other processes have committed."""

    def __init__(self, connection: Any, schema: pa.Schema) -> None:
        self._connection = connection
        self.schema = schema

    @classmethod
    def open(cls, location: Path | str, schema: pa.Schema, options: Mapping[str, str]) -> Self:
        """A folder, created if needed, or a URL such as `s3://bucket/index` with the options of its storage.

        Raises IndexCorrupt, which does not quote the options: they hold secrets.
        """
        os.environ.setdefault("LANCEDB_LOG", "error")  # it warns on stderr of what is retried or harmless
        _bound_heaps()
        import lancedb  # noqa: PLC0415 - takes seconds to import

        # Interval zero: other processes' commits are seen by the next call.
        try:
            connection = lancedb.connect(
                str(location),
                read_consistency_interval=timedelta(0),
                storage_options=dict(options) or None,
                session=lancedb.Session(_INDEX_CACHE_BYTES, _METADATA_CACHE_BYTES),
            )
        except (OSError, ValueError, RuntimeError):
            raise IndexCorrupt("the location of the index cannot be opened") from None
        return cls(connection, schema)

    def verify(self, *, writable: bool) -> None:
        """Look into one of the tables, and make and drop one where asked. Raises IndexCorrupt."""
        try:
            for name in self.names()[:1]:  # not another process's probe, which is gone again at any moment
                rows.require_same_embedder(self._connection.open_table(name).schema, self.schema)
            if writable:
                name = f"{_PROBE}{uuid4().hex}"  # several processes look at once
                self._connection.create_table(name, schema=pa.schema([("probe", pa.int8())]))
                self._connection.drop_table(name)
        except (OSError, ValueError, RuntimeError):
            raise IndexCorrupt("the location of the index cannot be used") from None

    def names(self) -> list[str]:
        """Of the tables of all tenants. Raises IndexCorrupt."""
        found: list[str] = []
        token: str | None = None
        try:
            while True:
                page = self._connection.list_tables(page_token=token, limit=_TABLES_AT_ONCE)
                found += filter(rows.is_table_name, page.tables)
                if not (token := page.page_token):
                    return found
        except (OSError, ValueError, RuntimeError):
            raise IndexCorrupt("the tables of the index cannot be listed") from None

    def named(self, name: str) -> Any:
        """One of them. Raises ValueError or what the storage raises."""
        return self._connection.open_table(name)

    def newest(self, tenant: str) -> Any | None:
        """The tenant's table; None while nothing was ever put. Raises IndexCorrupt."""
        try:
            table = self._connection.open_table(rows.table_name(tenant))
        except ValueError:  # lancedb's "was not found"
            return None
        except (OSError, RuntimeError) as error:
            raise IndexCorrupt from error
        rows.require_same_embedder(table.schema, self.schema)
        if table.schema != self.schema:
            raise IndexCorrupt("the index has other columns or dimensions: of another version, or another embedder")
        return table

    def writable(self, tenant: str) -> Any:
        """The tenant's table, made where there is none. Raises WriteFailed or IndexCorrupt."""
        for attempt in range(1, _TRIES + 1):
            table = self.newest(tenant)
            try:
                if table is None:
                    table = self._connection.create_table(rows.table_name(tenant), schema=self.schema, exist_ok=True)
                if not table.list_indices():
                    indexing.index_words(table)
            except (OSError, RuntimeError) as error:  # another process makes it at this moment: look again
                if attempt == _TRIES:
                    raise WriteFailed from error
            else:
                break
        return table

    def at(self, tenant: str, version: int) -> Any:
        """The tenant's table as it was. Raises SnapshotGone."""
        table = self.newest(tenant)
        if table is None:
            raise SnapshotGone("this tenant has no index")
        check_out(table, version)
        return table


def _bound_heaps() -> None:
    """Let lancedb's threads share two heaps, and give large blocks back when they are freed.

    As malloc has it, memory grew by half again with what was written. Of glibc only.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)
        mallopt(_M_MMAP_THRESHOLD, 128 * 1024)


def check_out(table: Any, version: int) -> None:
    """Move the table to one of its versions. Raises SnapshotGone."""
    try:
        table.checkout(version)
    except ValueError as error:  # lancedb's "no longer exists"
        raise SnapshotGone("this version is not kept") from error
