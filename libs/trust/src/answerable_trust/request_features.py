"""How much a piece of a passage reads like a request to whoever processes the text, and how foreign it is to the rest.

Pure, and linear in the length of the text. The features have names and lie in [0, 1]; `intrusion` weighs them.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from answerable_trust.request_words import (
    OBJECT_STARTS,
    OPENERS,
    ORDER_VERBS,
    TASK_VERBS,
    WRITING_WORDS,
)
from answerable_trust.vocabulary import FUNCTION_WORDS

_LINE = re.compile(r"[^\n]+")
_ROW = re.compile(r"\s*\|.*\|\s*")
_CELL = re.compile(r"[^|\n]+")
_SENTENCE_END = re.compile(r"[.!?][\"'\u201d\u2019)\]]{0,3}\s+(?=[\"'\u201c\u2018(\[]?[A-Z])")
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_LETTERS = re.compile(r"[A-Za-z]")
_LEAD = re.compile(r"^[\W_]*(?:(?:\d{1,3}|[a-z])[.)]\s+)?", re.IGNORECASE)
_OUTPUT_NOUN = (
    r"(?:answers?|repl(?:y|ies)|responses?|outputs?|messages?|completions?|summar(?:y|ies)|translations?|explanations?"
    r"|conclusions?|results?|statements?|text|words|wording|writing)"
)
_OUTPUT = re.compile(
    rf"\byour\s+(?:[a-z-]+\s+)?{_OUTPUT_NOUN}\b|\b(?:in|to|of|with)\s+(?:the|this|every|each)\s+(?:final\s+)?"
    r"(?:answer|reply|response|output|summary|completion)\b"
    r"|\b(?:answer|reply|respond|write|speak|talk)\s+(?:only\s+|entirely\s+)?(?:in|with|using|as|like)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"^(?:and |but |so |also,? )?(?:what|who|whom|whose|which|when|where|why|how|is|are|was|were|do|does|did|can|could"
    r"|would|will|should|has|have)(?:'s|\u2019s|'re)?\b.*\?[\"'\u201d)\]]*\s*$",
    re.IGNORECASE | re.DOTALL,
)
_ASKING = re.compile(
    r"\b(?:(?:can|could|would|will) you|i (?:want|need|would like|'d like) (?:you )?to|i(?:'d| would) like"
    r"|how (?:do|can|would|should) (?:i|you|one)|(?:help|tell|show|give|teach|send|remind) me"
    r"|let(?:'s| us)|your task|the following)\b",
    re.IGNORECASE,
)
_POLITE = re.compile(r"\b(?:please|kindly)\b", re.IGNORECASE)
_SECOND = re.compile(r"\b(?:you|your|yours|yourself)\b", re.IGNORECASE)
_SHARED = re.compile(
    r"\b(?:we|us|our|ours|i|my|this|that|these|those|it|its|they|them|he|she|his|her)\b", re.IGNORECASE
)
_ADDRESS = re.compile(
    r"\b(?:https?://|www\.)\S|\b[\w.-]{1,64}@[\w-]{1,63}\.\w|\b[a-z][\w-]{1,63}\.(?:com|org|net|io|xyz|info)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"'\u201c\u2018][^\"\u201c\u201d\n]{2,200}[\"'\u201d\u2019](?!\w)")
_LONGEST_LEAD = 60
_CHARACTERS_READ = 1200
"""Of one piece: bounds what a text without an end of a sentence costs."""
_WORDS_READ = 60
_FEW_WORDS = 3
_SENTENCE_WORDS = 4
_MUCH_TABLE = 0.5


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, a line or the cell of a table: characters `start` to `end` of the passage."""

    start: int
    end: int
    text: str
    is_cell: bool
    is_line: bool


@dataclass(frozen=True, slots=True)
class Described:
    """A piece with its features."""

    piece: Piece
    features: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Form:
    """What a piece is by itself."""

    task: float
    order: float
    has_object: float
    late: float
    question: float
    keys: frozenset[str]
    words: int

    @property
    def asks(self) -> float:
        return max(self.task, self.order, self.question)


def pieces(text: str) -> list[Piece]:
    """The pieces of a passage that hold letters, in order."""
    found: list[Piece] = []
    for line in _LINE.finditer(text):
        if _ROW.fullmatch(line.group()):
            spans = [cell.span() for cell in _CELL.finditer(text, line.start(), line.end())]
            found += [_piece(text, start, end, is_cell=True, is_line=False) for start, end in spans]
        else:
            ends = [match.end() for match in _SENTENCE_END.finditer(text, line.start(), line.end())]
            bounds = [line.start(), *ends, line.end()]
            found += [_piece(text, a, b, is_cell=False, is_line=not ends) for a, b in pairwise(bounds)]
    return [piece for piece in found if _LETTERS.search(piece.text)]


