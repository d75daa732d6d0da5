"""What a sentence asks of a table: the operation, the periods, and the words that name rows and columns."""

import re
from dataclasses import dataclass

from answerable_trust.tables import periods_of, read_plain

_FEW_WORDS = 1  # a sentence with no more leaves what it speaks of to the question
_FIGURE_LIKE = re.compile(r"[-\u2212]?[$€£]?[0-9][0-9.,]*\s?(?:%|per\s?cent\b)?", re.IGNORECASE)
_AMOUNT_LIKE = re.compile(
    r"(?<![0-9])[-\u2212$€£][0-9]{4}(?![0-9])|(?<![0-9])[0-9]{4}\s?(?:thousand|million|billion|%|per\s?cent)",
    re.IGNORECASE,
)
_FALLS = r"\bdecreas\w*|\bfell\b|\bfall\b|\bdeclin\w*|\bdrop(?:ped)?\b|\blower\b|\bdown by\b|\breduc\w*|\bless than\b"
_RISES = r"\bincreas\w*|\bgrew\b|\bgrow\w*|\brose\b|\brise\b|\bhigher\b|\bup by\b|\bchang\w*|\bdifferen\w*"
_OPERATIONS = {
    "percent": r"\bper\s?cent(?:age)?\b|%|\bgrowth rate\b|\bpct\b",
    "change": rf"{_FALLS}|{_RISES}|\bmore than\b|\bvariation\b",
    "average": r"\baverage\w*|\bmean\b",
    "sum": r"\btotal\w*|\bsum\b|\bcombined\b|\btogether\b|\baltogether\b|\baggregate\b",
    "ratio": r"\bratio\b|\bproportion\b|\bpercentage\b|\bper\s?cent\b|\bshare of\b|\btimes\b|\bdivided by\b"
    r"|\bfraction\b|\bconstitut\w*|%",
}
_FOUND = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _OPERATIONS.items()}
_FALL = re.compile(_FALLS, re.IGNORECASE)
_RISE = re.compile(_RISES, re.IGNORECASE)
_BACKWARDS = re.compile(
    r"\bfrom,?\s+(?:\w+\s+){0,3}?((?:19|20)[0-9]{2})\s+(?:to|until)\s+(?:\w+\s+){0,3}?((?:19|20)[0-9]{2})",
    re.IGNORECASE,
)
_OF_WHOLE = re.compile(r"\b(?:percentage|per\s?cent|proportion|share|fraction|%)\s+of\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sentence asks of a table."""

    words: frozenset[str]
    periods: tuple[str, ...]
    operations: frozenset[str]
    falls: bool
    backwards: bool
    of_whole: bool
    text: str


def read_asked(sentence: str, question: str) -> Asked:
    told = {name for name, pattern in _FOUND.items() if pattern.search(_worded(sentence))}
    both = sentence if told else f"{question} {sentence}"
    operations = frozenset(name for name, pattern in _FOUND.items() if pattern.search(_worded(both)))
    backwards = _BACKWARDS.search(both)
    words = read_plain(sentence)
    return Asked(
        words if len(words) > _FEW_WORDS else words | read_plain(question),
        periods_of(_AMOUNT_LIKE.sub(" ", sentence)) or periods_of(question),
        operations,
        bool(_FALL.search(both)) and not _RISE.search(both),
        backwards is not None and backwards[1] > backwards[2],
        _OF_WHOLE.search(both) is not None,
        both,
    )


def _worded(text: str) -> str:
    """The text without its figures, so that "12 %" is no operation."""
    return _FIGURE_LIKE.sub(" ", text)
