"""Persons, organisations, places and what is said of a person: by the shape of names and the words around them."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from answerable_trust.personal.tokens import Token, before, is_covered
from answerable_trust.personal.values import Kind, PersonalData
from answerable_trust.personal.vocabulary import (
    AMBIGUOUS_NAMES,
    COUNTRIES,
    DETERMINERS,
    GEOGRAPHIC_NOUNS,
    GIVEN_NAMES,
    HONORIFICS,
    LEGAL_FORMS,
    NAME_PARTICLES,
    NATIONALITIES,
    ORGANIZATION_ENDINGS,
    ORGANIZATION_NOUNS,
    PLACES,
    PREDICATES,
    SHORT_HONORIFICS,
    UNNAMED,
)
from answerable_trust.vocabulary import FUNCTION_WORDS

_LONGEST_NAME = 4
_LONGEST_ABBREVIATION = 4
_LONGEST_RUN = 8
_AROUND = 6
_PEOPLE = 2
_WORK: Final = re.compile(
    r"\b(?:work(?:s|ed|ing)? (?:for|at|with|in)|employ\w+ (?:by|at|of)|joined|joining|ceo of|cfo of|president of"
    r"|founder of|manager at|year at|years at|job at|company called|firm called|customers? of|shares (?:of|in)|became"
    r"|acquired by|acquired|hired by|fired from|interview at|intern at|position at|career at|office of|employees of"
    r"|director of|chairman of|co-founded|founded|owner of|bought by|merged with) (?:the |a )?$"
)
_PLACE: Final = re.compile(
    r"\b(?:in|from|near|around|across|throughout|outside|visit\w*|towards?|southern|northern|eastern|western|central"
    r"|downtown|arrived at|arrives at|city of|town of|village of|capital of|via|leaving|left for"
    r"|(?:go|goes|going|went|gone|moved?|moving|return\w*|travel\w*|fly|flying|flew|drive|drove|sail\w*|trip|flight|way"
    r"|back|head\w*|come|came|coming|relocat\w+|ship\w*|deliver\w*|next) to) (?:the )?$"
)
_PERSON: Final = re.compile(
    r"\b(?:name is|names are|name|named|called|calls? (?:me|him|her)|i'm|i\u2019m|i am|this is|it ' s|that is|with|by"
    r"|dear|hi|hello|hey|tell|told|ask|asked|meet|met|heard|hear|thank|thanks|regards|sincerely|cheers|signed|and|for|love"
    r"|player|singer|actor|actress|songwriter|commentator|commenter|author|writer|director|president|minister|senator"
    r"|partner|wife|husband|son|daughter|brother|sister|mother|father|friend|boss|colleague|add|leave me|but|is|was|to"
    r"|why is|where is|who is|when is|how is|let|since|if|as|that|because|while|founders|given|give|gave|see|saw|know"
    r"|knew) (?:[:,(] )?$"
)
_NAMED: Final = re.compile(
    r"\b(?:name is|name's|name :|named|called|calls? (?:me|him|her)|i'm|i\u2019m|i am|this is|dear|regards ,) $"
)
_PAIR: Final = re.compile(r"[^\W\d_]{3,20}-[A-Z][^\W\d_]{2,20}")


@dataclass(frozen=True, slots=True)
class _Run:
    """Name-like words in a row: tokens `first` to `last` of `found`, both included."""

    found: Sequence[Token]
    first: int
    last: int

    @property
    def words(self) -> list[str]:
        return [token.folded for token in self.found[self.first : self.last + 1] if token.is_word]

    @property
    def strange(self) -> bool:
        """No word in it is a common one."""
        return not any(token.is_common for token in self.found[self.first : self.last + 1] if len(token.text) > 1)

    @property
    def is_lower(self) -> bool:
        """It stands in a text without capitals."""
        return self.found[self.first].text[0].islower()

    @property
    def is_heading(self) -> bool:
        """Nearly all words around it have capitals, so that its own say nothing."""
        earlier = takewhile(_in_line, reversed(self.found[max(0, self.first - _AROUND) : self.first]))
        later = takewhile(_in_line, self.found[self.last + 1 : self.last + 1 + _AROUND])
        words = [token for token in (*earlier, *later) if token.is_word and len(token.text) > 1]
        others = sum(token.text[0].islower() and token.folded not in FUNCTION_WORDS for token in words)
        return len(words) >= _AROUND and not others

    @property
    def is_abbreviation(self) -> bool:
        """One word of capitals, or one letter."""
        words = self.words
        text = self.found[self.first].text
        return len(words) == 1 and (len(text) == 1 or (text.isupper() and len(text) <= _LONGEST_ABBREVIATION))

    @property
    def before(self) -> str:
        return before(self.found, self.first, 6)

    @property
    def starts_sentence(self) -> bool:
        return (
            self.first == 0
            or self.found[self.first - 1].is_end
            or self.found[self.first - 1].text in "\"'\u201c([-\u2013\u2014\u2022*"
        )

    def after(self, count: int = 1) -> list[str]:
        return [token.folded for token in self.found[self.last + 1 : self.last + 1 + count]]

    def span(self, kind: Kind) -> PersonalData:
        return PersonalData(self.found[self.first].start, self.found[self.last].end, kind)


def _in_line(token: Token) -> bool:
    return token.text != "\n"


def find_names(found: Sequence[Token], taken: Collection[int]) -> Iterator[PersonalData]:
    """Names and honorifics among the tokens, without those that begin at a character that is taken."""
    for run in _runs(found, taken):
        if run.words:  # signs such as a squared capital have case and are no letters
            yield from _of_run(run)


def _runs(found: Sequence[Token], taken: Collection[int]) -> Iterator[_Run]:
    place = 0
    while place < len(found):
        if not _begins(found[place], taken):
            place += 1
            continue
        last = place
        while last - place < _LONGEST_RUN and (following := _continues(found, last, taken)):
            last = following
        yield _Run(found, place, last)
        place = last + 1


def _begins(token: Token, taken: Collection[int]) -> bool:
    return token.is_name_like and not is_covered(token, taken)


def _continues(found: Sequence[Token], last: int, taken: Collection[int]) -> int | None:
    """The place of the next name-like token that belongs to the same name, over particles and points of initials."""
    place = last + 1
    if place < len(found) and found[place].text == "." and _takes_point(found[last]):
        place += 1
    skipped = 0
    while place < len(found) and found[place].folded in _LINKS and not found[place].is_name_like and skipped < 2:  # noqa: PLR2004
        place, skipped = place + 1, skipped + 1
    if place >= len(found) or not _begins(found[place], taken) or found[place].is_joined:
        return None
    return place


def _takes_point(token: Token) -> bool:
    return len(token.text) == 1 or token.folded in HONORIFICS


_LINKS: Final = NAME_PARTICLES | {"&"}


def _of_run(run: _Run) -> Iterator[PersonalData]:
    first, last = run.first, run.last
    found = run.found
    if found[first].folded in HONORIFICS and first < last:
        if found[first].folded in SHORT_HONORIFICS:
            point = found[first + 1].text == "."
            yield PersonalData(found[first].start, found[first + point].end, "title")
        while not found[first + 1].is_word:
            first += 1
        name = _Run(found, first + 1, last)
        yield from _cut(name, "person", surname=True)
        return
    for rule in _RULES:
        if spans := tuple(rule(run)):
            yield from spans
            return


def _cut(run: _Run, kind: Kind, *, surname: bool = False) -> Iterator[PersonalData]:
    """The run without common words at its edges, if there is something left.

    Many surnames are common words: with `surname`, and after a given name, such a word stays.
    """
    first, last = run.first, run.last
    if not surname:
        while first < last and _is_edge(run.found[first]):
            first += 1
    while first < last and _is_edge(run.found[last]) and not _is_surname(run.found, last, first):
        last -= 1
    if surname or not _is_edge(run.found[first]):
        yield _Run(run.found, first, last).span(kind)


def _is_edge(token: Token) -> bool:
    return token.is_common or not token.is_word or token.folded in NAME_PARTICLES


def _is_surname(found: Sequence[Token], place: int, first: int) -> bool:
    before_it = place - 1
    while before_it > first and len(found[before_it].text) == 1:
        before_it -= 1
    word = found[place].folded
    return (
        before_it >= first and found[before_it].folded in GIVEN_NAMES and word not in FUNCTION_WORDS and len(word) > 1
    )


def _nationality(run: _Run) -> Iterator[PersonalData]:
    for place in range(run.first, run.last + 1):
        if run.found[place].folded in NATIONALITIES:
            yield _Run(run.found, place, place).span("nationality")


def _country(run: _Run) -> Iterator[PersonalData]:
    """Known countries and places, the longest first. A known city may be the name of a person; a country hardly."""
    place = run.first
    while place <= run.last:
        for length in range(min(4, run.last - place + 1), 0, -1):
            words = " ".join(token.folded for token in run.found[place : place + length])
            whole = length == run.last - run.first + 1
            if words in COUNTRIES or (words in PLACES and (whole or length > 1 or _PLACE.search(run.before))):
                yield _Run(run.found, place, place + length - 1).span("location")
                place += length - 1
                break
        place += 1


def _firm(run: _Run) -> Iterator[PersonalData]:
    words = run.words
    if not set(words) - UNNAMED or all(map(_is_only_form, words)):
        return
    ended = len(words) > 1 and words[-1] in ORGANIZATION_ENDINGS
    legal = len(words) > 1 and words[-1] in LEGAL_FORMS
    cued = _WORK.search(run.before) and (len(words) > 1 or run.strange)
    told = set(run.after(12)) & ORGANIZATION_NOUNS if run.after()[:1] == ["is"] else set[str]()
    paired = (
        len(words) == 1 and _PAIR.fullmatch(run.found[run.first].text) and words[0].split("-")[0] not in GIVEN_NAMES
    )
    if legal or cued or told or paired or (ended and any(not _is_edge(token) for token in _tokens(run))):
        yield _trimmed(run).span("organization")


def _is_only_form(word: str) -> bool:
    return word in ORGANIZATION_ENDINGS or word in ORGANIZATION_NOUNS or word in UNNAMED


def _trimmed(run: _Run) -> _Run:
    """Without the article and the like before a name, and with the point of "Inc."."""
    first, last = run.first, run.last
    while first < last and run.found[first].folded in UNNAMED:
        first += 1
    return _Run(run.found, first, last)


def _tokens(run: _Run) -> Sequence[Token]:
    return run.found[run.first : run.last + 1]


def _place(run: _Run) -> Iterator[PersonalData]:
    if not run.strange or (run.is_abbreviation and len(run.words[0]) < _LONGEST_ABBREVIATION):
        return
    if run.words[0] in GIVEN_NAMES:
        return
    near = run.after()[:1]
    following = " ".join(run.after(3)).removeprefix(", ")
    region = near == [","] and any(" ".join(following.split()[:count]) in COUNTRIES | PLACES for count in (1, 2))
    if (
        region
        or (_PLACE.search(run.before) and not PREDICATES.intersection(near))
        or GEOGRAPHIC_NOUNS.intersection(near)
    ):
        yield run.span("location")


def _person(run: _Run) -> Iterator[PersonalData]:
    inner = [token for token in _tokens(run) if not _is_edge(token)]
    named = _NAMED.search(run.before) is not None
    if (not inner and not named) or len(inner) > _LONGEST_NAME or run.is_abbreviation:
        return
    known = any(token.folded in GIVEN_NAMES for token in inner)
    lone = len(run.words) == 1
    if lone and run.starts_sentence and run.words[0] in AMBIGUOUS_NAMES and not PREDICATES.intersection(run.after()):
        return
    if lone and not known and run.before.endswith(_DEFINITE):
        return
    if (
        named
        or known
        or (not run.is_lower and (_is_told(run) or (len(inner) > 1 and run.strange and not run.is_heading)))
    ):
        yield from _cut(run, "person", surname=named and run.words[0] not in FUNCTION_WORDS)


def _is_told(run: _Run) -> bool:
    """The words around it speak of a person."""
    following = run.after(2)
    if run.is_heading:
        return False
    if run.before.endswith(", ") and following[:1] in (["!"], ["?"]):
        return True
    if PREDICATES.intersection(following[:1]) or following[-1:] == ["s"]:
        return True
    return run.after()[:1] == [","] if run.starts_sentence else _PERSON.search(run.before) is not None


def _other(run: _Run) -> Iterator[PersonalData]:
    """A name in the middle of a sentence that nothing tells to be a person's: of an organisation, mostly."""
    lone = len(run.words) == 1
    if run.is_lower or not run.strange or run.is_abbreviation or (lone and run.before.endswith(_DEFINITE)):
        return
    if not run.starts_sentence and not run.is_heading:
        yield run.span("organization")


_DEFINITE: Final = tuple(f"{word} " for word in DETERMINERS)
_RULES: Final[tuple[Callable[[_Run], Iterator[PersonalData]], ...]] = (
    _firm,
    _country,
    _nationality,
    _place,
    _person,
    _other,
)


def find_partnerships(found: Sequence[Token], taken: Collection[int]) -> Iterator[PersonalData]:
    """Organisations named like "Ames, Boyd and Cole": three surnames, neither in a list of people nor given names."""
    for place in range(len(found) - 4):
        five = found[place : place + 5]
        if [token.folded for token in five[1::2]] not in ([",", "and"], [",", "&"]):
            continue
        names = five[::2]
        fits = all(_begins(token, taken) for token in names) and sum(token.is_common for token in names) < _PEOPLE
        given = sum(token.folded in GIVEN_NAMES for token in names)
        listed = place and found[place - 1].folded in {",", ":", "and"}
        free = place == 0 or not found[place - 1].text[0].isupper() or found[place - 1].is_common
        if fits and free and given < _PEOPLE and not listed:
            yield PersonalData(five[0].start, five[-1].end, "organization")
