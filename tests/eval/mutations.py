"""Wrong answers made of right ones: one sentence changed in one of six ways. Pure, and the same each time.

What might be right after all is no mutant. That is decided by the rules of `_is_wrong` and of each kind, which look at
texts alone and know nothing of the checks.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from answerable_events.requests import DraftGenerated, DraftSentence, Passage

Kind = Literal["number", "name", "negation", "citation dropped", "foreign citation", "unsupported"]

NAMES: Mapping[str, tuple[str, ...]] = {
    "place": ("Halvarsund", "Skarvhamn", "Dunmarrow", "Port Ellery"),
    "product": ("Tern 200", "Tern 300", "Petrel", "Skua", "Gannet", "Whimbrel", "KeyBuoy"),
    "company": (
        "Sillen Acoustics",
        "Hestnes Kabel",
        "Osprey Ports",
        "Quintal Survey",
        "Fulmar Coastal",
        "Brisa Marine",
    ),
    "person": (
        *("Dagny Rusk", "Callum Strand", "Noor Abadi", "Sunniva Halden", "Hélène Dubreuil", "Ingrid Sollund"),
        *("Petra Oxley", "Tomas Ekrem", "Amara Lindqvist", "Mikael Brandt", "Helena Varga", "Sam Orlo"),
    ),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": ("January", "February", "March", "April", "June", "July", "August", "September", "October", "November"),
}
"""Names of the demo corpus by kind; a name is exchanged for each other one of its kind."""

_WORDED = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = re.compile(r"(?<![\w.,])[0-9]+(?:[.,][0-9]+)*(?![\w]|[.,][0-9])")
_LIST_ITEM = re.compile(r"[0-9]+[.)] ")  # counts the lines and says nothing
_WORDED_NUMBER = re.compile(rf"\b(?:{'|'.join(_WORDED)})\b", re.IGNORECASE)
_VERB = re.compile(r"\b(?:is|are|was|were|may|must|can|will|has|have|should)\b(?! not\b)")
_NEGATED = re.compile(r" not\b| never\b|(?<=\bcan)not\b|\bno (?=[a-z])|\bnobody but\b")
_CONDENSED = re.compile(r"[\W_]+")
_LONG = re.compile(r"[^\W\d_]{4,}|[0-9]+(?:[.,][0-9]+)*")
_FROM_THE_PASSAGE = 8
_STRANGERS = 8  # sentences of other documents for each sentence
_SHORTEST, _LONGEST = 6, 40  # words of such a sentence
_INVENTED = (
    "{said}, and the supervisory board confirmed this last year.",
    "{said}, unless the branch manager has objected in writing.",
    "{said}, but this does not apply to temporary staff.",
    "In exceptional cases the managing director may decide otherwise after hearing the works council.",
    "This rule was introduced after an external audit recommended it.",
    "According to {title}, every exception is reported to the insurer within a fortnight.",
    "The procedure is described in detail in a separate annex that each department keeps.",
    "Anyone who disagrees can appeal to an independent arbitrator free of charge.",
)
"""Fluent sentences with a fact that no document of the corpus holds."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A draft that says something wrong, and in which way it was made."""

    kind: Kind
    draft: DraftGenerated
    sentence: DraftSentence


def mutants(draft: DraftGenerated, strangers: Sequence[Passage]) -> Iterator[Mutant]:
    """All that are made of a draft. `strangers`: passages of the corpus from which foreign sentences are taken."""
    for place, sentence in enumerate(draft.sentences):
        seen = {(condensed(sentence.text), sentence.citations)}
        for kind, changed in _changed(draft, sentence, strangers):
            key = (condensed(changed.text), changed.citations)
            if key in seen or (changed.citations and not _is_wrong(kind, changed, draft)):
                continue
            seen.add(key)
            sentences = (*draft.sentences[:place], changed, *draft.sentences[place + 1 :])
            yield Mutant(kind, draft.model_copy(update={"sentences": sentences}), changed)


def condensed(text: str) -> str:
    """What two texts share that differ in spaces, marks and case alone."""
    return _CONDENSED.sub(" ", unicodedata.normalize("NFKC", text)).casefold().strip()


def sentences_in(text: str) -> list[str]:
    """Sentences of running text, on one line each."""
    flat = [" ".join(one.split()) for one in re.split(r"(?<=[.!?])\s+(?=[A-Z])|\n\s*\n", text)]
    return [one for one in flat if one.endswith(".") and _SHORTEST <= len(one.split()) <= _LONGEST and "; " not in one]


