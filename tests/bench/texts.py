"""A hundred thousand passages of real text: the shared evaluation data, then the sources of installed packages.

Nothing is downloaded. What stands in several places is taken once; a passage is about 150 words.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
_CHARACTERS = 900
_SHORTEST = 60
_QUESTIONS = ("abstention/squad2", "calibration/qa_eval_nq", "reading/covid_qa", "retrieval/sec10q_qa")


@dataclass(frozen=True, slots=True)
class Text:
    """A passage, and the title of what it is from."""

    title: str
    text: str

    @property
    def searched(self) -> str:
        """As the index would have it: with the title in front."""
        return f"{self.title}\n{self.text}"


def absent() -> bool:
    return not all((DATA / f"{name}.jsonl.gz").is_file() for name in _QUESTIONS)


def passages(count: int) -> list[Text]:
    """The first `count`, in an order that depends on the files alone."""
    found: list[Text] = []
    for text in _cut(_lines()):
        found.append(text)
        if len(found) == count:
            break
    return found


def questions(each: int) -> list[str]:
    """Different questions of people, about texts of the shared data."""
    found: list[str] = []
    for name in _QUESTIONS:
        asked = dict.fromkeys(str(row.get("question") or "") for row in _rows(DATA / f"{name}.jsonl.gz"))
        found += [text for text in asked if len(text) <= _CHARACTERS and text.strip()][:each]
    return found


def _lines() -> Iterator[tuple[str, str]]:
    """Lines with the title of what they are from."""
    for file in sorted(DATA.glob("*/*.jsonl.gz")):
        for row in _rows(file):
            for text in _strings(row):
                yield from ((file.name.partition(".")[0], line) for line in text.split("\n"))
    for file in _sources():
        yield from ((file.name, line) for line in file.read_text("utf-8", "replace").split("\n"))


def _cut(lines: Iterator[tuple[str, str]]) -> Iterator[Text]:
    seen: set[int] = set()
    held, title = "", ""
    for name, line in lines:
        line = line.strip()  # noqa: PLW2901 - the same line
        if name != title and held:
            yield Text(title, held)
            held = ""
        title = name
        if not line or hash(line) in seen:
            continue
        seen.add(hash(line))
        held = f"{held}\n{line}" if held else line
        while len(held) > _CHARACTERS:
            yield Text(title, held[:_CHARACTERS])
            held = held[_CHARACTERS:]


def _sources() -> Iterator[Path]:
    places = {Path(json.__file__).parents[1], *(Path(path) for path in sys.path if path.endswith("site-packages"))}
    for place in sorted(places):
        yield from sorted(place.rglob("*.py"))


def _rows(file: Path) -> Iterator[Any]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) >= _SHORTEST:
            yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)
