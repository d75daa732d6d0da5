r"""What stands in a document without being part of what it says: quoted history, signatures, disclaimers.

Only what is certain is left out, and a note says so: history that its own introduction ("On ... wrote:") announces and
that nothing new follows; a signature behind the agreed mark "-- "; a paragraph with at least two of the set phrases of
disclaimers, at the end. A mail that would be left empty is left as it is.
"""

import re
from collections.abc import Sequence

from answerable_knowledge.blocks import Block

_INTRODUCTION = re.compile(
    r"(?:^|\n)[ \t]*(?:"
    r"(?:On|Am|Le|El|Il|Op|Em|Den|Dne|Dnia|W dniu)\b[^\n]{5,200}(?:\n[^\n]{0,200})?"
    r"(?:wrote|schrieb|écrit|escribió|ha scritto|schreef|escreveu|skrev|napsal|napisał)[^\n]{0,60}:"
    r"|-{2,} ?(?:Original Message|Ursprüngliche Nachricht|Message d'origine|Mensaje original|Forwarded message) ?-{2,}"
    r")[ \t]*(?=\n|$)",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"forwarded", re.IGNORECASE)
_QUOTED_LINE = re.compile(r"\s*(?:>|\|)")
_SIGNATURE = re.compile(r"(?:^|\n)-- ?(?=\n)")
_SIGNATURE_LINES = 12
_DISCLAIMER = tuple(
    re.compile(phrase, re.IGNORECASE)
    for phrase in (
        r"\bconfidential\b|\bvertraulich|\bconfidentiel|\bconfidencial|\briservat",
        r"intended (?:solely |only |exclusively )?(?:for|recipient)|(?:sole )?use of the|destinataire|destinatari[oi]",
        r"receive[d]? (?:this|it) (?:e-?mail |message )?(?:in error|by mistake)|irrtümlich|par erreur|por error",
        r"(?:delete|destroy) (?:it|this|the|all|any)|löschen Sie|supprimer|elimin",
        r"(?:disclos|distribut|copy)\w*[^.]{0,60}\b(?:prohibited|unauthori[sz]ed|strictly)",
        r"notify (?:the sender|us)|informieren Sie|prévenir l'expéditeur|avise al remitente",
    )
)
_PHRASES = 2
_DISCLAIMER_BLOCKS = 3  # from the end


def without_mail_boilerplate(blocks: Sequence[Block]) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """The blocks of a mail's body without its boilerplate, and a note for each kind that was left out."""
    kept = list(blocks)
    notes: list[str] = []
    for note, strip in (
        ("quoted_history_left_out", _without_history),
        ("disclaimer_left_out", _without_disclaimer),
        ("signature_left_out", _without_signature),
    ):
        shorter = strip(kept)
        if shorter != kept and any(block.text.strip() for block in shorter):
            kept, notes = shorter, [*notes, note]
    return tuple(kept), tuple(notes)


def _without_history(blocks: list[Block]) -> list[Block]:
    for number, block in enumerate(blocks):
        found = _INTRODUCTION.search(block.text)
        if found is None or _FORWARDED.search(found[0]):
            continue
        before, after = block.text[: found.start()].rstrip(), block.text[found.end() :]
        has_reply = bool(before.strip()) or number > 0
        if has_reply and _is_all_history(found[0], [after, *(later.text for later in blocks[number + 1 :])]):
            return [*blocks[:number], *([_with(block, before)] if before.strip() else [])]
    return blocks


def _is_all_history(introduction: str, rest: list[str]) -> bool:
    """Whether nothing new follows: every line quoted, or a whole old message behind its mark."""
    lines = [line for text in rest for line in text.split("\n") if line.strip()]
    return introduction.lstrip().startswith("--") or (bool(lines) and all(_QUOTED_LINE.match(line) for line in lines))


def _without_disclaimer(blocks: list[Block]) -> list[Block]:
    for number in range(len(blocks) - 1, max(len(blocks) - 1 - _DISCLAIMER_BLOCKS, 0), -1):
        if sum(bool(phrase.search(blocks[number].text)) for phrase in _DISCLAIMER) >= _PHRASES:
            return [*blocks[:number], *blocks[number + 1 :]]
    return blocks


def _without_signature(blocks: list[Block]) -> list[Block]:
    for number in range(len(blocks) - 1, -1, -1):
        marks = list(_SIGNATURE.finditer(blocks[number].text + "\n"))
        if not marks:
            continue
        found = marks[-1]
        signature = [blocks[number].text[found.end() :], *(block.text for block in blocks[number + 1 :])]
        if sum(text.count("\n") + 1 for text in signature) > _SIGNATURE_LINES:
            return blocks
        before = blocks[number].text[: found.start()].rstrip()
        return [*blocks[:number], *([_with(blocks[number], before)] if before.strip() else [])]
    return blocks


def _with(block: Block, text: str) -> Block:
    return Block(text, block.locator, block.heading)
