"""Results of queries as Parquet files."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from answerable_cli.errors import CliError
from answerable_trail.rows import Table

if TYPE_CHECKING:
    import pyarrow as pa


def write_parquet(table: Table, file: Path) -> None:
    """Write the rows to `file`, which is replaced.

    Raises:
        CliError: the file cannot be written.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - slow, and seldom wanted

    try:
        pq.write_table(arrow_table(table), file)
    except OSError as error:
        raise CliError(f"{file} cannot be written ({error.strerror or type(error).__name__})") from None


def arrow_table(table: Table) -> "pa.Table":
    """Ids become text, maps stay maps, and a column whose values Arrow cannot bring together becomes JSON."""
    import pyarrow as pa  # noqa: PLC0415 - see above

    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    return pa.table([_column([_plain(value) for value in column]) for column in columns], names=list(table.columns))


def _column(values: Sequence[Any]) -> "pa.Array":
    import pyarrow as pa  # noqa: PLC0415 - see above

    for make in (_maps, pa.array, _large_numbers):
        try:
            return make(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            continue
    return pa.array([None if value is None else json.dumps(value, ensure_ascii=False, default=str) for value in values])


def _maps(values: Sequence[Any]) -> "pa.Array":
    import pyarrow as pa  # noqa: PLC0415 - see above

    if not any(isinstance(value, dict) for value in values) or not all(
        isinstance(value, dict | None) for value in values
    ):
        raise pa.ArrowTypeError("not a column of maps")
    kind = pa.array([item for value in values if value for item in value.values()]).type
    return pa.array([None if value is None else list(value.items()) for value in values], pa.map_(pa.string(), kind))


def _large_numbers(values: Sequence[Any]) -> "pa.Array":
    """Numbers that only UInt64 holds; Arrow takes whole numbers for signed ones."""
    import pyarrow as pa  # noqa: PLC0415 - see above

    return pa.array(values, pa.uint64())


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return value
