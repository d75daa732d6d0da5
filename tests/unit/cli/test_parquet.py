from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from answerable_cli.errors import CliError
from answerable_cli.parquet import arrow_table, write_parquet
from answerable_trail.rows import Table

AT = datetime(2026, 11, 3, 9, 0, 0, 123456, tzinfo=UTC)


def column(*values: object) -> tuple[pa.DataType, list[object]]:
    """Type and values of a column, after it was written and read."""
    found = arrow_table(Table(("x",), tuple((value,) for value in values)))["x"]
    return found.type, found.to_pylist()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ((1, None, -3), pa.int64()),
        ((2**64 - 1, 5), pa.uint64()),
        ((0.5, None), pa.float64()),
        (("a", ""), pa.string()),
        ((True, False), pa.bool_()),
        ((AT, None), pa.timestamp("us", "UTC")),
        ((["a", "b"], []), pa.list_(pa.string())),
    ],
)
def test_values_keep_their_type(values: tuple[object, ...], kind: pa.DataType) -> None:
    assert column(*values) == (kind, list(values))


def test_ids_become_text_also_within_lists() -> None:
    one = UUID(int=1)
    assert column(one, None) == (pa.string(), [str(one), None])
    assert column([one]) == (pa.list_(pa.string()), [[str(one)]])


def test_maps_stay_maps_whatever_their_keys() -> None:
    kind, values = column({"bm25": 0.5}, {}, {"dense": 1.0, "bm25": 2.0})
    assert kind == pa.map_(pa.string(), pa.float64())
    assert values == [[("bm25", 0.5)], [], [("dense", 1.0), ("bm25", 2.0)]]


def test_what_has_no_common_type_becomes_json() -> None:
    assert column("a", 5, None) == (pa.string(), ['"a"', "5", None])
    assert column({"a": 1}, "x") == (pa.string(), ['{"a": 1}', '"x"'])


def test_names_with_values_of_different_types_are_a_struct() -> None:
    kind, values = column({"a": 1, "b": "x"})
    assert kind == pa.struct([("a", pa.int64()), ("b", pa.string())])
    assert values == [{"a": 1, "b": "x"}]


def test_a_file_has_the_columns_in_their_order_and_replaces_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "out.parquet"
    file.write_text("old")
    write_parquet(Table(("b", "a"), ((1, "x"), (2, "y"))), file)
    read = pq.read_table(file)
    assert read.column_names == ["b", "a"]
    assert read.to_pylist() == [{"b": 1, "a": "x"}, {"b": 2, "a": "y"}]


def test_no_rows_are_a_file_with_columns(tmp_path: Path) -> None:
    write_parquet(Table(("a", "b"), ()), tmp_path / "none.parquet")
    assert pq.read_table(tmp_path / "none.parquet").column_names == ["a", "b"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="nowhere"):
        write_parquet(Table(("a",), ((1,),)), tmp_path / "nowhere" / "x.parquet")
