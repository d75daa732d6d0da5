"""Traces of an instruction that came with the text: in the answer, or in a passage that it rests on.

Two screens for passages: patterns of orders to a model, and a trained model (`intrusion`) for requests that are foreign
to the text around them. An alarm, not a control: the control is that the model has no tools and no say in identity,
access or routing.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from answerable_trust.findings import Finding, all_cited, answer_text
from answerable_trust.intrusion import Model, Suspect, find_intrusions, shipped
from answerable_trust.values import Case, Span

_NEAR = r"[^.\n]{0,40}"  # the rest of the same clause
_ORDERS = (
    (
        r"(?<!not )(?<!n't )(?<!never )\b(?:ignore|disregard|forget|override)\b"
        rf"{_NEAR}\b(?:previous|prior|above|earlier|preceding|foregoing|original|your|all)\b"
        rf"{_NEAR}\b(?:instructions?|prompts?|rules|directions|guidelines|guardrails|context)\b"
    ),
    (
        rf"(?<!not )(?<!n't )(?<!never )\b(?:reveal|print|repeat|show|output|leak|disclose|display|send|tell)\b{_NEAR}"
        r"\b(?:(?:system|hidden|initial) prompt|your (?:own )?(?:instructions|prompt|rules))\b"
    ),
    (
        r"\b(?:do not|don't|never|without) (?:tell|mention|inform|alert|reveal)(?:ing)?\b[^.\n]{0,20}"
        r"\b(?:the (?:user|asker|reader)|(?:this|these) (?:instructions?|prompt))\b"
    ),
    r"\byou are (?:now|no longer) (?:an? |the |in )?[\w-]+",
    (
        r"\b(?:act|behave|respond|pretend|roleplay) (?:as|like|to be) "
        r"(?:if you|an? (?:unrestricted|uncensored|ai|assistant|dan)\b)"
    ),
    (
        r"\b(?:new|updated|real|actual|important|special|secret) (?:system )?instructions?\s*"
        r"(?:for (?:the )?(?:ai|assistant|model)\w*\s*)?:"
    ),
    (
        r"\b(?:attention|note|message|instructions?) (?:to|for) (?:the |any |all )?"
        r"(?:ai|llm|language model|assistant|chatbot)s?\b"
    ),
    (
        r"\b(?:ai|llm|language) (?:assistants?|models?|agents?)\b[^.\n]{0,30}\b"
        r"(?:must|should|shall|are to|has to|have to)\b[^.\n]{0,30}\b"
        r"(?:answer|reply|respond|say|state|output|ignore|follow|tell)\b"
    ),
    (
        r"\b(?:when|if) (?:you (?:answer|respond|reply|summari[sz]e)|answering|summari[sz]ing)\b[^.\n]{0,60}"
        r"\b(?:reply|respond|say|answer|output|include|append)\b"
    ),
    r"\b(?:jailbreak|developer mode|dan mode|god mode)\b",
    r"<\|?(?:im_start|im_end|system|endoftext|assistant)\|?>|\[/?INST\]|<</?SYS>>",
    r"^#{2,}\s*(?:system|instruction)s?\s*:?\s*$",
)
_LEAKS = (
    r"\bsystem prompt\b",
    r"\bas an? (?:ai|large)? ?language model\b",
    r"!\[[^\]\n]{0,200}\]\s?[(\[]",  # an image is fetched without a click and carries what its address carries
    r"<\s*(?:img|script|iframe|object|embed|link|svg|form)\b",
    r"\b(?:javascript|data|vbscript):\S",
)
_IN_PASSAGE = re.compile("|".join(f"(?:{order})" for order in _ORDERS), re.IGNORECASE | re.MULTILINE)
_IN_ANSWER = re.compile("|".join(f"(?:{order})" for order in (*_ORDERS, *_LEAKS)), re.IGNORECASE | re.MULTILINE)
# Every order needs one of these, and most passages have none: one cheap pass spares the dear one.
_HINTS = re.compile(
    r"instruct|prompt|ignore|disregard|forget|overrid|bypass|skip|you are n|\bai\b|\bllm|language|chatbot|assistant"
    r"|jailbreak|mode\b|repl[yi]|respon|answer|pretend|roleplay|behave|\bact |user|asker|reader|reveal|password|api key"
    r"|\[/?inst|<|##",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\b(?:https?|ftp)://[^\s<>\"')\]]+|\bwww\.[^\s<>\"')\]]+", re.IGNORECASE)


def find_injection(case: Case) -> Finding:
    """Neither the answer nor a passage that it cites tries to instruct a model, and the answer sends nothing out."""
    passages = all_cited(case)
    answer, _ = _unveil(answer_text(case))
    spans = [
        Span(passage.label, one.start, one.end) for passage in passages for one in screen(passage.text) if one.blocks
    ]
    quoted = " ".join(passage.text for passage in passages)
    foreign = [address for address in _ADDRESS.findall(answer) if address.rstrip(".,;:") not in quoted]
    clean = not (spans or foreign or _IN_ANSWER.search(answer))
    return Finding(float(clean), None if clean else "suspected_injection", tuple(spans))


def screen(text: str, model: Model | None = None) -> list[Suspect]:
    """What in a passage looks like an instruction that somebody put into it, in order of place.

    An order to a model that matches a pattern scores 1 and blocks; other pieces are reported from the model's
    `suspect` on (default: the shipped model). Linear in the length of the text; raises nothing, whatever it holds.
    """
    model = model or shipped()
    return _screen(text, model, model.suspect)


def rate(text: str, model: Model | None = None) -> float:
    """The highest score of any piece of a passage, reported or not; 0 where there is none."""
    return screen_and_rate(text, model)[1]


def screen_and_rate(text: str, model: Model | None = None) -> tuple[list[Suspect], float]:
    """What `screen` and `rate` say, for the price of one."""
    model = model or shipped()
    pieces = _screen(text, model, 0.0)
    return [one for one in pieces if one.score >= model.suspect], max((one.score for one in pieces), default=0.0)


def _screen(text: str, model: Model, least: float) -> list[Suspect]:
    plain, places = _unveil(text)
    orders = [match.span() for match in _IN_PASSAGE.finditer(plain)] if _HINTS.search(plain) else []
    starts = [start for start, _ in orders]
    found = [Suspect(start, end, 1.0, blocks=True) for start, end in orders]
    found += [piece for piece in find_intrusions(plain, model, least) if not _touches(piece, starts, orders)]
    found.sort(key=lambda one: (one.start, one.end))
    if places is None:
        return found
    return [replace(one, start=places[one.start], end=places[one.end - 1] + 1) for one in found]


def _touches(piece: Suspect, starts: Sequence[int], orders: Sequence[tuple[int, int]]) -> bool:
    """Whether the last order that begins before the end of the piece reaches into it; they do not overlap."""
    before = bisect_left(starts, piece.end)
    return before > 0 and orders[before - 1][1] > piece.start


def _unveil(text: str) -> tuple[str, list[int] | None]:
    """The text without invisible characters and with look-alike forms resolved, and the place of each character left
    (None: same).
    """
    if text.isascii():
        return text.replace("\t", " "), None
    chars, places = [], []
    for place, char in enumerate(text):
        if unicodedata.category(char) in ("Cf", "Mn"):
            continue
        form = unicodedata.normalize("NFKC", char)
        chars.append({"\u2019": "'", "\u00a0": " "}.get(char, form if len(form) == 1 else char))
        places.append(place)
    return "".join(chars), places
