"""Word files (DOCX) to blocks: headers, sections under their headings, tables, text boxes, notes, footers.

Left out, with a note: hidden text. Left out, as Word shows it so: deleted text of tracked changes, codes of fields.
Macros are never run.
"""

from collections.abc import Iterator
from typing import Any

from answerable_knowledge.blocks import Block, Found, Source, is_header
from answerable_knowledge.decoding import clean
from answerable_knowledge.errors import Reason, Unreadable
from answerable_knowledge.formulas import linear
from answerable_knowledge.outline import Outline
from answerable_knowledge.packages import Package

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_R_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CORE_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_LANGUAGE = "{http://purl.org/dc/elements/1.1/}language"

_GONE = frozenset({f"{_W}{name}" for name in ("del", "moveFrom", "instrText", "delText", "delInstrText", "rt", "pPr")})
_SIGNS = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-", f"{_W}ptab": " "}
_BOX, _PARAGRAPH, _TABLE, _RUN = f"{_W}txbxContent", f"{_W}p", f"{_W}tbl", f"{_W}r"
_OFF = ("0", "false", "off")
_CELL_CHARACTERS = 600  # a longer cell is a column of a page, not of a table


def read_word(source: Source) -> Found:
    """Read a DOCX file. Raises Unreadable(corrupt or too_large)."""
    package = Package(source.data)
    main = next((name for name in package.relations("").values() if name.endswith("document.xml")), "word/document.xml")
    root = package.xml(main)
    if root is None or root.tag.startswith(f"{{{_STRICT}}}"):
        raise Unreadable(Reason.CORRUPT if root is None else Reason.UNSUPPORTED_FORMAT)
    reader = _Reader(package, main)
    blocks = (*reader.margins(root, "header"), *reader.story(root), *reader.notes(), *reader.margins(root, "footer"))
    core = package.xml("docProps/core.xml")
    notes = [*(["hidden_text_left_out"] if reader.hid else []), *(["macros_not_run"] if package.has_macros else [])]
    title = None if core is None else core.findtext(_CORE_TITLE)
    language = None if core is None else core.findtext(_LANGUAGE)
    return Found(blocks, clean(title or "").strip() or None, language, None, tuple(notes))


