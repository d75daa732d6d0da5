"""Places within a document, as they are shown beside a citation."""

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["page", "sheet", "slide", "line", "byte", "section"]


@dataclass(frozen=True, slots=True)
class Locator:
    """A place: pages, slides and lines by number; rows of a sheet by its name; sections by number and heading.

    Bytes stand for lines where these are too long. All numbers count from 1. `end` is the last number of a range.
    `within` names the file within the file: "attachment prices.pdf", "entry 2026/plan.docx".
    """

    kind: Kind
    number: int | None = None
    end: int | None = None
    name: str | None = None
    within: str | None = None

    def __str__(self) -> str:
        place = self._place()
        return f"{self.within}, {place}" if self.within else place

    def _place(self) -> str:
        if self.kind == "sheet":
            rows = f", {self._numbered('row')}" if self.number else ""
            return f"sheet {self.name}{rows}"
        if self.kind == "section":
            parts = [str(part) for part in (self.number, self.name) if part]
            return f"section {', '.join(parts)}"
        return self._numbered(self.kind)

    def _numbered(self, noun: str) -> str:
        if self.end is None or self.end == self.number:
            return f"{noun} {self.number}"
        return f"{noun}s {self.number}-{self.end}"

    def joins(self, other: "Locator") -> bool:
        """Whether both can be named as one place: rows and lines as a range, everything else only when equal."""
        if self.kind in ("line", "byte", "sheet"):
            return (self.kind, self.name, self.within) == (other.kind, other.name, other.within)
        return self == other

    def through(self, other: "Locator") -> "Locator":
        """The range from this place to the end of a later one that it `joins`."""
        last = other.end or other.number
        return self if last is None or self == other else replace(self, end=last)
