"""What a source gives: documents that can be read, and troubles with those that cannot."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Protocol
from unicodedata import normalize

from answerable_cli.rules import Details
from answerable_events.topics import MIB

LARGEST_FILE = 10 * MIB
"""What `document.submitted` may carry."""

_LONGEST_ID = 256


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a document, or a folder (its id ends with a slash), was not taken. Quotes nothing of its content."""

    document_id: str
    reason: str
    hint: str = ""


class Unreadable(Exception):
    """A document of a source cannot be read now; `trouble` says why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.reason)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Item:
    """A document of a source. `read` blocks, and raises Unreadable."""

    document_id: str
    filename: str
    details: Details
    read: Callable[[], bytes]
    marker: str | None = None
    """Is another one whenever the content is: spares reading what was read before. None: the source cannot tell."""
    version: int = 1
    """What its owner calls it."""
    held_bytes: int = 0
    """How much memory it takes until it is sent."""


class Source(Protocol):
    """A place that documents are kept in step with. Everything blocks."""

    location: str
    """Where that is, for people; without passwords."""

    def items(self) -> Iterable[Item | Trouble]:
        """What is there now; a list where it is known beforehand.

        Raises:
            UsageRefused, CliError: the source as a whole cannot be read.
        """
        ...

    def every_id(self, seen: Collection[str]) -> Collection[str]:
        """Ids of all that is there, after `items` gave those `seen`."""
        ...


def too_large(document_id: str, size_bytes: int) -> Trouble:
    hint = f"{size_bytes / MIB:.1f} MiB, and {LARGEST_FILE // MIB} MiB is the most: split it, or leave out its pictures"
    return Trouble(document_id, "too_large", hint)


def legible(name: str) -> str:
    """A name as an id may have it: bytes that are not UTF-8 and control characters as %XX, letters in one form."""
    return "".join(char if char.isprintable() else _percent(char) for char in normalize("NFC", name))


def checked_id(document_id: str) -> Trouble | None:
    """A trouble when the contract has no room for this id."""
    if len(document_id) <= _LONGEST_ID:
        return None
    short = f"{document_id[:60]}…"
    return Trouble(
        short, "name_too_long", f"an id has at most {_LONGEST_ID} characters: shorten names of file or folders"
    )


def _percent(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # how Python holds a byte of a file name that is not UTF-8
        return f"%{ord(char) - 0xDC00:02X}"
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
