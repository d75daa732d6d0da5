"""Rows of a database query become documents, through SQLAlchemy."""

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.rules import Details
from answerable_cli.sources.columns import Mark, as_mark, is_blank, later, said_by, text_of
from answerable_cli.sources.items import LARGEST_FILE, Item, Trouble, checked_id, legible, too_large

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Engine, Select

_AT_ONCE = 100
"""Rows that are fetched together."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is read, and which columns are what."""

    url: str
    text: str
    id_column: str = "id"
    text_columns: tuple[str, ...] = ()
    content_column: str = "content"
    """Taken when no text columns are named: text, or the bytes of a file, whose name `filename` then gives."""
    watermark: str | None = None

    @property
    def needed(self) -> list[str]:
        watermark = [] if self.watermark is None else [self.watermark]
        return [self.id_column, *(self.text_columns or [self.content_column]), *watermark]


class TableSource:
    """The rows of a query, after `since` where there is a watermark; `reached` is the watermark after `items`."""

    def __init__(self, query: Query, prefix: str, details: Details, since: Mark | None = None) -> None:
        self._engine = _engine(query.url)
        self.location = self._engine.url.set(query={}).render_as_string(hide_password=True)
        self.reached = since
        self.unmarked = 0
        """Rows without watermark: read every time."""
        self._query = query
        self._prefix = prefix
        self._details = details
        self._since = since

    def items(self) -> Iterator[Item | Trouble]:
        with self._rows(self._statement()) as rows:
            for number, row in enumerate(rows, 1):
                yield self._document(row, number)
                self._advance(row)

    def every_id(self, seen: Collection[str]) -> Collection[str]:
        """Asked of the database where only a part of the rows was read."""
        if self._since is None:
            return seen
        from sqlalchemy import column, select  # noqa: PLC0415 - slow

        with self._rows(select(column(self._query.id_column)).select_from(self._subquery())) as rows:
            return {self._id(row[self._query.id_column]) for row in rows if not is_blank(row[self._query.id_column])}

    def _statement(self) -> "Select[Any]":
        from sqlalchemy import column, literal_column, or_, select  # noqa: PLC0415 - slow

        statement: Select[Any] = select(literal_column("*")).select_from(self._subquery())
        if self._query.watermark is None:
            return statement
        mark: ColumnElement[Any] = column(self._query.watermark)
        if self._since is not None:  # rows with the same mark may have come since, and those without may be new
            statement = statement.where(or_(mark >= self._since, mark.is_(None)))
        return statement.order_by(mark)

    def _subquery(self) -> Any:
        from sqlalchemy import text  # noqa: PLC0415 - slow

        query = self._query.text.strip().rstrip(";").replace(":", "\\:")  # no parameters of ours are in it
        return text(f"({query}) answerable_rows")

    @contextmanager
    def _rows(self, statement: "Select[Any]") -> Iterator[Iterable[Mapping[str, Any]]]:
        """Rows as they come from the database, which is only read.

        Raises:
            CliError: it cannot be reached, or does not understand the query.
        """
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - slow

        try:
            with self._engine.connect() as connection:
                yield self._fetched(connection, statement)
        except SQLAlchemyError as error:
            raise _refused(error, self._engine) from None
        finally:
            self._engine.dispose()

    def _fetched(self, connection: "Connection", statement: "Select[Any]") -> Iterator[Mapping[str, Any]]:
        rows = connection.execution_options(yield_per=_AT_ONCE).execute(statement).mappings()
        names = list(rows.keys())
        wanted = self._query.needed if len(names) > 1 else [self._query.id_column]
        if missing := [name for name in wanted if name not in names]:
            raise UsageRefused(
                f"the query has no column {', '.join(missing)}; it has {', '.join(names)}",
                "rename columns in the query (SELECT number AS id), or name others by --id-column, --text-columns, "
                "--content-column and --watermark",
            )
        for row in rows:
            yield dict(row)

    def _document(self, row: Mapping[str, Any], number: int) -> Item | Trouble:
        if is_blank(row[self._query.id_column]):
            hint = f"{self._query.id_column} is empty: leave such rows out of the query, or take another --id-column"
            return Trouble(f"{self._prefix}row {number}", "no_id", hint)
        document_id = self._id(row[self._query.id_column])
        if trouble := checked_id(document_id):
            return trouble
        content, is_text = self._content(row)
        if content is None or not content.strip():
            return Trouble(document_id, "no_text", "its columns are empty")
        if len(content) > LARGEST_FILE:
            return too_large(document_id, len(content))
        try:
            details = replace(self._details, **said_by(row, self._prefix))
        except (ValueError, UsageRefused) as error:
            return Trouble(document_id, "column_invalid", str(error))
        name = document_id.rpartition("/")[2] or "row"
        filename = text_of(row.get("filename")) or (f"{name}.txt" if is_text else name)
        return Item(document_id, legible(filename), details, lambda: content, held_bytes=len(content))

    def _id(self, value: Any) -> str:
        return self._prefix + legible(str(value).strip())

    def _content(self, row: Mapping[str, Any]) -> tuple[bytes | None, bool]:
        """The content, and whether it came as text."""
        if self._query.text_columns:
            parts = [str(row[name]).strip() for name in self._query.text_columns if not is_blank(row[name])]
            return "\n\n".join(parts).encode("utf-8", "replace"), True
        value = row[self._query.content_column]
        if value is None or isinstance(value, bytes | bytearray | memoryview):
            return None if value is None else bytes(value), False
        return str(value).encode("utf-8", "replace"), True

    def _advance(self, row: Mapping[str, Any]) -> None:
        if self._query.watermark is None:
            return
        value = row[self._query.watermark]
        if value is None:
            self.unmarked += 1
            return
        mark = as_mark(value, self._query.watermark)
        self.reached = later(self.reached, mark, self._query.watermark)


