"""What is said of a person: age and occupation."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from answerable_trust.personal.tokens import Token
from answerable_trust.personal.values import PersonalData
from answerable_trust.personal.vocabulary import OCCUPATIONS
from answerable_trust.vocabulary import FUNCTION_WORDS, ROLE_ENDINGS

_AGE: Final = re.compile(
    r"(?<![\w.,-])(?P<found>\d{1,3})(?:[ -]?(?:years?|yrs?)[ -]olds?|[ -]?y/?o\b|[ -]years?[ -]of[ -]age)"
    r"|\b(?:turn(?:ed|s|ing)?|aged?|age is|age of|age was)(?: just)?:? (?P<turned>\d{1,3})(?![\w%]|[.,/:-]\d)"
    r"|\b(?:i'm|i\u2019m|i am|he is|he's|she is|she's|he was|she was|i was|they are)"
    r"(?: (?:only|just|already|now|almost|about))?"
    r" (?P<said>\d{1,2})(?=\s*(?:[.,;!?)]|$|\n| and\b| but\b| when\b| now\b))",
    re.IGNORECASE,
)
_OLDEST = 120


def find_ages(text: str) -> Iterator[PersonalData]:
    """Ages of people, in years."""
    for match in _AGE.finditer(text):
        group = str(match.lastgroup)
        if int(match[group]) <= _OLDEST:
            yield PersonalData(*match.span(group), "age")


_OCCUPIED: Final = re.compile(
    r"\b(?:(?:works|worked|work|working|employed|job|career) as an? "
    r"|(?:am|is|was|'m|'s|became|become|being|hired|as) an? "
    r"|(?:employed|works?|working|worked|serves?|served) as "
    r"|(?:profession|job|occupation|position|role|title)(?: is)?:? (?:an? )?)$"
)
_LONGEST_OCCUPATION = 6
_LONGEST_LINE = 8


def find_occupations(found: Sequence[Token], persons: Sequence[PersonalData]) -> Iterator[PersonalData]:
    """Occupations beside a person's name ("NAME, the ...", or on the line below it), or said to be one's own.

    Elsewhere such a word is of no person: "the account manager decides".
    """
    ends = {person.end for person in persons}
    for place, token in enumerate(found):
        if token.end in ends:
            yield from _after_name(found, place)
        elif token.folded in OCCUPATIONS:
            yield from _own(found, place)


def _after_name(found: Sequence[Token], place: int) -> Iterator[PersonalData]:
    first = place + 1
    while first < len(found) and first < place + 5 and found[first].folded in {",", "\n", "the", "a", "an", "our"}:
        first += 1
    if first == place + 1:
        return
    if found[first - 1].text == "\n":
        yield from _line(found, first)
        return
    for last in range(first, min(first + _LONGEST_OCCUPATION, len(found))):
        if found[last].folded in OCCUPATIONS and not _is_inside(found, last):
            yield PersonalData(found[first].start, found[last].end, "title")
            return
        if not found[last].is_word:
            return


def _line(found: Sequence[Token], first: int) -> Iterator[PersonalData]:
    """The line, if it is short, names an occupation, and only its first word has a capital."""
    last = first
    while last < len(found) and found[last].text != "\n" and last - first <= _LONGEST_LINE:
        last += 1
    words = [token for token in found[first:last] if token.is_word]
    if not words or last - first > _LONGEST_LINE or any(token.is_name_like for token in words[1:]):
        return
    if any(token.folded in OCCUPATIONS for token in words) or words[-1].folded.endswith(ROLE_ENDINGS):
        yield PersonalData(found[first].start, found[last - 1].end, "title")


def _is_inside(found: Sequence[Token], last: int) -> bool:
    return last + 1 < len(found) and found[last + 1].folded in OCCUPATIONS


def _own(found: Sequence[Token], last: int) -> Iterator[PersonalData]:
    """Said to be somebody's, or written with a capital in the middle of a sentence."""
    for first in range(last, max(-1, last - _LONGEST_OCCUPATION), -1):
        if not found[first].is_word:
            return
        words = " ".join(token.folded for token in found[max(0, first - 3) : first])
        capital = first and found[first].text[0].isupper() and found[first - 1].text[0].islower()
        if found[first].folded in FUNCTION_WORDS and found[first].folded not in {"and", "of"}:
            return
        if capital or _OCCUPIED.search(f"{words} "):
            yield PersonalData(found[first].start, found[last].end, "title")
            return
