"""The statements of the completeness check that take more than a named query does. No I/O.

Leaves are compared in blocks, by a sum of keyed hashes: only blocks whose sums differ are looked into.
"""

from collections.abc import Sequence
from datetime import datetime

from answerable_trail.completeness import MOST_NAMED
from answerable_trail.reading import listed, literal, milliseconds, text

LEAVES_PER_BLOCK = 65_536

Block = tuple[str, int, int]
"""Tenant, shard, and leaf index divided by LEAVES_PER_BLOCK."""

SIGNED = "SELECT tenant, shard, size FROM trace.checkpoints ORDER BY seal DESC, size DESC LIMIT 1 BY tenant, shard"
"""How much of each tree its newest checkpoint is over; of a deposed writer's checkpoints none counts."""

UNEVEN_PARTITIONS = """
SELECT epoch, topic, partition
FROM (
    SELECT epoch, topic, partition, offset FROM trace.events
    UNION ALL
    SELECT epoch, topic, partition, offset FROM trace.expired
)
GROUP BY epoch, topic, partition
HAVING groupBitmap(offset) != max(offset) + 1 OR count() != groupBitmap(offset)
LIMIT 1
"""
"""One scan that is nearly always enough: without a row there is no hole, and nothing was written twice."""

LEAF_COUNTS = """
SELECT tenant, shard, groupBitmap(leaf_index) AS present, max(leaf_index) + 1 AS upto
FROM trace.leaves
GROUP BY tenant, shard
"""

UNSEALED = f"""
SELECT epoch, topic, partition, offset
FROM trace.events
WHERE seal = 0
ORDER BY epoch, topic, partition, offset
LIMIT {MOST_NAMED}
"""  # noqa: S608 - a number only

UNCLAIMED = f"""
SELECT epoch, topic, partition, offset
FROM trace.events
WHERE seal != 0 AND erased_leaf = '' AND (partition, seal) NOT IN (SELECT shard, token FROM trace.claims)
ORDER BY epoch, topic, partition, offset
LIMIT {MOST_NAMED}
"""  # noqa: S608 - a number only


def runs(producers: Sequence[str]) -> str:
    """How far these runs of services came."""
    return f"""
SELECT producer, max(number) AS highest, toUnixTimestamp64Milli(max(recorded_at)) AS written_ms
FROM trace.events
WHERE producer IN {listed(producers)}
GROUP BY producer
"""  # noqa: S608 - `literal` quotes what is put in


def numbers(of: Sequence[tuple[str, int]]) -> str:
    """When these numbers were recorded first, and by which events they are used."""
    keys = ", ".join(listed(each) for each in of)
    return f"""
SELECT producer, number, toUnixTimestamp64Milli(min(recorded_at)) AS recorded_ms, groupUniqArray(10)(event_id) AS events
FROM trace.events
WHERE (producer, number) IN ({keys})
GROUP BY producer, number
"""  # noqa: S608 - `literal` quotes what is put in


def request_after(last: tuple[str, str] | None, rows: int) -> str:
    """The request that stands so many rows behind this one."""
    return f"""
SELECT tenant, toString(request_id) AS request
FROM trace.events
WHERE {_beyond(last)}
ORDER BY tenant, request_id
LIMIT 1 OFFSET {rows}
"""  # noqa: S608 - `literal` quotes what is put in


def between(last: tuple[str, str] | None, upto: tuple[str, str] | None) -> str:
    """The condition for requests behind `last`, up to and including `upto`; None: from the first, to the last one."""
    return f"{_beyond(last)} AND NOT ({_beyond(upto)})" if upto is not None else _beyond(last)


def touched(since: datetime) -> str:
    """The condition for requests of which something that names ancestors was recorded since then."""
    return f"""(tenant, request_id) IN (
    SELECT tenant, request_id FROM trace.events
    WHERE recorded_at >= fromUnixTimestamp64Milli({milliseconds(since)}, 'UTC') AND notEmpty(ancestors))"""  # noqa: S608


def unresolved(where: str, until: datetime) -> str:
    """What events recorded until then name as ancestors and their requests do not hold with that hash.

    Events about the record itself are left out as ancestors here: there is no end to them under one request id.
    """
    return f"""
SELECT tenant, request_id, event, ancestor.1 AS ancestor_id, lower(ancestor.3) AS sha256
FROM (
    SELECT tenant, request_id, naming.1 AS event, arrayJoin(naming.2) AS ancestor, whole, erased
    FROM (
        SELECT tenant, request_id, arrayJoin(named) AS naming, whole, erased
        FROM (
            SELECT tenant, request_id,
                   groupUniqArrayIf((event_id, ancestors), notEmpty(ancestors)
                       AND recorded_at <= fromUnixTimestamp64Milli({milliseconds(until)}, 'UTC')) AS named,
                   groupUniqArrayIf((event_id, lower(hex(body_sha256))), erased_leaf = '') AS whole,
                   groupUniqArrayIf(event_id, erased_leaf != '') AS erased
            FROM trace.events
            WHERE (topic != 'governance' OR notEmpty(ancestors)) AND {where}
            GROUP BY tenant, request_id
        )
    )
)
WHERE NOT has(whole, (ancestor_id, sha256)) AND NOT has(erased, ancestor_id)
ORDER BY tenant, request_id, event
LIMIT {MOST_NAMED}
"""  # noqa: S608 - whoever calls quotes what is put in


