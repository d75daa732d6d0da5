"""OpenDocument files to blocks: texts (ODT) by section, spreadsheets (ODS) by row, presentations (ODP) by slide.

Left out, with a note: hidden text, hidden sheets and hidden slides. Deleted text of tracked changes is left out too.
"""

from collections.abc import Iterator
from typing import Any

from answerable_knowledge.blocks import Block, Found, Source, is_header
from answerable_knowledge.decoding import clean
from answerable_knowledge.errors import Reason, Unreadable
from answerable_knowledge.locators import Locator
from answerable_knowledge.outline import Outline
from answerable_knowledge.packages import Package
from answerable_knowledge.sheets import rows_of

_NAMES = "urn:oasis:names:tc:opendocument:xmlns"
_OFFICE, _TEXT, _TABLE = f"{{{_NAMES}:office:1.0}}", f"{{{_NAMES}:text:1.0}}", f"{{{_NAMES}:table:1.0}}"
_DRAW, _STYLE = f"{{{_NAMES}:drawing:1.0}}", f"{{{_NAMES}:style:1.0}}"
_SHOW = f"{{{_NAMES}:presentation:1.0}}"
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"

_PARAGRAPHS = frozenset({f"{_TEXT}p", f"{_TEXT}h"})
_GONE = frozenset({f"{_TEXT}tracked-changes", f"{_OFFICE}annotation", f"{_TEXT}hidden-text", f"{_OFFICE}forms"})
_SIGNS = {f"{_TEXT}tab": " ", f"{_TEXT}line-break": "\n"}
_MAX_REPEATS = 1000  # of a row or a cell: more is formatting down to the end of the sheet
_MAX_SPACES = 100


def read_open_document(source: Source) -> Found:
    """Read an ODT, ODS or ODP file. Raises Unreadable."""
    package = Package(source.data)
    content = package.xml("content.xml")
    body = None if content is None else content.find(f"{_OFFICE}body")
    if body is None or not len(body):
        raise Unreadable(Reason.CORRUPT)
    reader = _Reader(content, package.xml("styles.xml"))
    main = body[0]
    kind = main.tag.removeprefix(_OFFICE)
    if kind == "spreadsheet":
        blocks = tuple(reader.sheets(main))
    elif kind == "presentation":
        blocks = tuple(reader.slides(main))
    else:
        blocks = (*reader.margins("header"), *reader.story(main), *reader.margins("footer"))
    macros = any(name.startswith(("Basic/", "Scripts/")) for name in package.names)
    notes = (*sorted(reader.left_out), *(["macros_not_run"] if macros else []))
    title, language = _about(package.xml("meta.xml"))
    return Found(blocks, title, language, None, notes)


def _about(meta: Any) -> tuple[str | None, str | None]:
    title = None if meta is None else meta.findtext(f".//{_DUBLIN_CORE}title")
    language = None if meta is None else meta.findtext(f".//{_DUBLIN_CORE}language")
    return clean(title or "").strip() or None, language


