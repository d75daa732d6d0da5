"""Do two sources contradict each other, whatever was asked? For looking through a whole collection in advance.

Two sentences contradict each other when they say the same of the same thing with another figure of one unit, or when
one says what the other denies, with the same words, names, conditions and figures. Precision comes first: in a large
collection most pairs of similar sentences are about two things. So it is stricter than the check `sources_agree`,
which compares only passages that one question has brought together: sentences that speak of their own document or of
another sentence are left out, and documents of a series (the reports of two quarters) are about two things.

Keys find the candidates: sentences that could contradict each other share one, nearly always.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from answerable_trust.figures import Amount, CalendarDate, Code, Figure, figures_between, forget_figures
from answerable_trust.sources import Statement, contradict, others_match, statements
from answerable_trust.values import Passage, Span
from answerable_trust.vocabulary import AUXILIARIES, CONDITIONS, DEICTIC, FUNCTION_WORDS, POLES, PRONOUNS, SAME_POLE
from answerable_trust.words import Reading, content_stems, count_negations, forget, read, read_names, stem

_FEWEST_WORDS = 3
_SHARED = 0.75  # of the words of the longer sentence
_MOST_FIGURES = 3  # in a sentence: more are a list or the row of a table
_MOST_CLAIMS = 16  # of one passage
_HASHES = 3
_ROW = re.compile(r"\w: [^;]+; ?\w[^;:]*: ")
"""A row of a table with its header: "Product: Tern 200; Price, EUR: 90"."""
_FRAME = re.compile(
    r"(?:\b(?:as of|as at|ended|ending|dated|through|since|until)\W+|^\W*(?:\w+\W+){0,2})$", re.IGNORECASE
)
"""What stands before a date that says when something held, not what is said of it."""
_ENDS = (".", "!")
_QUESTION = re.compile(r"\?\W*$")


@dataclass(frozen=True, slots=True)
class _Denial:
    """A sentence as something that can be denied: its words without those that affirm or deny, and which it does."""

    span: Span
    words: frozenset[str]
    names: frozenset[str]
    conditions: frozenset[str]
    figures: tuple[Figure, ...]
    denies: bool


@dataclass(frozen=True, slots=True)
class Claims:
    """What a passage says that another source could contradict."""

    title: frozenset[str]
    figures: tuple[tuple[Statement, frozenset[str]], ...]
    """Statements with the conditions under which they hold."""
    denials: tuple[_Denial, ...]
    keys: tuple[int, ...]
    """Positive numbers of 62 bits, sorted; the same on every machine."""


def read_claims(passage: Passage) -> Claims:
    """The claims of a passage. Raises nothing, whatever the text; keeps none of it."""
    try:
        reading = read(passage.text)
        plain = {
            reading.starts[first]: frozenset(reading.forms[first:last])
            for first, last in reading.sentences
            if _stands_alone(reading.forms[first:last])
        }
        figures = [
            (one, CONDITIONS & forms)
            for one in statements(passage)
            if (forms := plain.get(one.span.start)) is not None and _is_telling(one, forms, passage.text)
        ]
        denials = [one for one in _denials(passage) if one.span.start in plain]
        figures, denials = figures[:_MOST_CLAIMS], denials[:_MOST_CLAIMS]
        keys = sorted({*_keys(figures, denials)})
        return Claims(content_stems(read(passage.title)), tuple(figures), tuple(denials), tuple(keys))
    finally:
        forget()
        forget_figures()


def _keys(figures: Sequence[tuple[Statement, frozenset[str]]], denials: Sequence[_Denial]) -> Iterator[int]:
    for statement, conditions in figures:
        yield from _figure_keys(statement, conditions)
    for one in denials:
        yield _key("yes or no", *sorted(one.words), "", *sorted(one.conditions))


def are_comparable(title: str, other: str) -> bool:
    """Whether documents with these titles can speak of one thing; not those of a series, such as two quarters'."""
    try:
        return not _are_of_a_series(content_stems(read(title)), content_stems(read(other)))
    finally:
        forget()


