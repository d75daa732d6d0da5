"""Does every figure of the answer stand in the passages that it cites, and beside the right thing?"""

import re
from collections.abc import Iterator

from answerable_trust.derivations import LARGEST_ROUNDING, derive, follows
from answerable_trust.figures import Amount, CalendarDate, Code, Figure, figures_between, read_figures
from answerable_trust.findings import Finding, cited_passages, plain_text, unique_spans
from answerable_trust.units import CURRENCIES, UNITS
from answerable_trust.values import Case, Passage, Span
from answerable_trust.vocabulary import STOP_WORDS
from answerable_trust.words import content_stems, read

MOST_FIGURES = 40  # in one sentence; beyond, it is a table and none of it counts as checked
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_BEFORE = 12  # characters that may indent a list item
_LIST_BEGINS = re.compile(r"(?:[.:;!?]|\n)[ \t]*\n[ \t]*\Z")
_AFTER_MARKER = re.compile(r"[.)][ \t]+[^\W\d_]")
_PERIODS = frozenset({"month", "quarter", "year"})
_SELF_STANDING = frozenset({"%", "pp", "ordinal", "clock"})  # units without which a number means something else


def find_figures(case: Case) -> Finding:
    """Every number, percentage, amount, date and code agrees with a cited passage; the score is their share."""
    agreed, total = 0, 0
    spans: list[Span] = []
    notes: list[str] = []
    for sentence in case.sentences:
        passages = cited_passages(case, sentence)
        said = plain_text(sentence)
        figures = read_figures(said)
        total += len(figures)
        if len(figures) > MOST_FIGURES:
            continue
        found = [[span for passage in passages for span in _occurrences(figure, said, passage)] for figure in figures]
        claimed = frozenset(span for places in found for span in places)
        subject = frozenset(word for word in content_stems(read(said)) if not word[0].isdigit())
        quoted = any(read(passage.text).find(read(said)) for passage in passages)
        # Word for word, every figure stands where it stood; a line break must not tear it from its sentence.
        beside = [
            bool(places) and (quoted or not _belongs_elsewhere(subject, figure, frozenset(places), claimed, passages))
            for figure, places in zip(figures, found, strict=True)
        ]
        if not all(beside):
            texts = (said, case.question)
            found, beside, computed = _with_derived(texts, passages, figures, found, beside)
            notes += computed
        agreed += sum(beside)
        spans.extend(span for places in found for span in places)
    reason, note = None if agreed == total else "number_mismatch", "; ".join(dict.fromkeys(notes))
    return Finding(agreed / total if total else 1.0, reason, unique_spans(spans), note or None)


def _with_derived(
    texts: tuple[str, str],
    passages: tuple[Passage, ...],
    figures: tuple[Figure, ...],
    found: list[list[Span]],
    beside: list[bool],
) -> tuple[list[list[Span]], list[bool], list[str]]:
    """The same with the figures that follow from tables, for a sentence and its question (`texts`), and how they do.

    Their places are those of the operands. The periods that they are computed from are accepted with them, wherever
    the table names these.
    """
    text, question = texts
    derived = derive(text, question, passages)
    currencies = currencies_of(passages)
    places, agreed, periods, counts = list(found), list(beside), set[str](), set[int]()
    notes: list[str] = []
    for index, figure in enumerate(figures):
        if agreed[index] or not isinstance(figure, Amount) or _year_of(figure, text):
            continue
        written = text[figure.start : figure.end]
        for one in derived:
            if follows(figure, written, one, currencies):
                if not agreed[index]:
                    places[index] = list(one.operands)
                    notes.append(one.in_words(written, passages))
                agreed[index] = True
                periods |= {year for period in one.periods for year in period.split("-")}
                counts.add(len(one.operands))
    days = {(one.month, one.day) for passage in passages for one in _dates(passage)}
    for index, figure in enumerate(figures):
        agreed[index] = agreed[index] or _names_operands(figure, text, periods, counts, days)
    return places, agreed, notes


def _names_operands(
    figure: Figure, text: str, periods: set[str], counts: set[int], days: set[tuple[int | None, int | None]]
) -> bool:
    """Whether a figure says of which periods another is computed: a year, a date in it, "the 3 years"."""
    if isinstance(figure, CalendarDate):
        return str(figure.year) in periods and (figure.day is None or (figure.month, figure.day) in days)
    if isinstance(figure, Amount) and figure.unit in _PERIODS:
        return figure.value in counts
    return _year_of(figure, text) in periods


def _dates(passage: Passage) -> Iterator[CalendarDate]:
    return (figure for figure in read_figures(passage.text) if isinstance(figure, CalendarDate))


def currencies_of(passages: tuple[Passage, ...]) -> frozenset[str]:
    """The one currency that the passages name, wherever it stands; of several, nobody knows which a bare cell has."""
    words = {form for passage in passages for form in (*read(passage.text).forms, *passage.text)}
    found = {UNITS[word] for word in words if word in UNITS} & CURRENCIES
    return frozenset(found) if len(found) == 1 else frozenset()


