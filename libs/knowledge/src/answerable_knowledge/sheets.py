"""Rows of sheets; which sheets of a workbook are hidden, and at which row their cells begin, as its package says.

The extractor hands over the used range of a sheet without its position, and hidden sheets like any other.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from answerable_knowledge.blocks import Block, is_header, row_block
from answerable_knowledge.locators import Locator

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
# The first cell that holds something: formatted empty cells do not count for the used range.
_FIRST_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="[A-Z]+(\d+)"[^>]*?(?<!/)>')
_READ_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook; `first_row` is the number of the first row with content, counted from 1."""

    hidden: bool
    first_row: int


def sheets_of(data: bytes) -> Mapping[str, Sheet]:
    """Facts by sheet name; empty when the package does not have the expected parts."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            workbook = ET.fromstring(_part(package, "xl/workbook.xml"))  # noqa: S314 - expat resolves no external entity, and the part is bounded
            targets = _targets(_part(package, "xl/_rels/workbook.xml.rels"))
            return {
                str(entry.get("name")): Sheet(
                    hidden=entry.get("state", "visible") != "visible",
                    first_row=_first_row(package, targets.get(entry.get(_RELATION, ""), "")),
                )
                for entry in workbook.iter(f"{_MAIN}sheet")
            }
    except (KeyError, ET.ParseError, zipfile.BadZipFile, ValueError, OSError):
        return {}


def rows_of(name: str, rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[Block]:
    """The rows of a sheet as blocks, by number. Each carries the header of the table that it is a part of.

    Behind an empty row another table may begin: there a row of names above a row that is none is a new header.
    """
    header: Sequence[str] = ()
    before = 0
    filled = [(number, cells) for number, cells in rows if any(cell.strip() for cell in cells)]
    for place, (number, cells) in enumerate(filled):
        names = header
        follows = filled[place + 1][1] if place + 1 < len(filled) else ()
        begins = not header or (number > before + 1 and not is_header(follows))
        if begins and is_header(cells):
            header, names = cells, ()
        if block := row_block(names, cells, Locator("sheet", number, number, name), name):
            yield block
        before = number


def _part(package: zipfile.ZipFile, name: str) -> bytes:
    with package.open(name) as stream:
        return stream.read(_READ_BYTES)


def _targets(relations: bytes) -> dict[str, str]:
    entries = ET.fromstring(relations).iter(f"{_PACKAGE}Relationship")  # noqa: S314 - as above
    return {entry.get("Id", ""): _inside(entry.get("Target", "")) for entry in entries}


def _inside(target: str) -> str:
    return target[1:] if target.startswith("/") else f"xl/{target}"


def _first_row(package: zipfile.ZipFile, part: str) -> int:
    if part not in package.namelist():
        return 1
    found = _FIRST_CELL.search(_part(package, part))
    return int(found[1]) if found else 1
