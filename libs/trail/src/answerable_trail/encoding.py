"""Rows as one block of ClickHouse's Native format: columns of exact bytes, with as little Python per field as possible.

https://clickhouse.com/docs/interfaces/formats/Native
RowBinary costs the same here and more in ClickHouse. JSONEachRow cannot carry bytes that are not text, and the driver's
own insert looks at every value.
"""

import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain

from answerable_trail.identity import numbered
from answerable_trail.rows import ErasedRow, PlacedLeaf, PlacedNode, Row

COLUMNS = (
    "epoch", "topic", "partition", "offset", "log_time", "tenant", "request_id", "event_id", "type", "key", "headers",
    "body", "producer", "number", "leaf_index", "leaf_hash", "salt", "seal",
)  # fmt: skip
"""What a block holds; ClickHouse derives the other columns of `trace.events`."""

ERASED_COLUMNS = (*COLUMNS, "erased_leaf")
LEAF_COLUMNS = ("tenant", "shard", "leaf_index", "leaf_hash", "seal", "epoch", "topic", "offset")
NODE_COLUMNS = ("tenant", "shard", "level", "node_index", "hash", "seal")

Column = tuple[str, bytes]
"""Type and values."""

_CONTINUED = 0x80
_ROW_OVERHEAD_BYTES = 64


def varint(number: int) -> bytes:
    """LEB128, as ClickHouse writes lengths."""
    out = bytearray()
    while number >= _CONTINUED:
        out.append(number % _CONTINUED + _CONTINUED)
        number //= _CONTINUED
    out.append(number)
    return bytes(out)


_SHORT_LENGTHS = [varint(length) for length in range(1 << 14)]


def native_block(rows: Sequence[Row]) -> bytes:
    """`COLUMNS` of the rows."""
    return _block(COLUMNS, len(rows), _row_columns(rows, [numbered(row.record) for row in rows]))


def erased_block(rows: Sequence[ErasedRow]) -> bytes:
    """`ERASED_COLUMNS` of the rows. Headers are gone, so the numbers that stood there come along."""
    columns = _row_columns([each.row for each in rows], [each.numbered for each in rows])
    return _block(ERASED_COLUMNS, len(rows), (*columns, ("String", _texts([each.leaf for each in rows]))))


def leaves_block(leaves: Sequence[PlacedLeaf]) -> bytes:
    """`LEAF_COLUMNS` of the leaves."""
    columns = (
        ("String", _texts([leaf.tree[0] for leaf in leaves])),
        ("UInt16", _numbers("H", [leaf.tree[1] for leaf in leaves])),
        ("UInt64", _numbers("Q", [leaf.leaf_index for leaf in leaves])),
        ("FixedString(32)", b"".join([leaf.hash for leaf in leaves])),
        ("UInt64", _numbers("Q", [leaf.token for leaf in leaves])),
        ("UInt32", _numbers("I", [leaf.epoch for leaf in leaves])),
        ("String", _texts([leaf.topic for leaf in leaves])),
        ("UInt64", _numbers("Q", [leaf.offset for leaf in leaves])),
    )
    return _block(LEAF_COLUMNS, len(leaves), columns)


def nodes_block(nodes: Sequence[PlacedNode]) -> bytes:
    """`NODE_COLUMNS` of the nodes."""
    columns = (
        ("String", _texts([node.tree[0] for node in nodes])),
        ("UInt16", _numbers("H", [node.tree[1] for node in nodes])),
        ("UInt8", _numbers("B", [node.level for node in nodes])),
        ("UInt64", _numbers("Q", [node.node_index for node in nodes])),
        ("FixedString(32)", b"".join([node.hash for node in nodes])),
        ("UInt64", _numbers("Q", [node.token for node in nodes])),
    )
    return _block(NODE_COLUMNS, len(nodes), columns)


def _row_columns(rows: Sequence[Row], numbers: Sequence[tuple[str, int]]) -> Sequence[Column]:
    records = [row.record for row in rows]
    identities = [row.identity for row in rows]
    headers = [record.headers for record in records]
    pairs = list(chain.from_iterable(headers))
    return (
        ("UInt32", _numbers("I", [row.epoch for row in rows])),
        ("String", _texts([record.topic for record in records])),
        ("UInt16", _numbers("H", [record.partition for record in records])),
        ("UInt64", _numbers("Q", [record.offset for record in records])),
        ("DateTime64(3, 'UTC')", _numbers("q", [record.timestamp_ms for record in records])),
        ("String", _texts([identity.tenant for identity in identities])),
        ("String", _strings([identity.request_id.encode() for identity in identities])),
        ("String", _strings([identity.event_id.encode() for identity in identities])),
        ("String", _texts([identity.type for identity in identities])),
        ("String", _strings([record.key or b"" for record in records])),
        (
            "Array(Tuple(name String, value String))",
            _numbers("Q", accumulate(map(len, headers)))
            + _texts([name for name, _ in pairs])
            + _strings([value for _, value in pairs]),
        ),
        ("String", _strings([record.value for record in records])),
        ("String", _texts([producer for producer, _ in numbers])),
        ("UInt64", _numbers("Q", [number for _, number in numbers])),
        ("UInt64", _numbers("Q", [row.seal.leaf_index for row in rows])),
        ("FixedString(32)", b"".join([row.seal.leaf_hash for row in rows])),
        ("FixedString(32)", b"".join([row.seal.salt for row in rows])),
        ("UInt64", _numbers("Q", [row.seal.token for row in rows])),
    )


def _block(names: Sequence[str], rows: int, columns: Sequence[Column]) -> bytes:
    parts = [varint(len(names)), varint(rows)]
    for name, (kind, data) in zip(names, columns, strict=True):
        parts += (_text(name), _text(kind), data)
    return b"".join(parts)


def texts_block(texts: Sequence[bytes]) -> bytes:
    """Texts under the name `text`, numbered from 1 under the name `number`."""
    numbers = _text("number") + _text("UInt32") + _numbers("I", range(1, len(texts) + 1))
    return varint(2) + varint(len(texts)) + numbers + _text("text") + _text("String") + _strings(texts)


def batches(rows: Sequence[Row], *, max_rows: int, max_bytes: int) -> Iterable[Sequence[Row]]:
    """Consecutive pieces of `rows`, each within both limits unless a single row is larger."""
    start, size = 0, 0
    for index, row in enumerate(rows):
        row_bytes = len(row.record.value) + _ROW_OVERHEAD_BYTES
        if index > start and (index - start >= max_rows or size + row_bytes > max_bytes):
            yield rows[start:index]
            start, size = index, 0
        size += row_bytes
    if start < len(rows):
        yield rows[start:]


def _numbers(code: str, numbers: Iterable[int]) -> bytes:
    values = array(code, numbers)
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def _strings(values: Sequence[bytes]) -> bytes:
    try:
        lengths = [_SHORT_LENGTHS[len(value)] for value in values]
    except IndexError:
        lengths = [varint(len(value)) for value in values]
    return b"".join(chain.from_iterable(zip(lengths, values, strict=True)))


def _texts(values: Sequence[str]) -> bytes:
    """Few different values, many times."""
    encoded = {value: _text(value) for value in set(values)}
    return b"".join([encoded[value] for value in values])


def _text(value: str) -> bytes:
    raw = value.encode("utf-8", "surrogatepass")
    return varint(len(raw)) + raw


assert struct.calcsize("I") == 4  # noqa: PLR2004 - array codes have the sizes that the format needs on every CPython
