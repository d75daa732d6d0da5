"""A file to a ParsedDocument: the format decides who reads it, the locators say where each block stood."""

from datetime import timedelta
from pathlib import PurePosixPath

from answerable_knowledge import extraction, formats, plaintext
from answerable_knowledge.blocks import Block, ParsedDocument
from answerable_knowledge.decoding import DecodedText, clean, decode
from answerable_knowledge.errors import Reason, Unreadable
from answerable_knowledge.locators import Locator

__all__ = ["Block", "Locator", "ParsedDocument", "parse"]

MAX_BYTES = 64 * 1024 * 1024
TIMEOUT = timedelta(seconds=30)


def parse(
    data: bytes,
    *,
    filename: str,
    media_type: str | None = None,
    encoding_hint: str | None = None,
    max_bytes: int = MAX_BYTES,
    timeout: timedelta = TIMEOUT,
) -> ParsedDocument:
    """Read a document. Blocking and CPU-bound, safe to run in several threads at once.

    Text formats go through the decoding ladder and get line locators; everything else goes through kreuzberg.
    `media_type` may carry a charset parameter, which counts as the declared encoding. Raises Unreadable.
    """
    if len(data) > max_bytes:
        raise Unreadable(Reason.TOO_LARGE)
    if not data.strip():
        raise Unreadable(Reason.EMPTY)
    kind = formats.media_type_of(data, filename, media_type)
    if kind in formats.TEXT_LIKE:
        return _text_file(data, kind, filename, _charset(media_type), encoding_hint)
    formats.check_container(data, kind)
    encoding: str | None = None
    notes: tuple[str, ...] = ()
    if kind in formats.MARKUP:
        decoded = decode(data, declared=_charset(media_type) or formats.declared_encoding(data), hint=encoding_hint)
        data, encoding, notes = formats.without_encoding(decoded.text).encode(), decoded.encoding, _flags(decoded)
    found = extraction.extract(data, kind, timeout=timeout)
    if not found.blocks:
        raise Unreadable(Reason.NO_TEXT)
    title = found.title or _stem(filename)
    return ParsedDocument(title, found.language, found.blocks, kind, encoding, (*notes, *found.notes))


def _text_file(data: bytes, kind: str, filename: str, declared: str | None, hint: str | None) -> ParsedDocument:
    decoded = decode(data, declared=declared, hint=hint)
    blocks = plaintext.blocks_of(decoded.text, kind)
    if not blocks:
        raise Unreadable(Reason.EMPTY)
    heading = plaintext.first_heading(decoded.text) if kind == formats.MARKDOWN else None
    return ParsedDocument(heading or _stem(filename), None, blocks, kind, decoded.encoding, _flags(decoded))


def _flags(decoded: DecodedText) -> tuple[str, ...]:
    flags = {"encoding_guessed": decoded.guessed, "text_repaired": decoded.repaired}
    return tuple(note for note, holds in flags.items() if holds)


def _charset(media_type: str | None) -> str | None:
    for parameter in (media_type or "").split(";")[1:]:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    return None


def _stem(filename: str) -> str:
    return clean(PurePosixPath(filename.replace("\\", "/")).stem).strip() or "untitled"
