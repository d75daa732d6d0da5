"""From hits to the passages of a context: neighbours in a document are joined, and a budget of tokens is kept. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from answerable_knowledge.chunking import count_tokens
from answerable_knowledge.entries import Hit

_JOINED_TOKENS = 400
"""A passage of more is no place that a reader finds something in: about a page."""

_RANGE = re.compile(r"(.*\b(?:line|row))s? (\d+)(?:-(\d+))?")


def compose(hits: Sequence[Hit], max_tokens: int) -> tuple[list[Hit], int]:
    """Passages in the order of their best, within `max_tokens` altogether; and how many hits were left out for that."""
    kept: list[Hit] = []
    tokens = 0
    left_out = 0
    for hit, count in _joined(hits):
        if left_out or tokens + count_tokens(hit.text) > max_tokens:
            left_out += count
        else:
            kept.append(hit)
            tokens += count_tokens(hit.text)
    return kept, left_out


def _joined(hits: Sequence[Hit]) -> list[tuple[Hit, int]]:
    """Each with how many hits it is made of. Two that stand side by side become one, where the best of them ranks."""
    found: list[tuple[Hit, int]] = []
    for hit in hits:
        for place, (other, count) in enumerate(found):
            if (both := join(other, hit)) is not None:
                found[place] = both, count + 1
                break
        else:
            found.append((hit, 1))
    return found


def join(better: Hit, worse: Hit) -> Hit | None:
    """Both as one passage with the scores of the better one; None where they do not follow one another in one place.

    Texts against which different things are held stay apart: a caveat would pass from one to the other.
    """
    first, second = sorted((better, worse), key=lambda hit: hit.ordinals)
    same = all(
        getattr(first, name) == getattr(second, name)
        for name in ("document_id", "document_version", "heading", "findings", "readers_matched")
    )
    if not same or first.ordinals[1] + 1 != second.ordinals[0]:
        return None
    locator = _joined_locator(first.locator, second.locator)
    text = f"{first.text}\n\n{second.text}"
    if locator is None or count_tokens(text) > _JOINED_TOKENS:
        return None
    ordinals = first.ordinals[0], second.ordinals[1]
    stem = better.passage_id.rpartition(".")[0]
    return replace(
        better, passage_id=f"{stem}.{ordinals[0]}-{ordinals[1]}", locator=locator, text=text, ordinals=ordinals
    )


def _joined_locator(first: str, second: str) -> str | None:
    """One page, slide or section as it is, lines and rows as a range; None for different places."""
    if first == second:
        return first
    one, other = _RANGE.fullmatch(first), _RANGE.fullmatch(second)
    if one is None or other is None or one[1] != other[1]:
        return None
    return f"{one[1]}s {one[2]}-{other[3] or other[2]}"
