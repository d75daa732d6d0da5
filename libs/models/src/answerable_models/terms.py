"""Words as the ranker sees them: tokens with places, light stems, and how rare a word is in English."""

import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache

from answerable_models.embedding import vendored_tokenizer

_TOKEN = re.compile(r"\d[\d.,]*\d|\d|[^\W\d_]+(?:['’][^\W\d_]+)?|[€$£%]")  # noqa: RUF001 - both apostrophes occur
# BERT's vocabulary lists whole words by falling frequency, from "the" at 1996 to the last at 29,611.
_FIRST_WORD_ID = 1995
_LAST_WORD_ID = 29_612
_SHORTEST_STEM = 3

STOP_WORDS = frozenset(
    # A word list reads best as one string.
    """a about after all also am an and any are as at be because been before being between both but by can could did do
    does doing during each for from further had has have having he her here hers him his how i if in into is it its just
    may me might more most must my no nor not of off on once only or other our out over own s same shall she should so
    some such t than that the their them then there these they this those through to too under until up upon us very was
    we were what when where which while who whom whose why will with would you your""".split()  # noqa: SIM905 - see above
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word at a place. `key` is what words are compared by; `surface` is as written."""

    surface: str
    word: str
    key: str
    start: int

    @property
    def is_number(self) -> bool:
        return self.surface[0].isdigit()

    @property
    def is_name(self) -> bool:
        return self.surface[0].isupper()

    @property
    def is_stop(self) -> bool:
        return self.word in STOP_WORDS


def tokenise(text: str) -> list[Token]:
    """Words, numbers and currency signs in order of appearance."""
    tokens = []
    for match in _TOKEN.finditer(text):
        surface = match[0]
        word = surface.casefold().replace("’", "'").removesuffix("'s")  # noqa: RUF001 - typographic apostrophe
        tokens.append(Token(surface, word, stem(word), match.start()))
    return tokens


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A light stem: plural, tense and a few derivations. Numbers lose their thousands separators."""
    if word[0].isdigit():
        return re.sub(r",(?=\d{3})", "", word)
    for suffix, replacement in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST_STEM:
            word = word[: len(word) - len(suffix)] + replacement
            break
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if len(word) > _SHORTEST_STEM and word[-1] == "e" else word


@lru_cache(maxsize=65_536)
def rarity(word: str) -> float:
    """0 for "the", 1 for words outside the 30,000 commonest: an idf without a corpus, from the vendored vocabulary."""
    place = _vocabulary().get(word)
    if place is None or word[0].isdigit():
        return 1.0
    rank = min(max(place - _FIRST_WORD_ID, 1), _LAST_WORD_ID - _FIRST_WORD_ID)
    return math.log(rank) / math.log(_LAST_WORD_ID - _FIRST_WORD_ID)


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, int]:
    vocabulary: dict[str, int] = json.loads(vendored_tokenizer().read_text(encoding="utf-8"))["model"]["vocab"]
    return {word: place for word, place in vocabulary.items() if place > _FIRST_WORD_ID and not word.startswith("##")}


_SUFFIXES = (
    ("ations", "at"), ("ation", "at"), ("itions", "it"), ("ition", "it"), ("ments", ""), ("ment", ""), ("nesses", ""),
    ("ness", ""), ("ically", "ic"), ("ally", "al"), ("ities", ""), ("ity", ""), ("ingly", ""), ("edly", ""),
    ("ies", "y"), ("ied", "y"), ("sses", "ss"), ("ions", ""), ("ion", ""), ("ings", ""), ("ing", ""), ("ers", ""),
    ("er", ""), ("ors", ""), ("or", ""), ("ed", ""), ("es", "e"), ("ly", ""), ("ss", "ss"), ("us", "us"),
    ("is", "is"), ("s", ""),
)  # fmt: skip
