"""What `answerable eval personal-data` does: find personal data in annotated texts, and compare character by character.

Letters and digits count, so that it does not matter whether a span holds the comma behind it. A character is found when
what stands there is of the annotated group; addresses, places and postcodes are one group, since an annotation that
takes an address apart and one that does not both have a point. F2 weighs recall four times as much as precision.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from answerable_cli.errors import RELEASED
from answerable_cli.output import note, print_json, print_table
from answerable_cli.row_files import read_rows, write_rows
from answerable_trust.personal import DESCRIPTIONS, IDENTIFIERS, Kind, PersonalData, find_personal_data

_TYPES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "credit_card": ("CREDIT_CARD", "CREDIT_CARD_NUMBER"),
    "iban": ("IBAN_CODE", "IBAN"),
    "email": ("EMAIL_ADDRESS", "EMAIL"),
    "phone": ("PHONE_NUMBER", "PHONE"),
    "us_ssn": ("US_SSN", "SSN"),
    "ip_address": ("IP_ADDRESS", "IP"),
    "url": ("DOMAIN_NAME", "URL", "DOMAIN"),
    "zip_code": ("ZIP_CODE", "ZIP", "ZIPCODE", "POSTCODE"),
    "date": ("DATE_TIME", "DATE", "TIME", "DATE_OF_BIRTH"),
    "person": ("PERSON", "NAME", "FIRST_NAME", "LAST_NAME", "PER"),
    "title": ("TITLE", "PREFIX", "OCCUPATION", "JOB"),
    "age": ("AGE",),
    "nationality": ("NRP", "NATIONALITY", "NORP"),
    "organization": ("ORGANIZATION", "ORG", "ORGANISATION", "COMPANY"),
    "location": ("GPE", "LOCATION", "LOC", "CITY", "COUNTRY", "STATE"),
    "street_address": ("STREET_ADDRESS", "ADDRESS"),
}
"""Names of types in annotations, of each kind; the first is written to predictions."""
_KINDS: Final = {name: kind for kind, names in _TYPES.items() for name in (*names, kind.upper())}
_GROUPS: Final[Mapping[Kind, str]] = {"location": "place", "street_address": "place", "zip_code": "place"}
_FORM = '{"id": "a", "text": "Ask Ann", "spans": [{"start": 4, "end": 7, "type": "PERSON"}]}'


@dataclass(frozen=True, slots=True)
class Annotated:
    """A text and what a person marked in it; `unknown` are places with the types that are no kind of ours."""

    id: str
    text: str
    spans: tuple[PersonalData, ...]
    unknown: tuple[tuple[int, int, str], ...] = ()


@dataclass(slots=True)
class Counts:
    """Characters: annotated and found, annotated and missed, found beside any annotation of the group."""

    found: int = 0
    missed: int = 0
    beside: int = 0

    def figures(self) -> dict[str, Any]:
        """Rounded; None where there was nothing to find or nothing found."""
        f2 = _share(5 * self.found, 4 * self.missed + self.beside)
        precision, recall = _share(self.found, self.beside), _share(self.found, self.missed)
        return {"f2": f2, "precision": precision, "recall": recall, "characters": self.found + self.missed}


@dataclass(frozen=True, slots=True)
class Result:
    """What was found in one text."""

    annotated: Annotated
    found: tuple[PersonalData, ...]


def evaluate_personal_data(file: Path, *, as_json: bool, predictions: Path | None) -> int:
    """Measure, print, and return the exit code."""
    rows = load_rows(file)
    started = time.perf_counter()
    results = find_all(rows)
    figures = summarise(results) | {"seconds": round(time.perf_counter() - started, 3)}
    if predictions:
        write_rows(predictions, map(_predicted, results))
    if as_json:
        print_json(figures)
    else:
        _show(figures)
    return RELEASED


def load_rows(file: Path) -> list[Annotated]:
    """All rows of a file, looked through before any is measured. Raises UsageRefused, which quotes nothing."""
    return read_rows(file, _row, _FORM)


def find_all(rows: Sequence[Annotated]) -> tuple[Result, ...]:
    """What `answerable_trust.personal` finds in each text."""
    return tuple(Result(row, find_personal_data(row.text)) for row in rows)


def summarise(results: Sequence[Result]) -> dict[str, Any]:
    """The figures of a run: of all kinds, of the structured ones, and of each kind.

    Annotations of types that are no kind of ours are counted and left out, with what is found in them.
    """
    counts: dict[Kind, Counts] = {kind: Counts() for kind in _TYPES}
    for result in results:
        _count(result, counts)
    unknown = Counter(name for result in results for _, _, name in result.annotated.unknown)
    return {
        "texts": len(results),
        "all": _sum(counts[kind] for kind in counts).figures(),
        "structured": _sum(counts[kind] for kind in IDENTIFIERS).figures(),
        "unstructured": _sum(counts[kind] for kind in DESCRIPTIONS).figures(),
        "kinds": {kind: each.figures() for kind, each in counts.items() if each.found + each.missed + each.beside},
        "types_left_out": dict(sorted(unknown.items())),
    }


def _count(result: Result, counts: Mapping[Kind, Counts]) -> None:
    text = result.annotated.text
    wanted, found = _by_place(result.annotated.spans), _by_place(result.found)
    ignored = {place for start, end, _ in result.annotated.unknown for place in range(start, end)} - wanted.keys()
    for place in (wanted.keys() | found.keys()) - ignored:
        if not text[place].isalnum():
            continue
        right, said = wanted.get(place), found.get(place)
        if right and said and _group(right) == _group(said):
            counts[right].found += 1
            continue
        if right:
            counts[right].missed += 1
        if said:
            counts[said].beside += 1


def _by_place(spans: Sequence[PersonalData]) -> dict[int, Kind]:
    """The kind at each place; where annotations overlap, that of the shortest."""
    longest_first = sorted(spans, key=lambda span: span.start - span.end)
    return {place: span.kind for span in longest_first for place in range(span.start, span.end)}


def _group(kind: Kind) -> str:
    return _GROUPS.get(kind, kind)


def _sum(counts: Iterator[Counts]) -> Counts:
    total = Counts()
    for each in counts:
        total.found, total.missed = total.found + each.found, total.missed + each.missed
        total.beside += each.beside
    return total


def _share(part: int, rest: int) -> float | None:
    return round(part / (part + rest), 4) if part + rest else None


def _row(row: Mapping[str, Any]) -> Annotated:
    name, text = row["id"], row["text"]
    places = [(span["start"], span["end"], span["type"]) for span in row["spans"]]
    is_id = isinstance(name, str | int) and not isinstance(name, bool)
    if not is_id or not isinstance(text, str) or not all(_fits(*place, len(text)) for place in places):
        raise ValueError("not an annotated text")
    known = [PersonalData(start, end, _KINDS[kind.upper()]) for start, end, kind in places if kind.upper() in _KINDS]
    unknown = [(start, end, kind) for start, end, kind in places if kind.upper() not in _KINDS]
    return Annotated(str(name), text, tuple(known), tuple(unknown))


def _fits(start: Any, end: Any, kind: Any, length: int) -> bool:
    return type(start) is int and type(end) is int and isinstance(kind, str) and 0 <= start < end <= length


def _predicted(result: Result) -> dict[str, Any]:
    """The id of a row and the spans found, without the text."""
    spans = [{"start": one.start, "end": one.end, "type": _TYPES[one.kind][0]} for one in result.found]
    return {"id": result.annotated.id, "spans": spans}


def _show(figures: Mapping[str, Any]) -> None:
    rows = [("all", figures["all"]), ("structured", figures["structured"]), ("unstructured", figures["unstructured"])]
    print_table(
        ("kind", "F2", "precision", "recall", "characters"),
        [
            (name, one["f2"], one["precision"], one["recall"], one["characters"])
            for name, one in (*rows, *figures["kinds"].items())
        ],
    )
    note(f"{figures['texts']} texts in {figures['seconds']:.1f} s; letters and digits compared")
    if figures["types_left_out"]:
        left = ", ".join(f"{count} {name}" for name, count in figures["types_left_out"].items())
        note(f"annotations left out, of types that are not looked for: {left}")
