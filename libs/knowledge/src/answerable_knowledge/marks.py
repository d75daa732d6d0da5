"""What the ledger stores beside a document's text: what is held against it, and keys to find alike ones by."""

from dataclasses import dataclass, field

from answerable_knowledge.quality import Ledger


@dataclass(frozen=True, slots=True)
class Marks:
    """Of one document version. `keys` has for each passage the keys of its statements; the sketch is of the text."""

    ledger: Ledger = field(default_factory=Ledger)
    sketch: bytes | None = None
    keys: tuple[tuple[int, ...], ...] = ()


NO_MARKS = Marks()
"""Of a document that the ledger has not looked at."""
