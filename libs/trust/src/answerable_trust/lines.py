"""Rows and columns of a table, which of them a sentence names, and which of their cells stand for a period."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from answerable_trust.asked import Asked
from answerable_trust.tables import Cell, Label
from answerable_trust.values import Span
from answerable_trust.words import read

MOST_TIES = 3
_CLOSE = 0.999  # of the best match: rows that tie are all meant
_LEAST_NAMED = 0.4  # of a label
_PERCENT = "%"


@dataclass(frozen=True, slots=True)
class Placed:
    label: int
    cell: Cell

    @property
    def value(self) -> Decimal:
        return self.cell.value * self.cell.scale

    @property
    def span(self) -> Span:
        return Span(self.label, self.cell.start, self.cell.end)


@dataclass(frozen=True, slots=True)
class Line:
    """A row or a column: its words, the words of the heading above it, and its cells, each with the name across.

    `across` says that it is a column.
    """

    words: frozenset[str]
    section: frozenset[str]
    periods: tuple[str, ...]
    cells: tuple[tuple[Label, Placed], ...]
    across: bool


def rows(cells: Sequence[Placed]) -> list[Line]:
    lines: dict[int, list[Placed]] = {}
    for one in cells:
        lines.setdefault(one.cell.line, []).append(one)
    return [
        Line(
            of[0].cell.row.words,
            of[0].cell.row.aside | of[0].cell.section.words,
            of[0].cell.row.periods or of[0].cell.section.periods,
            tuple((one.cell.column, one) for one in of),
            across=False,
        )
        for of in lines.values()
    ]


def columns(cells: Sequence[Placed]) -> list[Line]:
    lines: dict[tuple[str, int], list[Placed]] = {}
    for one in cells:
        lines.setdefault((one.cell.column.text, one.cell.place), []).append(one)
    return [
        Line(
            of[0].cell.column.words,
            of[0].cell.column.aside,
            of[0].cell.column.periods,
            tuple((_dated(one.cell), one) for one in of),
            across=True,
        )
        for of in lines.values()
    ]


def _dated(cell: Cell) -> Label:
    """The label of the cell's row, in the period of its section where it has none of its own."""
    return cell.row if cell.row.periods else replace(cell.row, periods=cell.section.periods)


def weigh(lines: Sequence[Line]) -> dict[str, float]:
    counts: dict[str, int] = {}
    for line in lines:
        for word in line.words | line.section:
            counts[word] = counts.get(word, 0) + 1
    return {word: count**-0.5 for word, count in counts.items()}


def best_lines(
    lines: Sequence[Line], words: frozenset[str], weights: dict[str, float], periods: tuple[str, ...] = ()
) -> list[Line]:
    """The lines that the words name best: most of the label in the words, and most of the words in the label."""
    named = frozenset(word for line in lines for word in line.words | line.section) & words
    asked = sum(weights[word] for word in named)
    scores = [
        max(_score(line.words, words, asked, weights), _score(line.words | line.section, words, asked, weights))
        if _named(line, words, weights)
        else 0.0
        for line in lines
    ]
    top = max(scores, default=0.0)
    found = [line for line, score in zip(lines, scores, strict=True) if top and score >= top * _CLOSE]
    if len(found) > 1 and len(periods) == 1:
        found = [line for line in found if periods[0] in line.periods] or found
    return found if len(found) <= MOST_TIES else []


def _named(line: Line, words: frozenset[str], weights: dict[str, float]) -> bool:
    met, size = (sum(weights[word] for word in some) for some in (line.words & words, line.words))
    return met > 0 and met >= _LEAST_NAMED * size


def _score(label: frozenset[str], words: frozenset[str], asked: float, weights: dict[str, float]) -> float:
    met, size = (sum(weights[word] for word in some) for some in (label & words, label))
    return 2 * met / (size + asked)


def series(line: Line, periods: Sequence[str], asked: Asked) -> Iterator[list[Placed]]:
    """One cell a period, all of one kind of column; the kinds that the sentence names best."""
    kinds: dict[tuple[frozenset[str], bool], list[Placed]] = {}
    for period in periods:
        for label, one in _labelled(line, period):
            kinds.setdefault((label.words, one.cell.unit == _PERCENT), []).append(one)
    whole = {kind: of for kind, of in kinds.items() if len(of) == len(periods)}
    if not whole:
        at = [cells_at(line, period, asked) for period in periods]
        if all(len(of) == 1 for of in at):
            yield [of[0] for of in at]
        return
    top = max(len(words & asked.words) for words, _ in whole)
    for (words, _), of in whole.items():
        if len(words & asked.words) == top:
            yield of


def _labelled(line: Line, period: str) -> list[tuple[Label, Placed]]:
    exact = [(label, one) for label, one in line.cells if label.periods == (period,)]
    return exact or [(label, one) for label, one in line.cells if period in label.periods]


def cells_at(line: Line, period: str, asked: Asked) -> list[Placed]:
    cells = _labelled(line, period)
    top = max((len(label.words & asked.words) for label, _ in cells), default=0)
    return [one for label, one in cells if len(label.words & asked.words) == top][:MOST_TIES]


def own_periods(line: Line) -> list[str]:
    return list(dict.fromkeys(label.periods[0] for label, _ in line.cells if len(label.periods) == 1))


def across(one: Line, other: Line, asked: Asked) -> Iterator[tuple[Placed, Placed]]:
    by_place = {_place(name, b, across=one.across): b for name, b in other.cells}
    places = [(label, a, _place(label, a, across=one.across)) for label, a in one.cells]
    pairs = [(label, a, by_place[place]) for label, a, place in places if place in by_place]
    if asked.periods:
        # The period must be that of the row or of the column; a table without one says nothing of it.
        last = asked.periods[-1:] if len(asked.periods) == 1 else ()
        pairs = [pair for pair in pairs if any(p in pair[0].periods or p in one.periods for p in last)]
    top = max((len(label.words & asked.words) for label, _, _ in pairs), default=0)
    chosen = [(a, b) for label, a, b in pairs if len(label.words & asked.words) == top]
    return iter(chosen if len(chosen) <= MOST_TIES else [])


def _place(label: Label, placed: Placed, *, across: bool) -> tuple[str, int]:
    """Where a cell stands on the other axis: its line in a column, its column in a row."""
    return ("", placed.cell.line) if across else (label.text, placed.cell.place)


def named_at(line: Line, other: Line, asked: Asked) -> int:
    reading = read(asked.text)
    own = line.words - other.words or line.words
    return next((at for at, word in enumerate(reading.stems) if word in own), len(reading.stems))
