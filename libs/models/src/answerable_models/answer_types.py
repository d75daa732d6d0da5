"""What a question asks for (a date, a name, an amount, a reason, ...) and where a sentence offers it. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from answerable_models.terms import STOP_WORDS, Token, tokenise

Asked = Literal[
    "money", "percent", "duration", "count", "time", "person", "place", "reason", "manner", "yes_no", "contact", "thing"
]  # fmt: skip

# First match wins: the narrow kinds stand above the broad ones.
_QUESTION_PATTERNS: dict[Asked, tuple[str, ...]] = {
    "contact": (
        r"\b(?:e-?mail|phone|telephone|fax|url|web ?site|address|extension)\b.*\?*$",
        r"\bhow (?:do|can) \w+ contact\b",
    ),
    "percent": (
        r"\b(?:what|which) (?:percent\w*|share|proportion|fraction|rate)\b",
        r"\bhow (?:high|large) .*\brate\b",
        r"\bpercentage\b",
    ),
    "money": (
        r"\bhow (?:much|expensive) .*\b(?:cost|pay|paid|price|money|spen[dt]|earn|worth|charge|salary|budget|fee)",
        r"\bwhat (?:\w+ ){0,4}(?:price|costs?|fee|salary|budget|revenue|sales|income|amount|allowance|limit|profit)\b",
        r"\bwhich (?:price|costs?|fee|salary|budget|amount|allowance|limit)\b",
    ),
    "duration": (
        r"\bhow (?:long|old|soon|quickly|often|frequently)\b",
        r"\bhow many (?:\w+ )?(?:years|months|weeks|days|hours|minutes)\b",
        r"\b(?:notice period|deadline|duration)\b",
    ),
    "count": (
        r"\bhow (?:many|much|far|big|large|tall|high|deep|heavy|fast)\b",
        r"\b(?:number|population|size|amount) of\b",
        r"\bwhat number\b",
    ),
    "time": (
        r"\b(?:when|since when|until when)\b",
        r"\b(?:what|which) (?:\w+ )?(?:year|date|day|month|century|decade|time|era|period)\b",
        r"\b(?:due|effective|expiry|start|end) date\b",
    ),
    "person": (
        r"\b(?:who|whom|whose)\b",
        r"\b(?:what|which) (?:\w+ ){0,2}(?:person|people|man|woman|leader|king|queen|emperor|general|president)\b",
        r"\b(?:what|which) (?:\w+ ){0,2}(?:scientist|author|manager|director|contact|owner|company|team|group)\b",
        r"\b(?:what|which) (?:\w+ ){0,2}(?:organi[sz]ation|department)\b",
    ),
    "place": (
        r"\bwhere\b",
        r"\b(?:what|which) (?:\w+ )?(?:country|city|place|state|region|river|town|location|continent)\b",
        r"\b(?:what|which) (?:\w+ )?(?:province|office|site)\b",
    ),
    "reason": (
        r"\bwhy\b",
        r"\b(?:what|which) (?:was|is|were|are)? ?(?:the )?(?:\w+ )?(?:reason|cause|purpose|goal)\b",
        r"\bwhat (?:caused|led)\b",
    ),
    "manner": (r"^\s*how\b",),
    "yes_no": (
        r"^\s*(?:is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have|had|am)\b",
    ),
}  # fmt: skip

_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_MONTH = rf"(?:{_MONTHS}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
_AMOUNT = (
    r"(?:\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|dozens?|hundreds?|thousands?|millions?|billions?|half|several)"
)
_OFFER_PATTERNS: dict[Asked, tuple[str, ...]] = {
    "money": (
        r"[$€£¥]\s?\d",
        r"\b\d[\d.,]*\s?(?:USD|EUR|GBP|CHF|dollars?|euros?|pounds?|€|£)",
        r"\b(?:USD|EUR|GBP|CHF)\s?\d",
        rf"\b{_AMOUNT} (?:million|billion)",
    ),
    "percent": (r"\d\s?%", r"\bper ?cent\b", r"\bpercent\w*\b", r"\b(?:half|third|quarter|majority)\b"),
    "duration": (
        rf"\b{_AMOUNT}[\s-]+(?:\w+ )?(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?|centur\w+|decades?)\b",
        r"\b(?:daily|weekly|monthly|quarterly|yearly|annually|every (?:day|week|month|year|quarter))\b",
    ),
    "count": (rf"\b{_AMOUNT}\b",),
    "time": (
        r"\b(?:1\d|20)\d\d\b",
        rf"\b{_MONTH}\b",
        r"\b\d{1,2}[:.]\d\d\b",
        r"\b\d{1,2}(?:st|nd|rd|th)\b",
        r"\b\d{1,2}\s?[ap]\.?m\b",
        r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b",
        r"\bcentur(?:y|ies)\b|\bduring\b|\bby the end of\b|\bage\b",
    ),
    "reason": (
        r"\b(?:because|due to|owing to|in order to|so that|as a result|therefore|since|reasons?)\b",
        r"\b(?:caused?|leads?|led|result(?:s|ed)?|to (?:avoid|prevent|protect|ensure|reduce))\b",
    ),
    "manner": (r"\b(?:by|using|through|via|with|steps?|must|should|submit|send|form|use)\b",),
    "contact": (
        r"[\w.+-]+@[\w-]+\.[\w.]+",
        r"\bhttps?://|\bwww\.",
        r"\+?\d[\d ()/-]{6,}\d",
        r"\bext(?:ension|\.)?\s*\d|\b\d{5}\b",
    ),
    "yes_no": (
        r"\b(?:not|no|may|must|can|cannot|only|never|always|allowed|permitted|required|prohibited)\b",
        r"\b(?:eligible|unless|is|are)\b",
    ),
}  # fmt: skip


def _compile(table: dict[Asked, tuple[str, ...]]) -> dict[Asked, re.Pattern[str]]:
    return {kind: re.compile("|".join(patterns), re.IGNORECASE) for kind, patterns in table.items()}


_QUESTION_KINDS = _compile(_QUESTION_PATTERNS)
_OFFERS = _compile(_OFFER_PATTERNS)
_CAPITALISED = re.compile(r"\b[A-ZÀ-Þ][\w’'-]+")  # noqa: RUF001 - typographic apostrophe
_PLACE_BEFORE = re.compile(
    r"\b(?:in|at|from|near|of|to|into|across|along|between|through|within|on)\s+(?:the\s+)?[A-ZÀ-Þ]"
)
_FOCUS = re.compile(
    r"\b(?:what|which|how many|how much|whose)\s+((?:[\w-]+\s+){0,3}?[\w-]+)\s+"
    r"(?:is|are|was|were|do|does|did|has|have|had|can|will|would|must|should|may|in|of|for|to|that|from|with)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question read once: its content words, what kind of answer it wants, and the noun that wants it."""

    text: str
    asked: Asked
    tokens: tuple[Token, ...]
    terms: tuple[Token, ...]
    focus: frozenset[str]


