"""What a parsed document is: blocks of text, each with its place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from answerable_knowledge.locators import Locator

# Between two blocks in the text of a document: a break that no sentence crosses.
SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, table row, list or page, with the heading it stands under.

    `verbatim` is how it stands in the file where `text` says more: a row without the names of its columns.
    """

    text: str
    locator: Locator
    heading: str | None = None
    verbatim: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a reader found in a file, before the file's name and the limits of the whole have had their say."""

    blocks: tuple[Block, ...]
    title: str | None = None
    language: str | None = None
    encoding: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read: `charset` is what its surroundings declare, `hint` what its source usually has."""

    data: bytes
    media_type: str
    charset: str | None = None
    hint: str | None = None


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

    @property
    def verbatim(self) -> str:
        """The whole text as it stands in the file: column names once, the name of a sheet where it begins."""
        texts = []
        sheet: Locator | None = None
        for block in self.blocks:
            here = replace(block.locator, number=None, end=None)
            if here.kind == "sheet" and here != sheet:
                texts.append(here.name or "")
            sheet = here
            texts.append(block.text if block.verbatim is None else block.verbatim)
        return SEPARATOR.join(texts)


def row_block(
    header: Sequence[str], cells: Sequence[str], locator: Locator, heading: str | None = None
) -> Block | None:
    """A table row as a block; None when it is empty."""
    text = row_text(header, cells)
    plain = " | ".join(" ".join(cell.split()) for cell in cells)
    return Block(text, locator, heading, None if plain == text else plain) if text else None


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
