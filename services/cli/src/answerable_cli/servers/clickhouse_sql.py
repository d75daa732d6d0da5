"""Reading ClickHouse statements just far enough to serve them: where inline data begins, which format is asked for.

What a statement *does* is decided by the engine's own parser (`classify_query`), not here, and what it *names* is read
from the text which that parser prints (`mentions`), so that quoting, escapes and comments cannot disguise anything.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLANK = rb"(?P<blank> \s+ )"
_BLANK_OR_COMMENT = rb"(?P<blank> \s+ | --[^\n]* | \#[!\ ][^\n]* | /\*.*?\*/ )"
_REST = rb"""
    | (?P<text>  '(?:[^'\\]|\\.|'')*' | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ )
    | (?P<name>  `(?:[^`\\]|\\.|``)*` | "(?:[^"\\]|\\.|"")*" )
    | (?P<word>  \w+ )
    | (?P<mark>  . )
"""
_TOKEN = re.compile(_BLANK_OR_COMMENT + _REST, re.VERBOSE | re.DOTALL)
# What the engine prints has no comments; reading `--1` as one would hide what follows it.
_CANONICAL_TOKEN = re.compile(_BLANK + _REST, re.VERBOSE | re.DOTALL)
_SETTING_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Insert:
    """An INSERT that carries data: the statement without its FORMAT clause, the format, and the data that followed."""

    head: str
    format: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: bytes
    start: int
    end: int
    depth: int

    @property
    def keyword(self) -> bytes:
        return self.text.upper() if self.kind == "word" and self.depth == 0 else b""


def first_keyword(sql: bytes) -> bytes:
    """The word that a statement begins with, in capitals; empty when it begins with anything else."""
    return next((token.keyword for token in _tokens(sql)), b"")


def split_insert(sql: bytes, default_format: str = "Values") -> Insert | None:
    """The parts of an INSERT with data; None for every other statement, INSERT ... SELECT and FROM INFILE included."""
    before = b""
    tokens = _tokens(sql)
    for token in tokens:
        word = token.keyword
        if not before and word != b"INSERT":
            return None
        if word in {b"SELECT", b"WITH", b"INFILE"} and before not in {b"INTO", b"TABLE"}:
            return None
        if word == b"VALUES" and before not in {b"INTO", b"TABLE"}:
            return Insert(sql[: token.start].decode(), "Values", sql[token.end :])
        if word == b"FORMAT" and before not in {b"INTO", b"TABLE"}:
            name = next(tokens, None)
            if name is None or name.kind != "word":
                return None
            return Insert(sql[: token.start].decode(), name.text.decode(), _after_format(sql, name.end))
        before = word or token.text
    return Insert(sql.decode(), default_format, b"") if before else None


def output_format(sql: bytes) -> str | None:
    """The format that a trailing FORMAT clause asks for."""
    found, before = None, b""
    for token in _tokens(sql):
        if before == b"FORMAT" and token.kind == "word":
            found = token.text.decode()
        before = token.keyword
    return found


def mentions(canonical: str, name: str) -> bool:
    """Whether a statement, as printed by the engine, uses `name` unqualified: as a function, or as one passed on.

    `t.file` is a column of `t` and no mention. Only canonical text is free of comments and needless quotes and escapes.
    """
    before = b""
    for token in _tokens(canonical.encode(), _CANONICAL_TOKEN):
        if token.kind in {"word", "name"} and token.text.strip(b'`"').lower() == name.encode() and before != b".":
            return True
        before = token.text
    return False


def set_statement(settings: dict[str, str]) -> str:
    """A SET for these settings, values quoted. Raises ValueError for a name that is no identifier."""
    return "SET " + ", ".join(f"{_checked(name)} = {quoted(value)}" for name, value in settings.items())


def quoted(value: str) -> str:
    """A ClickHouse string literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def quoted_name(name: str) -> str:
    """A ClickHouse identifier in backticks."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def _checked(name: str) -> str:
    if not _SETTING_NAME.fullmatch(name):
        raise ValueError(name)
    return name


def _after_format(sql: bytes, start: int) -> bytes:
    rest = sql[start:]
    gap = re.match(rb"[ \t]*;?[ \t]*(?:\r?\n)?", rest)
    return rest[gap.end() :] if gap else rest


def _tokens(sql: bytes, pattern: re.Pattern[bytes] = _TOKEN) -> Iterator[_Token]:
    depth = 0
    for match in pattern.finditer(sql):
        kind = match.lastgroup if match.lastgroup != "tag" else "text"
        if kind == "blank" or kind is None:
            continue
        text = match.group()
        if text in {b")", b"]", b"}"}:
            depth -= 1
        yield _Token(kind, text, match.start(), match.end(), depth)
        if text in {b"(", b"[", b"{"}:
            depth += 1
