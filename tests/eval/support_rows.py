"""Claims with evidence from the shared data, as the support scorer is measured on them; it was trained on none."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from answerable_models.segmentation import split_sentences
from answerable_models.support.claims import answer_claim
from answerable_models.support.port import Use
from tests.eval.figures import table_text
from tests.eval.judged import DATA, rows

FILES = (
    *("groundedness/wice", "groundedness/summac_parts", "groundedness/begin"),
    *("abstention/squad2", "tables/tatqa_dev", "conflicts/conflictqa_strategyqa"),
)
SUMMAC = ("polytope", "xsumfaith", "factcc", "summeval")
_BEGIN_EVERY, _SQUAD_EVERY, _CONFLICTS_EVERY = 4, 4, 6
_CELL = re.compile(r"[-$€£(\s]*\d[\d,.]*[)%\s]*")


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim, its evidence, and whether people or construction say that it is supported."""

    part: str
    use: Use
    claim: str
    evidence: tuple[str, ...]
    supported: bool


def absent() -> list[str]:
    """Files of the shared data that are not here."""
    return [name for name in FILES if not (DATA / f"{name}.jsonl.gz").is_file()]


def pairs() -> list[Pair]:
    """All pairs, those of large files thinned out by every n-th row."""
    return [*wice(), *summac(), *begin(), *swapped(), *cells(), *conflicts()]


def wice() -> Iterator[Pair]:
    """Claims against the whole cited page (Kamoi et al., 2023); partial support is none."""
    for row in rows("groundedness/wice"):
        evidence = ("\n".join(row["evidence"]),)
        yield Pair("wice", "prose", row["claim"], evidence, row["label"] == "supported")


def summac() -> Iterator[Pair]:
    """Summaries against their articles (Laban et al., 2022)."""
    for row in rows("groundedness/summac_parts"):
        yield Pair(row["dataset"], "summary", row["claim"], (row["context"],), row["supported"])


def begin() -> Iterator[Pair]:
    """Replies against the knowledge that they were to use (Dziri et al., 2022)."""
    for row in rows("groundedness/begin")[::_BEGIN_EVERY]:
        yield Pair("begin", "prose", row["response"], (row["context"],), row["supported"])


def swapped() -> Iterator[Pair]:
    """Questions with their answer, and with the answer to another question about the same paragraph."""
    chance = random.Random("swapped")
    answers: dict[str, list[str]] = defaultdict(list)
    asked = [row for row in rows("abstention/squad2") if row["answerable"]]
    for row in asked:
        answers[row["para"]].append(row["answers"][0])
    for row in asked[::_SQUAD_EVERY]:
        right = [answer.casefold() for answer in row["answers"]]
        others = sorted({one for one in answers[row["para"]] if not _alike(one.casefold(), right)})
        if others:
            for answer, held in ((row["answers"][0], True), (chance.choice(others), False)):
                yield Pair("swapped", "answer", answer_claim(row["question"], answer), (row["context"],), held)


def cells() -> Iterator[Pair]:
    """Questions about one number of a financial table, with it and with another number of its row or column."""
    chance = random.Random("cells")
    for context in rows("tables/tatqa_dev"):
        text = table_text(context["table"])
        for question in context["questions"]:
            answer = question["answer"]
            if question["answer_type"] != "span" or question["answer_from"] != "table" or len(answer) != 1:
                continue
            others = _other_cells(context["table"], answer[0])
            if others:
                for said, held in ((answer[0], True), (chance.choice(others), False)):
                    yield Pair("table", "table", answer_claim(question["question"], said), (text,), held)


def conflicts() -> Iterator[Pair]:
    """Two passages that say opposite things, and what each of them says (Xie et al., 2024)."""
    for row in rows("conflicts/conflictqa_strategyqa")[::_CONFLICTS_EVERY]:
        for claim, own, other in (
            (row["memory_answer"], row["parametric_memory"], row["counter_memory"]),
            (row["counter_answer"], row["counter_memory"], row["parametric_memory"]),
        ):
            yield Pair("conflicts", "prose", claim, (own,), True)
            yield Pair("conflicts", "prose", claim, (other,), False)


def _other_cells(table: list[list[str]], answer: str) -> list[str]:
    """Numbers in the row or the column of the cell that is the answer; none where it stands in several places."""
    places = [(i, j) for i, line in enumerate(table) for j, cell in enumerate(line) if _plain(cell) == _plain(answer)]
    if len(places) != 1 or not _CELL.fullmatch(answer):
        return []
    row, column = places[0]
    near = [*table[row], *(line[column] for line in table[1:])]
    return sorted({cell.strip() for cell in near if _CELL.fullmatch(cell) and _plain(cell) != _plain(answer)})


def _plain(cell: str) -> str:
    return re.sub(r"[\s$€£]", "", cell)


def _alike(one: str, others: list[str]) -> bool:
    return any(one in other or other in one for other in others)


def edited(sentences: int, kinds: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """(kind, sentence, changed sentence, paragraph) of sentences taken from the SQuAD paragraphs."""
    chance = random.Random("edited")
    for sentence, context in verbatim(sentences):
        for kind, edit in kinds.items():
            changed = edit(sentence, context, chance)
            if changed and changed != sentence:
                yield kind, sentence, changed, context


def verbatim(count: int) -> list[tuple[str, str]]:
    """Sentences of the SQuAD paragraphs with their paragraph, evenly over the file."""
    contexts = list(dict.fromkeys(row["context"] for row in rows("abstention/squad2")))
    found = [(text[start:end], text) for text in contexts for start, end in split_sentences(text)]
    found = [(sentence, text) for sentence, text in found if len(sentence.split()) > 3]
    return found[:: max(len(found) // count, 1)]
