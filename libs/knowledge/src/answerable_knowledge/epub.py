"""EPUB books to blocks: what the book says about itself, then its chapters in reading order."""

import posixpath
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from answerable_knowledge import formats
from answerable_knowledge.blocks import Block, Found, Source
from answerable_knowledge.decoding import clean
from answerable_knowledge.errors import Reason, Unreadable
from answerable_knowledge.locators import Locator
from answerable_knowledge.markup import read_html
from answerable_knowledge.packages import Package

_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}rootfile"
_OPF = "{http://www.idpf.org/2007/opf}"
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_SHOWN = (("Title", "title"), ("Authors", "creator"), ("Publisher", "publisher"), ("Description", "description"))


def read_book(source: Source) -> Found:
    """Read an EPUB file. Raises Unreadable."""
    package = Package(source.data)
    if "META-INF/encryption.xml" in package.names and "META-INF/rights.xml" in package.names:
        raise Unreadable(Reason.ENCRYPTED)
    container = package.xml("META-INF/container.xml")
    root_file = None if container is None else next(container.iter(_CONTAINER), None)
    path = "" if root_file is None else root_file.get("full-path", "")
    book = package.xml(path)
    if book is None:
        raise Unreadable(Reason.CORRUPT)
    about = [(label, _told(book, name)) for label, name in _SHOWN]
    lines = "\n".join(f"{label}: {text}" for label, text in about if text)
    blocks = [Block(lines, Locator("section", name="about the book"))] if lines else []
    notes: list[str] = []
    for number, name in enumerate(_chapters(book, posixpath.dirname(path)), start=1):
        data = package.part(name)
        if data is None:
            notes.append("chapters_missing")
            continue
        chapter = read_html(Source(data, formats.HTML, hint=source.hint))
        notes += chapter.notes
        blocks += (_in_chapter(block, number) for block in chapter.blocks)
    return Found(tuple(blocks), dict(about)["Title"], _told(book, "language"), None, tuple(dict.fromkeys(notes)))


def _told(book: Any, name: str) -> str | None:
    texts = ("".join(element.itertext()) for element in book.iter(f"{_DUBLIN_CORE}{name}"))
    return ", ".join(" ".join(clean(text).split()) for text in texts if text.strip()) or None


def _chapters(book: Any, folder: str) -> list[str]:
    files = {item.get("id"): item.get("href", "") for item in book.iter(f"{_OPF}item")}
    names = [files.get(entry.get("idref"), "") for entry in book.iter(f"{_OPF}itemref")]
    return [posixpath.normpath(posixpath.join(folder, unquote(name))) for name in names if name]


def _in_chapter(block: Block, number: int) -> Block:
    return replace(block, locator=replace(block.locator, within=f"chapter {number}"))
