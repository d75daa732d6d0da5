"""Files of labelled rows that `answerable eval` reads: JSON lines, plain or packed with gzip."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from answerable_cli.errors import UsageRefused

RowT = TypeVar("RowT")


def read_rows(path: Path, parse: Callable[[Mapping[str, Any]], RowT], form: str) -> list[RowT]:
    """Every line as `parse` makes it; `form` tells people what a line looks like.

    Raises:
        UsageRefused: the file cannot be read or has no rows, or a line is none: the first such is named, not quoted.
    """
    rows: list[RowT] = []
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            rows.append(parse(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise UsageRefused(f"{path}, line {number}: not such a row", f"each line looks like {form}") from None
    if not rows:
        raise UsageRefused(f"{path} has no rows", f"each line looks like {form}")
    return rows


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON object a line. Raises UsageRefused where the file cannot be written."""
    try:
        with path.open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    except OSError as error:
        raise UsageRefused(f"{path} cannot be written", "name a file in a folder that is there") from error


def _lines(path: Path) -> list[str]:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig").split("\n")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise UsageRefused(f"{path} cannot be read", "it must be UTF-8 text, or that packed with gzip") from error
