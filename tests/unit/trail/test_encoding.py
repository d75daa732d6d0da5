import struct

import pytest

from answerable_events.message import Record
from answerable_trail.encoding import COLUMNS, batches, native_block, varint
from answerable_trail.identity import NIL, Identity
from answerable_trail.rows import Row, Seal


def row(offset: int = 0, size: int = 1) -> Row:
    record = Record("t", 2, offset, 3, b"k", b"v" * size, (("h", b"w"),))
    return Row(1, record, Identity("acme", str(NIL), str(NIL), "kind"), Seal(5, b"h" * 32, b"s" * 32, 9))


@pytest.mark.parametrize(
    ("number", "encoded"),
    [(0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (16_383, b"\xff\x7f"), (16_384, b"\x80\x80\x01")],
)
def test_lengths_are_leb128(number: int, encoded: bytes) -> None:
    assert varint(number) == encoded


def test_a_block_is_columns_with_name_type_and_values() -> None:
    kinds = (
        b"UInt32",
        b"String",
        b"UInt16",
        b"UInt64",
        b"DateTime64(3, 'UTC')",
        b"String",
        b"String",
        b"String",
        b"String",
        b"String",
        b"Array(Tuple(name String, value String))",
        b"String",
        b"String",
        b"UInt64",
        b"UInt64",
        b"FixedString(32)",
        b"FixedString(32)",
        b"UInt64",
    )
    values = (
        struct.pack("<I", 1),
        b"\x01t",
        struct.pack("<H", 2),
        struct.pack("<Q", 0),
        struct.pack("<q", 3),
        b"\x04acme",
        b"\x24" + str(NIL).encode(),
        b"\x24" + str(NIL).encode(),
        b"\x04kind",
        b"\x01k",
        struct.pack("<Q", 1) + b"\x01h" + b"\x01w",
        b"\x01v",
        b"\x00",
        struct.pack("<Q", 0),
        struct.pack("<Q", 5),
        b"h" * 32,
        b"s" * 32,
        struct.pack("<Q", 9),
    )
    expected = b"\x12\x01"
    for name, kind, value in zip(COLUMNS, kinds, values, strict=True):
        expected += bytes([len(name)]) + name.encode() + bytes([len(kind)]) + kind + value
    assert native_block([row()]) == expected


@pytest.mark.parametrize("size", [16_383, 16_384, 300_000])
def test_a_long_value_keeps_its_length(size: int) -> None:
    assert varint(size) + b"v" * size in native_block([row(size=size)])


@pytest.mark.parametrize(
    ("sizes", "max_rows", "max_bytes", "lengths"),
    [
        ([], 2, 10_000, []),
        ([1, 1, 1, 1, 1], 2, 10_000, [2, 2, 1]),
        ([400, 400, 400], 10, 1_000, [2, 1]),
        ([5_000, 1, 5_000], 10, 1_000, [1, 1, 1]),
    ],
)
def test_batches_stay_within_rows_and_bytes(
    sizes: list[int], max_rows: int, max_bytes: int, lengths: list[int]
) -> None:
    rows = [row(offset, size) for offset, size in enumerate(sizes)]
    pieces = list(batches(rows, max_rows=max_rows, max_bytes=max_bytes))
    assert [len(piece) for piece in pieces] == lengths
    assert [one for piece in pieces for one in piece] == rows
