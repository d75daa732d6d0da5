"""A collection with planted faults: pairs of documents that contradict each other, near copies, and look-alikes.

Each document is filler of its own around its statement, so that only what is planted makes two of them alike. All is
made from a seed.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

Pair = frozenset[str]

_VERBS = [
    "keeps",
    "checks",
    "stores",
    "moves",
    "counts",
    "paints",
    "opens",
    "lifts",
    "cleans",
    "sorts",
    "files",
    "marks",
]
_NOUNS = [
    "crate",
    "ledger",
    "valve",
    "cable",
    "panel",
    "ticket",
    "basket",
    "lamp",
    "parcel",
    "drawer",
    "hinge",
    "badge",
    "label",
    "rope",
    "ladder",
]
_ADJECTIVES = [
    "narrow",
    "grey",
    "early",
    "quiet",
    "heavy",
    "spare",
    "wooden",
    "distant",
    "plain",
    "bright",
    "round",
    "northern",
]
_PLACES = [
    "Alta",
    "Bergen",
    "Cadiz",
    "Delft",
    "Esbjerg",
    "Faro",
    "Ghent",
    "Hamar",
    "Izmir",
    "Jena",
    "Kiruna",
    "Lund",
    "Malmo",
    "Narvik",
    "Oulu",
    "Porto",
]

# What one source says, what another says of the same, and of what both speak. {0} and {1} are the two values.
_FIGURES = (
    ("The {thing} must be recalibrated every {0} months.", "Every {1} months the {thing} must be recalibrated."),
    ("Invoices for the {thing} are paid within {0} days.", "Invoices for the {thing} are paid within {1} days."),
    ("The warranty of the {thing} covers {0} years.", "The warranty of the {thing} covers {1} years."),
    ("A new {thing} costs EUR {0}90 with delivery.", "With delivery, a new {thing} costs EUR {1}90."),
    ("At night the {thing} is kept below {0} °C.", "The {thing} is kept below {1} °C at night."),
    ("Orders of a {thing} end on {0} March 2026.", "Orders of a {thing} end on {1} March 2026."),
)  # fmt: skip
_DENIALS = (
    ("Visitors may borrow the {thing} for a weekend.", "Visitors may not borrow the {thing} for a weekend."),
    ("Repairs of the {thing} are allowed during transport.", "Repairs of the {thing} are prohibited during transport."),
    ("The {thing} is available to night shifts.", "The {thing} is unavailable to night shifts."),
    ("Clean the {thing} with strong solvents.", "Never clean the {thing} with strong solvents."),
)
# Pairs that read alike, and do not contradict each other.
_LOOKALIKES = (
    ("The {thing} must be recalibrated every {0} months.", "The {other} must be recalibrated every {1} months."),
    ("In {place} the {thing} is inspected {0} days early.", "In {place2} the {thing} is inspected {1} days early."),
    ("The {thing} may carry at least {0} kg of load.", "The {thing} may carry at most 9{1} kg of load."),
    ("Visitors may borrow the {thing} for a weekend.", "Visitors may not borrow the {thing} unless they pay."),
    ("Visitors may borrow the {thing} for a weekend.", "Visitors may not borrow the {other} for a weekend."),
    ("The {thing} must be recalibrated every {0} months.", "The {thing} must be repainted every {1} months."),
    ("Invoices for the {thing} are paid within {0} days.", "Reminders for the {thing} are sent within {1} days."),
    ("The warranty of the {thing} covers {0} years.", "The warranty of the {thing} covers {0} years."),
)


@dataclass(slots=True)
class Planted:
    """Texts by document id, and which pairs of them are planted as what."""

    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    conflicts: set[Pair] = field(default_factory=set)
    copies: set[Pair] = field(default_factory=set)

    def add(self, *texts: str) -> str:
        document_id = f"d{len(self.texts):04}"
        self.texts[document_id] = texts
        return document_id


def plant(seed: int, *, conflicts: int, copies: int, lookalikes: int, others: int) -> Planted:
    """So many pairs of each kind, and so many documents about nothing else."""
    chance, planted = random.Random(seed), Planted()
    things = _things(chance)
    for number in range(conflicts):
        patterns = (*_FIGURES, *_DENIALS)
        planted.conflicts.add(_pair(planted, chance, patterns[number % len(patterns)], things))
    for number in range(lookalikes):
        _pair(planted, chance, _LOOKALIKES[number % len(_LOOKALIKES)], things)
    for _ in range(copies):
        original = [_filler(chance, 120) for _ in range(3)]
        copied = [_edited(text, chance) for text in original]
        planted.copies.add(frozenset({planted.add(*original), planted.add(*copied)}))
    for _ in range(others):
        planted.add(*(_filler(chance, 120) for _ in range(2)))
    return planted


def _pair(planted: Planted, chance: random.Random, patterns: tuple[str, str], things: Iterator[str]) -> Pair:
    one, other = chance.sample(range(11, 29), 2)
    place, place2 = chance.sample(_PLACES, 2)
    words = {"thing": next(things), "other": next(things), "place": place, "place2": place2}
    return frozenset(
        planted.add(f"{_filler(chance, 60)} {pattern.format(one, other, **words)} {_filler(chance, 60)}")
        for pattern in patterns
    )


def _things(chance: random.Random) -> Iterator[str]:
    """Names of things, each once."""
    every = [f"{adjective} {noun} {kind}" for adjective in _ADJECTIVES for noun in _NOUNS for kind in ("rack", "cart")]
    chance.shuffle(every)
    yield from every


def _filler(chance: random.Random, words: int) -> str:
    sentences, count = [], 0
    while count < words:
        actors, code = chance.sample(_NOUNS, 3), f"w{chance.randrange(10**6)}"
        kinds = [f"{chance.choice(_ADJECTIVES)} {actor}" for actor in actors]
        where = f"near {chance.choice(_PLACES)} {kinds[2]} {code}"
        sentence = f"The {kinds[0]} {chance.choice(_VERBS)} the {kinds[1]} {where}."
        sentences.append(sentence)
        count += len(sentence.split())
    return " ".join(sentences)


def _edited(text: str, chance: random.Random) -> str:
    """One word in twenty replaced."""
    return " ".join(chance.choice(_NOUNS) if chance.random() < 0.05 else word for word in text.split())