def anywhere(events: Sequence[str]) -> str:
    """With which hashes these events are recorded, wherever."""
    return f"""
SELECT event_id, groupUniqArray(lower(hex(body_sha256))) AS hashes, max(erased_leaf != '') AS erased
FROM trace.events
WHERE event_id IN {listed(events)}
GROUP BY event_id
"""  # noqa: S608 - `literal` quotes what is put in


def uneven_blocks(key: tuple[int, int]) -> str:
    """Blocks of leaves that are not the leaves of the rows. `key`: random, so that nobody can make two sums equal."""
    keyed = f"sipHash64Keyed((toUInt64({key[0]}), toUInt64({key[1]}))"
    hashed = f"{keyed}, leaf_index, leaf_hash, epoch, toString(topic), offset)"
    return f"""
SELECT tenant, shard, intDiv(leaf_index, {LEAVES_PER_BLOCK}) AS block
FROM (
    SELECT tenant, partition AS shard, leaf_index, {hashed} AS hash, 1 AS is_row FROM trace.events WHERE seal != 0
    UNION ALL
    SELECT tenant, shard, leaf_index, {hashed} AS hash, 0 AS is_row FROM trace.leaves
) AS both
INNER JOIN ({SIGNED}) AS signed USING (tenant, shard)
WHERE leaf_index < size
GROUP BY tenant, shard, block
HAVING sumIf(hash, is_row = 1) != sumIf(hash, is_row = 0)
ORDER BY tenant, shard, block
"""  # noqa: S608 - numbers only


def uneven_places(blocks: Sequence[Block]) -> str:
    """Records of these blocks of which row and leaf are not one of each and equal.

    Of the rows for a record the one with the highest seal counts, wherever its leaf is; of the leaves at one index too.
    A leaf stays when retention removes its row.
    """
    keys = ", ".join(listed((tenant, shard, block)) for tenant, shard, block in blocks)
    block = f"intDiv(leaf_index, {LEAVES_PER_BLOCK})"
    return f"""
SELECT tenant, shard, epoch, topic, offset, countIf(is_row = 1) AS rows, countIf(is_row = 0) AS leaves,
       anyIf(leaf_index, is_row = 1) AS row_index, anyIf(leaf_index, is_row = 0) AS index
FROM (
    SELECT tenant, partition AS shard, epoch, topic, offset, argMax(events.leaf_index, seal) AS leaf_index,
           argMax(events.leaf_hash, seal) AS leaf_hash, 1 AS is_row
    FROM trace.events AS events
    WHERE seal != 0 AND (epoch, topic, partition, offset) IN (
        SELECT epoch, topic, partition, offset FROM trace.events
        WHERE seal != 0 AND (tenant, partition, {block}) IN ({keys}))
    GROUP BY tenant, shard, epoch, topic, offset
    UNION ALL
    SELECT tenant, shard, epoch, topic, offset, leaf_index, leaf_hash, 0 AS is_row
    FROM (
        SELECT * FROM trace.leaves WHERE (tenant, shard, {block}) IN ({keys})
        ORDER BY seal DESC LIMIT 1 BY tenant, shard, leaf_index)
)
GROUP BY tenant, shard, epoch, topic, offset
HAVING (rows != 1 OR leaves != 1 OR uniqExact(leaf_index, leaf_hash) != 1) AND NOT (
    rows = 0 AND (epoch, topic, shard, offset) IN (
        SELECT epoch, topic, partition, offset FROM trace.expired
        WHERE (epoch, topic, partition, offset) IN (
            SELECT epoch, topic, shard, offset FROM trace.leaves WHERE (tenant, shard, {block}) IN ({keys}))))
ORDER BY tenant, shard, epoch, topic, offset
LIMIT {MOST_NAMED}
"""  # noqa: S608 - `literal` quotes what is put in


def leaves_at(places: Sequence[tuple[str, int, int]]) -> str:
    """Which of these indexes of trees have a leaf."""
    keys = ", ".join(listed(each) for each in places)
    return f"SELECT DISTINCT tenant, shard, leaf_index FROM trace.leaves WHERE (tenant, shard, leaf_index) IN ({keys})"  # noqa: S608


def _beyond(last: tuple[str, str] | None) -> str:
    if last is None:
        return "1"
    tenant, request = literal(text(last[0])), literal(last[1])
    return f"(tenant > {tenant} OR (tenant = {tenant} AND request_id > {request}))"
