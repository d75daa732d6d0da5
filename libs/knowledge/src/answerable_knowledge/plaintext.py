"""Decoded text to blocks with line numbers: prose, Markdown, delimited tables."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from answerable_knowledge.blocks import Block, is_header, row_block
from answerable_knowledge.decoding import ByteCounter, DecodedText
from answerable_knowledge.formats import CSV, MARKDOWN, TSV
from answerable_knowledge.locators import Locator

_HEADING = re.compile(r"(#{1,6})[ \t]+(.+?)[ \t#]*")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_LONG_LINE = 4000  # characters
_DELIMITERS = ",;\t|"
_SNIFFED_CHARACTERS = 20_000
_MAX_CELL_CHARACTERS = 1_000_000


def blocks_of(decoded: DecodedText, media_type: str) -> tuple[Block, ...]:
    """Blocks of a text file; every locator is a line or a range of lines, or of bytes where a line is very long."""
    text = decoded.text
    if media_type in (CSV, TSV):
        return tuple(_table(text, "\t" if media_type == TSV else _delimiter(text)))
    blocks = _paragraphs(text.split("\n"), markdown=media_type == MARKDOWN)
    return tuple(_without_long_lines(blocks, decoded))


def paragraphs(text: str) -> Iterator[Block]:
    """The paragraphs of a plain text."""
    return _paragraphs(text.split("\n"), markdown=False)


def first_heading(text: str) -> str | None:
    """The first heading of a Markdown text."""
    return next((found[2] for line in text.split("\n") if (found := _HEADING.fullmatch(line))), None)


def _paragraphs(lines: list[str], *, markdown: bool) -> Iterator[Block]:
    trail: list[tuple[int, str]] = []  # (level, heading) from the outermost inwards
    pending: list[str] = []
    fenced = False
    for number, line in enumerate([*lines, ""], start=1):
        fence = markdown and _FENCE.match(line)
        heading = None if fenced or not markdown else _HEADING.fullmatch(line)
        if (heading or not line.strip()) and pending:
            yield _lines_block(pending, number - 1, trail)
            pending = []
        if heading:
            trail = [*(step for step in trail if step[0] < len(heading[1])), (len(heading[1]), heading[2])]
            yield _lines_block([line], number, trail)
        elif line.strip():
            pending.append(line)
        if fence:
            fenced = not fenced


def _without_long_lines(blocks: Iterable[Block], decoded: DecodedText) -> Iterator[Block]:
    """The same blocks; one that holds a very long line is cut, because its line tells nobody where to look."""
    counter, position = ByteCounter(decoded), 0
    for block in blocks:
        position = decoded.text.index(block.text, position)
        if len(block.text) <= _LONG_LINE or max(map(len, block.text.split("\n"))) <= _LONG_LINE:
            yield block
            continue
        start = 0
        while start < len(block.text):
            end = _cut(block.text, start)
            yield Block(block.text[start:end], counter.place(position + start, position + end), block.heading)
            start = end


def _cut(text: str, start: int) -> int:
    """Where a piece that begins at `start` ends: behind the last sentence, or the last word, that fits."""
    end = start + _LONG_LINE
    if end >= len(text):
        return len(text)
    return max(text.rfind(". ", start, end) + 1, 0) or max(text.rfind(" ", start, end) + 1, 0) or end


def _lines_block(lines: list[str], last: int, trail: Iterable[tuple[int, str]]) -> Block:
    first = last - len(lines) + 1
    heading = " > ".join(name for _, name in trail) or None
    return Block("\n".join(lines), Locator("line", first, last), heading)


def _delimiter(text: str) -> str:
    """The delimiter that splits the first lines most evenly; a comma when none does."""
    lines = [line for line in text[:_SNIFFED_CHARACTERS].split("\n") if line.strip()][:20]
    counts = {mark: [line.count(mark) for line in lines] for mark in _DELIMITERS}
    return max(_DELIMITERS, key=lambda mark: (min(counts[mark], default=0), sum(counts[mark]), mark == ","))


def _table(text: str, delimiter: str) -> Iterator[Block]:
    csv.field_size_limit(_MAX_CELL_CHARACTERS)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    header: list[str] | None = None
    done = 0
    for cells in reader:
        first, done = done + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        locator = Locator("line", first, done)
        is_first, names = header is None, header or []
        if header is None:
            header = cells if is_header(cells) else []
        if block := row_block(() if is_first else names, cells, locator):
            yield block
