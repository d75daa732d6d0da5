"""Tables in a passage, as cells that know their row, their column and their scale.

Two forms are read: rows of "Header: cell; Header: cell", as documents are cut into passages, and rows of cells alone
(between ";" or "|") under rows of names. What cannot be placed in a column is left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from answerable_trust.units import CURRENCIES, MONTHS, SCALES, UNITS
from answerable_trust.vocabulary import FUNCTION_WORDS
from answerable_trust.words import read, stem

MOST_CELLS = 400  # of one passage; beyond, the rest is not looked at
_MOST_PERCENT = 100
_WIDEST_ROW = 60  # cells; a wider one is no row that a sentence is written about
_LONGEST_NOTE = 150
_CURRENCY = r"(?:(?:US|A|C)?\$|[€£¥₹]|EUR|USD|GBP|JPY|CHF)"
_NUMBER = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-\u2212])?\s*(?P<before>{_CURRENCY})?\s*(?P<open2>\()?(?P<sign2>[-\u2212])?"
    rf"(?P<digits>[0-9]{{1,3}}(?:,[0-9]{{3}})+(?:\.[0-9]+)?|[0-9]{{1,15}}(?:\.[0-9]{{1,15}})?|\.[0-9]{{1,15}})"
    rf"\s*\)?\s*(?P<unit>%|{_CURRENCY})?\s*\)?(?:\s*\([0-9a-z]{{1,2}}\))?"
)
_NOTHING = re.compile(rf"{_CURRENCY}?\s*[-\u2013\u2014]+\s*%?")
_PERIOD = re.compile(
    r"(?<![0-9.,])(?:\bFY?\s?[\u2019']?(?P<short>[0-9]{2})|(?P<first>(?:19|20)[0-9]{2})(?:\s?[-/\u2013]\s?(?P<last>(?:19|20)?[0-9]{2})(?![0-9]))?)(?![0-9]|[.,][0-9])"
)
_SCALES = (
    (
        Decimal(10**3),
        re.compile(r"thousands?\b|[\u2018\u2019'`]000|\b000s\b|[$€£]\s?k\b|\bin\s?thousand", re.IGNORECASE),
    ),
    (Decimal(10**6), re.compile(r"millions?\b|[$€£]\s?mn?\b|\b(?:usd|eur|gbp)\s?mn?\b", re.IGNORECASE)),
    (Decimal(10**9), re.compile(r"billions?\b|[$€£]\s?bn\b|\b(?:usd|eur|gbp)\s?bn\b", re.IGNORECASE)),
)
_DECLARED = re.compile(
    r"(?:\b(?:in|of|\u20ac|\$|£)\s*)(?:(?:U\.?S\.?\s*)?(?:dollars|euros|\$|€)\s*)?(?:in\s+)?(?:thousands|millions|billions)\b",
    re.IGNORECASE,
)
_EACH = re.compile(r"\bper\s+(?:\w+\s+){0,2}(?:share|unit|employee)|\b(?:price|ratio)s?\b", re.IGNORECASE)
_RATE = re.compile(r"\brates?\W*$|%|percent", re.IGNORECASE)
_IS_RATE = re.compile(r"\b(?:rate|yield|margin|volatility|interest|return)s?\b", re.IGNORECASE)
_PLAIN_COUNT = re.compile(r"\bshares?\b|\bunits?\b|\bemployees\b|\bnumber\b", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^()]*(?:\([^()]*\)[^()]*)*\)")
_APOSTROPHE = re.compile(r"['\u2019]")
_FOOTNOTE = re.compile(r"(?:\s*\([0-9a-z]{1,2}\)|\s*\*+)+$")
_PERCENT = re.compile(r"%|\bpercent", re.IGNORECASE)
# Words that say when, in what unit or by whom, and tell no two rows apart.
_IDLE = frozenset(
    stem(word)
    for words in (
        (
            "year",
            "fiscal",
            "end",
            "ended",
            "ending",
            "month",
            "months",
            "period",
            "fy",
            "amount",
            "amounts",
            "restated",
        ),
        ("us", "dollar", "inc", "co", "ltd", "corp", "plc"),
        SCALES,
        UNITS,
    )
    for word in words
)
_KEPT = frozenset({"other", "not", "no"})  # function words that name rows: "Other", "Other assets"


@dataclass(frozen=True, slots=True)
class Label:
    """What names a row or a column: its text, its words, those that it has in brackets alone, and the periods that it
    states (years, "2021-2022").
    """

    text: str
    words: frozenset[str]
    aside: frozenset[str]
    periods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a table. `value` is as written, `scale` what the table multiplies it by; `section` is the
    heading that its row stands under.
    """

    value: Decimal
    unit: str
    scale: Decimal
    row: Label
    column: Label
    section: Label
    line: int
    place: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Part:
    header: str
    value: str
    start: int
    end: int


