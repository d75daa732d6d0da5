"""Sentences in sources that talk to the model instead of to the reader: never said as an answer. Pure.

A screen, not a control: what keeps documents from steering anything is that the model has no say in identity, access
or routing, and that every answer is checked. This only keeps such sentences out of extracted answers.
"""

import re

_SAYING = r"(?:answer|reply|respond|say|output|print|repeat)"
_MODEL_TALK = (
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instructions?|prompts?)\b",
    (
        r"\b(?:ignore|disregard|forget|override)\b.{0,20}\b(?:previous|prior|above|earlier|your)\b.{0,20}"
        r"\b(?:rules?|guidelines|text|context|sources?|documents?|information|content|everything)\b"
    ),
    r"\b(?:ignore|disregard|forget)\b.{0,20}\b(?:rules?|guidelines|text|everything)\s+above\b",
    r"\b(?:ignore|disregard|forget)\b (?:everything|all|anything)\b.{0,20}\b(?:above|before|told|said)\b",
    r"\b(?:system|developer|hidden)\s+(?:prompt|message|instructions?)\b",
    r"\byou\s+(?:are|act)\s+(?:now\s+)?(?:as\s+)?(?:an?\s+)?(?:ai|assistant|language model|chat ?bot|dan)\b",
    r"\b(?:ai|language|chat)\s+(?:model|assistant|bot)s?\b.{0,40}\b(?:must|should|will|please|reading|processing)\b",
    rf"\byou\s+(?:must|should|shall|will|have to)\s+(?:\w+\s+)?{_SAYING}\b",
    rf"\b(?:instead|only|always)\s+{_SAYING}\b|\bplease\s+(?:answer|say|output|print|repeat)\b",
    rf"(?:^|[.!?]\s)\W*{_SAYING}\b.{{0,40}}\b(?:with|only|exactly|that|every question|all questions)\b",
    r"\bwhen(?:ever)?\s+(?:you\s+are\s+)?asked\b.{0,60}\b(?:answer|reply|respond|say|state|tell)\b",
    r"\bnew\s+(?:instructions?|task|rules?)\s*:",
    r"\b(?:do\s+not|don't|never)\s+(?:mention|reveal|disclose|tell|cite)\b.{0,40}\b(?:user|reader|asker|this|source)\b",
    r"^\W*(?:assistant|human)\s*:\s",
    r"<\|?\s*(?:im_start|im_end|system|assistant|endoftext)\s*\|?>|\[/?inst\]",
)
_PATTERN = re.compile("|".join(_MODEL_TALK), re.IGNORECASE)


def instructs_model(text: str) -> bool:
    """Does the text read like an instruction to the model that processes it?"""
    return _PATTERN.search(" ".join(text.split())) is not None
