"""Figures in a text: amounts with unit or currency, dates, and codes that are compared letter by letter."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile

from answerable_trust.units import CURRENCIES, MONTHS, NUMBER_WORDS, SCALES, UNITS

_MONTHS_IN_YEAR = 12
_LONGEST_NUMBER = 18  # digits; anything longer is an identifier, and Decimal stays exact


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in its unit: "" for none, else a name from the table of units, "clock" (minutes after midnight) or
    "ordinal".

    `noun` is what follows in place of a unit ("seats"). `rounded` says that the text calls it approximate; `place` is
    the value of its last significant digit.
    """

    value: Decimal
    unit: str
    start: int
    end: int
    rounded: bool = False
    place: Decimal = Decimal(1)
    noun: str = ""


@dataclass(frozen=True, slots=True)
class CalendarDate:
    """A date with the parts that the text states. Of an `ambiguous` one, such as 03/04/2026, nobody knows the month."""

    year: int | None
    month: int | None
    day: int | None
    start: int
    end: int
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """An identifier with digits: a version, a part number, a number too long to be an amount. `form` is in lower
    case.
    """

    form: str
    start: int
    end: int


Figure = Amount | CalendarDate | Code

_MONTH = "(?-i:" + "|".join(sorted((name.capitalize() for name in MONTHS), key=len, reverse=True)) + r")\b\.?"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_NUMBER_WORD = rf"(?:{_TENS})-(?:one|two|three|four|five|six|seven|eight|nine)|" + "|".join(
    sorted(NUMBER_WORDS, key=len, reverse=True)
)
_SCALE = "|".join(sorted(SCALES, key=len, reverse=True))
_CURRENCY_CODE = "EUR|USD|GBP|JPY|CHF|SEK|NOK|DKK|PLN|CAD|AUD|INR|CNY"
_YEAR = "[0-9]{4}(?![0-9])"
_NTH = "(?:st|nd|rd|th)?"
# In order: what is tried first is the longer reading of the same characters.
_DATES = (
    r"(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9]))",
    rf"(?<![.,])(?P<d1>[0-9]{{1,2}}){_NTH}(?:\ of)?[\s-](?P<m1>{_MONTH})(?:,?[\s-](?P<y1>{_YEAR}))?",
    rf"(?P<m3>{_MONTH}),?\s(?P<y3>{_YEAR})",
    rf"(?P<m2>{_MONTH})\s(?P<d2>[0-9]{{1,2}}){_NTH}(?![\w:])(?:,?\s(?P<y2>{_YEAR}))?",
    r"(?<![./])(?P<digits>[0-9]{1,2}(?P<sep>[./])[0-9]{1,2}(?P=sep)[0-9]{4}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2})(?![\w/])",
)
_CLOCK = (
    r"(?<![.:])(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2}))?(?:\s?(?P<half>[ap])\.?m\b\.?|(?<=:[0-9]{2})(?![:\w]))"
)
_CODES = (
    rf"(?!(?:{_CURRENCY_CODE})[0-9])(?-i:[A-Z])[A-Za-z]{{0,15}}-?[0-9][\w-]*",
    r"v?[0-9]+(?:\.[0-9]+){2,}(?!\w)",
    r"v[0-9]+(?:\.[0-9]+)?(?!\w)",
)
_NUMBERS = (
    r"[0-9]{1,3}(?P<comma>[,'\u2019\u00a0\u2009\u202f\ ])[0-9]{3}(?:(?P=comma)[0-9]{3})*(?:\.[0-9]+)?(?![0-9])",
    r"[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+",  # 1.200,50
    r"[0-9]+(?:[.,][0-9]+)?",
)
_AMOUNT = rf"""
    (?:(?P<before>(?:US|A|C)?\$|[€£¥₹]|(?:{_CURRENCY_CODE})(?![a-z]))\ ?)?
    (?P<sign>[-\u2212](?<![\w)\]][-\u2212]))?
    (?P<before2>[$€£¥])?
    (?:(?<![0-9][.,])(?P<number>{"|".join(_NUMBERS)})|(?P<word>{_NUMBER_WORD})\b)
    (?P<ordinal>(?:st|nd|rd|th)\b)?
    (?:[\s-]?(?P<scale>(?:{_SCALE})\b|(?-i:(?<=[0-9])M\b|(?<=[0-9]\ )M\b)))?
    (?=(?:\s?-?\s?(?P<unit>%|percentage\ points?|per\s?cent|°\ ?[CF]?|[€£¥₹$]|[^\W\d_]+))?)
"""
# A figure starts where no word goes on, with one of few characters; this spares most places the long way.
_START = r"(?<![^\W_])(?=[0-9$€£¥₹\u2212-]|(?-i:[A-Z])|[efnostvz])"
_FIGURE = re.compile(
    rf"{_START}(?:(?P<date>{'|'.join(_DATES)})|(?P<clock>{_CLOCK})|(?P<code>{'|'.join(_CODES)})|(?P<amount>{_AMOUNT}))",
    re.VERBOSE | re.IGNORECASE,
)
_ROUNDED = re.compile(
    r"(?:\b(?:about|approximately|approx|roughly|around|circa|ca|nearly|almost|some)\b\.?|[~≈])\W{0,3}$", re.IGNORECASE
)
_RANGE = re.compile(r"\s?(?:-|–|to|and|or)\s?", re.IGNORECASE)  # noqa: RUF001 - the en dash is meant