@lru_cache(maxsize=64)
def read_table(text: str, lent: Decimal | None = None) -> tuple[Cell, ...]:
    """The numbers of the tables of a text, in order, at most MOST_CELLS. `lent` is the scale of a table that
    declares none. Kept like `words.read`, until `forget_tables`.
    """
    cells: list[Cell] = []
    heads: list[list[_Part]] = []
    notes: list[str] = []
    section = label_of("")
    for line, parts in enumerate(_lines(text)):
        values = _values(parts)
        if not values:
            notes.append(_note(parts))
            if len(parts) == 1:
                section = label_of(parts[0].value)
            elif cells and cells[-1].line == line - 1 and len(parts) > 1:
                heads = [parts]
            else:
                heads = [*heads[-3:], parts]
            continue
        cells.extend(_cells_of(parts, values, heads, section, line))
        notes.extend(part.header for part in parts if part not in values)
        if len(cells) >= MOST_CELLS:
            break
    general = scale_of(" ".join(notes)) or lent
    return tuple(_scaled(cell, general, " ".join(notes)) for cell in _share_percent(cells[:MOST_CELLS], general))


def forget_tables() -> None:
    """Drop every table that was read."""
    read_table.cache_clear()
    label_of.cache_clear()


@lru_cache(maxsize=4096)
def label_of(text: str) -> Label:
    """A label as its text gives it; months, years and words for a period are no words of it."""
    plain = _BRACKETS.sub(" ", text)
    words = read_plain(plain) or read_plain(text)
    return Label(text, words, read_plain(text) - words, periods_of(text))


def read_plain(text: str) -> frozenset[str]:
    """The stems that tell rows and columns apart."""
    reading = read.__wrapped__(text)  # kept as a label; a hundred labels would drive the passages out of its cache
    return frozenset(
        stemmed
        for form, stemmed in zip(reading.forms, reading.stems, strict=True)
        if form in _KEPT
        or (
            not (form in FUNCTION_WORDS or form in MONTHS or form[0].isdigit() or len(form) == 1)
            and not all(stem(part) in _IDLE for part in _APOSTROPHE.split(form))
        )
    )


def scale_of(text: str) -> Decimal | None:
    """The one scale that a text declares, None when it declares none or several."""
    found = [factor for factor, pattern in _SCALES if pattern.search(text)]
    return found[0] if len(found) == 1 else None


def declared_scale(text: str) -> Decimal | None:
    """The one scale that running text declares for a table ("in thousands"); "$5 million" declares none."""
    return scale_of(" ".join(match.group() for match in _DECLARED.finditer(text)))


def periods_of(text: str) -> tuple[str, ...]:
    """The periods that a text names, in order, each once."""
    found = []
    for match in _PERIOD.finditer(text):
        if match["short"]:
            found.append(f"20{match['short']}")
            continue
        last = match["last"]
        if last and len(last) == 2:  # noqa: PLR2004 - two digits
            last = match["first"][:2] + last
        found.append(f"{match['first']}-{last}" if last and last > match["first"] else match["first"])
    return tuple(dict.fromkeys(found))


def _lines(text: str) -> Iterator[list[_Part]]:
    at = 0
    for line in text.split("\n"):
        mark = "|" if "|" in line else ";"
        parts, start = [], at
        for piece in line.split(mark):
            stripped = piece.strip()
            if stripped or mark == "|":
                parts.append(_part(piece, start))
            start += len(piece) + 1
        at += len(line) + 1
        if len(parts) <= _WIDEST_ROW and any(part.value for part in parts):
            yield parts


def _part(piece: str, start: int) -> _Part:
    header, colon, value = piece.rpartition(": ")
    if not _is_number(value.strip()):  # what names a row may have a colon of its own
        header, colon, value = piece.partition(": ")
    if not value.strip():
        header, colon, value = "", "", piece
    begin = start + len(header) + len(colon) + len(value) - len(value.lstrip())
    return _Part(header.strip(), value.strip(), begin, begin + len(value.strip()))


