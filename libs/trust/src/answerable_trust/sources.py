"""Are the sources current, and do they agree with each other?

A conflict is: another current passage says the same of the same thing with a different figure of the same unit.
Precision comes first, since it withholds an answer: one statement's words must nearly contain the other's, and
nothing that tells two things apart (a name, a code, a second figure, "at least" against "at most") may differ.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from answerable_trust.figures import Amount, CalendarDate, Code, Figure, figures_between, read_figures
from answerable_trust.findings import Finding, cited_passages, plain_text, unique_spans
from answerable_trust.quantities import MOST_FIGURES, agree
from answerable_trust.support import support_windows
from answerable_trust.values import Case, Passage, Sentence, Span
from answerable_trust.vocabulary import FUNCTION_WORDS
from answerable_trust.words import Reading, count_negations, read, read_names

_CONTAINED = 0.8  # share of the shorter statement's words that the other has
_OVERLAP = 0.5  # shared words by all words of both
_FEWEST_SHARED = 2  # words
_LOWER = re.compile(r"\b(?:at least|minimum|no less than|not less than|more than|over|from)\b", re.IGNORECASE)
_UPPER = re.compile(r"\b(?:at most|maximum|no more than|not more than|less than|under|up to|within)\b", re.IGNORECASE)
_UNITLESS = frozenset({"", "ordinal", "clock"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a passage with its single figure of some unit, and what tells its subject from others."""

    span: Span
    figure: Figure
    others: tuple[Figure, ...]
    words: frozenset[str]
    names: frozenset[str]
    bounds: tuple[bool, bool, bool]


def find_stale_sources(case: Case) -> Finding:
    """No sentence rests on stale passages alone; evidence is those that it rests on."""
    return _none_rests_on(case, lambda passage: passage.stale, "source_stale")


def find_poor_sources(case: Case) -> Finding:
    """No sentence rests only on passages of a quality below the one asked for; evidence is those that it rests on."""
    return _none_rests_on(case, lambda passage: passage.quality < case.source_quality, "source_quality")


def _none_rests_on(case: Case, is_bad: Callable[[Passage], bool], reason: str) -> Finding:
    bad = 0
    spans: list[Span] = []
    for sentence in case.sentences:
        passages = cited_passages(case, sentence)
        if passages and all(map(is_bad, passages)):
            bad += 1
            spans.extend(Span(passage.label, 0, len(passage.text)) for passage in passages)
    score = 1.0 - bad / len(case.sentences) if case.sentences else 1.0
    return Finding(score, reason if bad else None, unique_spans(spans))


def find_conflicts(case: Case) -> Finding:
    """No other current passage gives a different figure for what a sentence says; evidence is both sides of each
    conflict.
    """
    theirs = _Current(case)
    disputed = 0
    spans: list[Span] = []
    notes: list[str] = []
    for sentence in case.sentences:
        sides = [(ours, other) for ours in _behind(case, sentence) for other in theirs.against(ours)]
        disputed += bool(sides)
        spans.extend(one.span for side in sides for one in side)
        notes += [" against ".join(_said(case, one) for one in side) for side in sides]
    score = 1.0 - disputed / len(case.sentences) if case.sentences else 1.0
    reason = "sources_conflict" if disputed else None
    return Finding(score, reason, unique_spans(spans), "; ".join(dict.fromkeys(notes)) or None)


def _said(case: Case, statement: Statement) -> str:
    """One side of a conflict: the figure as it is written, and where."""
    [passage, *_] = [one for one in case.passages if one.label == statement.span.label]
    figure = passage.text[statement.figure.start : statement.figure.end]
    return f'[{passage.label}] "{figure}" ({passage.title})'


def _behind(case: Case, sentence: Sentence) -> Iterator[Statement]:
    """The statements in the cited passages that give the figures of the sentence."""
    said = read_figures(plain_text(sentence))
    if not 0 < len(said) <= MOST_FIGURES:
        return
    for window in support_windows(sentence, cited_passages(case, sentence)):
        for statement in statements(window.passage, window.first, window.last):
            if any(agree(figure, statement.figure) for figure in said):
                yield statement


