"""Presentations (PPTX) to blocks: each slide's texts, tables and speaker notes, in the order of the show.

Left out, with a note: hidden slides. Macros are never run.
"""

import re
from collections.abc import Iterator
from typing import Any

from answerable_knowledge.blocks import Block, Found, Source, is_header, row_block
from answerable_knowledge.decoding import clean
from answerable_knowledge.errors import Reason, Unreadable
from answerable_knowledge.locators import Locator
from answerable_knowledge.packages import Package

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"

_TITLES = ("title", "ctrTitle")
_NO_TEXT = ("sldNum", "sldImg")
_MARGINS = ("dt", "ftr", "hdr")  # date, footer, header: mostly the same on every slide, so each text is read once
_NOTES = re.compile(r"notesSlides/[^/]+\.xml$")
_DIAGRAM = re.compile(r"diagrams/data\d*\.xml$")
_NO_TITLE = re.compile(r"(?:untitled|powerpoint presentation)", re.IGNORECASE)


def read_slides(source: Source) -> Found:
    """Read a PPTX file. Raises Unreadable(corrupt or too_large)."""
    package = Package(source.data)
    main = next((name for name in package.relations("").values() if name.endswith("presentation.xml")), "")
    root = package.xml(main or "ppt/presentation.xml")
    if root is None:
        raise Unreadable(Reason.CORRUPT)
    relations = package.relations(main or "ppt/presentation.xml")
    blocks: list[Block] = []
    notes: list[str] = []
    seen: set[str] = set()
    names = (relations.get(entry.get(_R_ID, ""), "") for entry in root.iter(f"{_P}sldId"))
    for number, name in enumerate(names, start=1):
        slide = package.xml(name)
        if slide is None:
            notes.append("slides_missing")
        elif slide.get("show") in ("0", "false"):
            notes.append("hidden_slides_left_out")
        else:
            blocks += _slide(package, name, Locator("slide", number), seen)
    notes += ["macros_not_run"] if package.has_macros else []
    core = package.xml("docProps/core.xml")
    title = "" if core is None else clean(core.findtext(_TITLE) or "").strip()
    return Found(
        tuple(blocks), None if _NO_TITLE.match(title) else title or None, None, None, tuple(dict.fromkeys(notes))
    )


def _slide(package: Package, name: str, place: Locator, seen: set[str]) -> Iterator[Block]:
    slide = package.xml(name)
    texts = list(_shapes(slide, place, seen))
    texts.sort(key=lambda found: not found[0])  # the title first, wherever it stands in the file
    blocks = [block for _, block in texts]
    for part in package.relations(name).values():
        if _DIAGRAM.search(part):
            blocks += (Block(text, place) for text in _paragraphs(package.xml(part)))
        elif _NOTES.search(part):
            spoken = [block.text for _, block in _shapes(package.xml(part), place, seen)]
            blocks += [Block("\n".join(spoken), place)] if spoken else []
    heading = blocks[0].text.partition("\n")[0] if blocks else None
    return (Block(block.text, place, heading, block.verbatim) for block in blocks)


def _shapes(root: Any, place: Locator, seen: set[str]) -> Iterator[tuple[bool, Block]]:
    """Texts and rows of tables in the order of the file, each with whether it is the title."""
    for shape in () if root is None else root.iter(f"{_P}sp", f"{_A}tbl"):
        if next(shape.iterancestors(_FALLBACK), None) is not None:
            continue
        if shape.tag == f"{_A}tbl":
            yield from ((False, block) for block in _rows(shape, place))
            continue
        holder = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
        kind = None if holder is None else holder.get("type", "body")
        lines = list(_paragraphs(shape))
        text = "\n".join(lines)
        if not text or kind in _NO_TEXT or (kind in _MARGINS and text in seen):
            continue
        seen.update([text] if kind in _MARGINS else [])
        # A title may go over two lines; any other paragraph is a bullet, which says something by itself.
        yield from ((kind in _TITLES, Block(each, place)) for each in ([text] if kind in _TITLES else lines))


def _paragraphs(root: Any) -> Iterator[str]:
    for paragraph in () if root is None else root.iter(f"{_A}p"):
        pieces = ("\n" if each.tag == f"{_A}br" else each.text or "" for each in paragraph.iter(f"{_A}t", f"{_A}br"))
        if text := clean("".join(pieces)).strip():
            yield text


def _rows(table: Any, place: Locator) -> Iterator[Block]:
    header: list[str] = []
    for number, row in enumerate(table.iter(f"{_A}tr")):
        cells = ["\n".join(_paragraphs(cell)) for cell in row.iter(f"{_A}tc")]
        if block := row_block(header, cells, place):
            yield block
        if number == 0 and is_header(cells):
            header = cells