def _values(parts: Sequence[_Part]) -> list[_Part]:
    """The parts that are numbers of a row; none of a row that names columns."""
    numbers = [part for part in parts if _is_number(part.value)]
    if all(_is_year(part) for part in numbers):
        return []
    # A year that opens a row names it.
    return [part for part in numbers if not (part is parts[0] and _is_year(part))]


def _note(parts: Sequence[_Part]) -> str:
    """What a row without numbers may say of the table; a long one is running text, where "$5 million" is no scale."""
    text = " ".join(f"{part.header} {part.value}" for part in parts)
    return text if len(text) <= _LONGEST_NOTE else " ".join(match.group() for match in _DECLARED.finditer(text))


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text) or _NOTHING.fullmatch(text))


def _is_year(part: _Part) -> bool:
    return _PERIOD.fullmatch(_FOOTNOTE.sub("", part.value)) is not None


def _cells_of(
    parts: Sequence[_Part], values: Sequence[_Part], heads: Sequence[Sequence[_Part]], section: Label, line: int
) -> Iterator[Cell]:
    names = [part for part in parts if part not in values and part.value]
    row = label_of(" ".join(part.value for part in names))
    under = replace(section, words=section.words.union(*(label_of(part.header).words for part in names)))
    repeats = _repeats(values)
    inherited, topic = "", label_of("")
    for place, part in enumerate(values):
        inherited = part.header or inherited
        above = [_head(head, parts, values, place) for head in heads] if not part.header else []
        column = label_of(" ".join(name for name in (*above, inherited) if name))
        topic = column if column.words else topic
        if repeats and not column.words:  # "Sales 2019, 2018, Costs 2019, 2018": a head goes on until the next
            column = replace(column, words=topic.words)
        number, unit = _number(part.value)
        unit = unit or ("%" if _PERCENT.search(column.text) or re.search(r"\(%\)|percent", row.text) else "")
        yield Cell(number, unit, Decimal(1), row, column, under, line, place, part.start, part.end)


def _repeats(values: Sequence[_Part]) -> bool:
    """Whether the columns name one period twice."""
    named = [periods for part in values if (periods := periods_of(part.header))]
    return len(set(named)) < len(named)


def _head(head: Sequence[_Part], parts: Sequence[_Part], values: Sequence[_Part], place: int) -> str:
    """The name above the value at this place; empty when the row of names cannot be laid over the row."""
    if len(head) == len(parts) and any(not part.value for part in (*head, *parts)):
        return head[parts.index(values[place])].value
    names = [part.value for part in head if part.value]
    if len(names) == len(values) + 1:
        names = names[1:]
    if len(names) and len(values) % len(names) == 0:
        return names[place * len(names) // len(values)]
    return ""


def _number(text: str) -> tuple[Decimal, str]:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return Decimal(0), "%" if "%" in text else ""
    negative = match["open"] or match["open2"] or match["sign"] or match["sign2"]
    value = Decimal(match["digits"].replace(",", ""))
    unit = UNITS.get((match["unit"] or match["before"] or "").lower(), "")
    return (-value if negative else value), unit


def _share_percent(cells: Sequence[Cell], general: Decimal | None) -> Iterator[Cell]:
    """A column that opens with a percentage and has no other unit is one of percentages, as far as its rows are rates
    or its table declares no scale.
    """
    columns: dict[tuple[str, int], list[Cell]] = {}
    for cell in cells:
        columns.setdefault((cell.column.text, cell.place), []).append(cell)
    percent = {key for key, of in columns.items() if of[0].unit == "%" and all(map(_may_be_percent, of))}
    for cell in cells:
        bare = not cell.unit and (general is None or _IS_RATE.search(cell.row.text))
        yield replace(cell, unit="%") if bare and (cell.column.text, cell.place) in percent else cell


def _may_be_percent(cell: Cell) -> bool:
    return cell.unit == "%" or (not cell.unit and abs(cell.value) <= _MOST_PERCENT)


def _scaled(cell: Cell, general: Decimal | None, notes: str) -> Cell:
    if cell.unit == "%":
        return cell
    own = scale_of(cell.column.text) or scale_of(cell.row.text)
    named = f"{cell.row.text} {cell.column.text}"
    excepted = "except" in notes.lower() and _PLAIN_COUNT.search(named)
    if own is None and (excepted or _EACH.search(named) or (_RATE.search(cell.row.text) and not cell.unit)):
        return cell
    if cell.unit not in CURRENCIES | {""}:
        return cell
    return replace(cell, scale=own or general or Decimal(1))
