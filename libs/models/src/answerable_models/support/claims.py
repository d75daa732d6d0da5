"""Questions with their answers, as claims that a passage can support."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "name", "any"]

_NUMBER_ASKED = re.compile(
    r"\bhow (?:many|much|long|old|often|far|big|large|tall|high|fast|deep|wide|heavy)\b"
    r"|\b(?:what|which) (?:\w+ ){0,2}?(?:year|date|day|percent|percentage|number|amount)\b"
    r"|\b(?:what|which) (?:\w+ ){0,2}?(?:age|century|decade|population)\b"
    r"|^when\b|\bwhen (?:did|was|were|is|are|do|does|had|has|will)\b",
    re.IGNORECASE,
)
_NAME_ASKED = re.compile(
    r"\bwho(?:m|se)?\b|^where\b|\b(?:what|which) (?:\w+ ){0,2}?(?:country|city|state|person|company|team|river|place)\b"
    r"|\bname of\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim that is a question with its answer, and what kind of words the question wants."""

    question: str
    answer: str
    kind: Kind


def answer_claim(question: str, answer: str) -> str:
    """The claim that a short answer makes: the question and then the answer, as "How long is leave? 25 days"."""
    asked, said = " ".join(question.split()), " ".join(answer.split())
    return f"{asked.rstrip('?').rstrip()}? {said}" if asked else said


def split_claim(claim: str) -> Asked | None:
    """Question and answer of such a claim; None for any other sentence."""
    question, mark, answer = claim.rpartition("? ")
    if not mark or not question.strip() or not answer.strip():
        return None
    kind: Kind = "number" if _NUMBER_ASKED.search(question) else "name" if _NAME_ASKED.search(question) else "any"
    return Asked(question, answer, kind)
