"""What people see: answers on stdout, notes about the work on stderr."""

import json
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from rich.console import Console
from rich.table import Table

_PLAIN_WIDTH = 160  # for files and pipes: wide, so that lines are not broken


@cache
def console() -> Console:
    """For results. Without a terminal: no colours, no boxes, long lines."""
    return Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH, soft_wrap=not sys.stdout.isatty())


@cache
def notes() -> Console:
    return Console(stderr=True, width=None if sys.stderr.isatty() else _PLAIN_WIDTH)


def note(text: str) -> None:
    """A line about the work, for people."""
    notes().print(text, highlight=False, markup=False, style="dim")


def print_json(value: Any) -> None:
    """For programs: UTF-8, one document."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """A table; without a terminal it has no frame."""
    table = Table(*columns, title=title, box=None if not sys.stdout.isatty() else table_box(), pad_edge=False)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console().print(table)


def table_box() -> Any:
    from rich import box  # noqa: PLC0415 - only on a terminal

    return box.SIMPLE_HEAD


def _cell(value: object) -> str:
    from rich.markup import escape  # noqa: PLC0415 - only here

    if value is None:
        return "-"
    return escape(f"{value:.4g}" if isinstance(value, float) else str(value))