def read_question(text: str) -> Question:
    tokens = tokenise(text)
    unique: dict[str, Token] = {}
    for token in tokens:
        if not token.is_stop and token.word not in _ASKING_WORDS:
            unique.setdefault(token.key, token)
    focus = _FOCUS.search(text)
    wanted = tokenise(focus[1]) if focus else []
    keys = frozenset(token.key for token in wanted if not token.is_stop)
    return Question(text, asked_for(text), tuple(tokens), tuple(unique.values()), keys)


def asked_for(text: str) -> Asked:
    """The first kind of the table whose pattern the question shows; "thing" where none does."""
    return next((kind for kind, pattern in _QUESTION_KINDS.items() if pattern.search(text)), "thing")


def offers(question: Question, sentence: str, tokens: Sequence[Token] | None = None) -> list[int]:
    """Places in the sentence where something of the asked kind stands that the question does not already hold.

    `tokens` are the sentence's, where somebody has read it before.
    """
    known = {token.word for token in question.tokens}
    finder = _FINDERS.get(question.asked)
    if finder is not None:
        return finder(sentence, known)
    pattern = _OFFERS.get(question.asked)
    if pattern is None:
        words = tokenise(sentence) if tokens is None else tokens
        return [token.start for token in words if not token.is_stop and token.word not in known]
    return [match.start() for match in pattern.finditer(sentence) if match[0].casefold() not in known]


def _names(sentence: str, known: set[str]) -> list[int]:
    return [
        match.start()
        for match in _CAPITALISED.finditer(sentence)
        if match[0].casefold().removesuffix("'s") not in known and match[0].casefold() not in STOP_WORDS
    ]


def _places(sentence: str, known: set[str]) -> list[int]:
    names = set(_names(sentence, known))
    return [match.end() - 1 for match in _PLACE_BEFORE.finditer(sentence) if match.end() - 1 in names]


_FINDERS: dict[Asked, Callable[[str, set[str]], list[int]]] = {"person": _names, "place": _places}
_ASKING_WORDS = frozenset({"name", "called", "many", "much", "kind", "type", "tell", "please", "long", "often"})
