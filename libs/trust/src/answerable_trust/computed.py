"""Is a sentence that stands nowhere nothing but a computation over a table that it cites?

Its words then are those of rows, columns and passages, and words for what was computed. Whether the figure is right is
for `numbers_agree`: a sentence passes both or neither.
"""

from answerable_trust.derivations import derive, follows
from answerable_trust.figures import Amount, read_figures
from answerable_trust.quantities import currencies_of
from answerable_trust.values import Passage
from answerable_trust.vocabulary import COMPUTING
from answerable_trust.words import content_stems, count_negations, read, read_names, stem

_COMPUTING = frozenset(map(stem, COMPUTING))


def is_computed(text: str, question: str, passages: tuple[Passage, ...]) -> bool:
    """Whether a figure of the sentence follows from cells, and every other word of it stands in what it cites."""
    reading = read(text)
    if not passages or count_negations(reading):
        return False
    held = {one for passage in passages for one in (*read(passage.text).stems, *read(passage.title).stems)}
    words = {word for word in content_stems(reading) if not word[0].isdigit()}
    if words - held - _COMPUTING or {name for name in read_names(text) if not name[0].isdigit()} - held:
        return False
    currencies, derived = currencies_of(passages), derive(text, question, passages)
    figures = [figure for figure in read_figures(text) if isinstance(figure, Amount)]
    return any(
        one.operation != "quoted" and follows(figure, text[figure.start : figure.end], one, currencies)
        for figure in figures
        for one in derived
    )
