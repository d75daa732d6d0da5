"""Text that came out wrong: garbled by a wrong encoding, or by a bad recognition of scanned pages. Pure.

Statistics of characters, no dictionary, so they hold for every language. Precision comes first: code, tables, formulas
and addresses are no noise. What they miss is text whose letters were confused for other letters ("tbe" for "the").
"""

import re
from string import ascii_lowercase

# Marks of damage that a passage may hold before it counts as garbled: these many, and one in so many characters.
_FEWEST_MARKS = 3
_CHARACTERS_PER_MARK = 200
_FEWEST_ODD = 4
_ODD_SHARE = 0.06

_REPLACED = re.compile(
    "\ufffd|\\(cid:[0-9]+\\)|[\ue000-\uefff]"
)  # a PDF without a map of its letters; not U+F0xx: bullets
_NO_PROSE = re.compile(r"[/\\@=_<>{}()\[\]]|::|www\.|\.\w{2,4}$")
# A digit or a sign in the place of a letter between small letters, where no language has one.
_MISREAD = re.compile(r"[^\W\d_A-Z][0-9|!¦¢£¥§«»°©®¬^~][^\W\d_A-Z]")
_ONLY_SIGNS = re.compile("[|!¦¢£¥§«»°©®¬^~`\u00b4¨_.,;:'\"-]{2,}")
_RULED = re.compile(r"(.)\1*")
_SHORTEST_WORD = 4
"""e2e and k8s are words of their own."""
_FEWEST_LETTERS = 5
"""So many single small letters in a row are a word that was torn: t h e s e. Capitals in a row are labels: A B C."""


def is_mojibake(text: str) -> bool:
    """Whether letters were garbled beyond what decoding could repair."""
    if text.isascii() and "(cid:" not in text:
        return False
    from ftfy.badness import badness  # noqa: PLC0415 - pure ASCII never needs it

    marks = len(_REPLACED.findall(text)) + badness(text.replace("\ufffd", ""))
    return marks >= _FEWEST_MARKS and marks * _CHARACTERS_PER_MARK >= len(text)


def is_ocr_noise(text: str) -> bool:
    """Whether the text reads like the recognition of a bad scan."""
    tokens = text.split()
    odd = sum(map(_is_odd, tokens)) + _torn_words(tokens)
    return odd >= _FEWEST_ODD and odd >= _ODD_SHARE * len(tokens)


def _is_odd(token: str) -> bool:
    if _NO_PROSE.search(token):
        return False
    if _ONLY_SIGNS.fullmatch(token):
        return _RULED.fullmatch(token) is None  # ---- and .... are drawn on purpose
    return len(token) >= _SHORTEST_WORD and _MISREAD.search(token) is not None


def _torn_words(tokens: list[str]) -> int:
    """How many words stand as single letters with spaces between, each counted by its letters."""
    count = run = 0
    for token in [*tokens, "end"]:
        if len(token) == 1 and token in ascii_lowercase:
            run += 1
            continue
        count += run if run >= _FEWEST_LETTERS else 0
        run = 0
    return count
