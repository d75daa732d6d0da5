"""What the injection screen learns from: attacks, requests to an assistant, and the texts that they are put into.

Only collections under permissive licences; what false alarms are measured on (the demo corpus, SQuAD) is left out.
"""

import gzip
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LONGEST_TEXT = 1200
_REQUESTS = 600
_SHORTEST_REQUEST, _LONGEST_REQUEST = 4, 40
_SENTENCE_START = re.compile(r"(?<=[.!?])[ \t]+(?=[A-Z])")
TABLES = "bipia"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A text of a source without an attack; `group` names it in held-out rounds."""

    source: str
    group: str
    text: str


@dataclass(frozen=True, slots=True)
class Attack:
    """A sentence to put into texts. `category` is empty for requests that are no attacks of the collection."""

    category: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row to judge: `category` is None where nothing was put in."""

    group: str
    category: str | None
    text: str


def read_rows(data: Path, name: str) -> list[dict[str, Any]]:
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def carriers(data: Path) -> list[Carrier]:
    """Tables and mails (MIT), help pages and forum answers (Apache-2.0), filings (MIT), news (Apache-2.0), and answers
    of an assistant, which give many orders to people (MIT).
    """
    found = [Carrier(TABLES, row["id"], row["context"]) for row in read_rows(data, "security/bipia_carriers_train")]
    pages = {
        page["text"]: page["id"]
        for row in read_rows(data, "calibration/mtrag_human_ratings")
        for page in row["contexts"]
    }
    found += [Carrier("help", group, text) for text, group in pages.items()]
    found += [Carrier("filings", row["id"], row["text"]) for row in read_rows(data, "retrieval/sec10q_pages")[::3]]
    news = {row["context"]: row["id"] for row in read_rows(data, "groundedness/summac_parts")}
    found += [Carrier("news", group, text) for text, group in list(news.items())[:300]]
    answers = read_rows(data, "calibration/halueval_general")[::6]
    found += [Carrier("answers", str(row["id"]), row["answer"]) for row in answers]
    return [Carrier(one.source, str(one.group), _shortened(one)) for one in found]


def attacks(data: Path) -> list[Attack]:
    rows = read_rows(data, "security/bipia_attacks_train")
    return [Attack(row["category"], row["attack"]) for row in rows]


def requests(data: Path) -> list[Attack]:
    """What people ask of an assistant (MIT): first lines, a sample that is always the same."""
    lines = (row["question"].split("\n")[0].strip() for row in read_rows(data, "calibration/halueval_general"))
    fit = [line for line in lines if _SHORTEST_REQUEST <= len(line.split()) <= _LONGEST_REQUEST]
    return [Attack("", line) for line in random.Random(7).sample(fit, _REQUESTS)]  # noqa: S311 - the same every time


def spliced(data: Path) -> list[Row]:
    """The rows that the screen is judged by: clean texts, and the same with an attack at start, middle or end."""
    return [
        Row(row["id"].rsplit("-", 1)[0], row["category"] if row["label"] == "injection" else None, row["text"])
        for row in read_rows(data, "security/bipia_spliced_train")
    ]


def put_in(attack: str, text: str, rng: random.Random) -> tuple[str, int]:
    """The text with the attack as a line of its own or between two sentences, and where it stands."""
    breaks = [match.end() for match in _SENTENCE_START.finditer(text)]
    if breaks and rng.random() < 1 / 4:
        at = rng.choice(breaks)
        return f"{text[:at]}{attack} {text[at:]}", at
    lines = text.split("\n")
    before = rng.choice((0, len(lines), rng.randrange(len(lines) + 1)))
    start = "".join(f"{line}\n" for line in lines[:before])
    return f"{start}{attack}\n" + "\n".join(lines[before:]), len(start)


def _shortened(carrier: Carrier) -> str:
    """Passages are about this long; tables stay whole, as they are judged."""
    return carrier.text if carrier.source == TABLES else carrier.text[:_LONGEST_TEXT]


def sources(texts: Sequence[Carrier]) -> list[str]:
    return sorted({one.source for one in texts})