class _Current:
    """The statements of the current passages, found when the first is asked for: most answers hold no figure."""

    def __init__(self, case: Case) -> None:
        self._passages = [passage for passage in case.passages if not passage.stale]
        self._statements: list[Statement] | None = None

    def against(self, ours: Statement) -> list[Statement]:
        if self._statements is None:
            self._statements = [one for passage in self._passages for one in statements(passage)]
        return [theirs for theirs in self._statements if contradict(ours, theirs)]


def statements(passage: Passage, start: int = 0, end: int | None = None) -> Iterator[Statement]:
    """One statement per figure that is the only one of its unit in a sentence overlapping words `start` to `end`.

    A figure of the title, such as the 200 of "Tern 200", names what the document is about and states nothing.
    """
    reading, titled = read(passage.text), _codes(passage.title)
    for first, last in reading.sentences:
        if last <= start or (end is not None and first >= end):
            continue
        span = Span(passage.label, reading.starts[first], reading.ends[last - 1])
        figures = [one for one in figures_between(passage.text, span.start, span.end) if not isinstance(one, Code)]
        if not figures:
            continue
        words = _subject(reading, first, last, figures)
        names = read_names(passage.text, first, last) & words | (titled - set(reading.forms[first:last]))
        text = passage.text[span.start : span.end]
        bounds = (bool(_LOWER.search(text)), bool(_UPPER.search(text)), count_negations(reading, first, last) % 2 == 1)
        for figure in figures:
            others = tuple(other for other in figures if other is not figure)
            word = bisect_left(reading.starts, figure.start)  # none where the figure ends the last word, as in "A'0"
            naming = word < len(reading.forms) and reading.forms[word] in titled
            if not naming and not any(_same_kind(figure, other) for other in others):
                yield Statement(span, figure, others, words, names, bounds)


def _subject(reading: Reading, first: int, last: int, figures: list[Amount | CalendarDate]) -> frozenset[str]:
    """The words that carry meaning in words `first` to `last`, without the figures."""
    taken = {place for figure in figures for place in range(figure.start, figure.end)}
    kept = (index for index in range(first, last) if reading.starts[index] not in taken)
    return frozenset(reading.stems[index] for index in kept if reading.forms[index] not in FUNCTION_WORDS)


def _codes(title: str) -> frozenset[str]:
    """The words of a title with digits in them: years and part numbers say that two documents are about two things.

    One that the statement repeats tells nothing more: "the Tern 200" is the same thing in its manual and elsewhere.
    """
    return frozenset(form for form in read(title).forms if any(map(str.isdigit, form)))


def _same_kind(one: Figure, other: Figure) -> bool:
    if isinstance(one, Amount) and isinstance(other, Amount):
        return one.unit == other.unit and (one.unit not in _UNITLESS or one.noun == other.noun)
    return isinstance(one, CalendarDate) and isinstance(other, CalendarDate)


def contradict(ours: Statement, theirs: Statement) -> bool:
    """Whether two statements give one thing two figures."""
    return (
        ours.names == theirs.names
        and ours.bounds == theirs.bounds
        and _same_kind(ours.figure, theirs.figure)
        and _same_subject(ours.words, theirs.words)
        and not (agree(ours.figure, theirs.figure) or agree(theirs.figure, ours.figure) or _is_year(ours.figure))
        and others_match(ours.others, theirs.others)
    )


def _same_subject(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    shared = len(ours & theirs)
    shorter, together = min(len(ours), len(theirs)), len(ours | theirs)
    return shared >= max(_FEWEST_SHARED, _CONTAINED * shorter, _OVERLAP * together)


def _is_year(figure: Figure) -> bool:
    return isinstance(figure, Amount) and not figure.unit and 1900 <= figure.value <= 2100  # noqa: PLR2004


def others_match(ours: tuple[Figure, ...], theirs: tuple[Figure, ...]) -> bool:
    """Whether two statements agree in every further figure."""
    return all(any(agree(one, other) for other in theirs) for one in ours) and len(ours) == len(theirs)
