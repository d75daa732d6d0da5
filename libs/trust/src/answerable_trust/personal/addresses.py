"""Street addresses: a grammar over the kinds of words, since the words themselves are of any language.

Each token becomes one letter, and the grammar is a regular expression over those letters:
N number, U unit, B box, S street word, T other name-like word, K common word with a capital, p particle, x short word,
and single letters for what has a role of its own.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from answerable_trust.personal.tokens import Token, before, is_covered, is_listed
from answerable_trust.personal.values import PersonalData
from answerable_trust.personal.vocabulary import (
    COUNTRIES,
    FOREIGN_STREETS,
    LEGAL_FORMS,
    NAME_PARTICLES,
    STREET_ENDINGS,
    STREETS,
    SURE_STREETS,
    UNITS,
)

_STREET = (
    r"(?:N{1,2}[KSTx]{2,4}N|N{1,2}(?:[KSTp]\.?){1,5}N?(?:[TS]{1,3})?"
    r"|p?(?:[KST]\.?)(?:[KSTp]\.?){0,4}(?:N(?:[TS]{1,3})?)?)"
)
_UNIT = r"(?:[,n]{0,2}U\.?N)"
_TAIL = r"(?:[,n]{0,2}[TSx][TSxp]{0,3}(?:\([TSK]{1,3}\))?){0,4}(?:[,n]{0,2}N)?"
_GRAMMAR: Final = re.compile(
    rf"(?P<corner>t?rf{_STREET}(?:a{_STREET})?)"
    rf"|(?P<box>N?(?:T\.T\.)?BN(?:,?BN)?(?:[TS]{{1,3}})?{_UNIT}?{_TAIL})"
    rf"|(?P<street>{_STREET}\.?(?:a{_STREET})?{_UNIT}{{0,2}}{_TAIL})"
    rf"|(?P<unit>{_UNIT}{_TAIL})"
)
_NUMBER: Final = re.compile(r"\d{1,6}[A-Za-z]?(?:-\d{1,5})?")
_CUE: Final = re.compile(
    r"\b(?:address|lives? (?:on|at|in)|lived (?:on|at|in)|living (?:on|at|in)|meet (?:you |me |us |him |her |them )?at"
    r"|sent to|send .{0,20}to|ship\w*|deliver\w*|drops? .{0,20}at|located (?:at|on)|resid\w+ (?:at|on|in)"
    r"|moved to|billing|office (?:is )?at)\b"
)
_MARKS: Final = {",": ",", "\n": "n", ".": ".", "(": "(", ")": ")", "&": "a", "and": "a", "of": "f", "the": "t"}
_SHORT = 3
_ENOUGH = 2


def find_addresses(found: Sequence[Token], taken: Collection[int]) -> Iterator[PersonalData]:
    """The addresses among the tokens, without those that begin at a character that is taken."""
    letters = "".join("o" if is_covered(token, taken) else _letter(token) for token in found)
    place = 0
    while match := _GRAMMAR.search(letters, place):
        first, last = match.start(), match.end() - 1
        while letters[last] in "n,p.(at":
            last -= 1
        if _evidence(match, found, first, last) >= _ENOUGH:
            yield PersonalData(found[first].start, found[last].end, "street_address")
            place = match.end()
        else:
            place = first + 1


def _letter(token: Token) -> str:
    for letter, fits in _LETTERS:
        if fits(token):
            return letter
    return _MARKS.get(token.folded, "o")


def _is_street(token: Token) -> bool:
    word = token.folded
    if not token.is_name_like and not token.text[:1].isupper():
        return word in FOREIGN_STREETS or word == "st"
    return word in STREETS or _has_street_ending(token)


def _has_street_ending(token: Token) -> bool:
    return token.folded.endswith(STREET_ENDINGS) and not token.is_common


_LETTERS: Final[tuple[tuple[str, Callable[[Token], bool]], ...]] = (
    ("N", lambda token: _NUMBER.fullmatch(token.text) is not None),
    ("U", lambda token: token.folded in UNITS),
    ("B", lambda token: token.folded in {"box", "psc", "postfach"}),
    ("r", lambda token: token.folded == "corner"),
    ("S", lambda token: token.folded not in _MARKS and _is_street(token)),
    ("K", lambda token: token.folded not in _MARKS and token.is_name_like and is_listed(token.folded)),
    ("T", lambda token: token.folded not in _MARKS and token.is_name_like),
    ("p", lambda token: token.folded not in _MARKS and token.folded in NAME_PARTICLES),
    ("x", lambda token: token.folded.isalpha() and len(token.folded) <= _SHORT and not token.is_common),
)
"""The first that fits."""


def _evidence(match: re.Match[str], found: Sequence[Token], first: int, last: int) -> int:
    letters = match.string[first : last + 1]
    words = [token.folded for token in found[first : last + 1]]
    if match["corner"] or match["box"]:
        return _ENOUGH
    cued = _CUE.search(before(found, first, 8)) is not None or _is_headed(found, first)
    if ("N" not in letters and not ("a" in letters and cued)) or LEGAL_FORMS.intersection(words):
        return 0
    if not set(letters) & set("TSU"):
        return 0
    sure = any(
        token.folded in SURE_STREETS or (token.folded not in STREETS and _has_street_ending(token))
        for token in found[first : last + 1]
    )
    named = "S" in letters
    framed = letters[0] == "N" and "N" in letters[2:] and "K" not in letters
    numbered = letters[0] == "N" and re.match(r"N{1,2}T[Tp]{0,3}S", letters) is not None
    country = any(word in COUNTRIES for word in words)
    return sure + named + 2 * ("U" in letters) + 2 * cued + framed + numbered + country


def _is_headed(found: Sequence[Token], first: int) -> bool:
    """Whether the line above ends in "address:"."""
    place = first
    while place and found[place - 1].text == "\n":
        place -= 1
    return place < first and "address" in before(found, place, 6)
