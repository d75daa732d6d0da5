"""Figures that do not stand in a table but follow from it: converted, rounded, or computed from its cells.

With a hundred cells nearly every number is the difference of two of them. So no pair is searched for: the sentence (or
the question, where the sentence is silent) names the rows, the periods and the operation, these give a few values, and
the figure must be one of them, in its unit, sign and scale, to the last digit that it states.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from answerable_trust.asked import Asked, read_asked
from answerable_trust.figures import Amount
from answerable_trust.lines import (
    Line,
    Placed,
    across,
    best_lines,
    cells_at,
    columns,
    named_at,
    own_periods,
    rows,
    series,
    weigh,
)
from answerable_trust.tables import declared_scale, read_table
from answerable_trust.units import UNITS
from answerable_trust.values import Passage, Span

Operation = Literal["quoted", "sum", "average", "difference", "percentage change", "ratio", "change of averages"]

MOST_DERIVED = 64  # values of one sentence
_MOST_PERIODS = 6
_ENDS = 2  # of a change
LARGEST_ROUNDING = Decimal("0.05")  # of a value that is quoted, whatever its digits suggest
_DIGITS = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")
_SPAN = re.compile(r"\bbetween\b|\bfrom\b|\bto\b|\bthrough\b|\bover\b|(?:19|20)[0-9]{2}\s?[-\u2013]", re.IGNORECASE)
_APART = re.compile(r"\bdifferen\w*|\bmore than\b|\bless than\b|\bhigher\b|\blower\b", re.IGNORECASE)
_POINTS = re.compile(r"\bpoints?\b|\babsolute\b|\bnominal\b", re.IGNORECASE)
_IN_UNIT = re.compile(r"\b(?:in )?([a-z]{3,})\b")
_RATIO, _PERCENT = "ratio", "%"


@dataclass(frozen=True, slots=True)
class Derivation:
    """A value that follows from cells. `unit` is "%", "ratio", a currency or "".

    An `exact` one is no computation: it is rounded only where the sentence says so. `points` may be called percentage
    points, `measure` is the unit that the table names in words.
    """

    value: Decimal
    unit: str
    operands: tuple[Span, ...]
    periods: frozenset[str]
    exact: bool = False
    points: bool = False
    measure: str = ""
    operation: Operation = "quoted"

    def in_words(self, written: str, passages: Sequence[Passage]) -> str:
        """The computation, with the operands as they stand in the passages: "1,204 - 1,100 = 104"."""
        texts = {passage.label: passage.text for passage in passages}
        cells = [texts[span.label][span.start : span.end] for span in self.operands]
        summed = " + ".join(cells)
        return {
            "quoted": f"{summed} = {written}",
            "sum": f"{summed} = {written}",
            "average": f"({summed}) / {len(cells)} = {written}",
            "difference": f"{' - '.join(cells)} = {written}",
            "percentage change": f"({' - '.join(cells)}) / {cells[-1]} = {written}",
            "ratio": f"{' / '.join(cells)} = {written}",
            "change of averages": f"change of averages of {', '.join(cells)} = {written}",
        }[self.operation]


def derive(sentence: str, question: str, passages: Sequence[Passage]) -> tuple[Derivation, ...]:
    """What follows from the tables of the passages for a sentence, at most MOST_DERIVED values.

    The question lends a sentence the words, periods or operation of which it has none itself.
    """
    asked = read_asked(sentence, question)
    lent = next((scale for passage in passages if (scale := declared_scale(passage.text))), None)
    found: list[Derivation] = []
    for passage in passages:
        cells = [Placed(passage.label, cell) for cell in read_table(passage.text, lent)]
        for one in _of_table(cells, asked):
            found.append(one)
            if len(found) >= MOST_DERIVED:
                return tuple(found)
    return tuple(found)


def follows(said: Amount, written: str, derivation: Derivation, currencies: frozenset[str]) -> bool:
    """Whether a figure, written as it stands in its sentence, is this value: unit, sign, scale, and every digit."""
    value = derivation.value
    if derivation.unit == _PERCENT:
        if said.unit != _PERCENT and not (said.unit == "pp" and derivation.points):
            return False
    elif derivation.unit == _RATIO:
        if said.unit not in ("", _PERCENT):
            return False
        value = value * 100 if said.unit == _PERCENT else value
    elif said.unit not in {"", derivation.unit, derivation.measure} and (
        derivation.unit or said.unit not in currencies
    ):
        return False
    slack = _slack(said, written)
    if derivation.exact:
        slack = min(slack, abs(value) * LARGEST_ROUNDING) if said.rounded else Decimal(0)
    return abs(said.value - value) <= slack


def _slack(said: Amount, written: str) -> Decimal:
    """Half of the last digit that is written; the zeros that end a whole number are digits, unless it is "about"."""
    if said.rounded:
        return said.place / 2
    match = _DIGITS.search(written)
    if match is None:
        return Decimal(0)
    number = Decimal(match.group().replace(",", ""))
    last = Decimal(1).scaleb(-len(match.group().partition(".")[2]))
    factor = abs(said.value) / number if number else Decimal(1)
    return last * factor / 2


def _of_table(cells: Sequence[Placed], asked: Asked) -> Iterator[Derivation]:
    if not cells:
        return
    yield from _of_lines(rows(cells), asked)
    yield from _of_lines(columns(cells), asked)


def _of_lines(lines: Sequence[Line], asked: Asked) -> Iterator[Derivation]:
    weights = weigh(lines)
    first = best_lines(lines, asked.words, weights, asked.periods)
    for line in first:
        yield from _of_one(line, asked)
    if "sum" in asked.operations and "total" in asked.words:  # "total" may be the operation, or be in the label
        for line in best_lines(lines, asked.words - {"total"}, weights, asked.periods):
            if line not in first:
                yield from _of_one(line, asked)
    if len(first) == 2 and first[0].words != first[1].words:  # noqa: PLR2004 - both are named alike
        yield from _of_two(first[0], first[1], asked)
    if len(first) != 1 or not asked.operations & {"change", "average", "sum", "ratio"}:
        return
    rest = asked.words - first[0].words
    second = best_lines([line for line in lines if line.words & rest], rest, weights, asked.periods)
    for other in second[:2]:
        if len(other.words & asked.words) * 2 >= len(other.words):
            yield from _of_two(first[0], other, asked)


def _of_one(line: Line, asked: Asked) -> Iterator[Derivation]:
    """What follows from one row. "Total" and "average" may be words of its label, so the narrower operation wins."""
    yield from _quoted(line, asked)
    if "change" in asked.operations:
        for pair in _pairs(line, asked):
            later, earlier = pair
            yield from _change(later.value, earlier.value, pair, asked)
        if "average" in asked.operations:
            yield from _changes_of_averages(line, asked)
    if asked.operations & {"average", "sum"}:
        for group in _groups(line, asked):
            if "average" in asked.operations and "change" not in asked.operations:
                yield _derived(_mean(group), group, "average")
            if asked.operations == {"sum"} and len(asked.periods) != 1:
                yield _derived(sum((one.value for one in group), Decimal(0)), group, "sum")


def _quoted(line: Line, asked: Asked) -> Iterator[Derivation]:
    """The cells of the periods asked, in another scale or as a percentage."""
    if asked.operations & {"change", "average"}:
        return
    periods = asked.periods if len(asked.periods) == 1 else ()
    for one in [one for period in periods for one in cells_at(line, period, asked)] or (
        [one for _, one in line.cells] if len(line.cells) == 1 else []
    ):
        yield _derived(one.value, [one], "quoted", exact=True)
        if not one.cell.unit and abs(one.value) < 1:
            yield Derivation(one.value * 100, _PERCENT, (one.span,), frozenset(one.cell.column.periods), exact=True)
        if one.cell.unit == _PERCENT and "ratio" in asked.operations:
            yield Derivation(one.value / 100, "", (one.span,), frozenset(one.cell.column.periods), exact=True)


def _pairs(line: Line, asked: Asked) -> Iterator[tuple[Placed, Placed]]:
    """The later and the earlier cell of a change."""
    periods = sorted(asked.periods) or sorted(own_periods(line))
    if len(periods) == 1 and periods[0].isdigit():
        periods = [str(int(periods[0]) - 1), periods[0]]
    # "From 2019 to 2018" may mean either direction.
    if len(periods) != 2 or asked.backwards:  # noqa: PLR2004 - a change has two ends
        return
    for earlier, later in series(line, periods, asked):
        yield later, earlier


def _groups(line: Line, asked: Asked) -> Iterator[list[Placed]]:
    """What an average or a sum is taken of: the periods named, all from the first to the last, or all there are."""
    own = sorted(own_periods(line))
    periods = list(asked.periods)
    if len(periods) == 1 and periods[0] not in own and "-" in periods[0]:
        periods = periods[0].split("-")
    elif len(periods) == 1 and periods[0].isdigit():
        periods = [str(int(periods[0]) - 1), periods[0]]
    if not periods:
        periods = own
    if not 2 <= len(periods) <= _MOST_PERIODS:  # noqa: PLR2004 - one figure has no average
        return
    yield from series(line, sorted(periods), asked)
    within = [period for period in own if min(periods) <= period <= max(periods)]
    if len(periods) < len(within) <= _MOST_PERIODS and _SPAN.search(asked.text):
        yield from series(line, within, asked)


def _change(later: Decimal, earlier: Decimal, cells: Sequence[Placed], asked: Asked) -> Iterator[Derivation]:
    difference = later - earlier
    if asked.falls:  # "fell by 5" is said of a fall alone, and without a sign
        difference = -difference
        if difference < 0:
            return
    shares = cells[0].cell.unit == _PERCENT and (asked.of_whole or _POINTS.search(asked.text))
    if "percent" not in asked.operations or shares:
        yield _derived(difference, cells, "difference" if len(cells) == _ENDS else "change of averages", points=True)
    # From a loss to a profit there is no percentage that people would agree on, nor of a loss that "fell".
    if earlier > 0 or (earlier < 0 and later <= 0 and not asked.falls):
        how: Operation = "percentage change" if len(cells) == _ENDS else "change of averages"
        yield Derivation(100 * difference / earlier, _PERCENT, _spans(cells), _stated(cells), operation=how)


def _changes_of_averages(line: Line, asked: Asked) -> Iterator[Derivation]:
    """The change between two averages, each of a year and the one before."""
    if len(asked.periods) != 2 or not all(map(str.isdigit, asked.periods)):  # noqa: PLR2004 - two ends
        return
    ends = [list(series(line, [str(int(period) - 1), period], asked)) for period in sorted(asked.periods, reverse=True)]
    for later, earlier in zip(*ends, strict=False):
        yield from _change(_mean(later), _mean(earlier), [*later, *earlier], asked)


def _mean(cells: Sequence[Placed]) -> Decimal:
    return sum((one.value for one in cells), Decimal(0)) / len(cells)


def _of_two(one: Line, other: Line, asked: Asked) -> Iterator[Derivation]:
    """Two rows in one column (or two columns in one row): which comes first is as the sentence names them."""
    if named_at(other, one, asked) < named_at(one, other, asked):
        one, other = other, one
    if {"average", "change"} <= asked.operations and _APART.search(asked.text):
        for ours, theirs in zip(_groups(one, asked), _groups(other, asked), strict=False):
            yield _derived(_mean(ours) - _mean(theirs), [*ours, *theirs], "change of averages")
    for a, b in across(one, other, asked):
        if (a.cell.unit == _PERCENT) != (b.cell.unit == _PERCENT) or len({a.cell.unit, b.cell.unit} - {""}) > 1:
            continue
        if "ratio" in asked.operations or "percent" in asked.operations:
            yield from _ratios(a, b, asked)
        if "change" in asked.operations and _APART.search(asked.text) and "percent" not in asked.operations:
            yield _derived(a.value - b.value, [a, b], "difference", points=True)
        if asked.operations == {"sum"}:
            yield _derived(a.value + b.value, [a, b], "sum")
        if "average" in asked.operations and "change" not in asked.operations:
            yield _derived((a.value + b.value) / 2, [a, b], "average")


def _ratios(a: Placed, b: Placed, asked: Asked) -> Iterator[Derivation]:
    if b.value:
        yield Derivation(a.value / b.value, _RATIO, (a.span, b.span), _stated([a, b]), operation="ratio")
    if a.value and asked.of_whole and abs(b.value) <= abs(a.value):
        yield Derivation(b.value / a.value, _RATIO, (b.span, a.span), _stated([a, b]), operation="ratio")


def _derived(
    value: Decimal, cells: Sequence[Placed], operation: Operation, *, exact: bool = False, points: bool = False
) -> Derivation:
    unit = cells[0].cell.unit or next((one.cell.unit for one in cells if one.cell.unit), "")
    measure = _measure(cells)
    return Derivation(value, unit, _spans(cells), _stated(cells), exact, points, measure, operation)


def _measure(cells: Sequence[Placed]) -> str:
    """The unit that the name of the row or column gives its numbers, as in "Expected life (in years)"."""
    text = f"{cells[0].cell.row.text} {cells[0].cell.column.text}"
    named = [UNITS[form] for form in _IN_UNIT.findall(text.lower()) if form in UNITS]
    return named[0] if named else ""


def _spans(cells: Sequence[Placed]) -> tuple[Span, ...]:
    return tuple(one.span for one in cells)


def _stated(cells: Sequence[Placed]) -> frozenset[str]:
    return frozenset(
        period
        for one in cells
        for label in (one.cell.column, one.cell.row, one.cell.section)
        for period in label.periods
    )