def _year_of(figure: Figure, text: str) -> str:
    """The year that a bare number of four digits may be, else ""."""
    written = text[figure.start : figure.end]
    return written if isinstance(figure, Amount) and not figure.unit and _YEAR.fullmatch(written) else ""


def agree(said: Figure, source: Figure) -> bool:
    """Whether what is said follows from the source; said may be coarser, never finer. Not symmetric."""
    if isinstance(said, Code) or isinstance(source, Code):
        return isinstance(said, Code) and isinstance(source, Code) and said.form == source.form
    if isinstance(said, CalendarDate):
        return isinstance(source, CalendarDate) and _dates_agree(said, source)
    if isinstance(source, CalendarDate):
        return not said.unit and said.value == source.year
    return _units_agree(said, source) and _values_agree(said, source)


def _dates_agree(said: CalendarDate, source: CalendarDate) -> bool:
    if said.ambiguous or source.ambiguous:
        same = (said.year, said.month, said.day) == (source.year, source.month, source.day)
        return same and said.ambiguous == source.ambiguous
    parts = ((said.year, source.year), (said.month, source.month), (said.day, source.day))
    return all(one is None or one == other for one, other in parts)


def _units_agree(said: Amount, source: Amount) -> bool:
    if said.unit == source.unit:
        return True
    return not said.unit and source.unit not in _SELF_STANDING and said.noun in STOP_WORDS | {""}


def _values_agree(said: Amount, source: Amount) -> bool:
    if said.value == source.value:
        return True
    slack = min(said.place / 2, abs(source.value) * LARGEST_ROUNDING)
    return said.rounded and abs(said.value - source.value) <= slack


def _occurrences(figure: Figure, said: str, passage: Passage) -> list[Span]:
    """Where a figure of a sentence stands in a passage. The number of a list item is only that of another."""
    counts = _counts_items(figure, said)
    sources = tuple(one for one in read_figures(passage.text) if _counts_items(one, passage.text) == counts)
    found = [source for source in sources if agree(figure, source)]
    if not found and isinstance(figure, Amount) and figure.unit and _heads_column(figure.unit, passage, sources):
        bare = Amount(figure.value, "", figure.start, figure.end, figure.rounded, figure.place)
        found = [source for source in sources if isinstance(source, Amount) and not source.unit and agree(bare, source)]
    return [_place(passage, source) for source in found]


def _counts_items(figure: Figure, text: str) -> bool:
    """Whether a figure is the number of a list item or section: first in its line, with a mark and a word behind it."""
    if not isinstance(figure, Amount) or not _AFTER_MARKER.match(text, figure.end):
        return False
    before = text[max(0, figure.start - _BEFORE) : figure.start]
    return not before or _LIST_BEGINS.search(before) is not None


def _heads_column(unit: str, passage: Passage, sources: tuple[Figure, ...]) -> bool:
    """Whether the unit stands in the passage or its title away from any number, as in the head of a table."""
    title = read(passage.title)
    if any(UNITS.get(form) == unit for form in title.forms):
        return True
    taken = {position for source in sources for position in range(source.start, source.end)}
    reading = read(passage.text)
    words = zip(reading.forms, reading.starts, strict=True)
    signs = (position for position, char in enumerate(passage.text) if not char.isalnum() and UNITS.get(char) == unit)
    return any(UNITS.get(form) == unit and start not in taken for form, start in words) or any(
        position not in taken for position in signs
    )


def _belongs_elsewhere(
    subject: frozenset[str],
    figure: Figure,
    places: frozenset[Span],
    claimed: frozenset[Span],
    passages: tuple[Passage, ...],
) -> bool:
    """Whether the words of the sentence point to another figure of that kind than the one said.

    "Gold costs 30 EUR" is not what "Gold costs 20 EUR. Silver costs 30 EUR." says, although 30 EUR stands there.
    `places` is where the figure stands, `claimed` where any figure of the sentence does.
    """
    if not isinstance(figure, Amount) or figure.rounded:
        return False
    ours, rivals = 0, 0
    for passage in passages:
        reading = read(passage.text)
        for first, last in reading.sentences:
            sources = figures_between(passage.text, reading.starts[first], reading.ends[last - 1])
            if not sources:
                continue
            overlap = len(subject.intersection(reading.stems[first:last]))
            alike = {_place(passage, one) for one in sources if isinstance(one, Amount) and one.unit == figure.unit}
            if any(_place(passage, source) in places for source in sources):
                ours = max(ours, overlap)
            elif alike - claimed:
                rivals = max(rivals, overlap)
    return ours > 0 and rivals > ours


def _place(passage: Passage, figure: Figure) -> Span:
    return Span(passage.label, figure.start, figure.end)
