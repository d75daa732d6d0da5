"""Codes of the record in words, for people who look into it. An asker is never told why a passage was left out."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from answerable_cli.bounds import bound_in_words
from answerable_cli.evidence import CheckedReceipt, RecordProof
from answerable_cli.explanation import Explanation, LogEntry, Said
from answerable_events.answers import EXPLANATIONS
from answerable_events.feedback import AnswerAudited, FeedbackGiven
from answerable_events.requests import VerdictDecided
from answerable_events.reviews import ReviewCompleted, ReviewRefused, ReviewSubmitted
from answerable_knowledge.quality import RULES

LEFT_OUT: Mapping[str, str] = {
    "access": "The asker is none of the readers of the document, or denied: neither asker nor model was shown it.",
    "superseded": "Another document that is in force says that it replaces this one.",
    "expired": "The document was valid only until before the question was asked.",
    "not_yet_valid": "The document becomes valid only after the question was asked.",
    "duplicate": "A passage that ranked higher has the same text.",
}
"""Why retrieval leaves a passage out that is near the question in meaning."""

DIGEST = 12
"""Characters of a hash that are shown to people."""

_OURS = re.compile(r"io\.answerable\.(.+)\.v[0-9]+")
_NO_WORDS = "This release has no words for this code."

STATES: Mapping[str, str] = {
    "edited": "EDITED",
    "erased": "erased",
    "unsealed": "not sealed",
    "sealed": "not yet signed",
    "signed": "signed",
    "cosigned": "cosigned",
}
"""How well a record, or the record of a request, is proven."""

_MEANINGS: Mapping[str, str] = {
    "edited": "a row of the record is not what was sealed",
    "erased": "texts, keys and salts are gone; types, times, places and leaves are left",
    "unsealed": "the record has rows that are no leaf of any tree",
    "sealed": "every row is a leaf of a tree, and no checkpoint covers all of them yet",
    "signed": "checkpoints of the log cover every row; no witness has signed one that covers all",
    "cosigned": "checkpoints that witnesses have signed as well cover every row",
}

ANCESTORS: Mapping[str, str] = {
    "recorded": "recorded with this hash",
    "erased": "recorded, erased since",
    "other_bytes": "RECORDED WITH OTHER BYTES",
    "missing": "NOT RECORDED",
}
"""Whether an event is there that another one rests on."""


def why_left_out(code: str) -> str:
    return LEFT_OUT.get(code, _NO_WORDS)


def held_against(codes: Iterable[str]) -> str:
    """What the quality ledger held against a passage, but that it was out of date, which is told apart."""
    return " ".join(RULES[code].meaning if code in RULES else _NO_WORDS for code in codes if code != "stale")


def in_words(code: str) -> str:
    """What a reason of a check, verdict or outcome means."""
    return EXPLANATIONS.get(code, _NO_WORDS)


def short_type(kind: str) -> str:
    """`draft.generated` of `io.answerable.draft.generated.v1`; another type stays, without what a terminal obeys."""
    match = _OURS.fullmatch(kind)
    return printable(match[1] if match else kind or "no type")


def printable(text: str) -> str:
    """The text without what a terminal obeys."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def proof_meaning(explanation: Explanation) -> str:
    """What the state of the whole record means for this request."""
    meaning, total = _MEANINGS[explanation.proof], len(explanation.log)
    if explanation.proof == "erased":
        return f"{meaning}; the leaves are {STATES[explanation.seal]}"
    return f"{meaning}; {explanation.erased} of {total} rows are erased" if explanation.erased else meaning


def seal_line(seal: RecordProof) -> str:
    """How a record is sealed: by how many witnesses, under which checkpoint, and when that was signed (UTC)."""
    if not seal.holds:
        return f"{STATES['edited']}: not what was sealed"
    by = seal.cosigned_by or seal.signed_by
    if by is None:
        return STATES[seal.state]
    witnesses = f" by {by.cosignatures}" if by.cosignatures else ""
    return f"{STATES[seal.state]}{witnesses}, size {by.size}, {by.signed_at:%Y-%m-%d %H:%M:%S}"


def content_line(entry: LogEntry) -> str:
    """What there is of the content of a record, on one line."""
    at = entry.proof.erased_at
    return f"sha256 {entry.body_sha256[:DIGEST]}" if at is None else f"erased {at:%Y-%m-%d %H:%M} UTC"


def leaf_line(seal: RecordProof) -> str:
    """Where in which tree a record is, on one line."""
    return f"{seal.tree[0]}/{seal.tree[1]} leaf {seal.leaf_index} {seal.leaf_hash[:DIGEST]}" if seal.sealed else ""


def receipt_line(checked: CheckedReceipt) -> str:
    """What a receipt says, on one line."""
    given = checked.receipt
    place = f"leaf {given.leaf_index} of tree {given.tree.tenant}/{given.tree.shard}, {given.leaf_hash[:DIGEST]}"
    if checked.quoted_size is not None:
        return f"{place}, under a checkpoint of size {checked.quoted_size}"
    if given.promised_by is None:
        return place
    signed = checked.covered_by
    kept = "not signed yet" if signed is None else f"signed {signed.signed_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{place}, a checkpoint promised by {given.promised_by:%Y-%m-%d %H:%M:%S} UTC: {kept}"


def proved(verdict: VerdictDecided) -> str:
    """The certificate that a verdict quotes, or why it quotes none."""
    bound = verdict.certificate
    if bound is None:
        why = verdict.uncertified or "absent"
        return f"no certificate in force ({why}): nothing is proved of answers like this one"
    told = bound_in_words(bound.alpha, bound.delta, bound.labelled)
    return f"certificate {bound.certificate_id}: {told}, until {bound.expires_at:%Y-%m-%d}"


def said(one: Said) -> str:
    """What a person decided or said, on one line."""
    match one:
        case ReviewSubmitted():
            return f"{_second(one.submitted_at)} {one.reviewer.subject} decided to {one.decision}: {one.reason}"
        case ReviewRefused():
            return f"that decision of {one.reviewer} was refused ({one.reason})"
        case ReviewCompleted():
            return f"that decision of {one.reviewer} was accepted"
        case AnswerAudited():
            found = "right" if one.correct else "wrong"
            return f"{_second(one.audited_at)} {one.auditor}, who audits blindly, found it {found}: {one.reason}"
        case FeedbackGiven():
            comment = f": {one.comment}" if one.comment else ""
            return f"{_second(one.given_at)} {one.by} called it {one.rating}{comment}"


def _second(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def receipt_verdict(checked: CheckedReceipt) -> str:
    return "the record agrees" if checked.agrees else f"THE RECORD DOES NOT AGREE: {'; '.join(checked.problems)}"


def absence(explanation: Explanation) -> str:
    """Why a part of the story cannot be told."""
    return "erased" if explanation.erased else "not on record, or cannot be read"