@lru_cache(maxsize=64)
def read_figures(text: str) -> tuple[Figure, ...]:
    """Every figure of the text in order. A range such as "5 to 10 %" gives both ends the unit.

    Kept for the few texts of one case, like `words.read`, until `forget_figures`.
    """
    figures: list[Figure] = []
    for match in _FIGURE.finditer(text):
        figure = _read_one(text, match)
        if figure is None:
            continue
        if isinstance(figure, Amount) and figure.unit and figures:
            figures[-1] = _share_unit(text, figures[-1], figure)
        figures.append(figure)
    return tuple(figures)


def figures_between(text: str, start: int, end: int) -> tuple[Figure, ...]:
    """The figures that lie within these characters of the text, at their place in the whole text."""
    figures = read_figures(text)
    first = bisect_left(figures, start, key=lambda figure: figure.start)
    return tuple(takewhile(lambda figure: figure.end <= end, figures[first:]))


def forget_figures() -> None:
    """Drop every text that was read."""
    read_figures.cache_clear()


def _read_one(text: str, match: re.Match[str]) -> Figure | None:
    if match["amount"]:
        return _read_amount(text, match)
    if match["clock"]:
        return _read_clock(match)
    if match["code"]:
        return Code(match["code"].lower().replace("-", ""), match.start(), match.end())
    return _read_date(match)


def _read_date(match: re.Match[str]) -> Figure:
    ambiguous, start, end = False, *match.span()
    if match["iso"]:
        year, month, day = (int(part) for part in match["iso"].split("-"))
    elif match["digits"]:
        day, month, year = (int(part) for part in re.split("[./]", match["digits"]))
        year += 2000 if year < 100 else 0  # noqa: PLR2004 - two digits
        # A dot puts the day first everywhere; a slash does in most places, but not in all.
        if match["sep"] != "." and month > _MONTHS_IN_YEAR:
            day, month = month, day
        ambiguous = match["sep"] != "." and day <= _MONTHS_IN_YEAR and day != month
    else:
        name, first, second = next(((m, d, y) for m, d, y in _date_groups(match) if m))
        month = MONTHS[name.lower().rstrip(".")]
        return CalendarDate(int(second) if second else None, month, int(first) if first else None, start, end)
    if not (1 <= month <= _MONTHS_IN_YEAR and 1 <= day <= 31):  # noqa: PLR2004
        return Code(match.group().lower(), start, end)
    return CalendarDate(year, month, day, start, end, ambiguous)


def _date_groups(match: re.Match[str]) -> Iterator[tuple[str | None, str | None, str | None]]:
    yield match["m1"], match["d1"], match["y1"]
    yield match["m2"], match["d2"], match["y2"]
    yield match["m3"], None, match["y3"]


def _read_clock(match: re.Match[str]) -> Amount:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    return Amount(Decimal(60 * hour + minute), "clock", match.start(), match.end())


def _read_amount(text: str, match: re.Match[str]) -> Figure | None:
    word, digits = match["word"], match["number"]
    start = match.start() + len(match.group()) - len(match.group().lstrip())
    if digits and sum(map(str.isdigit, digits)) > _LONGEST_NUMBER:
        return Code(digits, start, match.end())
    value, place = _read_word(word) if word else _read_digits(digits)
    scale = match["scale"]
    factor = SCALES.get(scale.lower(), Decimal(10**6)) if scale else Decimal(1)
    unit, end = _read_unit(match)
    if word and word.lower() == "one" and not (unit or scale):
        return None  # a pronoun
    if unit == "glued":
        return Code(text[start:end].lower(), start, end)
    if unit == "m" and match["before"]:
        factor, unit = Decimal(10**6), ""
    unit = UNITS.get((match["before"] or match["before2"] or "").lower(), unit)
    if match["ordinal"]:
        unit, end = "ordinal", match.end()
    sign = -1 if match["sign"] else 1
    rounded = _ROUNDED.search(text, max(0, start - 20), start) is not None
    noun = "" if unit else (match["unit"] or "").lower()
    return Amount(sign * value * factor, unit, start, end, rounded, place * factor, noun)


def _read_unit(match: re.Match[str]) -> tuple[str, int]:
    written = match["unit"]
    if written is None:
        return "", match.end()
    alias = re.sub(r"\s+", "", written.lower())
    unit = {"percentagepoint": "pp", "percentagepoints": "pp"}.get(alias) or UNITS.get(alias, "")
    if unit:
        return unit, match.end("unit")
    glued = match.end() == match.start("unit") and not match["scale"] and not match["ordinal"]
    return ("glued", match.end("unit")) if glued else ("", match.end())


def _read_word(word: str) -> tuple[Decimal, Decimal]:
    return Decimal(sum(NUMBER_WORDS[part] for part in word.lower().split("-"))), Decimal(1)


def _read_digits(digits: str) -> tuple[Decimal, Decimal]:
    """The value, and the value of its last significant digit (trailing zeros of a whole number may be rounding)."""
    plain = re.sub("['\u2019\u00a0\u2009\u202f ]", "", digits)
    if re.fullmatch(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?", plain):
        plain = plain.replace(",", "")
    elif "," in plain:  # 1.200,50 and 1,5
        plain = plain.replace(".", "").replace(",", ".")
    whole, _, fraction = plain.partition(".")
    zeros = 0 if fraction else len(whole) - len(whole.rstrip("0"))
    return Decimal(plain), Decimal(1).scaleb(-len(fraction) if fraction else min(zeros, len(whole) - 1))


def _share_unit(text: str, first: Figure, second: Amount) -> Figure:
    between = text[first.end : second.start]
    if isinstance(first, Amount) and not first.unit and _RANGE.fullmatch(between):
        return replace(first, unit=second.unit)
    return first


def is_currency(unit: str) -> bool:
    """Whether the unit is money."""
    return unit in CURRENCIES
