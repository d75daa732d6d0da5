"""Claims and passages as words with places: what the features of `support` are counted on."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from answerable_models.segmentation import split_sentences
from answerable_models.support.lexicon import IMPLICIT_NEGATIONS, NEGATIONS, NUMBER_WORDS
from answerable_models.terms import Token, rarity, tokenise

LONGEST_SENTENCE_TOKENS = 60
"""A longer one is cut: lists without stops would hold every word, and pass for the best sentence of anything."""
LONGEST_CLAIM_TOKENS = 120
"""A longer claim is judged in pieces: work grows with the square of its words."""
MOST_TOKENS = 6000
"""Evidence after that many words is not read: a passage has hundreds."""
_RARE_ENOUGH_FOR_A_NAME = 0.8  # a capital at the start of a sentence says little about common words
_LINE = re.compile(r"[^\n\r]+")
_OPENS = re.compile(r"\s*(?:[A-Z0-9À-Þ•*|#\"'“‘(\[-])")  # noqa: RUF001 - typographic quotes are meant
_CLOSES = re.compile(r"[.!?:;…][\"'”’)\]]*\s*$")  # noqa: RUF001 - same
_CELL_END = re.compile(r";\s|\s\|\s|\t")
_PAIRS = re.compile(r"[^;:|]{1,80}: [^;:]*;\s[^;:|]{1,80}: |^[^;:|]{1,80};\s[^;:|]{1,80}: ")
_SPACED_STOP = re.compile(r"(?<=\s[.!?])\s+(?=[^\s])")


@dataclass(frozen=True, slots=True)
class Word:
    """A token with what the features ask of it. `weight` is 0 for function words and up to 1 for rare ones."""

    key: str
    word: str
    weight: float
    is_number: bool
    is_name: bool
    negates: bool
    cell: int = 0
    """Which cell of its row it stands in, from 0; always 0 in prose."""
    is_value: bool = False
    """Whether it stands after the colon of its cell."""


@dataclass(frozen=True, slots=True)
class Row:
    """Where the cells of a row end, and where in each its colon is; -1 for none."""

    borders: tuple[int, ...]
    colons: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """The words of one sentence, row or line; `negations` are the places of the words that negate."""

    words: tuple[Word, ...]
    content: tuple[int, ...]
    negations: tuple[int, ...]
    implicit: tuple[int, ...]

    @property
    def keys(self) -> list[str]:
        return [self.words[at].key for at in self.content]


def read(texts: Sequence[str]) -> tuple[Sentence, ...]:
    """The sentences of the texts in order; none spans two texts. Words after the first 6,000 are left out."""
    found: list[Sentence] = []
    left = MOST_TOKENS
    for text in texts:
        for start, end in sentence_spans(text):
            tokens = tokenise(text[start:end])[:left]
            left -= len(tokens)
            row = read_row(text[start:end])
            found += [
                make_sentence(tokens[at : at + LONGEST_SENTENCE_TOKENS], row)
                for at in range(0, len(tokens), LONGEST_SENTENCE_TOKENS)
            ]
    return tuple(found)


def read_claim(text: str) -> Sentence:
    """A claim as one sentence, whatever stops it has; words after the first 120 are left out."""
    return make_sentence(tokenise(text)[:LONGEST_CLAIM_TOKENS])


def claim_pieces(text: str) -> list[str]:
    """The claim itself, or, where it is very long, its parts of 120 words."""
    starts = [token.start for token in tokenise(text)][LONGEST_CLAIM_TOKENS::LONGEST_CLAIM_TOKENS]
    return [text[start:end] for start, end in pairwise([0, *starts, len(text)])]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Spans of sentences and rows. A wrapped line goes on; in text without capitals a spaced full stop ends one."""
    spans: list[tuple[int, int]] = []
    for start, end in _paragraphs(text):
        for first, last in split_sentences(text[start:end]):
            cuts = [match.end() + start + first for match in _SPACED_STOP.finditer(text[start + first : start + last])]
            bounds = [start + first, *cuts, start + last]
            spans += list(pairwise(bounds))
    return spans


def make_sentence(tokens: Sequence[Token], row: Row | None = None) -> Sentence:
    """The tokens as a sentence, or as a piece of a row."""
    words = tuple(_word(token, at == 0, row) for at, token in enumerate(tokens))
    numbered = [*(word.is_number for word in words[1:]), False]
    negations = [at for at, word in enumerate(words) if word.negates]
    # "No. 5" and "not only" deny nothing.
    negations = [
        at
        for at in negations
        if not (words[at].word == "no" and numbered[at])
        and not (words[at].word == "not" and at + 1 < len(words) and words[at + 1].word == "only")
    ]
    return Sentence(
        words,
        tuple(at for at, word in enumerate(words) if word.weight),
        tuple(negations),
        tuple(at for at, word in enumerate(words) if word.key in IMPLICIT_NEGATIONS),
    )


def _paragraphs(text: str) -> list[tuple[int, int]]:
    """Lines, joined where one was wrapped: it ended without a stop, and the next begins with a small letter."""
    spans: list[tuple[int, int]] = []
    for match in _LINE.finditer(text):
        if not match[0].strip():
            continue
        if spans and match.start() - spans[-1][1] == 1:
            before = text[spans[-1][0] : spans[-1][1]]
            if not _CLOSES.search(before) and not _OPENS.match(match[0]):
                spans[-1] = (spans[-1][0], match.end())
                continue
        spans.append(match.span())
    return spans


def read_row(text: str) -> Row | None:
    """Text that reads like a row, "Team: Sales; Amount: 100" or cells between bars or tabs; None for any other."""
    borders = tuple(match.start() for match in _CELL_END.finditer(text))
    if not (_PAIRS.search(text) or (len(borders) > 1 and ";" not in text)):
        return None
    starts = (0, *borders)
    ends = (*borders, len(text))
    colons = tuple(text.find(": ", start, end) for start, end in zip(starts, ends, strict=True))
    return Row(borders, colons)


def _word(token: Token, opens: bool, row: Row | None) -> Word:
    key, weight, negates = _lexical(token.word, token.key)
    is_name = bool(weight) and token.is_name and (not opens or weight > _RARE_ENOUGH_FOR_A_NAME)
    if row is None:
        return Word(key, token.word, weight, token.is_number, is_name, negates)
    cell = bisect_right(row.borders, token.start)
    is_value = 0 <= row.colons[cell] < token.start
    return Word(key, token.word, weight, token.is_number, is_name, negates, cell, is_value)


@lru_cache(maxsize=65_536)
def _lexical(word: str, key: str) -> tuple[str, float, bool]:
    negates = word in NEGATIONS
    if word in NUMBER_WORDS:
        return NUMBER_WORDS[word], 0.8, False
    if word[0].isdigit():
        return _plain_number(key), 1.0, False
    is_function = negates or Token(word, word, key, 0).is_stop or not word[0].isalnum() or len(word) == 1
    return key, 0.0 if is_function else max(rarity(word), 0.05), negates


def _plain_number(key: str) -> str:
    """1,452.40 as 1452.4: the same number has the same key."""
    return key.rstrip("0").rstrip(".") if "." in key and key.count(".") == 1 else key
