"""Claims about single cells of tables: the right cell, another cell of its row or column, another number."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from libs.models.training.support_edits import change_number, statement
from libs.models.training.support_lesson import Lesson

from answerable_models.support.claims import answer_claim

TABLES = 900
_CLAIMS_EACH = 2
_FEWEST_ROWS = 3
_MOST_ROWS = 14
_ROW = re.compile(r"Row \d+: ")
_FORMS = (
    "The {column} of {row} is {cell}.",
    "{row} has a {column} of {cell}.",
    "In {column}, {row} was {cell}.",
    "The {column} for {row} was {cell}.",
    "{row} {column}: {cell}.",
)
_ASKED = ("What is the {column} of {row}?", "What was the {row} in {column}?", "How much is the {column} for {row}?")


def table_lessons(data: Path) -> Iterator[Lesson]:
    """Lessons about tables of Wikipedia, written out row by row as the product reads them."""
    from libs.models.training.support_lessons import rows  # noqa: PLC0415 - they are read there

    chance = Random("tables")  # noqa: S311 - draws lessons
    texts = sorted({row["evidence"] for row in rows(data / "support/logicnlg_pairs.jsonl.gz")})
    for number, text in enumerate(chance.sample(texts, min(TABLES, len(texts)))):
        table = parse(text)
        if table is not None:
            heads, body = _turned(*table) if number % 3 == 2 else table  # noqa: PLR2004
            yield from _about(text[:60], heads, body, chance)


def parse(text: str) -> tuple[list[str], list[list[str]]] | None:
    """Heads and rows of a table written out as "Columns: a | b" and "Row 1: x | y"; None where it is too small."""
    lines = text.split("\n")
    heads = next((line.removeprefix("Columns: ").split(" | ") for line in lines if line.startswith("Columns: ")), [])
    body = [_ROW.sub("", line, count=1).split(" | ") for line in lines if _ROW.match(line)]
    body = [cells for cells in body if len(cells) == len(heads)][:_MOST_ROWS]
    return (heads, body) if len(heads) > 2 and len(body) >= _FEWEST_ROWS else None  # noqa: PLR2004


def written(heads: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Rows of "head: cell; head: cell", one a line."""
    return "\n".join("; ".join(f"{h}: {c}" if h else c for h, c in zip(heads, cells, strict=True)) for cells in body)


def _turned(heads: list[str], body: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Rows as columns: then the heads are what the claim is about, as the years of a balance sheet are."""
    columns = list(zip(*body, strict=True))
    return [heads[0], *columns[0]], [[head, *column] for head, column in zip(heads[1:], columns[1:], strict=True)]


def _about(group: str, heads: list[str], body: list[list[str]], chance: Random) -> Iterator[Lesson]:
    shown = ["", *heads[1:]] if chance.random() < 0.5 else heads  # noqa: PLR2004
    text = written(shown, body)
    for _ in range(_CLAIMS_EACH):
        row, column = chance.randrange(len(body)), chance.randrange(1, len(heads))
        cell, label = body[row][column], body[row][0]
        others = [other[column] for other in body if other[column] != cell and other[0] != label]
        beside = [c for at, c in enumerate(body[row]) if at and at != column and c != cell]
        if len(cell) < 1 or not re.search(r"\w", cell) or sum(other[0] == label for other in body) > 1:
            continue
        form, asked = chance.choice(_FORMS), chance.choice(_ASKED)
        use_question = chance.random() < 0.5  # noqa: PLR2004

        def claim(said: str) -> str:
            if use_question:  # noqa: B023 - called in this turn only
                question = asked.format(column=heads[column], row=label)  # noqa: B023
                return answer_claim(question, said) if form != _FORMS[0] else statement(question, said)  # noqa: B023
            return form.format(column=heads[column], row=label, cell=said)  # noqa: B023

        true = Lesson("table", f"table {group}", claim(cell), (text,), True, 1.0, "table")
        yield true
        if others:
            yield replace(true, part="table_other_row", claim=claim(chance.choice(others)), supported=False)
        if beside:
            yield replace(true, part="table_other_column", claim=claim(chance.choice(beside)), supported=False)
        changed = change_number(cell, text, chance)
        if changed and changed not in text:
            yield replace(true, part="table_number", claim=claim(changed), supported=False, weight=0.5)
