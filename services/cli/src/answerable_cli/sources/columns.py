"""What the columns of a row say of its document, and how far rows were read. Pure."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from answerable_cli.errors import UsageRefused
from answerable_cli.rules import as_readers, end_of_day, start_of_day
from answerable_cli.sources.items import legible

SAYING = ("readers", "denied", "owner", "title", "valid_from", "valid_until", "review_by", "supersedes", "encoding")
"""Columns that say of a document what their names mean, where the query has them."""

Mark = int | float | str | Decimal | date
"""A value of the watermark column."""


def said_by(row: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Details that columns name, as far as the query has them. An empty readers column is: nobody.

    Raises:
        ValueError, UsageRefused: says which column cannot be what it is named.
    """
    said: dict[str, Any] = {}
    for name in SAYING:
        if name not in row:
            continue
        value = row[name]
        if name in {"readers", "denied"}:
            said[name] = as_readers(_names(value, name))
        elif name in {"valid_from", "valid_until", "review_by"}:
            said[name] = _instant(value, name)
        elif name == "encoding":
            said["encoding_hint"] = text_of(value)
        else:
            said[name] = text_of(value)
    if said.get("supersedes"):
        said["supersedes"] = prefix + legible(said["supersedes"])
    return said


def as_mark(value: Any, column: str) -> Mark:
    """A value that can be compared and kept.

    Raises:
        UsageRefused: it is of a kind that cannot.
    """
    if isinstance(value, int | float | str | Decimal | date) and not isinstance(value, bool):
        return value
    raise UsageRefused(f"{column} cannot be a watermark", "take a column with a time of change or a rising number")


def mark_as_text(mark: Mark) -> str:
    return json.dumps([type(mark).__name__, mark.isoformat() if isinstance(mark, date) else str(mark)])


def mark_from_text(text: str) -> Mark:
    kind, value = json.loads(text)
    if kind in {"date", "datetime"}:
        return (date if kind == "date" else datetime).fromisoformat(value)
    kinds: dict[str, type[int | float | str | Decimal]] = {"int": int, "float": float, "Decimal": Decimal}
    return kinds.get(kind, str)(value)


def later(one: Mark | None, other: Mark, column: str) -> Mark:
    """The higher of two marks.

    Raises:
        UsageRefused: they cannot be compared.
    """
    try:
        return other if one is None else max(one, other)
    except TypeError:
        raise UsageRefused(f"{column} holds values of several kinds", "CAST it in the query to one of them") from None


def _names(value: Any, column: str) -> Sequence[str]:
    """Readers from an array, a JSON array, or text with commas."""
    if value is None:
        return ()
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError(f"{column} is no JSON array") from None
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple | set) and all(isinstance(name, str) for name in value):
        return sorted(value) if isinstance(value, set) else tuple(value)
    raise ValueError(f"{column} is neither text nor a list of names")


def _instant(value: Any, column: str) -> datetime | None:
    """A moment; a whole day is its beginning for `valid_from`, its end otherwise. Without a zone it is UTC."""
    if is_blank(value):
        return None
    try:
        if isinstance(value, str):
            text = value.strip()
            value = date.fromisoformat(text) if len(text) == len("2026-01-31") else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{column} is no date") from None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return start_of_day(value) if column == "valid_from" else end_of_day(value)
    raise ValueError(f"{column} is no date")


def text_of(value: Any) -> str | None:
    return None if is_blank(value) else str(value).strip()


def is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
