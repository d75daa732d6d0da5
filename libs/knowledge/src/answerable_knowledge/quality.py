"""The quality ledger: what can be held against a document, what each finding weighs, and what to do about it. Pure.

A finding is a code. One about a part of the text (`conflict`, `mojibake`, `ocr_noise`) is held against the passages
that it is about, any other against every passage. The quality of a passage is the product over its codes of one
minus their weight; that of a document is the mean of its passages. 1: nothing was found.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import prod
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Literal

from answerable_knowledge.chunking import count_tokens

Severity = Literal["high", "medium", "low"]

MOST_MALUS = 0.2
"""The largest share of its score that a passage can lose in the ranking: quality decides between near equals only."""

_DIGITS = 4
_FEWEST_TOKENS = 12
_BY_THE_CLOCK = {"stale", "expired", "superseded"}
"""What holds or not by the time of the question: every search decides it anew."""
_NO_TITLES = frozenset({"", "untitled", "document", "unbenannt", "scan", "presentation", "microsoft word"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A code with its weight in [0, 1): the share of its quality that a passage loses by it."""

    code: str
    severity: Severity
    weight: float
    meaning: str
    advice: str


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.code: rule
        for rule in (
            Rule(
                *("conflict", "high", 0.4),
                "Another document in force says otherwise about the same thing.",
                "Find out which is right; correct or withdraw the other, or say which one replaces it.",
            ),
            Rule(
                *("mojibake", "high", 0.5),
                "Letters were garbled by a wrong encoding, and cannot be repaired.",
                "Submit it again as UTF-8, or name its encoding (encoding_hint).",
            ),
            Rule(
                *("superseded", "high", 0.5),
                "Another document in force replaces it; searches pass it over.",
                "Withdraw it, so that nobody can read on in it.",
            ),
            Rule(
                *("expired", "high", 0.5),
                "It was valid until a day that is past; searches pass it over.",
                "Withdraw it, or submit it with a later valid_until.",
            ),
            Rule(
                *("ocr_noise", "medium", 0.4),
                "The text reads like a bad recognition of a scanned page.",
                "Submit the original file, or recognise the pages again at a higher resolution.",
            ),
            Rule(
                *("stale", "medium", 0.3),
                "Its owner promised to look at it again by a day that is past.",
                "Ask the owner to review it, and submit it with a new review_by.",
            ),
            Rule(
                *("supersedes_cycle", "medium", 0.3),
                "It replaces a document that replaces it in turn; neither is searched while both are in force.",
                "Decide which one holds, and submit the other without `supersedes`, or withdraw it.",
            ),
            Rule(
                *("near_duplicate", "medium", 0.2),
                "Another document has nearly the same text.",
                "Keep one; or, if one is the newer version, say so by `supersedes`.",
            ),
            Rule(
                *("duplicate", "low", 0.1),
                "Another document has the same text.",
                "Keep one of them, with the readers of both.",
            ),
            Rule(
                *("supersedes_missing", "low", 0.05),
                "The document that it says it replaces is not here.",
                "Correct the id in `supersedes`, if the old text is still here under another one.",
            ),
            Rule(
                *("no_owner", "low", 0.1),
                "Nobody is named who answers for it.",
                "Name an owner when you add it.",
            ),
            Rule(
                *("no_readers", "low", 0.05),
                "Nobody may read it, so no answer can rest on it.",
                "Name its readers, or withdraw it.",
            ),
            Rule(
                *("no_title", "low", 0.02),
                "It has no title of its own; the file's name stands for it.",
                "Give it a title: it is searched, and shown with every answer.",
            ),
            Rule(
                *("very_short", "low", 0.1),
                "It says next to nothing.",
                "Check that all of it was read (scanned pages have no text), or withdraw it.",
            ),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is held against a document version: codes of the whole, and codes of single passages by ordinal."""

    document: tuple[str, ...] = ()
    passages: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def codes(self) -> tuple[str, ...]:
        """All of them, sorted."""
        return tuple(sorted({*self.document, *(code for codes in self.passages.values() for code in codes)}))

    def of_passage(self, ordinal: int) -> tuple[str, ...]:
        """What is held against one passage, sorted."""
        return tuple(sorted({*self.document, *self.passages.get(ordinal, ())}))

    def score(self, passages: int) -> float:
        """The quality of a document of so many passages."""
        worse = [score(self.of_passage(ordinal)) for ordinal in self.passages]
        return mean([*worse, *[score(self.document)] * max(0, passages - len(worse))])


def score(codes: Iterable[str]) -> float:
    """The quality of a passage against which these codes are held; a code of another release weighs nothing."""
    return round(prod(1.0 - RULES[code].weight for code in sorted(set(codes)) if code in RULES), _DIGITS)


def mean(scores: Sequence[float]) -> float:
    """The quality of a whole by that of its parts; 1 without any."""
    return round(sum(scores) / len(scores), _DIGITS) if scores else 1.0


def factor(codes: Collection[str]) -> float:
    """What is left of a score of the ranking once the findings are paid for: at most 1, at least 1 - MOST_MALUS."""
    return 1.0 - MOST_MALUS * (1.0 - score(codes))


def held_now(findings: Iterable[str], *, stale: bool) -> tuple[str, ...]:
    """What is held against a passage that a search has found: what was stored, less what is for the clock to say."""
    return tuple(sorted({*findings} - _BY_THE_CLOCK | ({"stale"} if stale else set())))


def caveats(codes: Iterable[str]) -> tuple[str, ...]:
    """Those of the codes that speak against resting on a passage; the others say what its owner should tidy up."""
    return tuple(code for code in codes if code in RULES and RULES[code].severity != "low")


@dataclass(frozen=True, slots=True)
class Card:
    """What a document says of itself, as far as the ledger asks."""

    title: str
    source: str
    owner: str | None
    readers: tuple[str, ...]
    review_by: datetime | None
    valid_until: datetime | None


def card_findings(card: Card, texts: Sequence[str], now: datetime) -> tuple[str, ...]:
    """Codes that need nothing but the document."""
    return (*standing(card, now), *(["very_short"] if _is_short(texts) else []))


def standing(card: Card, now: datetime) -> tuple[str, ...]:
    """Codes that need no text: what is missing from its card, and what has run out."""
    found = {
        "no_owner": not (card.owner or "").strip(),
        "no_readers": not card.readers,
        "no_title": _is_no_title(card.title, card.source),
        "stale": card.review_by is not None and card.review_by < now,
        "expired": card.valid_until is not None and card.valid_until < now,
    }
    return tuple(code for code, holds in found.items() if holds)


def _is_no_title(title: str, source: str) -> bool:
    plain = title.strip().casefold()
    return plain in _NO_TITLES or plain == PurePosixPath(source.replace("\\", "/")).stem.strip().casefold()


def _is_short(texts: Sequence[str]) -> bool:
    return sum(map(count_tokens, texts)) < _FEWEST_TOKENS
