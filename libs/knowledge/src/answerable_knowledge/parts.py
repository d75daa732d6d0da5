"""Documents inside documents: attachments of a mail, entries of an archive, messages of a mailbox.

All parts of one file share one budget, so that nothing unfolds without end, however it is nested.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from answerable_knowledge.blocks import Block, Found
from answerable_knowledge.errors import Reason, Unreadable

MAX_DEPTH = 5
MAX_PARTS = 2000
MAX_UNPACKED_BYTES = 256 * 1024 * 1024

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Part:
    """A file within a file. `kind` and `name` make its place: attachment prices.pdf, entry plan.docx, message 3."""

    kind: str
    name: str
    data: bytes
    media_type: str | None = None

    @property
    def place(self) -> str:
        return f"{self.kind} {self.name}"


class Budget:
    """What the parts of one file may use together; `depth` is how many files stand around the one being read."""

    def __init__(self, max_part_bytes: int) -> None:
        self.max_part_bytes = max_part_bytes
        self.bytes_left = MAX_UNPACKED_BYTES
        self._parts_left = MAX_PARTS
        self.depth = 0
        self.is_spent = False

    def take(self, size_bytes: int) -> None:
        """Count one part. Raises Unreadable(too_large) when it is too much, and ends the reading of the whole."""
        self._parts_left -= 1
        self.bytes_left -= size_bytes
        if self._parts_left < 0 or self.bytes_left < 0:
            self.is_spent = True
            raise Unreadable(Reason.TOO_LARGE)


def read_parts(parts: Iterable[Part], read: Callable[[Part], Found], budget: Budget) -> Found:
    """Read all parts that can be read; a note says why others were not.

    Raises Unreadable when together they are too large, or one of them is nested too deeply and none can be read.
    """
    blocks: list[Block] = []
    notes: Counter[str] = Counter()
    for part in parts:
        budget.take(len(part.data))
        if budget.depth >= MAX_DEPTH:
            notes[f"part_{Reason.TOO_DEEP}"] += 1
            continue
        budget.depth += 1
        try:
            found = read(part)
        except Unreadable as error:
            if budget.is_spent:
                raise
            notes[f"part_{error.reason}"] += 1
            continue
        finally:
            budget.depth -= 1
        notes.update(found.notes)
        blocks += (within(block, part) for block in found.blocks)
    return Found(tuple(blocks), notes=tuple(notes))


def within(block: Block, part: Part) -> Block:
    """The same block, placed in the part that it comes from."""
    inner = block.locator.within
    place = f"{part.place}, {inner}" if inner else part.place
    return replace(block, locator=replace(block.locator, within=place), heading=block.heading or part.name)


def why_nothing(notes: Sequence[str]) -> Unreadable:
    """Why a file whose parts all failed cannot be read: their reason where they have one in common."""
    reasons = {note.removeprefix("part_") for note in notes if note.startswith("part_")}
    return Unreadable(reasons.pop() if len(reasons) == 1 else Reason.NO_TEXT)


def safe_name(name: str) -> str:
    """A name for a place: no way out of the archive, nothing unprintable. Nothing is ever written under it."""
    steps = [step.strip() for step in re.split(r"[\\/]+", _UNPRINTABLE.sub("", name))]
    kept = [step for step in steps if step not in ("", ".", "..") and not re.fullmatch(r"[A-Za-z]:", step)]
    return "/".join(kept)[-_NAME_CHARACTERS:] or "unnamed"
