"""Sentences changed so that what supported them no longer does: one change each, the rest untouched. Pure."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

from answerable_models.support.lexicon import OPPOSITES
from answerable_models.terms import STOP_WORDS, stem

_NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w])")
_NAME = re.compile(r"(?:[A-Z][\w'’-]+)(?: (?:(?:of|de|von|van|the) )?[A-Z][\w'’-]+)*")  # noqa: RUF001 - typographic
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|has been|have been|had been|can|could|will|would|should|must|may|had|has)\b"
)
_NEGATED = re.compile(r"\b(is|are|was|were|can|could|will|would|should|must|may|had|has|did|does|do) not\b")
_WORD = re.compile(r"[a-z]{3,}")
_QUESTION_WORD = re.compile(
    r"\b(?:what|which) (?:year|years|month|day|date|city|country|state|century|decade|percentage|percent|number)\b"
    r"|\bhow (?:many|much|long|often|far|old|big|large|tall|high)\b"
    r"|\b(?:whom|whose|who|what|which|when|where|why|how)\b",
    re.IGNORECASE,
)
_VERB_FIRST = re.compile(r"^\s*(?:is|are|was|were|did|does|do|has|have|had|can|could|will|would)\b\s*", re.IGNORECASE)
_AUXILIARY_FIRST = re.compile(r"^\s*(?:did|does|do)\b\s*", re.IGNORECASE)
_YEAR = range(1000, 2100)

Edit = Callable[[str, str, Random], str | None]
"""(sentence, the text it was taken from, chance) to the changed sentence, or None where there is nothing to change."""


def names_in(text: str) -> list[str]:
    """Capitalised names in order; words that open a sentence only where the rest of the text repeats them."""
    found = []
    for match in _NAME.finditer(text):
        name = match[0].removesuffix("'s").removesuffix("’s")  # noqa: RUF001 - typographic apostrophe
        opens = match.start() == 0 or text[: match.start()].rstrip()[-1:] in ".!?:"
        first = name.split()[0].casefold()
        if first in STOP_WORDS or (opens and " " not in name and text.count(name) == 1):
            continue
        found.append(name)
    return found


def change_number(sentence: str, _source: str, chance: Random) -> str | None:
    """Another number of the same size: a year near it, or one digit exchanged."""
    places = list(_NUMBER.finditer(sentence))
    if not places:
        return None
    place = chance.choice(places)
    digits = place[0]
    if digits.isdigit() and int(digits) in _YEAR:
        changed = str(int(digits) + chance.choice([-12, -7, -3, -2, -1, 1, 2, 3, 6, 11]))
    else:
        at = chance.choice([n for n, char in enumerate(digits) if char.isdigit()])
        least = 1 if at == 0 else 0
        other = chance.choice([n for n in range(least, 10) if n != int(digits[at])])
        changed = f"{digits[:at]}{other}{digits[at + 1 :]}"
    return sentence[: place.start()] + changed + sentence[place.end() :]


def swap_number(sentence: str, source: str, chance: Random) -> str | None:
    """A number of the sentence against another one that the source has."""
    ours = _NUMBER.findall(sentence)
    others = sorted({number for number in _NUMBER.findall(source) if number not in ours})
    return sentence.replace(chance.choice(ours), chance.choice(others), 1) if ours and others else None


def swap_entity(sentence: str, source: str, chance: Random) -> str | None:
    """A name of the sentence against another one that the source has."""
    ours = names_in(sentence)
    others = sorted({name for name in names_in(source) if not any(name in one or one in name for one in ours)})
    return sentence.replace(chance.choice(ours), chance.choice(others), 1) if ours and others else None


def swap_roles(sentence: str, _source: str, chance: Random) -> str | None:
    """Two names of the sentence in each other's place, unless only "and", "or" or a comma stands between them."""
    ours = list(dict.fromkeys(names_in(sentence)))
    pairs = [
        (one, other)
        for one, other in pairwise(ours)
        if one not in other and other not in one and _governs(sentence, one, other)
    ]
    if not pairs:
        return None
    one, other = chance.choice(pairs)
    return sentence.replace(one, "\0").replace(other, one).replace("\0", other)


def _governs(sentence: str, one: str, other: str) -> bool:
    between = sentence[sentence.find(one) + len(one) : sentence.rfind(other)]
    return bool([word for word in _WORD.findall(between) if word not in ("and", "the", "with")])


def negate(sentence: str, _source: str, chance: Random) -> str | None:
    """A "not" after an auxiliary put in, or one taken out."""
    if denied := list(_NEGATED.finditer(sentence)):
        place = chance.choice(denied)
        return sentence[: place.start()] + place[1] + sentence[place.end() :]
    places = list(_AUXILIARY.finditer(sentence))
    if not places:
        return None
    place = places[0]
    first, _, rest = place[0].partition(" ")
    return f"{sentence[: place.start()]}{first} not{f' {rest}' if rest else ''}{sentence[place.end() :]}"


def oppose(sentence: str, _source: str, chance: Random) -> str | None:
    """A word against its opposite, in its plain form."""
    places = [match for match in _WORD.finditer(sentence) if match[0] == stem(match[0]) and stem(match[0]) in OPPOSITES]
    if not places:
        return None
    place = chance.choice(places)
    return sentence[: place.start()] + chance.choice(sorted(OPPOSITES[place[0]])) + sentence[place.end() :]


def foreign_name(sentence: str, others: Sequence[str], source: str, chance: Random) -> str | None:
    """A name of the sentence against one that the source lacks."""
    ours, new = names_in(sentence), [name for name in others if name not in source]
    return sentence.replace(chance.choice(ours), chance.choice(new), 1) if ours and new else None


def statement(question: str, answer: str) -> str:
    """A question with the answer in the place of its question word: rough, but most words stand where they belong."""
    asked, said = " ".join(question.split()).rstrip("?").rstrip(), answer.strip().rstrip(".")
    match = _QUESTION_WORD.search(asked)
    if match is None:
        return f"{_VERB_FIRST.sub('', asked)}: {said}."
    before, rest = asked[: match.start()], _AUXILIARY_FIRST.sub("", asked[match.end() :])
    # Place, time, reason and manner stand at the end of an English sentence.
    at_end = match[0].casefold() in ("when", "where", "why", "how")
    parts = (before, _VERB_FIRST.sub("", rest), said) if at_end else (before, said, rest)
    return f"{' '.join(' '.join(parts).split())}."


EDITS: dict[str, Edit] = {
    "number": change_number,
    "number_inside": swap_number,
    "entity": swap_entity,
    "roles": swap_roles,
    "negation": negate,
    "opposite": oppose,
}
