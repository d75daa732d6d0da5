"""Does the answer answer the question? Its kind must fit what was asked for, and it must be about the question's
subject.
"""

import re
from collections.abc import Callable

from answerable_trust.figures import Amount, CalendarDate, read_figures
from answerable_trust.findings import Finding, all_cited, answer_text, unique_spans
from answerable_trust.support import support_windows
from answerable_trust.units import DURATIONS, LENGTHS
from answerable_trust.values import Case
from answerable_trust.vocabulary import COUNT_WORDS, ORDINAL_WORDS, ROLE_ENDINGS, ROLES, STOP_WORDS, TIME_WORDS
from answerable_trust.words import content_stems, read, read_names

COVERAGE_NEEDED = 0.5  # of the question's words by the answer and what it cites
_CODE_WEIGHT = 2.0
_OPENING = (
    r"^(?:(?:and|so|please|hi|hello|ok)[, ]+)*"
    r"(?:(?:can|could) you (?:please )?tell me |do you know |tell me |i (?:want|need) to know )?"
)
_IN = r"(?:\b(?:in|on|at|by|for|from|since|until|till|to|of|within|after) )?(?:what|which)"
_HOW = r"(?:\b(?:in|by|for|from|since|until|to|of|within|after|at) )?how"
# The first pattern that matches says what is asked for. Yes-or-no and other questions ask for no kind in particular.
KINDS = (
    (rf"{_IN} (?:percentage|percent|share|proportion)\b|how many percent\b|what is the percentage\b", "percent"),
    (rf"{_HOW} long\b", "extent"),
    (rf"{_HOW} old\b", "duration"),
    (rf"{_HOW} (?:many|often|far|high|tall|deep|wide|heavy|big|large|fast)\b", "number"),
    (rf"{_HOW} much\b|{_IN} (?:amount|price|cost|fee|salary|budget|sum)\b", "amount"),
    (rf"when\b|{_IN} (?:date|day|month|year|time|deadline)\b|what is the (?:date|deadline|due date)\b", "time"),
    (r"(?:(?:by|for|from|to|of|with|at) )?(?:who|whom|whose)\b", "person"),
    (rf"where\b|{_IN} (?:city|country|place|location|room|building|street|address|site)\b", "place"),
)
_KINDS = tuple((re.compile(_OPENING + f"(?:{pattern})", re.IGNORECASE), kind) for pattern, kind in KINDS)
_PLACES = re.compile(
    r"\b(?:in|at|on|under|near|inside|outside|behind|beside|next to|from|to|via|through|opposite|below|above|within"
    r"|into|online)\b",
    re.IGNORECASE,
)


def find_answer(case: Case) -> Finding:
    """The answer is of the kind asked for and covers, with the passages that it cites, the subject of the question."""
    answer, passages = answer_text(case), all_cited(case)
    coverage = _coverage(case.question, " ".join((answer, *(f"{one.title}. {one.text}" for one in passages))))
    fits = _fits(_asked_kind(case.question), case.question, answer)
    spans = (window.span for sentence in case.sentences for window in support_windows(sentence, passages))
    answered = bool(case.sentences) and fits and coverage >= COVERAGE_NEEDED
    score = coverage if fits and case.sentences else 0.0
    return Finding(score, None if answered else "question_not_answered", unique_spans(spans))


def _asked_kind(question: str) -> str | None:
    """What is asked for in the last sentence of the question."""
    last = re.split(r"[.!]\s+", question.strip())[-1].strip()
    return next((kind for pattern, kind in _KINDS if pattern.match(last)), None)


def _coverage(question: str, text: str) -> float:
    """The share of the question's words that the text has; 0 if it lacks a code, since X200 is not X300. 1 with no
    word to cover.
    """
    asked = content_stems(read(question))
    if not asked:
        return 1.0
    held = set(read(text).stems)
    codes = {word for word in asked if any(map(str.isdigit, word)) and any(map(str.isalpha, word))}
    if codes & read_names(question) - held:
        return 0.0
    weights = {word: _CODE_WEIGHT if word in codes else 1.0 for word in asked}
    return sum(weight for word, weight in weights.items() if word in held) / sum(weights.values())


def _fits(kind: str | None, question: str, answer: str) -> bool:
    return kind is None or _FITS[kind](question, answer)


def _gives_percentage(_question: str, answer: str) -> bool:
    return any(amount.unit in ("%", "pp") for amount in _amounts(answer)) or _has_word(answer, COUNT_WORDS)


def _gives_duration(_question: str, answer: str) -> bool:
    lasts = any(amount.unit in DURATIONS or _is_year(amount) for amount in _amounts(answer))
    return lasts or _has_date(answer) or _has_word(answer, TIME_WORDS)


def _gives_extent(question: str, answer: str) -> bool:
    """How long something lasts, or how long it is."""
    return any(amount.unit in LENGTHS for amount in _amounts(answer)) or _gives_duration(question, answer)


def _gives_number(_question: str, answer: str) -> bool:
    return bool(_amounts(answer)) or _has_word(answer, COUNT_WORDS)


def _gives_time(question: str, answer: str) -> bool:
    at = any(amount.unit in ("clock", "ordinal") for amount in _amounts(answer)) or _has_word(answer, ORDINAL_WORDS)
    return at or _gives_duration(question, answer)


def _gives_place(question: str, answer: str) -> bool:
    return bool(_PLACES.search(answer)) or bool(read_names(answer) - set(read(question).stems))


def _gives_person(question: str, answer: str) -> bool:
    return bool(_people(answer, question))


_FITS: dict[str, Callable[[str, str], bool]] = {
    "percent": _gives_percentage,
    "extent": _gives_extent,
    "duration": _gives_duration,
    "number": _gives_number,
    "amount": _gives_number,
    "time": _gives_time,
    "person": _gives_person,
    "place": _gives_place,
}


def _amounts(text: str) -> list[Amount]:
    return [figure for figure in read_figures(text) if isinstance(figure, Amount)]


def _has_date(text: str) -> bool:
    return any(isinstance(figure, CalendarDate) for figure in read_figures(text))


def _has_word(text: str, words: frozenset[str]) -> bool:
    return bool(words & set(read(text).forms))


def _is_year(figure: Amount) -> bool:
    return not figure.unit and 1000 <= figure.value <= 2200  # noqa: PLR2004 - the years that people write about


def _people(answer: str, question: str) -> set[str]:
    """Words of the answer that can name a person, a role or a body: capitalised or known as one, and not the
    question's own.
    """
    reading, asked = read(answer), set(read(question).stems)
    if "or" in read(question).forms:  # the answer is one of those named
        asked = set()
    capitals = {
        reading.stems[index]
        for index, start in enumerate(reading.starts)
        if answer[start].isupper() and reading.forms[index] not in STOP_WORDS
    }
    roles = {
        stemmed
        for form, stemmed in zip(reading.forms, reading.stems, strict=True)
        if form in ROLES or form.endswith(ROLE_ENDINGS)
    }
    return (capitals | roles) - asked
