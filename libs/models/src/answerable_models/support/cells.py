"""Tables: does the number of a claim stand in the cell that the claim speaks of, or does another one stand there?"""

from collections.abc import Iterator
from dataclasses import dataclass

from answerable_models.support.matching import Matching
from answerable_models.support.reading import Sentence, read_claim

CELLS = {"cell_fit": 1, "cell_rival": -1}
NO_TABLE = {"cell_fit": 1.0, "cell_rival": -1.0}


@dataclass(frozen=True, slots=True)
class Cell:
    """The keys of one cell's value, of its column's head, and of the first cell of its row, which names the row."""

    value: frozenset[str]
    head: frozenset[str]
    label: frozenset[str]


def cell_features(matching: Matching) -> dict[str, float]:
    """The features of CELLS: how well row and column of the claim's value fit the claim, and the best other cell."""
    cells = [cell for sentence in matching.evidence for cell in cells_of(sentence)]
    wanted = _values(matching)
    named = {key for cell in cells for key in (*cell.head, *cell.label)}
    wanted = wanted - named or wanted  # the year that heads a column is no value
    if not cells or not wanted:
        return dict(NO_TABLE)
    rest = {word.key: word.weight for word in matching.words if word.key not in wanted}
    own = max((_fit(cell, rest) for cell in cells if cell.value & wanted), default=0.0)
    other = max((_fit(cell, rest) for cell in cells if not cell.value & wanted), default=0.0)
    return {"cell_fit": own, "cell_rival": other - own}


def cells_of(sentence: Sentence) -> Iterator[Cell]:
    """The cells of a row but the first, as far as they hold numbers; none where the sentence is no row."""
    last = max((word.cell for word in sentence.words), default=0)
    label = frozenset(word.key for word in sentence.words if word.cell == 0 and word.weight)
    for number in range(1, last + 1):
        words = [word for word in sentence.words if word.cell == number and word.weight]
        values = [word for word in words if word.is_value] or words
        value = frozenset(word.key for word in values)
        if any(word.is_number for word in values):
            yield Cell(value, frozenset(word.key for word in words if not word.is_value) - value, label)


def _values(matching: Matching) -> set[str]:
    """The numbers that the claim states: those of its answer where it is a question."""
    stated = {word.key for word in matching.words if word.is_number}
    if matching.asked is None:
        return stated
    return stated & {word.key for word in read_claim(matching.asked.answer).words}


def _fit(cell: Cell, rest: dict[str, float]) -> float:
    """How much of the claim names the cell's row and column, less what of their names the claim leaves out."""
    named = sum(weight for key, weight in rest.items() if key in cell.head or key in cell.label)
    share = named / max(sum(rest.values()), 1e-9)
    return share * _said(cell.head, rest) * _said(cell.label, rest)


def _said(names: frozenset[str], rest: dict[str, float]) -> float:
    return (1.0 + len(names & rest.keys()) / len(names)) / 2 if names else 1.0
