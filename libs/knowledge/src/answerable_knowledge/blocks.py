"""What a parsed document is: blocks of text, each with its place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from answerable_knowledge.locators import Locator

# Between two blocks in the text of a document: a break that no sentence crosses.
SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, table row, list or page, with the heading it stands under."""

    text: str
    locator: Locator
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document as text. `notes` are codes of what was left out, guessed or repaired on the way."""

    title: str
    language: str | None
    blocks: tuple[Block, ...]
    media_type: str
    encoding: str | None
    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole text; offsets of passages count its characters."""
        return SEPARATOR.join(block.text for block in self.blocks)


def row_text(header: Sequence[str], cells: Sequence[str]) -> str:
    """A table row that can be understood alone: "Team: Sales; Amount: 100". Empty cells are left out."""
    names = [*header, *[""] * len(cells)]
    pairs = [(" ".join(name.split()), " ".join(cell.split())) for name, cell in zip(names, cells, strict=False)]
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell)


def is_header(cells: Iterable[str]) -> bool:
    """Whether a row reads like column names: at least two cells filled, none of them a number, none twice."""
    names = [cell.strip() for cell in cells if cell.strip()]
    return len(names) > 1 and len(set(names)) == len(names) and not any(_is_number(name) for name in names)


def _is_number(cell: str) -> bool:
    digits = cell.strip("%€$£ +-()").replace(",", "").replace(".", "").replace("'", "").replace(" ", "")
    return digits.isdigit()
