"""Text read as words: normalised, stemmed, with their place in the text and the sentences they form.

Normalised means: compatibility forms, case, quotes, soft hyphens and hyphenation at a line end make no difference.
"""

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from answerable_trust.vocabulary import FUNCTION_WORDS, NEGATIONS

# A word broken at a line end is one word; "long-term" is two, so that it meets "long term".
_WORD = re.compile(
    r"[0-9]+(?:[.,][0-9]+)*(?:st|nd|rd|th)?(?![^\W_])"
    r"|[^\W_]+(?:(?:['\u2019]|\u00ad|[-\u2010]\u00ad?\n[ \t]*(?=[a-z]))[^\W_]+)*"
)
_BREAK = re.compile(
    r"(?:[.!?][\"'\u2019\u201d)\]]*)\s+(?=[\"'\u201c\u2018(\[]?[A-Z0-9À-Þ])"  # the end of a sentence
    r"|\n[ \t]*\n\s*"  # a paragraph
    r"|\n[ \t]*(?=[A-Z0-9À-Þ•*|#-])"  # a row or a list item; a wrapped line goes on in lower case
    r"|[。！？]\s*"  # noqa: RUF001 - the full-width marks are meant
)
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:e\.g|i\.e|dr|mr|mrs|ms|prof|approx|ca|vs|st|[A-Z])\.$", re.IGNORECASE)
_NUMBERING = re.compile(r"(?:^|[\s(])(?:no|nr|art|sec|fig)\.$", re.IGNORECASE)
"""Abbreviations before a number; "the answer is no." ends a sentence."""
_LINE_JOIN = re.compile(r"\u00ad|[-\u2010]\u00ad?\n[ \t]*")
_GROUPING = re.compile(r",(?=[0-9]{3}(?![0-9]))")
_SUFFIXES = ("ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied", "ers", "ed", "es", "er", "ly", "s")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as words. Word i covers `starts[i]` to `ends[i]` of the text; a sentence is a range of words."""

    forms: tuple[str, ...]
    stems: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    sentences: tuple[tuple[int, int], ...]

    def find(self, other: "Reading") -> tuple[int, int] | None:
        """The range of words in which `other` stands word for word, spaces and hyphens apart, or None."""
        if not other.forms:
            return None
        whole, bounds = _join(self.forms)
        part, _ = _join(other.forms)
        at = whole.find(part)
        while at >= 0:
            first, last = bisect_left(bounds, at), bisect_left(bounds, at + len(part))
            if bounds[first] == at and bounds[last] == at + len(part):
                return first, last
            at = whole.find(part, at + 1)
        return None


@lru_cache(maxsize=64)
def read(text: str) -> Reading:
    """Read a text. Kept for the few texts of one case; `forget` drops them, so that no text outlives its case."""
    matches = list(_WORD.finditer(text))
    forms = tuple(_form(match.group()) for match in matches)
    starts = tuple(match.start() for match in matches)
    ends = tuple(match.end() for match in matches)
    return Reading(forms, tuple(map(stem, forms)), starts, ends, _sentences(text, starts))


def forget() -> None:
    """Drop every text that was read."""
    read.cache_clear()


def stem(form: str) -> str:
    """A word without its inflection; rough, but the same for the forms of one word."""
    if len(form) <= 3 or form[-1].isdigit():  # noqa: PLR2004 - shorter words have no ending to lose
        return form
    form = form.removesuffix("'s")
    for suffix in _SUFFIXES:
        if form.endswith(suffix) and len(form) - len(suffix) >= 3 and not form.endswith("ss"):  # noqa: PLR2004
            form = form[: -len(suffix)] + ("y" if suffix in ("ies", "ied") else "")
            break
    if len(form) > 3 and form[-1] == form[-2] and form[-1] not in "lsz":  # noqa: PLR2004
        form = form[:-1]
    return form[:-1] if len(form) > 3 and form[-1] in "ey" else form  # noqa: PLR2004


def content_words(reading: Reading, first: int = 0, last: int | None = None) -> list[str]:
    """The stems of the words that carry meaning, numbers included, in order."""
    pairs = zip(reading.forms[first:last], reading.stems[first:last], strict=True)
    return [stemmed for form, stemmed in pairs if form not in FUNCTION_WORDS]


def content_stems(reading: Reading, first: int = 0, last: int | None = None) -> frozenset[str]:
    """The same as a set."""
    return frozenset(content_words(reading, first, last))


def count_negations(reading: Reading, first: int = 0, last: int | None = None) -> int:
    """How many words negate; "not only ... but" and "No. 5" do not."""
    forms = reading.forms[first:last]
    count = 0
    for form, following in zip(forms, (*forms[1:], ""), strict=False):
        idiom = (form == "not" and following == "only" and "but" in forms) or (form == "no" and following[:1].isdigit())
        count += form in NEGATIONS and not idiom
    return count


def read_names(text: str, first: int = 0, last: int | None = None, *, opening: bool = False) -> frozenset[str]:
    """The stems of names and codes: capitalised words, and words with digits such as X200.

    A word that opens a sentence is capitalised anyway; it counts only with `opening`.
    """
    reading = read(text)
    opens = set() if opening else {begin for begin, _ in reading.sentences}
    names = set()
    for index in range(first, len(reading.forms) if last is None else last):
        raw = text[reading.starts[index] : reading.ends[index]]
        coded = any(map(str.isdigit, raw)) and any(map(str.isalpha, raw))
        capital = raw[0].isupper() and (index not in opens or raw[1:2].isupper())
        if (coded or capital) and reading.forms[index] not in FUNCTION_WORDS:
            names.add(reading.stems[index])
    return frozenset(names)


def _form(raw: str) -> str:
    plain = raw if raw.isascii() else unicodedata.normalize("NFKC", raw.replace("\u2019", "'"))
    form = plain.casefold()
    if "\n" in form or "\u00ad" in form:
        form = _LINE_JOIN.sub("", form)
    return _GROUPING.sub("", form) if "," in form else form


def _join(forms: tuple[str, ...]) -> tuple[str, list[int]]:
    bounds, length = [0], 0
    parts = [f"#{form}#" if form[0].isdigit() else form for form in forms]
    for part in parts:
        length += len(part)
        bounds.append(length)
    return "".join(parts), bounds


def _sentences(text: str, starts: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    cuts = [match.end() for match in _BREAK.finditer(text) if not _abbreviates(text, match)]
    edges = [0, *(bisect_left(starts, cut) for cut in cuts), len(starts)]
    return tuple((first, last) for first, last in pairwise(edges) if first < last)


def _abbreviates(text: str, match: re.Match[str]) -> bool:
    dot = match.start() + 1
    if text[match.start()] != ".":
        return False
    numbered = text[match.end() : match.end() + 1].isdigit() and _NUMBERING.search(text, max(0, dot - 8), dot)
    return bool(numbered) or _ABBREVIATION.search(text, max(0, dot - 8), dot) is not None