def describe(text: str) -> list[Described]:
    """The features of every piece of a passage that has more than one word."""
    whole = pieces(text)
    forms = [_form(piece.text) for piece in whole]
    prose = [form for piece, form in zip(whole, forms, strict=True) if not piece.is_cell and form.words >= _FEW_WORDS]
    asking = sum(form.asks for form in prose)
    counts = Counter(key for form in forms for key in form.keys)
    cells = sum(piece.end - piece.start for piece in whole if piece.is_cell)
    letters = max(sum(piece.end - piece.start for piece in whole), 1)
    in_table = float(cells / letters > _MUCH_TABLE)
    last = len(whole) - 1
    described = []
    for at, (piece, form) in enumerate(zip(whole, forms, strict=True)):
        if form.words > 1:
            others = (asking - form.asks) / max(len(prose) - 1, 1) if not piece.is_cell else 0.0
            place = 1.0 if at in (0, last) and last > 0 else 0.0
            described.append(Described(piece, _features(piece, form, counts, (others, place, in_table))))
    return described


def _piece(text: str, start: int, end: int, *, is_cell: bool, is_line: bool) -> Piece:
    raw = text[start:end]
    start += len(raw) - len(raw.lstrip())
    return Piece(start, start + len(raw.strip()), raw.strip(), is_cell, is_line)


def _form(text: str) -> _Form:
    plain = _LEAD.sub("", text, count=1)
    words = _words(plain, 0, _CHARACTERS_READ)[:_WORDS_READ]
    early, late = _head(words), list[str]()
    comma = max(plain.find(",", 0, _LONGEST_LEAD), plain.find(":", 0, _LONGEST_LEAD))
    if comma > 0 and not _is_verb(early):
        late = _head(_words(plain, comma, comma + _LONGEST_LEAD))
    head = early if _is_verb(early) else late
    task = float(bool(head) and head[0] in TASK_VERBS)
    order = float(bool(head) and head[0] in ORDER_VERBS)
    has_object = float(len(head) > 1 and (task or order) and head[1] in OBJECT_STARTS)
    keys = frozenset(_key(word) for word in words if word not in FUNCTION_WORDS and len(word) > 1)
    question = float(_QUESTION.match(plain) is not None)
    return _Form(task, order, has_object, float(head is late and task + order > 0), question, keys, len(words))


def _words(text: str, start: int, end: int) -> list[str]:
    return [match.group().casefold().replace("\u2019", "'") for match in _WORD.finditer(text, start, end)]


def _head(words: Sequence[str]) -> list[str]:
    at = 0
    while at < len(words) and at < _FEW_WORDS and words[at] in OPENERS:
        at += 1
    return list(words[at : at + 3])


def _is_verb(head: Sequence[str]) -> bool:
    return bool(head) and (head[0] in TASK_VERBS or head[0] in ORDER_VERBS)


def _key(word: str) -> str:
    """Rough: the first letters, so that the forms of one word meet."""
    return word[:6]


def _features(
    piece: Piece, form: _Form, counts: Mapping[str, int], around: tuple[float, float, float]
) -> dict[str, float]:
    others, place, in_table = around
    text = piece.text[:_CHARACTERS_READ]
    novelty = sum(counts[key] == 1 for key in form.keys) / len(form.keys) if form.keys else 0.0
    request = max(form.task, form.order)
    output = float(_OUTPUT.search(text) is not None)
    second = float(_SECOND.search(text) is not None)
    shared = float(_SHARED.search(text) is not None)
    asking = float(_ASKING.search(text) is not None)
    writing = min(sum(key in WRITING_WORDS for key in form.keys), 2) / 2
    address = float(_ADDRESS.search(text) is not None)
    sentence = float(form.words >= _SENTENCE_WORDS and text[-1:] in ".?!\"')")
    free = 1.0 - piece.is_cell
    return {
        "task": form.task,
        "order": form.order,
        "object": form.has_object,
        "late": form.late,
        "question": form.question,
        "impersonal_question": form.question * (1.0 - max(second, shared)),
        "asking": asking,
        "polite": float(_POLITE.search(text) is not None),
        "second_person": second,
        "shared_person": shared,
        "output": output,
        "output_ordered": output * request,
        "writing": writing,
        "address": address,
        "quoted_ordered": float(_QUOTED.search(text) is not None) * max(request, form.question),
        "novelty": novelty,
        "task_novelty": form.task * novelty,
        "order_novelty": form.order * novelty,
        "question_novelty": form.question * novelty,
        "others_ask": others,
        "asks_among_others": form.asks * others,
        "edge": place,
        "asks_at_edge": form.asks * place,
        "own_line": float(piece.is_line),
        "asks_on_own_line": float(piece.is_line) * form.asks,
        "cell": float(piece.is_cell),
        "asks_in_cell": piece.is_cell * form.asks,
        "prose_in_table": in_table * free * sentence,
        "asks_in_table": in_table * free * form.asks,
        "sentence": sentence,
        "asks_sentence": sentence * form.asks,
        "short": float(form.words <= _FEW_WORDS),
        "long": min(form.words, 40) / 40,
        "asks_long": form.asks * min(form.words, 40) / 40,
    }


FEATURES: tuple[str, ...] = tuple(describe("Tell me more.")[0].features)
"""The names of the features, in the order of `Described.features`."""
