"""Zip archives and mailboxes: many files in one."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from answerable_knowledge.blocks import Found, Source
from answerable_knowledge.errors import Reason, Unreadable
from answerable_knowledge.parts import Budget, Part, read_parts, safe_name, why_nothing

_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError)
_CHUNK_BYTES = 1024 * 1024
_ENCRYPTED = 1  # bit of the flags of an entry
_FROM_LINE = re.compile(rb"^From [^\n]*\d{4}[^\n]*\r?\n", re.MULTILINE)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


def read_zip(source: Source, read: Callable[[Part], Found], budget: Budget) -> Found:
    """The entries of an archive, in its order. Raises Unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            entries = [entry for entry in archive.infolist() if _is_document(entry)]
            found = read_parts(_unpacked(archive, entries, budget), read, budget)
            locked = any(entry.flag_bits & _ENCRYPTED for entry in entries)
    except _BROKEN as error:
        raise Unreadable(Reason.CORRUPT) from error
    notes = (*found.notes, *([f"part_{Reason.ENCRYPTED}"] if locked else []))
    if not found.blocks:
        raise why_nothing(notes) if entries else Unreadable(Reason.EMPTY)
    return Found(found.blocks, notes=notes)


def read_mailbox(source: Source, read: Callable[[Part], Found], budget: Budget) -> Found:
    """The messages of an mbox file, numbered from 1. Raises Unreadable."""
    found = read_parts(_messages(source.data), read, budget)
    if not found.blocks:
        raise why_nothing(found.notes)
    return found


def _is_document(entry: zipfile.ZipInfo) -> bool:
    """Not a folder, nor what systems leave behind: names that begin with a dot, resource forks."""
    steps = PurePosixPath(safe_name(entry.filename)).parts
    return not entry.is_dir() and not any(step.startswith((".", "__MACOSX")) for step in steps)


def _unpacked(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], budget: Budget) -> Iterator[Part]:
    for entry in entries:
        if not entry.flag_bits & _ENCRYPTED:
            yield Part("entry", safe_name(entry.filename), _content(archive, entry, budget))


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> bytes:
    """An entry, no more of it than one may hold, whatever its header claims. A damaged one is rejected as empty."""
    buffer = bytearray()
    try:
        with archive.open(entry) as stream:
            while len(buffer) <= budget.max_part_bytes and (chunk := stream.read(_CHUNK_BYTES)):
                buffer += chunk
    except _BROKEN:
        return b""
    return bytes(buffer)


def _messages(data: bytes) -> Iterator[Part]:
    starts = list(_FROM_LINE.finditer(data))
    ends = [*(found.start() for found in starts[1:]), len(data)]
    for number, (found, end) in enumerate(zip(starts, ends, strict=True), start=1):
        message = _QUOTED_FROM.sub(rb"\1", data[found.end() : end])
        yield Part("message", str(number), message, "message/rfc822")
