"""Personal data in a text: what has a form of its own by rules and checksums, names and addresses by their shape.

An aid to a policy, not a guarantee: names that stand without any sign of being one are missed.
"""

from collections.abc import Iterable

from answerable_trust.personal.addresses import find_addresses
from answerable_trust.personal.descriptions import find_ages, find_occupations
from answerable_trust.personal.identifiers import find_identifiers
from answerable_trust.personal.names import find_names, find_partnerships
from answerable_trust.personal.tokens import pieces, tokens
from answerable_trust.personal.values import DESCRIPTIONS, IDENTIFIERS, Kind, PersonalData

__all__ = ["DESCRIPTIONS", "IDENTIFIERS", "Kind", "PersonalData", "find_personal_data"]


def find_personal_data(text: str) -> tuple[PersonalData, ...]:
    """Where the text holds personal data: in order, without overlaps, the same for the same text.

    Raises nothing, and takes time linear in the text, whatever it holds. A text is read in pieces of 20,000
    characters, cut at a line end or else a space; data across a cut is found in part or not at all.
    """
    return tuple(
        PersonalData(start + each.start, start + each.end, each.kind)
        for start, piece in pieces(text)
        for each in _of_piece(piece)
    )


def _of_piece(text: str) -> list[PersonalData]:
    found = _without_overlaps((*find_identifiers(text), *find_ages(text)), set())
    taken = _places(found)
    words = tokens(text)
    found += _without_overlaps(find_addresses(words, taken), taken)
    taken = _places(found)
    found += _without_overlaps(find_partnerships(words, taken), taken)
    taken = _places(found)
    found += _without_overlaps(find_names(words, taken), taken)
    persons = [each for each in found if each.kind == "person"]
    found += _without_overlaps(find_occupations(words, persons), _places(found))
    return sorted(found)


def _without_overlaps(candidates: Iterable[PersonalData], taken: set[int]) -> list[PersonalData]:
    """The candidates that touch nothing taken and no candidate before them."""
    taken = set(taken)
    kept: list[PersonalData] = []
    for each in candidates:
        places = range(each.start, each.end)
        if each.start < each.end and taken.isdisjoint(places):
            taken.update(places)
            kept.append(each)
    return kept


def _places(found: Iterable[PersonalData]) -> set[int]:
    return {place for each in found for place in range(each.start, each.end)}
