"""A text as words, numbers, punctuation and line ends, with their places."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from answerable_trust.personal.vocabulary import COMMON_ENDINGS, COMMON_WORDS, GIVEN_NAMES

_TOKEN: Final = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:(?!['\u2019]s\b)['\u2019-][^\W_]+)*|\n|[^\w\s]|_")
_PIECE = 20_000
_LONGEST_WORD = 40
_SHORTEST_WITH_ENDING = 7


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `folded` is its lower case, `is_joined` says that no space stands before it."""

    text: str
    folded: str
    start: int
    end: int
    is_joined: bool
    is_name_like: bool
    is_common: bool

    @property
    def is_word(self) -> bool:
        return self.text[0].isalpha()

    @property
    def is_end(self) -> bool:
        """Ends a sentence or a line."""
        return self.text in ".!?\n:;•|"


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """The text in pieces of bounded size, cut at a line end or else a space, with their places.

    What is held at a time is bounded too.
    """
    start = 0
    while start < len(text):
        end = start + _PIECE
        if end < len(text):
            half = start + _PIECE // 2
            end = (text.rfind("\n", half, end) + 1) or (text.rfind(" ", half, end) + 1) or end
        yield start, text[start:end]
        start = end


def tokens(text: str) -> list[Token]:
    """The tokens. In a text without any capital each word that is not common may be a name."""
    is_lower = not any(map(str.isupper, text))
    found: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(text):
        word = match[0]
        folded = word.lower() if len(word) <= _LONGEST_WORD else ""
        common = is_common(folded) or _is_compound(word)
        like = _is_capitalised(word) or (is_lower and word[0].isalpha() and len(word) > 1 and not common)
        found.append(Token(word, folded, match.start(), match.end(), match.start() == end, like, common))
        end = match.end()
    return found


def is_common(folded: str) -> bool:
    """Whether it is an ordinary English word, as listed or by its ending."""
    if folded in GIVEN_NAMES:
        return folded in COMMON_WORDS
    return is_listed(folded) or (len(folded) >= _SHORTEST_WITH_ENDING and folded.endswith(COMMON_ENDINGS))


def is_listed(folded: str) -> bool:
    """Whether it is in the list of ordinary words, or a contraction or plural of one that is."""
    if folded in COMMON_WORDS or (folded.endswith("s") and folded[:-1] in COMMON_WORDS):
        return True
    head, mark, _ = folded.replace("\u2019", "'").partition("'")
    return bool(mark) and len(head) > 1 - head.startswith("i") and head in COMMON_WORDS


def before(found: Sequence[Token], place: int, count: int) -> str:
    """The words of the same line before a token, in lower case, each followed by a space."""
    words: list[str] = []
    for token in reversed(found[max(0, place - count) : place]):
        if token.text == "\n":
            break
        words.append(token.folded)
    return "".join(f"{word} " for word in reversed(words))


def is_covered(token: Token, places: Collection[int]) -> bool:
    """Whether one of the characters taken already is its first."""
    return token.start in places


def _is_compound(word: str) -> bool:
    """Such as "long-term": a double name has two capitals."""
    _, hyphen, last = word.rpartition("-")
    return bool(hyphen) and last[:1].islower() and word[:1].isupper()


def _is_capitalised(word: str) -> bool:
    return word[0].isupper() and len(word) <= _LONGEST_WORD and not any(map(str.isdigit, word))