def digest_of(query: Query) -> str:
    """Tells whether a watermark is of this query."""
    told = json.dumps([query.text, query.id_column, query.text_columns, query.content_column, query.watermark])
    return hashlib.sha256(told.encode()).hexdigest()


def _engine(url: str) -> "Engine":
    """Raises UsageRefused, which never quotes the URL: it may hold a password."""
    from sqlalchemy import create_engine, make_url  # noqa: PLC0415 - slow
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError  # noqa: PLC0415 - slow

    form = "it looks like postgresql+pg8000://user:password@host/database, or sqlite:///file.db"
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and not _is_there(parsed.database):
            raise UsageRefused(f"{parsed.database} is not there")  # SQLite would make it
        return create_engine(parsed)
    except NoSuchModuleError:
        raise UsageRefused("no such kind of database is known", form) from None
    except (ArgumentError, ValueError):
        raise UsageRefused("that is no URL of a database", form) from None
    except ImportError as error:
        raise UsageRefused(
            f"the driver {error.name} is not installed", f"pip install {error.name}, or name another driver in the URL"
        ) from None


def _is_there(database: str | None) -> bool:
    from pathlib import Path  # noqa: PLC0415 - only here

    return database is None or database.startswith((":memory:", "file:")) or Path(database).is_file()


def _refused(error: Exception, engine: "Engine") -> CliError:
    """What the database says of a query is for whoever wrote it; of rows it says nothing here."""
    from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError  # noqa: PLC0415 - slow

    says = ""
    if isinstance(error, InterfaceError | OperationalError | ProgrammingError) and error.orig is not None:
        says = str(error.orig).strip().partition("\n")[0]
        if engine.url.password:
            says = says.replace(str(engine.url.password), "***")
        says = f": {says}"
    kind = type(error.orig if isinstance(error, DBAPIError) and error.orig is not None else error).__name__
    where = engine.url.set(query={}).render_as_string(hide_password=True)
    return CliError(f"{where} refuses{says or f' ({kind})'}", "check URL, user, password and query")


def database_url(text: str) -> str:
    """The URL itself, or that of the variable which `env:NAME` names.

    Raises:
        UsageRefused: there is no such variable.
    """
    name = text.removeprefix("env:")
    if name != text and name not in os.environ:
        raise UsageRefused(f"{name} is not set", "it should hold the URL of the database")
    return text if name == text else os.environ[name]
