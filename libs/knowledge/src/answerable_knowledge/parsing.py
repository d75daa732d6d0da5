"""A file to a ParsedDocument: the format decides who reads it, the locators say where each block stood."""

from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath

from answerable_knowledge import (
    archives,
    epub,
    extraction,
    formats,
    languages,
    mail,
    markup,
    opendocument,
    plaintext,
    records,
    slides,
    wordfiles,
)
from answerable_knowledge.blocks import Block, Found, ParsedDocument, Source
from answerable_knowledge.decoding import clean, decode
from answerable_knowledge.errors import Reason, Unreadable
from answerable_knowledge.locators import Locator
from answerable_knowledge.parts import Budget, Part

__all__ = ["Block", "Locator", "ParsedDocument", "parse", "warm"]

MAX_BYTES = 64 * 1024 * 1024

_READERS: dict[str, Callable[[Source], Found]] = {
    formats.HTML: markup.read_html,
    formats.XML: records.read_xml,
    formats.DOCX: wordfiles.read_word,
    formats.PPTX: slides.read_slides,
    formats.EPUB: epub.read_book,
    **dict.fromkeys(formats.OPEN_DOCUMENTS, opendocument.read_open_document),
}
_CONTAINERS: dict[str, Callable[[Source, Callable[[Part], Found], Budget], Found]] = {
    formats.MAIL: mail.read_mail,
    formats.MAILBOX: archives.read_mailbox,
    formats.ZIP: archives.read_zip,
}


def parse(
    data: bytes,
    *,
    filename: str,
    media_type: str | None = None,
    encoding_hint: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> ParsedDocument:
    """Read a document, here and now: `isolation.Parsers` does it in a process with limits.

    `media_type` may carry a charset parameter, which counts as the declared encoding. Raises Unreadable.
    """
    part = Part("file", filename, data, media_type)
    found, kind = _read(part, encoding_hint, Budget(max_bytes))
    if not any(block.text.strip() for block in found.blocks):
        raise Unreadable(Reason.EMPTY if kind in formats.TEXT_LIKE else Reason.NO_TEXT)
    title = found.title or _stem(filename)
    language = languages.language_of(found.language, (block.text for block in found.blocks))
    notes = tuple(dict.fromkeys(found.notes))
    return ParsedDocument(title, language, found.blocks, kind, found.encoding, notes)


def warm() -> None:
    """Load what reading needs, so that the first document does not wait for it."""
    for data, name in ((b"<p>w\xe4rmer", "a.html"), ("w\xc3\xa4rmer".encode(), "a.txt"), (b"{\\rtf1 a}", "a.rtf")):
        parse(data, filename=name)


def _read(part: Part, hint: str | None, budget: Budget) -> tuple[Found, str]:
    if len(part.data) > budget.max_part_bytes:
        raise Unreadable(Reason.TOO_LARGE)
    if not part.data.strip():
        raise Unreadable(Reason.EMPTY)
    kind = formats.media_type_of(part.data, part.name, part.media_type)
    formats.check_container(part.data, kind)
    source = Source(part.data, kind, _charset(part.media_type), hint)
    if kind in _CONTAINERS:
        return _CONTAINERS[kind](source, partial(_read_inner, hint=hint, budget=budget), budget), kind
    if kind in formats.TEXT_LIKE:
        return _text_file(source), kind
    return _READERS.get(kind, extraction.extract)(source), kind


def _read_inner(part: Part, hint: str | None, budget: Budget) -> Found:
    return _read(part, hint, budget)[0]


def _text_file(source: Source) -> Found:
    found = records.read_json(source) if source.media_type == formats.JSON else None
    if found is not None:
        return found
    decoded = decode(source.data, declared=source.charset, hint=source.hint)
    blocks = plaintext.blocks_of(decoded, source.media_type)
    heading = plaintext.first_heading(decoded.text) if source.media_type == formats.MARKDOWN else None
    return Found(blocks, heading, None, decoded.encoding, decoded.flags)


def _charset(media_type: str | None) -> str | None:
    for parameter in (media_type or "").split(";")[1:]:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    return None


def _stem(filename: str) -> str:
    return clean(PurePosixPath(filename.replace("\\", "/")).stem).strip() or "untitled"
