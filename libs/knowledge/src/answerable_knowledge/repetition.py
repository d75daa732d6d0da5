"""Passages that say nothing new beside a better one: the same text with another break, spelling or small word. Pure.

Texts that differ in a number, a name, a "not" or any other word that says something may contradict each other: both are
shown, however alike they are. What remains are copies, whole or in part.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Self

from answerable_knowledge.ranking import Ranked, normalised

_ALIKE = 0.75
"""Share of a copy's three-word sequences that its original has, at least."""

_STEM = 4
_ENDING = 3
_SMALL = re.compile(
    r"an?|the|and|or|of|to|in|on|at|by|for|from|with|as|is|are|was|were|be|been|it|its|th(is|at|ese|ose)"
)
_WORD = re.compile(r"[^\W_]+")

_Sequence = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """A text as its words in order; `plain` are those in small letters, which are no names."""

    words: tuple[str, ...]
    plain: frozenset[str]
    sequences: frozenset[_Sequence]

    @classmethod
    def of(cls, text: str) -> Self:
        words = normalised(text).split()
        plain = frozenset(word for word in _WORD.findall(text) if word.islower())
        return cls(tuple(words), plain, frozenset(zip(words, words[1:], words[2:], strict=False)))

    def repeats(self, other: "Wording", common: int) -> bool:
        """Whether this is a part of the other, but for what is harmless; `common` sequences are in both."""
        if common < _ALIKE * len(self.sequences):
            return False
        changes = SequenceMatcher(None, other.words, self.words, autojunk=False).get_opcodes()
        return all(self._is_harmless(change, other) for change in changes)

    def _is_harmless(self, change: tuple[str, int, int, int, int], other: "Wording") -> bool:
        """No change, more of the other before or behind, small words, or other spellings and endings of words."""
        kind, start, end, first, last = change
        if kind == "equal" or (kind == "delete" and first in {0, len(self.words)}):
            return True
        theirs, ours = other.words[start:end], self.words[first:last]
        if all(map(_SMALL.fullmatch, theirs + ours)):
            return True
        pairs = zip(theirs, ours, strict=False)
        plain = other.plain.issuperset(theirs) and self.plain.issuperset(ours)
        return plain and len(theirs) == len(ours) and all(_spelled_alike(one, another) for one, another in pairs)


def distinct(ranking: Sequence[Ranked], limit: int) -> tuple[list[Ranked], int]:
    """The first `limit` that do not repeat a better one, and how many repetitions were passed over on the way."""
    kept: list[Ranked] = []
    keys: set[str] = set()
    wordings: list[Wording] = []
    holders: dict[_Sequence, list[int]] = defaultdict(list)
    repeated = 0
    for one in ranking:
        if len(kept) == limit:
            break
        key, wording = one.candidate.row["text_key"], Wording.of(one.candidate.row["text"])
        common = Counter(place for sequence in wording.sequences for place in holders.get(sequence, ()))
        if key in keys or any(wording.repeats(wordings[place], count) for place, count in common.items()):
            repeated += 1
            continue
        for sequence in wording.sequences:
            holders[sequence].append(len(kept))
        kept.append(one)
        keys.add(key)
        wordings.append(wording)
    return kept, repeated


def _spelled_alike(one: str, other: str) -> bool:
    same = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        same += 1
    return same >= _STEM and same >= max(len(one), len(other)) - _ENDING and one.isalpha() and other.isalpha()