def _changed(
    draft: DraftGenerated, sentence: DraftSentence, strangers: Sequence[Passage]
) -> Iterator[tuple[Kind, DraftSentence]]:
    cited = _cited(draft, sentence)
    for text in _other_numbers(sentence.text, cited):
        yield "number", _said(text, sentence)
    for text in _other_names(sentence.text):
        yield "name", _said(text, sentence)
    for text in _negations(sentence.text):
        yield "negation", _said(text, sentence)
    yield "citation dropped", DraftSentence(text=sentence.text, citations=())
    for passage in draft.passages:
        if passage.label not in sentence.citations:
            yield "foreign citation", DraftSentence(text=sentence.text, citations=(passage.label,))
    for text in _unsupported(sentence.text, cited, strangers):
        yield "unsupported", _said(text, sentence)


def _is_wrong(kind: Kind, changed: DraftSentence, draft: DraftGenerated) -> bool:
    """No cited passage holds the sentence. Nor, where it is as it was or comes from elsewhere, all of its longer words
    and figures, which would make it a likely paraphrase of what stands there.
    """
    for passage in _cited(draft, changed):
        whole = condensed(f"{passage.title}\n{passage.text}")
        if condensed(changed.text) in whole:
            return False
        if kind in ("foreign citation", "unsupported") and set(_LONG.findall(condensed(changed.text))) <= set(
            _LONG.findall(whole)
        ):
            return False
    return True


def _other_numbers(text: str, cited: Sequence[Passage]) -> Iterator[str]:
    """Each number changed in four ways that no cited passage holds, and to others of the cited passages."""
    held = {number for passage in cited for number in _NUMBER.findall(passage.text)}
    own = set(_NUMBER.findall(text))
    for match in _NUMBER.finditer(text):
        if not match.start() and _LIST_ITEM.match(text):
            continue
        others = [one for one in _near(match.group()) if one not in held]
        others += sorted(held - own, key=lambda one: (len(one), one))[:_FROM_THE_PASSAGE]
        for other in others:
            yield text[: match.start()] + other + text[match.end() :]
    words = {match.group().lower() for passage in cited for match in _WORDED_NUMBER.finditer(passage.text)}
    for match in _WORDED_NUMBER.finditer(text):
        for other in _WORDED:
            if other not in words:
                yield text[: match.start()] + _cased(other, match.group()) + text[match.end() :]


def _near(number: str) -> list[str]:
    """One more, its first digit another, ten times as much, two digits in each other's place."""
    last = (int(number[-1]) + 1) % 10
    first = int(number[0]) % 9 + 1
    found = [f"{number[:-1]}{last}", f"{first}{number[1:]}"]
    if number.isdigit():
        found.append(f"{number}0")
    if len(number) > 1 and number[-2].isdigit() and number[-2] != number[-1]:
        found.append(f"{number[:-2]}{number[-1]}{number[-2]}")
    return [one for one in found if one != number]


def _other_names(text: str) -> Iterator[str]:
    for names in NAMES.values():
        for name in names:
            for match in re.finditer(rf"\b{re.escape(name)}", text):
                for other in names:
                    if other not in text:
                        yield text[: match.start()] + other + text[match.end() :]


def _negations(text: str) -> Iterator[str]:
    for match in _VERB.finditer(text):
        yield f"{text[: match.end()]} not{text[match.end() :]}"
    for match in _NEGATED.finditer(text):
        yield text[: match.start()] + text[match.end() :]
    yield f"It is not true that {text}"


def _unsupported(text: str, cited: Sequence[Passage], strangers: Sequence[Passage]) -> Iterator[str]:
    said = " ".join(text.split()).rstrip(".")
    title = next((passage.title for passage in cited), "the handbook")
    for pattern in _INVENTED:
        yield pattern.format(said=said, title=title or "the handbook")
    own = {passage.document_id for passage in cited}
    foreign = [one for passage in strangers if passage.document_id not in own for one in sentences_in(passage.text)]
    step = max(1, len(foreign) // _STRANGERS)
    start = sum(map(ord, text)) % step  # another start for each, and the same each time
    yield from foreign[start::step][:_STRANGERS]


def _cased(word: str, like: str) -> str:
    return word.capitalize() if like[0].isupper() else word


def _cited(draft: DraftGenerated, sentence: DraftSentence) -> list[Passage]:
    return [passage for passage in draft.passages if passage.label in sentence.citations]


def _said(text: str, sentence: DraftSentence) -> DraftSentence:
    return DraftSentence(text=text, citations=sentence.citations)
