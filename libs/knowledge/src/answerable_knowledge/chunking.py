"""A document to passages: what is embedded, searched and cited.

Neighbouring blocks of one place are joined up to the budget; a block above the budget is split by semchunk at the
most meaningful break it has. A passage is an exact slice of the document's text.

Tokens are counted without a tokenizer, so that passages do not move when the embedder changes: a run of letters and
digits counts one per ten characters begun, a Chinese, Japanese or Korean character counts one. 180 of them stay
below the 256 word pieces of MiniLM for English prose. Twenty characters count at least one, whatever they are: a page
of dashes or emoji must not become one passage of any size.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from answerable_knowledge.blocks import SEPARATOR, Block, ParsedDocument
from answerable_knowledge.locators import Locator

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_CHARACTERS_PER_TOKEN = 20
# A heading stands in front of every passage under it.
_HEADING_CHARACTERS = 256
_TOKEN = re.compile(rf"[{_CJK}]|[^\W{_CJK}]{{1,10}}")


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice `[start:end]` of `ParsedDocument.text`. `embedded_text` has title and heading in front of it."""

    ordinal: int
    text: str
    locator: str
    heading: str | None
    start: int
    end: int
    embedded_text: str


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a passage stands: a slice of the text, its place and its heading."""

    start: int
    end: int
    locator: str
    heading: str | None


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    locator: Locator
    heading: str | None
    tokens: int


def count_tokens(text: str) -> int:
    """Length in the tokens described above."""
    return max(len(_TOKEN.findall(text)), len(text) // _CHARACTERS_PER_TOKEN)


def split(document: ParsedDocument, *, max_tokens: int = 180) -> tuple[Passage, ...]:
    """Passages in reading order; pure and deterministic. Every block is covered by some passage."""
    return passages_of(document, cuts(document, max_tokens=max_tokens))


def cuts(document: ParsedDocument, *, max_tokens: int = 180) -> Iterator[Cut]:
    """Where the passages of a document stand, one after another: whoever wants only so many need not cut the rest."""
    for piece in _merge(_pieces(document, max_tokens), max_tokens):
        heading = piece.heading[:_HEADING_CHARACTERS] if piece.heading else None
        yield Cut(piece.start, piece.end, str(piece.locator), heading)


def passages_of(document: ParsedDocument, places: Iterable[Cut]) -> tuple[Passage, ...]:
    """The passages at these places."""
    text = document.text
    return tuple(_passage(ordinal, cut, text, document.title) for ordinal, cut in enumerate(places))


def _passage(ordinal: int, cut: Cut, text: str, title: str) -> Passage:
    body = text[cut.start : cut.end]
    embedded = "\n".join([part for part in (title, cut.heading) if part] + [body])
    return Passage(ordinal, body, cut.locator, cut.heading, cut.start, cut.end, embedded)


def _pieces(document: ParsedDocument, max_tokens: int) -> Iterator[_Piece]:
    offset = 0
    # Room for the heading: a passage should not consist of one alone.
    limit = max_tokens - max_tokens // 10
    for block in document.blocks:
        tokens = count_tokens(block.text)
        if tokens <= limit:
            yield _Piece(offset, offset + len(block.text), block.locator, block.heading, tokens)
        else:
            yield from _cut(block, offset, limit)
        offset += len(block.text) + len(SEPARATOR)


def _cut(block: Block, offset: int, limit: int) -> Iterator[_Piece]:
    import semchunk  # noqa: PLC0415 - slow to import, and most blocks fit

    cut: Any = semchunk.chunkerify(count_tokens, limit, memoize=False)  # type: ignore[attr-defined] # not in its __all__
    for start, end in _bounded(block.text, cut(block.text, offsets=True)[1], limit * _CHARACTERS_PER_TOKEN):
        locator = _lines_within(block, start, end)
        yield _Piece(offset + start, offset + end, locator, block.heading, count_tokens(block.text[start:end]))


def _bounded(text: str, slices: Iterable[tuple[int, int]], longest: int) -> Iterator[tuple[int, int]]:
    """The slices, cut where they are too long: semchunk leaves runs of spaces of any length between two words."""
    for start, end in slices:
        for first in range(start, end, longest):
            last = min(first + longest, end)
            if not text[first:last].isspace():
                yield first, last


def _lines_within(block: Block, start: int, end: int) -> Locator:
    """The lines of a part of a block, where the block holds its lines as they stand in the file."""
    place = block.locator
    if place.kind != "line" or place.number is None or block.text.count("\n") != (place.end or 0) - place.number:
        return place
    first = place.number + block.text.count("\n", 0, start)
    return Locator("line", first, first + block.text.count("\n", start, end), within=place.within)


def _merge(pieces: Iterator[_Piece], max_tokens: int) -> Iterator[_Piece]:
    current: _Piece | None = None
    for piece in pieces:
        if current is not None and _fits(current, piece, max_tokens):
            locator = current.locator.through(piece.locator)
            current = _Piece(current.start, piece.end, locator, current.heading, current.tokens + piece.tokens)
            continue
        if current is not None:
            yield current
        current = piece
    if current is not None:
        yield current


def _fits(left: _Piece, right: _Piece, max_tokens: int) -> bool:
    same_place = left.heading == right.heading and left.locator.joins(right.locator)
    is_short = right.end - left.start <= max_tokens * _CHARACTERS_PER_TOKEN  # blanks between them count too
    return same_place and is_short and left.tokens + right.tokens <= max_tokens