class _Reader:
    """The stories of one file; its outline runs through all of them."""

    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        self._relations = package.relations(main)
        self._levels, self._hiding = _styles(package.xml(self._part("styles.xml") or "word/styles.xml"))
        self._outline = Outline()
        self.hid = False

    def margins(self, root: Any, kind: str) -> Iterator[Block]:
        """The headers or the footers, each text once."""
        seen = set()
        for reference in root.iter(f"{_W}{kind}Reference"):
            part = self._package.xml(self._relations.get(reference.get(_R_ID, ""), ""))
            for block in () if part is None else list(self.story(part)):
                if block.text not in seen:
                    seen.add(block.text)
                    yield block

    def notes(self) -> Iterator[Block]:
        """Footnotes and endnotes."""
        for name in ("footnotes.xml", "endnotes.xml"):
            root = self._package.xml(self._part(name) or "")
            for note in () if root is None else root:
                if note.get(f"{_W}type") in (None, "normal"):
                    yield from self.story(note)

    def story(self, root: Any) -> Iterator[Block]:
        """Paragraphs and tables of a part, in reading order."""
        for element in root:
            if element.tag == _PARAGRAPH:
                yield from self._paragraph(element)
            elif element.tag == _TABLE:
                yield from self._table(element)
            elif isinstance(element.tag, str) and element.tag not in _GONE:
                yield from self.story(element)

    def _part(self, name: str) -> str | None:
        return next((part for part in self._relations.values() if part.rpartition("/")[2] == name), None)

    def _paragraph(self, paragraph: Any) -> Iterator[Block]:
        text = clean(self._text(paragraph)).strip()
        if text:
            level = self._level(paragraph)
            yield self._outline.block(text) if level is None else self._outline.enter(level, text)
        for box in _boxes(paragraph):
            yield from self.story(box)

    def _level(self, paragraph: Any) -> int | None:
        properties = paragraph.find(f"{_W}pPr")
        if properties is None:
            return None
        style, own = properties.find(f"{_W}pStyle"), properties.find(f"{_W}outlineLvl")
        if own is not None:
            return _outline_level(own)
        return None if style is None else self._levels.get(style.get(f"{_W}val", ""))

    def _text(self, element: Any) -> str:
        pieces = []
        for child in element:
            tag = child.tag
            if tag == f"{_W}t":
                pieces.append(child.text or "")
            elif tag in _SIGNS:
                pieces.append(_SIGNS[tag])
            elif tag == f"{_M}oMath":
                pieces.append(linear(child))
            elif not isinstance(tag, str) or tag in _GONE or tag in (_BOX, _FALLBACK, _TABLE):
                continue
            elif tag == _RUN and self._is_hidden(child):
                self.hid |= bool(self._text(child).strip())
            else:
                pieces.append(self._text(child))
        return "".join(pieces)

    def _is_hidden(self, run: Any) -> bool:
        properties = run.find(f"{_W}rPr")
        if properties is None:
            return False
        hidden, style = properties.find(f"{_W}vanish"), properties.find(f"{_W}rStyle")
        if hidden is not None:
            return hidden.get(f"{_W}val") not in _OFF
        return style is not None and style.get(f"{_W}val") in self._hiding

    def _table(self, table: Any) -> Iterator[Block]:
        rows = list(self._rows(table))
        cells = [cell for row in rows for cell in row]
        if max(map(len, rows), default=0) < 2 or any(len(cell) > _CELL_CHARACTERS for cell in cells):  # noqa: PLR2004
            yield from self._as_text(table)
            return
        header: tuple[str, ...] = ()
        for number, row in enumerate(rows):
            if block := self._outline.row(header, row):
                yield block
            if number == 0 and is_header(row):
                header = tuple(row)

    def _as_text(self, table: Any) -> Iterator[Block]:
        for cell in table.iterdescendants(f"{_W}tc"):
            if next(cell.iterancestors(_TABLE)) is table:
                yield from self.story(cell)

    def _rows(self, table: Any) -> Iterator[list[str]]:
        above: list[str] = []
        for row in table.iterdescendants(f"{_W}tr"):
            if next(row.iterancestors(_TABLE)) is not table or row.find(f"{_W}trPr/{_W}del") is not None:
                continue
            texts: list[str] = []
            for cell in row.iterdescendants(f"{_W}tc"):
                if next(cell.iterancestors(f"{_W}tr")) is not row:
                    continue
                merged = cell.find(f"{_W}tcPr/{_W}vMerge")
                goes_on = merged is not None and merged.get(f"{_W}val") != "restart" and len(texts) < len(above)
                texts.append(above[len(texts)] if goes_on else self._cell(cell))
                texts += [""] * (_span(cell) - 1)
            above = texts
            yield texts

    def _cell(self, cell: Any) -> str:
        lines = [clean(self._text(paragraph)).strip() for paragraph in cell.iterdescendants(_PARAGRAPH)]
        return "\n".join(line for line in lines if line)


def _boxes(paragraph: Any) -> Iterator[Any]:
    """Text boxes anchored in a paragraph, once: what old programs are offered instead is a copy."""
    for box in paragraph.iterdescendants(_BOX):
        if next(box.iterancestors(_PARAGRAPH)) is paragraph and next(box.iterancestors(_FALLBACK), None) is None:
            yield box


def _span(cell: Any) -> int:
    span = cell.find(f"{_W}tcPr/{_W}gridSpan")
    value = "1" if span is None else span.get(f"{_W}val", "1")
    return min(int(value), 50) if value.isascii() and value.isdigit() else 1


def _styles(root: Any) -> tuple[dict[str, int], set[str]]:
    """Heading levels of paragraph styles, and character styles that hide."""
    levels: dict[str, int] = {}
    hiding: set[str] = set()
    for style in () if root is None else root.iter(f"{_W}style"):
        identity, name = style.get(f"{_W}styleId", ""), style.find(f"{_W}name")
        label = "" if name is None else name.get(f"{_W}val", "").lower()
        own = style.find(f"{_W}pPr/{_W}outlineLvl")
        level = 1 if label == "title" else None if own is None else _outline_level(own)
        if level is None and label.startswith("heading ") and label[8:].isascii() and label[8:].isdigit():
            level = int(label[8:])
        if level is not None:
            levels[identity] = level
        hidden = style.find(f"{_W}rPr/{_W}vanish")
        if hidden is not None and hidden.get(f"{_W}val") not in _OFF:
            hiding.add(identity)
    return levels, hiding


def _outline_level(element: Any) -> int | None:
    """Word counts the levels of headings from 0; 9 is body text."""
    value = element.get(f"{_W}val", "9")
    return int(value) + 1 if value.isascii() and value.isdigit() and int(value) < 9 else None  # noqa: PLR2004
