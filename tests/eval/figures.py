"""How many figures computed over financial tables are accepted, and how many corrupted ones are rejected.

The claim is the question turned to a sentence with its answer; the passage is the table, as rows that name their
columns, with the paragraphs that the answer needs beside it.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from answerable_cli.results import Figure
from answerable_knowledge.blocks import row_text
from answerable_trust.quantities import find_figures
from answerable_trust.values import Case, Passage, Sentence
from tests.eval.judged import DATA, rows

NEEDED = "tables/tatqa_dev"
_ASKS = re.compile(r"^(?:what|which|how much|how many)\s+(is|are|was|were)\s+(.*)$", re.IGNORECASE)
_PERIOD = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
_NUMBER = re.compile(r"[(\s$€£%0-9.,\-\u2013\u2014)]*[0-9\u2014\u2013-][(\s$€£%0-9.,\-\u2013\u2014)]*")
_OTHER_SCALE = {"thousand": "million", "million": "thousand", "billion": "million"}
_MOST_HEADS = 6


def absent() -> list[str]:
    """Files of the shared data that are not here."""
    return [] if (DATA / f"{NEEDED}.jsonl.gz").is_file() else [NEEDED]


def measure(part: int | None = None) -> dict[str, Figure]:
    """Both shares; `part` 0 or 1 is one half of the contexts. They are checked on others of their kind: nothing may
    be tuned to these.
    """
    if absent():
        return {}
    accepted: list[bool] = []
    rejected: list[bool] = []
    for claim in claims(part):
        accepted.append(passes(claim, claim["text"]))
        rejected.extend(not passes(claim, text) for _, text in corrupted(claim))
    return {
        "figures_accepted": Figure(round(sum(accepted) / len(accepted), 4), "computed figures", ">= 0.9"),
        "figures_rejected": Figure(round(sum(rejected) / len(rejected), 4), "corrupted figures", ">= 0.95"),
    }


def claims(part: int | None = None) -> Iterator[dict[str, Any]]:
    """Every question with a computed answer, as a claim with its passages."""
    for context in rows(NEEDED):
        if part is not None and int(context["id"][-1], 16) % 2 != part:
            continue
        for question in context["questions"]:
            if question["answer_type"] == "arithmetic":
                yield {**question, "passages": passages_of(context, question), "text": claim_of(question)}


def passes(claim: Mapping[str, Any], text: str) -> bool:
    """Whether the check accepts a sentence about a claim's passages."""
    labels = tuple(passage.label for passage in claim["passages"])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    case = Case(claim["question"], True, (Sentence(text, labels),), claim["passages"], None, False, now)
    return find_figures(case).reason is None


def claim_of(question: Mapping[str, Any], answer: str | None = None) -> str:
    """The question as a statement with its answer, or with another."""
    asked = str(question["question"]).strip().rstrip("?").strip()
    said = answer_of(question) if answer is None else answer
    match = _ASKS.match(asked)
    return f"{match[2][0].upper()}{match[2][1:]} {match[1]} {said}." if match else f"{asked}: {said}."


def answer_of(question: Mapping[str, Any], number: str | None = None, scale: str | None = None) -> str:
    """The answer with its scale or unit."""
    number = f"{Decimal(str(question['answer']).replace(',', '')):f}" if number is None else number
    scale = question["scale"] if scale is None else scale
    return f"{number} %" if scale == "percent" else f"{number} {scale}".strip()


def corrupted(claim: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The claim with a digit, the unit, the scale, the sign or the period changed."""
    number = f"{Decimal(str(claim['answer']).replace(',', '')):f}"
    digits = [at for at, char in enumerate(number) if char.isdigit()]
    at = digits[len(claim["question"]) % len(digits)]
    changed = f"{number[:at]}{(int(number[at]) + 1 + at % 8) % 10}{number[at + 1 :]}"
    if Decimal(changed) != Decimal(number):
        yield "digit", claim_of(claim, answer_of(claim, changed))
    unit = "million" if claim["scale"] == "percent" else "percent"
    yield "unit", claim_of(claim, answer_of(claim, scale=unit))
    if claim["scale"] in _OTHER_SCALE:
        yield "scale", claim_of(claim, answer_of(claim, scale=_OTHER_SCALE[claim["scale"]]))
        yield "scale", claim_of(claim, answer_of(claim, scale=""))
    if Decimal(number):
        sign = number.removeprefix("-") if number.startswith("-") else f"-{number}"
        yield "sign", claim_of(claim, answer_of(claim, sign))
    yield from (("period", text) for text in _other_period(claim))


def _other_period(claim: Mapping[str, Any]) -> Iterator[str]:
    """Another year of the table, else the year before, in place of the last that the claim names."""
    asked = claim["question"]
    named = list(_PERIOD.finditer(asked))
    if not named or not Decimal(str(claim["answer"]).replace(",", "")):
        return
    known = sorted({year for passage in claim["passages"] for year in _PERIOD.findall(passage.text)})
    taken = {match.group() for match in named}
    others = [year for year in known if year not in taken] or [str(int(min(taken)) - 1)]
    last = named[-1]
    yield claim_of({**claim, "question": asked[: last.start()] + others[-1] + asked[last.end() :]}, answer_of(claim))


def passages_of(context: Mapping[str, Any], question: Mapping[str, Any]) -> tuple[Passage, ...]:
    """The table as rows under their headers, and the paragraphs that the answer rests on."""
    texts = [table_text(context["table"])]
    if question["answer_from"] != "table":
        wanted = {str(order) for order in question["rel_paragraphs"]}
        texts += [text for order, text in enumerate(context["paragraphs"], start=1) if str(order) in wanted]
    return tuple(
        Passage(label, f"p{label}", "d", "", text, stale=False, score=1.0) for label, text in enumerate(texts, start=1)
    )


def table_text(table: list[list[str]]) -> str:
    """Rows of "Header: cell", under the heads of all rows above the first with numbers; lone headings stay rows."""
    count = next((at for at, cells in enumerate(table[:_MOST_HEADS]) if at and _begins(cells)), 1)
    heads = [_joined(column) for column in zip(*table[:count], strict=True)] if count else []
    return "\n".join(text for cells in table[count:] if (text := row_text(heads, cells)))


def _joined(column: tuple[str, ...]) -> str:
    return " ".join(" ".join(cell.split()) for cell in column if cell.strip())


def _begins(cells: list[str]) -> bool:
    """Whether a row is no head any more: it has numbers, or is a heading of rows."""
    numbers = (_NUMBER.fullmatch(cell.strip()) and not _PERIOD.match(cell.strip()) for cell in cells[1:])
    return any(numbers) or (bool(cells[0].strip()) and not any(cell.strip() for cell in cells[1:]))