def contradictions(ours: Claims, theirs: Claims) -> tuple[tuple[Span, Span], ...]:
    """Each pair of sentences that contradict each other, ours first."""
    if _are_of_a_series(ours.title, theirs.title):
        return ()
    pairs = [
        (one.span, other.span)
        for one, when in ours.figures
        for other, then in theirs.figures
        if when == then and contradict(one, other) and _is_same(one.words, other.words)
    ]
    pairs += [(one.span, other.span) for one in ours.denials for other in theirs.denials if _deny(one, other)]
    return tuple(dict.fromkeys(pairs))


def _are_of_a_series(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether two titles have half of their words in common, and each has one that the other lacks."""
    shared = len(ours & theirs)
    return shared < min(len(ours), len(theirs)) <= 2 * shared


def _stands_alone(forms: Sequence[str]) -> bool:
    """Whether a sentence can be understood, and so be contradicted, without its document."""
    return forms[0] not in PRONOUNS and DEICTIC.isdisjoint(forms)


def _is_telling(statement: Statement, forms: frozenset[str], text: str) -> bool:
    """Whether this is a sentence, or a row with its header, about a figure of some thing."""
    figure, span = statement.figure, statement.span
    frames = isinstance(figure, CalendarDate) and _FRAME.search(text[span.start : figure.start]) is not None
    ends = text[span.end : span.end + 1] in _ENDS
    says = ends or not AUXILIARIES.isdisjoint(forms) or _ROW.search(text, span.start, span.end) is not None
    return says and not frames and len(statement.words) >= _FEWEST_WORDS and len(statement.others) < _MOST_FIGURES


def _is_same(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether one says all that the other says, and little more: a word on either side may tell two things apart."""
    fewer, more = sorted((ours, theirs), key=len)
    return fewer <= more and len(fewer) >= max(_FEWEST_WORDS, _SHARED * len(more))


def _deny(ours: _Denial, theirs: _Denial) -> bool:
    return (
        ours.denies != theirs.denies
        and ours.words == theirs.words
        and ours.names == theirs.names
        and ours.conditions == theirs.conditions
        and others_match(ours.figures, theirs.figures)
    )


def _denials(passage: Passage) -> Iterator[_Denial]:
    reading = read(passage.text)
    for first, last in reading.sentences:
        span = Span(passage.label, reading.starts[first], reading.ends[last - 1])
        figures = [one for one in figures_between(passage.text, span.start, span.end) if not isinstance(one, Code)]
        words, poles = _plain(reading, first, last, figures)
        if len(words) < _FEWEST_WORDS or len(figures) > _MOST_FIGURES or _is_question(passage.text, span):
            continue
        yield _Denial(
            span,
            words,
            read_names(passage.text, first, last) & words,
            CONDITIONS & frozenset(reading.forms[first:last]),
            tuple(figures),
            denies=(count_negations(reading, first, last) + poles) % 2 == 1,
        )


def _plain(
    reading: Reading, first: int, last: int, figures: Sequence[Amount | CalendarDate]
) -> tuple[frozenset[str], int]:
    """The words that carry meaning, each pair of opposites as one of them, and how many were the other one."""
    taken = {place for figure in figures for place in range(figure.start, figure.end)}
    words, poles = set(), 0
    for index in range(first, last):
        form = reading.forms[index]
        if reading.starts[index] in taken or form in FUNCTION_WORDS:
            continue
        pole = POLES.get(form)
        poles += pole is not None and form not in SAME_POLE
        words.add(stem(pole or form))
    return frozenset(words), poles


def _is_question(text: str, span: Span) -> bool:
    return _QUESTION.search(text, span.start, min(len(text), span.end + 2)) is not None


def _figure_keys(statement: Statement, conditions: frozenset[str]) -> Iterator[int]:
    """A few least hashes of the words, so that most pairs with nearly the same words share one."""
    figure = statement.figure
    unit = figure.unit if isinstance(figure, Amount) else "date"
    kind = (unit, *sorted(statement.names), "", *sorted(conditions), *map(str, statement.bounds))
    for number in range(_HASHES):
        yield min(_key(str(number), *kind, "", word) for word in statement.words)


def _key(*parts: str) -> int:
    digest = blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest) >> 2
