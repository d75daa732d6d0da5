"""Headings on the way through a document: which section a block stands in, under which headings."""

from answerable_knowledge.blocks import Block, row_block
from answerable_knowledge.locators import Locator


class Outline:
    """Counts sections by their headings and makes blocks that stand in them."""

    def __init__(self) -> None:
        self._trail: list[tuple[int, str]] = []  # (level, heading) from the outermost inwards
        self._section = 1
        self.title: str | None = None  # the first heading

    @property
    def place(self) -> Locator:
        return Locator("section", self._section, name=self._trail[-1][1] if self._trail else None)

    @property
    def path(self) -> str | None:
        return " > ".join(heading for _, heading in self._trail) or None

    def enter(self, level: int, heading: str) -> Block:
        """A new section; returns the block of its heading."""
        name = " ".join(heading.split())
        self._section += 1 if self._trail else 0
        self._trail = [*(step for step in self._trail if step[0] < level), (level, name)]
        self.title = self.title or name
        return Block(name, self.place, self.path)

    def block(self, text: str) -> Block:
        return Block(text, self.place, self.path)

    def row(self, header: tuple[str, ...], cells: list[str]) -> Block | None:
        return row_block(header, cells, self.place, self.path)
