"""Looks for texts in every text column of database `trace`.

They travel as data, into a table in memory, and not in statements: those end up in the logs of ClickHouse.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from answerable_trail.connection import Connection
from answerable_trail.encoding import texts_block
from answerable_trail.identity import NIL
from answerable_trail.reading import text
from answerable_trail.texts import as_shown, spellings

_AT_ONCE = 200
"""ClickHouse looks for at most 255 texts at a time."""


@dataclass(frozen=True, slots=True)
class Found:
    """A text stands in rows of this table, of this request where the table has requests."""

    table: str
    tenant: str
    request_id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search looked through, and what it found."""

    rows: int
    found: tuple[Found, ...]


async def search(connection: Connection, texts: Sequence[str]) -> Searched:
    """Where the texts stand, in any spelling. Raises TrailUnavailable, TrailRefused."""
    owners = {shown: one for one in texts for each in spellings(one) for shown in (each, as_shown(each))}
    columns = await _columns(connection)
    rows = 0
    for table in columns:
        ((count,),) = (await connection.select(f"SELECT count() FROM trace.{table}")).rows  # noqa: S608
        rows += int(str(count))
    found: set[Found] = set()
    for start in range(0, len(owners), _AT_ONCE):
        some = sorted(owners)[start : start + _AT_ONCE]
        found |= await _search_for(connection, some, owners, columns)
    return Searched(rows, tuple(sorted(found, key=lambda one: (one.table, one.tenant, str(one.request_id), one.text))))


async def _search_for(
    connection: Connection, some: Sequence[bytes], owners: Mapping[bytes, str], columns: Mapping[str, list[str]]
) -> set[Found]:
    sought = f"trace.sought_{secrets.token_hex(8)}"
    await connection.command(f"CREATE TABLE {sought} (number UInt32, text String) ENGINE = Memory")
    try:
        await connection.insert(sought, ("number", "text"), texts_block(some))
        found: set[Found] = set()
        for table, names in columns.items():
            result = await connection.select(_query(table, names, sought), exact=True)
            places: list[tuple[Any, ...]] = list(result.rows)
            for tenant, request_id, numbers in places:
                found |= {Found(table, text(tenant), request_id, owners[some[number - 1]]) for number in numbers}
        return found
    finally:
        await connection.command(f"DROP TABLE {sought} SYNC")


async def _columns(connection: Connection) -> dict[str, list[str]]:
    """Columns that hold text, by table; views show what tables hold."""
    result = await connection.select(
        "SELECT table, name FROM system.columns WHERE database = 'trace' AND position(type, 'String') > 0 AND table IN "
        "(SELECT name FROM system.tables WHERE database = 'trace' AND engine LIKE '%MergeTree') ORDER BY table, name"
    )
    columns: dict[str, list[str]] = {}
    for table, name in result.rows:
        columns.setdefault(str(table), []).append(str(name))
    owned = await connection.select("SELECT table FROM system.columns WHERE database = 'trace' AND name = 'request_id'")
    for (table,) in owned.rows:
        if str(table) in columns:
            columns[str(table)].insert(0, "request_id")
    return columns


def _query(table: str, names: Sequence[str], sought: str) -> str:
    has_owner = names[0] == "request_id"
    owner = "tenant, request_id" if has_owner else f"'' AS tenant, toUUID('{NIL}') AS request_id"
    held = ", ".join(f"toString(`{name}`)" for name in names if name != "request_id")
    return f"""
WITH (SELECT groupArray(text) FROM (SELECT text FROM {sought} ORDER BY number)) AS texts,
     arrayStringConcat([{held}], '\\n') AS held
SELECT {owner},
       groupUniqArrayArray(
           arrayFilter((n, p) -> p > 0, arrayEnumerate(texts), multiSearchAllPositions(held, texts))) AS numbers
FROM trace.{table}
WHERE multiSearchAny(held, texts)
GROUP BY tenant, request_id
LIMIT 10000
"""  # noqa: S608 - names of columns and tables of our own
