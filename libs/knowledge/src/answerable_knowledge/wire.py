"""Frames between the service and the process that reads documents for it.

Answers are JSON, never pickles: a reader that a document has taken over cannot make the service run anything.
"""

import json
import socket
import struct
import time
from collections.abc import Iterable, Mapping
from typing import Any

from answerable_knowledge.blocks import Block, ParsedDocument
from answerable_knowledge.chunking import Cut, Passage, passages_of
from answerable_knowledge.locators import Locator

_LENGTH = struct.Struct("=Q")


class Link:
    """One end of a connection that carries frames of bytes. Raises EOFError, and TimeoutError after the deadline."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def send(self, frame: bytes, deadline: float | None = None) -> None:
        """Send one frame; `deadline` by `time.monotonic()`."""
        self._limit(deadline)
        try:
            self._end.sendall(_LENGTH.pack(len(frame)))
            self._end.sendall(frame)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise EOFError from error

    def receive(self, deadline: float | None = None, *, at_most: int | None = None) -> bytes:
        """Receive one frame. Raises ValueError when it is longer than `at_most`."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size, deadline))
        if at_most is not None and length > at_most:
            raise ValueError("the frame is too long")
        return bytes(self._exactly(length, deadline))

    def close(self) -> None:
        self._end.close()

    def _exactly(self, count: int, deadline: float | None) -> bytearray:
        buffer = bytearray(count)
        view = memoryview(buffer)
        while view:
            self._limit(deadline)
            try:
                received = self._end.recv_into(view)
            except ConnectionResetError as error:
                raise EOFError from error
            if not received:
                raise EOFError
            view = view[received:]
        return buffer

    def _limit(self, deadline: float | None) -> None:
        if deadline is None:
            self._end.settimeout(None)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._end.settimeout(left)


def pack(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def unpack(frame: bytes) -> dict[str, Any]:
    """Raises ValueError when the frame is not a JSON object."""
    value = json.loads(frame)
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - wrong bytes, not a wrong call
    return value


def as_json(document: ParsedDocument, cuts: Iterable[Cut]) -> dict[str, Any]:
    """A document, and where its passages stand, as JSON values."""
    return {
        "title": document.title,
        "language": document.language,
        "media_type": document.media_type,
        "encoding": document.encoding,
        "notes": document.notes,
        "blocks": [
            (block.text, block.heading, block.verbatim, place.kind, place.number, place.end, place.name, place.within)
            for block in document.blocks
            for place in (block.locator,)
        ],
        "cuts": [(cut.start, cut.end, cut.locator, cut.heading) for cut in cuts],
    }


def from_json(value: Mapping[str, Any]) -> tuple[ParsedDocument, tuple[Passage, ...]]:
    """The document and its passages again. Raises KeyError, TypeError or ValueError when the value is none."""
    blocks = tuple(
        Block(text, Locator(kind, number, end, name, within), heading, verbatim)
        for text, heading, verbatim, kind, number, end, name, within in value["blocks"]
    )
    document = ParsedDocument(
        value["title"], value["language"], blocks, value["media_type"], value["encoding"], tuple(value["notes"])
    )
    return document, passages_of(document, (Cut(*cut) for cut in value["cuts"]))
