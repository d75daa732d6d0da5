"""A mailbox file (mbox): each message is a document, its attachments with it."""

import hashlib
import re
from collections.abc import Collection, Iterator
from email.parser import BytesHeaderParser
from pathlib import Path

from answerable_cli.errors import UsageRefused
from answerable_cli.rules import Details
from answerable_cli.sources.items import LARGEST_FILE, Item, Trouble, Unreadable, checked_id, legible, too_large

_FROM = re.compile(rb"From .*\d\d:\d\d.*\d{4}")
"""A line that begins a message, when an empty line is before it: sender, day, time, year. Not "From now on"."""
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_OF_THE_PROGRAM = re.compile(
    rb"^(?:Status|X-Status|X-Keywords|X-UID|X-IMAP|X-IMAPbase|X-Mozilla-[\w-]+|X-Evolution|Content-Length|Lines):"
    rb".*\r?\n(?:[ \t].*\r?\n)*",
    re.MULTILINE | re.IGNORECASE,
)
"""Headers that mail programs rewrite when a message is read or marked: no part of the message."""
_HEAD_END = re.compile(rb"\r?\n\r?\n")


class MailboxSource:
    """Messages by their Message-ID; one without has a digest of itself for a name."""

    def __init__(self, path: Path, prefix: str, details: Details) -> None:
        self.location = str(path.resolve())
        self._path = path
        self._prefix = prefix
        self._details = details

    def items(self) -> Iterator[Item | Trouble]:
        names: dict[str, str] = {}
        try:
            yield from self._messages(names)
        except OSError as error:
            raise UsageRefused(f"{self._path} cannot be read ({type(error).__name__})") from None

    def every_id(self, seen: Collection[str]) -> Collection[str]:
        return seen

    def _messages(self, digests: dict[str, str]) -> Iterator[Item | Trouble]:
        for start, end in message_places(self._path):
            if end - start > 2 * LARGEST_FILE:
                yield too_large(f"{self._prefix}message at byte {start}", end - start)
                continue
            message = self._read(start, end)
            digest = hashlib.sha256(message).hexdigest()
            name = _name(message) or digest[:16]
            if digests.get(name, digest) != digest:
                name = f"{name}~{digest[:8]}"  # another message with the same Message-ID
            if name not in digests:  # else it is here twice
                digests[name] = digest
                yield self._document(name, message, start, end)

    def _document(self, name: str, message: bytes, start: int, end: int) -> Item | Trouble:
        document_id = f"{self._prefix}{name}"
        if trouble := checked_id(document_id):
            return trouble
        if len(message) > LARGEST_FILE:
            return too_large(document_id, len(message))
        digest = hashlib.sha256(message).digest()

        def read() -> bytes:
            again = self._read(start, end)
            if hashlib.sha256(again).digest() != digest:
                hint = "the mailbox changed while it was read: run the command again"
                raise Unreadable(Trouble(document_id, "unreadable", hint))
            return again

        return Item(document_id, f"{name}.eml", self._details, read)

    def _read(self, start: int, end: int) -> bytes:
        with self._path.open("rb") as mailbox:
            mailbox.seek(start)
            return as_sent(mailbox.read(end - start))


def message_places(path: Path) -> Iterator[tuple[int, int]]:
    """Where each message starts, without its From line, and ends."""
    start, position, after_empty = None, 0, True
    with path.open("rb") as mailbox:
        for line in mailbox:
            if after_empty and _FROM.match(line):
                if start is not None:
                    yield start, position
                start = position + len(line)
            elif start is None and line.strip():
                raise UsageRefused(f"{path} is not a mailbox", 'a file of the mbox kind begins with "From " and a date')
            position += len(line)
            after_empty = not line.strip()
    if start is not None:
        yield start, position


def as_sent(raw: bytes) -> bytes:
    """A message as it was before the mailbox: no quoted From lines, nothing that a mail program keeps in its head."""
    text = _QUOTED_FROM.sub(rb"\1", raw)
    match = _HEAD_END.search(text)
    head_end = match.start() + 1 if match else len(text)  # with the line end of the last header
    return _OF_THE_PROGRAM.sub(b"", text[:head_end]) + text[head_end:].rstrip() + b"\n"


def _name(message: bytes) -> str | None:
    """The Message-ID, as an id may have it."""
    match = _HEAD_END.search(message)
    head = message[: match.end()] if match else message
    value = str(BytesHeaderParser().parsebytes(head).get("Message-ID", ""))
    return legible(value.strip().strip("<>").strip()) or None


def is_mailbox(path: Path) -> bool:
    """Whether a file begins as a mailbox does."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return _FROM.match(file.readline(1000)) is not None
    except OSError:
        return False
