"""Claims with passages that support them or do not: what the trees of `support` learn from.

The mix matters more than the model: true claims and answers, answers swapped inside a passage, other windows of the
same article, look-alike passages found by search, evidence padded with such passages, and sentences with one change at
half weight. Everything is drawn with fixed seeds; the same data give the same lessons.
"""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from libs.models.training.passages import Corpus, Passage
from libs.models.training.support_edits import EDITS, foreign_name, names_in, statement
from libs.models.training.support_lesson import Lesson
from libs.models.training.support_tables import table_lessons

from answerable_models.segmentation import split_sentences
from answerable_models.static_embedding import StaticEmbedder
from answerable_models.support.claims import answer_claim

WIKISPLIT_EACH = 1_300
SENTENCES_EACH = 2
EDIT_WEIGHT = 0.5
WRITTEN = "written"
_MOST_PADDING = 6
_SURELY_ONE_SOURCE = 60  # characters of a sentence that two articles do not share by chance
_SHORTEST_SENTENCE_WORDS = 8
_LONGEST_SENTENCE_WORDS = 45
_PLAIN_SENTENCE = re.compile(r"[A-Z\"“].*[.!?]$", re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """A question with its answer and its passage."""

    id: str
    group: str
    question: str
    answer: str
    context: str


def lessons(data: Path) -> list[Lesson]:
    """All lessons, in a fixed order."""
    splits = rows(data / "support/wikisplit_derived.jsonl.gz")
    asked = [*_covid(rows(data / "reading/covid_qa.jsonl.gz")), *_xquad(data)]
    found = [*_wikisplit(splits), *_questions(asked, data), *_sentences(asked)]
    return [*found, *table_lessons(data), *_written(data)]


def rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _covid(found: Sequence[dict[str, Any]]) -> Iterator[Asked]:
    article = _articles(found)
    for row in found:
        if row["answerable"] and row["answers"]:
            group = f"covid {article[row['context']]}"
            yield Asked(row["id"], group, row["question"], row["answers"][0], row["context"])


def _articles(found: Sequence[dict[str, Any]]) -> dict[str, int]:
    """A number for the article of each window: windows that share a sentence or a question are of one article."""
    parent = {row["context"]: row["context"] for row in found}

    def root(text: str) -> str:
        while parent[text] != text:
            text = parent[text]
        return text

    first: dict[str, str] = {}
    for row in found:
        text = row["context"]
        spans = split_sentences(text)
        shared = [row["question"], *(text[start:end] for start, end in spans if end - start > _SURELY_ONE_SOURCE)]
        for key in shared:
            parent[root(text)] = root(first.setdefault(key, text))
    numbers: dict[str, int] = {}
    return {text: numbers.setdefault(root(text), len(numbers)) for text in parent}


def _xquad(data: Path) -> Iterator[Asked]:
    """Without the paragraphs that the evaluation rows of SQuAD repeat."""
    judged = {" ".join(row["context"].split()) for row in rows(data / "abstention/squad2.jsonl.gz")}
    for row in rows(data / "reading/xquad_en.jsonl.gz"):
        if " ".join(row["context"].split()) not in judged:
            yield Asked(row["id"], f"xquad {row['context'][:60]}", row["question"], row["answers"][0], row["context"])


def _wikisplit(found: Sequence[dict[str, Any]]) -> Iterator[Lesson]:
    """A third each of supported, unknown and contradicted; every other one with other sentences around."""
    chance = Random("wikisplit")  # noqa: S311 - draws lessons
    by_label = defaultdict(list)
    for row in found:
        by_label[row["label"]].append(row)
    drawn = [row for label in sorted(by_label) for row in chance.sample(by_label[label], WIKISPLIT_EACH)]
    pool = Corpus([Passage(row["id"], row["evidence"], row["evidence"]) for row in drawn], StaticEmbedder())
    for row in drawn:
        held = row["label"] == "supported"
        group = f"wiki {row['evidence'][:40]}"
        lesson = Lesson("wikisplit", group, row["claim"], (row["evidence"],), held, 1.0, "prose")
        alike = [p.text for p in pool.search(row["claim"], 8, without=row["evidence"])]
        alike = [text for text in alike if text[:40] != row["evidence"][:40]]
        yield replace(lesson, evidence=_padded(row["evidence"], alike, chance)) if chance.random() < 0.5 else lesson  # noqa: PLR2004
        if held and alike:
            yield replace(
                lesson, part="wikisplit_alike", evidence=tuple(alike[: chance.randint(1, 4)]), supported=False
            )
            yield from _edited(lesson, names_in(" ".join(alike)), chance, most=1)


def _written(data: Path) -> Iterator[Lesson]:
    """Claims that people wrote about gold sentences, in their own words. They set the threshold for prose and train
    nothing: as lessons they made the trees worse on whole documents.
    """
    for name in ("feverous_dev_gold", "fever_symmetric", "faithdial_audit_wow"):
        for row in rows(data / f"support/{name}.jsonl.gz"):
            held = row["label"] == "supported"
            yield Lesson(
                WRITTEN, f"{name} {row['evidence'][:40]}", row["claim"], (row["evidence"],), held, 1.0, "prose"
            )


def _questions(asked: Sequence[Asked], data: Path) -> Iterator[Lesson]:
    chance = Random("questions")  # noqa: S311 - draws lessons
    group_of = {row.context: row.group for row in asked}
    pool = Corpus([Passage(text, group_of[text], text) for text in sorted(group_of)], StaticEmbedder())
    by_context = defaultdict(list)
    for row in asked:
        by_context[row.context].append(row)
    elsewhere = {
        row["question"]: row["context"] for row in rows(data / "reading/covid_qa.jsonl.gz") if not row["answerable"]
    }
    for row in asked:
        concatenated = chance.random() < 0.65  # noqa: PLR2004
        claim = _claim(row.question, row.answer, concatenated=concatenated)
        text = _cropped(row.context, row.answer, chance)
        true = Lesson("answer", row.group, claim, (text,), True, 1.0, "answer")
        alike = [
            p.text
            for p in pool.search(f"{row.question} {row.answer}", 6, without=row.group)
            if row.answer.casefold() not in p.text.casefold()
        ]
        yield replace(true, evidence=_padded(text, alike, chance)) if chance.random() < 0.4 else true  # noqa: PLR2004
        for other in _other_answers(row, by_context[row.context], chance):
            false = _claim(row.question, other, concatenated=concatenated)
            yield replace(true, part="answer_swapped", claim=false, supported=False)
        if alike:
            count = chance.randint(1, 2)
            yield replace(true, part="answer_alike", evidence=tuple(alike[:count]), supported=False)
        window = elsewhere.get(row.question)
        if window is not None and row.answer.casefold() not in window.casefold():
            yield replace(true, part="answer_window", evidence=(window,), supported=False)


def _sentences(asked: Sequence[Asked]) -> Iterator[Lesson]:
    """Sentences of the passages, whole or without what can be left out, and the same with one change."""
    chance = Random("sentences")  # noqa: S311 - draws lessons
    group_of = {row.context: row.group for row in asked}
    contexts = sorted(group_of)
    pool = Corpus([Passage(text, group_of[text], text) for text in contexts], StaticEmbedder())
    for text in contexts:
        spans = [span for span in split_sentences(text) if _is_plain(text[slice(*span)])]
        for start, end in chance.sample(spans, min(SENTENCES_EACH, len(spans))):
            sentence = text[start:end]
            claim = shortened(sentence, chance)
            alike = [p.text for p in pool.search(claim, 5, without=group_of[text])]
            true = Lesson("sentence", group_of[text], claim, (text,), True, 1.0, "prose")
            yield replace(true, evidence=_padded(text, alike, chance)) if chance.random() < 0.4 else true  # noqa: PLR2004
            if alike:
                count = chance.randint(1, 3)
                yield replace(true, part="sentence_alike", evidence=tuple(alike[:count]), supported=False)
            without = f"{text[:start].rstrip()} {text[end:].lstrip()}".strip()
            yield replace(true, part="sentence_removed", evidence=(without,), supported=False, weight=EDIT_WEIGHT)
            yield from _edited(true, names_in(" ".join(alike)), chance, most=2)


def _edited(lesson: Lesson, foreign: Sequence[str], chance: Random, most: int) -> Iterator[Lesson]:
    source = "\n".join(lesson.evidence)
    changed = [(kind, edit(lesson.claim, source, chance)) for kind, edit in EDITS.items()]
    changed.append(("name", foreign_name(lesson.claim, foreign, source, chance)))
    real = [(kind, text) for kind, text in changed if text is not None and text != lesson.claim]
    for kind, text in chance.sample(real, min(most, len(real))):
        yield replace(lesson, part=f"edit_{kind}", claim=text, supported=False, weight=EDIT_WEIGHT)


def _claim(question: str, answer: str, *, concatenated: bool) -> str:
    return answer_claim(question, answer) if concatenated else statement(question, answer)


def _other_answers(row: Asked, same: Sequence[Asked], chance: Random) -> list[str]:
    """Up to two answers of other questions about the passage, or else a name or number of it."""
    own = row.answer.casefold()
    others = sorted(
        {one.answer for one in same if one.answer.casefold() not in own and own not in one.answer.casefold()}
    )
    others = [text for text in others if text.casefold() not in row.question.casefold()]
    if row.answer[:1].isdigit():
        more = re.findall(r"(?<![\w.,])\d[\d,.]*\d%?|(?<![\w.,])\d(?![\w.,])", row.context)
    else:
        more = names_in(row.context)
    asked = row.question.casefold()
    same_kind = sorted(
        {t for t in more if t.casefold() not in own and own not in t.casefold() and t.casefold() not in asked}
    )
    chosen = [chance.choice(others)] if others else []
    return chosen + ([chance.choice(same_kind)] if same_kind and (not chosen or chance.random() < 0.5) else [])  # noqa: PLR2004


def shortened(sentence: str, chance: Random) -> str:
    """The sentence as it is, or without brackets, a clause between commas, or what follows the last comma."""
    without = re.sub(r" \([^()]*\)", "", sentence)
    parts = without.split(", ")
    choice = chance.random()
    if choice < 0.4 or len(parts) < 2:  # noqa: PLR2004
        return sentence
    if choice < 0.7 and len(parts[0].split()) >= _SHORTEST_SENTENCE_WORDS:  # noqa: PLR2004
        return f"{parts[0].rstrip('.;:')}."
    if len(parts) > 2:  # noqa: PLR2004
        gone = chance.randrange(1, len(parts) - 1)
        return ", ".join(part for at, part in enumerate(parts) if at != gone)
    return without


def _is_plain(sentence: str) -> bool:
    count = len(sentence.split())
    return _SHORTEST_SENTENCE_WORDS <= count <= _LONGEST_SENTENCE_WORDS and bool(_PLAIN_SENTENCE.match(sentence))


def _cropped(context: str, answer: str, chance: Random) -> str:
    """Half of the passages whole, the others a few sentences around the answer."""
    spans = split_sentences(context)
    at = context.find(answer)
    if chance.random() < 0.5 or at < 0:  # noqa: PLR2004
        return context
    place = next((n for n, (start, end) in enumerate(spans) if start <= at < end), 0)
    first, last = max(place - chance.randint(0, 3), 0), min(place + chance.randint(0, 3), len(spans) - 1)
    return context[spans[first][0] : spans[last][1]]


def _padded(text: str, alike: Sequence[str], chance: Random) -> tuple[str, ...]:
    """The text among passages that resemble the claim."""
    texts = [text, *alike[: chance.randint(1, _MOST_PADDING)]]
    chance.shuffle(texts)
    return tuple(texts)
