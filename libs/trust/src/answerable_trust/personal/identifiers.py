"""Data with a form of its own: numbers, addresses of the net, dates. Where there is a checksum, it decides.

Every quantifier is bounded and every pattern begins at an edge, so that the time is linear in the text.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from answerable_trust.personal.values import Kind, PersonalData

Fits = Callable[[str, re.Match[str]], bool]
_CUE_REACH = 40

_CARD_CUE = re.compile(r"\b(?:cards?|cc|visa|master ?card|maestro|amex|credit|debit)\b", re.IGNORECASE)
_PHONE_CUE = re.compile(
    r"\b(?:phones?|telephones?|tel|mobile|cell|desk|fax|call|called|calling|ring|dial|text|sms|whatsapp|reach|contact"
    r"|messages|(?:my|his|her|your|their|our|new|old|the) number)\b",
    re.IGNORECASE,
)
_SECTION = re.compile(r"\b(?:section|version|clause|chapter|paragraph|rule|item|release|v)\W{0,2}$", re.IGNORECASE)
_COUNTRIES_BY_LENGTH: Final = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "PT",
    26: "IS TR",
    27: "FR GR IT MC MR SM",
    28: "AL AZ CY DO GT HU LB PL",
    29: "BR EG PS QA UA",
    30: "JO KW MU",
    31: "MT",
}
_IBAN_LENGTHS: Final = {
    country: length for length, countries in _COUNTRIES_BY_LENGTH.items() for country in countries.split()
}
_IBAN: Final = re.compile(r"(?<![^\W_])[a-z]{2}[0-9]{2}(?: ?[a-z0-9]){11,30}", re.IGNORECASE | re.ASCII)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?:1[89]|20)\d\d"
_TIME = r"(?:[T,]? ?\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]\.?m\.?)?)?"
_DATES = "|".join(
    (
        rf"{_YEAR}-\d\d?-\d\d?{_TIME}",
        rf"\d\d?([/.-])\d\d?\1(?:{_YEAR}|\d\d){_TIME}",
        rf"{_YEAR}/\d\d?/\d\d?{_TIME}",
        rf"\d\d?(?:st|nd|rd|th)? (?:of )?{_MONTH},?(?: {_YEAR})?",
        rf"{_MONTH} \d\d?(?:st|nd|rd|th)?(?:,? {_YEAR})?",
        rf"{_MONTH},? {_YEAR}",
        r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?",
        r"(?:tomorrow|yesterday)",
        rf"(?<=\bin ){_YEAR}|(?<=\bof ){_YEAR}|(?<=\bby ){_YEAR}|(?<=\bsince ){_YEAR}|(?<=\bfrom ){_YEAR}",
        rf"(?<=\buntil ){_YEAR}|(?<=\byear ){_YEAR}|(?<=\bbefore ){_YEAR}|(?<=\bafter ){_YEAR}|(?<=\bduring ){_YEAR}",
    )
)
_TLD = (
    r"(?:com|org|net|edu|gov|mil|int|info|biz|io|ai|app|dev|eu|co|us|uk|de|fr|es|it|nl|be|ch|at|se|no|dk|fi|is|pl|cz|sk"
    r"|hu|si|hr|rs|ro|bg|gr|cy|pt|ie|ee|lv|lt|lu|ru|ua|tr|jp|cn|in|kr|tw|hk|sg|au|nz|za|br|ar|cl|mx|uy|ca|gl|il|ae)"
)


@dataclass(frozen=True, slots=True)
class _Form:
    """A pattern; group `found` is what counts where there is one. `fits` looks at what a pattern cannot."""

    kind: Kind
    pattern: re.Pattern[str]
    fits: Fits = lambda _text, _match: True


def find_identifiers(text: str) -> Iterator[PersonalData]:
    """All that has one of the forms; forms may overlap, and stand in the order in which one is to be preferred."""
    yield from _find_ibans(text)
    for form in _FORMS:
        group = "found" if "found" in form.pattern.groupindex else 0
        for match in form.pattern.finditer(text):
            if form.fits(text, match):
                yield PersonalData(*match.span(group), form.kind)


def _is_card(text: str, match: re.Match[str]) -> bool:
    digits = [int(character) for character in match[0] if character.isdigit()]
    total = sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    if total % 10 or not any(digits):
        return False
    usual = 13 < len(digits) < 17 and digits[0] in {3, 4, 5, 6}  # noqa: PLR2004 - lengths of nearly all cards
    return usual or _has_before(_CARD_CUE, text, match)


def _find_ibans(text: str) -> Iterator[PersonalData]:
    """Account numbers whose check digits are right, of the length of their country, with or without spaces."""
    for match in _IBAN.finditer(text):
        length = _IBAN_LENGTHS.get(match[0][:2].upper(), 0)
        signs = [place for place in range(*match.span()) if text[place] != " "][:length]
        code = "".join(text[place] for place in signs)
        ends = bool(signs) and not text[signs[-1] + 1 : signs[-1] + 2].isalnum()
        if ends and len(code) == length and int("".join(str(int(sign, 36)) for sign in code[4:] + code[:4])) % 97 == 1:
            yield PersonalData(signs[0], signs[-1] + 1, "iban")


def _is_address(text: str, match: re.Match[str]) -> bool:
    try:
        ipaddress.ip_address(match[0])
    except ValueError:
        return False
    return ":" in match[0] or not _SECTION.search(text[max(0, match.start() - 12) : match.start()])


def _is_phone(text: str, match: re.Match[str]) -> bool:
    number = match["found"]
    groups = re.findall(r"\d{1,20}", number.lower().partition("x")[0])
    digits = sum(map(len, groups))
    if not 6 < digits < 16 or all(re.fullmatch(_YEAR, group) for group in groups):  # noqa: PLR2004 - E.164
        return False
    shape = "-".join(str(len(group)) for group in groups)
    if number.count("(") > 1 or shape == "3-2-4":  # the form of a social security number, which has rules of its own
        return False
    area = number[0] == "(" and digits > 8 and len(groups[0]) > 1  # noqa: PLR2004
    telling = area or number[0] == "+" or (number[0] == "0" and len(groups) > 2) or "x" in number.lower()  # noqa: PLR2004
    usual = "." not in number and (shape in {"3-3-4", "3-4"} or shape in {"2-2-2-2-2", "1-3-3-4"})
    dashed = "-" in number and shape == "2-2-2-2"
    return telling or usual or dashed or _has_before(_PHONE_CUE, text, match)


def _has_before(cue: re.Pattern[str], text: str, match: re.Match[str]) -> bool:
    return cue.search(text, max(0, match.start() - _CUE_REACH), match.start()) is not None


def _form(kind: Kind, pattern: str, fits: Fits = lambda _text, _match: True) -> _Form:
    return _Form(kind, re.compile(pattern, re.IGNORECASE), fits)


_FORMS: Final = (
    _form("email", r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[a-z]{2,24}(?![\w-])"),
    _form("url", r"(?<!\w)(?:(?:https?|ftp)://|www\.)[^\s<>\"')\]]{2,500}(?<![.,;:!?])"),
    _form(
        "url", rf"(?<![\w@.-])(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,4}}{_TLD}(?![\w@-]|\.\w)(?:/[^\s<>\"')\]]{{0,300}})?"
    ),
    _form("credit_card", r"(?<![\w.-])\d(?:[ -]?\d){11,18}(?![\w-]|[.,]\d)", _is_card),
    _form("us_ssn", r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])"),
    _form(
        "us_ssn", r"\b(?:ssn|social security(?: number| no\.?)?)\W{0,3}(?:is )?(?P<found>\d{3}[ -]?\d\d[ -]?\d{4})\b"
    ),
    _form("ip_address", r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)", _is_address),
    _form(
        "ip_address", r"(?<![\w:.])(?:[0-9a-f]{1,4}:){1,7}(?:[0-9a-f]{0,4}:){0,6}[0-9a-f]{1,4}(?![\w:])", _is_address
    ),
    _form("date", rf"(?<![\w/.-])(?:{_DATES})(?![\w/]|[-.]\d)"),
    _form(
        "zip_code",
        r"\b(?:zip|zip ?codes?|post ?codes?|postal codes?|area code)\b(?:[^\d\n]{0,40}(?<![^\W\d_]))??"
        r"(?P<found>(?=[a-z]{0,3}[ -]?\d)[a-z0-9]{1,8}(?:[ -][a-z0-9]{0,3}\d[a-z0-9]{0,3})?(?: [a-z]{2})?)(?!\w)",
    ),
    _form("zip_code", r"(?<=, [A-Z]{2} )(?P<found>\d{5}(?:-\d{4})?)(?![\w-])"),
    _form(
        "phone",
        r"(?<![\w.,$€£%/-])(?<!\d )(?P<found>(?:\+ ?)?(?:\(\d{1,5}\)[ .-]{0,2}\d{2,12}|\d{1,12})"
        r"(?:[ .-]{1,2}\d{2,12}|[ .-]{0,2}\(\d{1,4}\)[ .-]{0,2}\d{2,12}){0,6}"
        r"(?: ?(?:x|ext\.? ?)\d{1,6})?)(?![\w%]|[.,]\d|-\d)",
        _is_phone,
    ),
)