class _Reader:
    """Reads the parts of one file; `left_out` are notes about what is hidden."""

    def __init__(self, content: Any, styles: Any) -> None:
        self._styles = styles
        self._hiding = {
            style.get(f"{_STYLE}name", "")
            for root in (content, styles)
            for style in (() if root is None else root.iter(f"{_STYLE}style"))
            if any(_hides(properties) for properties in style)
        }
        self._outline = Outline()
        self.left_out: set[str] = set()

    def margins(self, kind: str) -> Iterator[Block]:
        """Headers or footers of the pages, each text once."""
        seen = set()
        for margin in () if self._styles is None else self._styles.iter(f"{_STYLE}{kind}"):
            for block in self.story(margin):
                if block.text not in seen:
                    seen.add(block.text)
                    yield block

    def story(self, root: Any) -> Iterator[Block]:
        """Paragraphs and tables in reading order."""
        for element in root:
            if element.tag in _PARAGRAPHS:
                yield from self._paragraph(element)
            elif element.tag == f"{_TABLE}table":
                yield from self._table(element)
            elif isinstance(element.tag, str) and element.tag not in _GONE:
                yield from self.story(element)

    def sheets(self, root: Any) -> Iterator[Block]:
        for table in root.iterchildren(f"{_TABLE}table"):
            if table.get(f"{_TABLE}style-name") in self._hiding:
                self.left_out.add("hidden_sheets_left_out")
                continue
            name = clean(table.get(f"{_TABLE}name", "")).strip() or "unnamed"
            yield from rows_of(name, self._rows(table))

    def slides(self, root: Any) -> Iterator[Block]:
        for number, page in enumerate(root.iterchildren(f"{_DRAW}page"), start=1):
            if page.get(f"{_DRAW}style-name") in self._hiding:
                self.left_out.add("hidden_slides_left_out")
                continue
            blocks = list(self.story(page))
            heading = blocks[0].text.partition("\n")[0] if blocks else None
            for block in blocks:
                yield Block(block.text, Locator("slide", number), heading, block.verbatim)

    def _paragraph(self, paragraph: Any) -> Iterator[Block]:
        if paragraph.get(f"{_TEXT}style-name") in self._hiding:
            self.left_out.add("hidden_text_left_out")
            return
        text = clean(self._text(paragraph)).strip()
        if text and paragraph.tag == f"{_TEXT}h":
            level = paragraph.get(f"{_TEXT}outline-level", "1")
            yield self._outline.enter(int(level) if level.isascii() and level.isdigit() else 1, text)
        elif text:
            yield self._outline.block(text)
        for element in paragraph.iter(f"{_DRAW}text-box", f"{_TEXT}note-body"):
            if next(element.iterancestors(*_PARAGRAPHS)) is paragraph:
                yield from self.story(element)

    def _text(self, element: Any) -> str:
        pieces = [element.text or ""]
        for child in element:
            if child.tag in _SIGNS:
                pieces.append(_SIGNS[child.tag])
            elif child.tag == f"{_TEXT}s":
                pieces.append(" " * min(_count(child, f"{_TEXT}c"), _MAX_SPACES))
            elif child.get(f"{_TEXT}style-name") in self._hiding or child.tag == f"{_TEXT}hidden-text":
                self.left_out.add("hidden_text_left_out")
            elif (
                isinstance(child.tag, str)
                and child.tag not in _GONE
                and child.tag
                not in (
                    f"{_DRAW}text-box",
                    f"{_TEXT}note-body",
                    f"{_TEXT}note-citation",
                )
            ):
                pieces.append(self._text(child))
            pieces.append(child.tail or "")
        return "".join(pieces)

    def _table(self, table: Any) -> Iterator[Block]:
        header: tuple[str, ...] = ()
        for number, (_, cells) in enumerate(self._rows(table)):
            if block := self._outline.row(header, cells):
                yield block
            if number == 0 and is_header(cells):
                header = tuple(cells)

    def _rows(self, table: Any) -> Iterator[tuple[int, list[str]]]:
        """Rows with their numbers; those without text are passed over."""
        number = 1
        for row in table.iterdescendants(f"{_TABLE}table-row"):
            if next(row.iterancestors(f"{_TABLE}table")) is not table:
                continue
            cells = self._cells(row)
            repeats = _count(row, f"{_TABLE}number-rows-repeated")
            if any(cells):
                for offset in range(min(repeats, _MAX_REPEATS)):
                    yield number + offset, cells
            number += repeats

    def _cells(self, row: Any) -> list[str]:
        texts: list[str] = []
        for cell in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            paragraphs = (self._text(paragraph) for paragraph in cell.iterdescendants(*_PARAGRAPHS))
            text = clean("\n".join(paragraphs)).strip()
            repeats = _count(cell, f"{_TABLE}number-columns-repeated")
            texts += [text] * min(repeats, _MAX_REPEATS)
        while texts and not texts[-1]:
            texts.pop()
        return texts


def _hides(properties: Any) -> bool:
    signs = ((f"{_TEXT}display", "none"), (f"{_TABLE}display", "false"), (f"{_SHOW}visibility", "hidden"))
    return any(properties.get(name) == value for name, value in signs)


def _count(element: Any, name: str) -> int:
    value = element.get(name, "1")
    return max(int(value), 1) if value.isascii() and value.isdigit() and len(value) < 10 else 1  # noqa: PLR2004
