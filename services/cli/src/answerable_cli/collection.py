"""A collection with queries and judgements in the layout of BEIR: corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv.

Each may be packed with gzip. What is broken is refused with file and line before any long work begins.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from answerable_cli.errors import UsageRefused

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_COLUMNS = 3
_LONGEST_QUERY = 8_000  # as a question may be
_LAYOUT = "it holds corpus.jsonl and queries.jsonl (_id, title, text) and qrels/SPLIT.tsv (query-id, corpus-id, score)"


@dataclass(frozen=True, slots=True)
class Entry:
    """A document of the corpus."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """Queries that are judged, and where the corpus is: it is read from the file again, never held.

    `queries_unknown` and `relevant_unknown` count what the judgements name and the other files do not have.
    """

    corpus: Path
    size: int
    split: str
    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]
    queries_unknown: int
    relevant_unknown: int

    def entries(self) -> Iterator[Entry]:
        """The corpus, in the order of the file."""
        return _entries(self.corpus)


def load_collection(folder: Path, split: str | None) -> Collection:
    """Look through all files. Without a split: `test`, or the only one there is.

    Raises:
        UsageRefused: a file is missing or broken; the text names it and the line.
    """
    corpus, queries_file = _file(folder, "corpus.jsonl"), _file(folder, "queries.jsonl")
    name, qrels_file = _qrels_file(folder, split)
    qrels = _qrels(qrels_file)
    queries = {entry.id: entry.text for entry in _entries(queries_file) if entry.id in qrels}
    if empty := next((query for query, text in queries.items() if not text.strip()), None):
        raise UsageRefused(f"{queries_file}: the text of query {empty!r} is empty")
    if not queries:
        raise UsageRefused(f"no query of {qrels_file} is in {queries_file}", "do the files belong together?")
    documents = {entry.id for entry in _entries(corpus)}
    if not documents:
        raise UsageRefused(f"{corpus} is empty", _LAYOUT)
    judged = {query: qrels[query] for query in queries}
    relevant = [document for each in judged.values() for document, degree in each.items() if degree > 0]
    return Collection(
        corpus=corpus,
        size=len(documents),
        split=name,
        queries={query: text[:_LONGEST_QUERY] for query, text in queries.items()},
        qrels=judged,
        queries_unknown=len(qrels) - len(queries),
        relevant_unknown=sum(document not in documents for document in relevant),
    )


def _file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise UsageRefused(f"{folder} has no {name} and no {name}.gz", _LAYOUT)


def _qrels_file(folder: Path, split: str | None) -> tuple[str, Path]:
    pattern = re.compile(r"(.+)\.tsv(\.gz)?")
    found = {match[1]: path for path in sorted(folder.glob("qrels/*")) if (match := pattern.fullmatch(path.name))}
    if not found:
        raise UsageRefused(f"{folder} has no qrels/*.tsv", _LAYOUT)
    wanted = split or ("test" if "test" in found else next(iter(found)) if len(found) == 1 else None)
    if wanted not in found:
        missing = f"no qrels/{wanted}.tsv" if wanted else "several splits and none is `test`"
        raise UsageRefused(f"{folder} has {missing}", f"name one with --split: {', '.join(found)}")
    return str(wanted), found[str(wanted)]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers."""
    number = 0
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8-sig", newline="\n") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error):
        raise UsageRefused(
            f"{path}, after line {number}: cannot be read", "it must be UTF-8 text, or that packed with gzip"
        ) from None


def _entries(path: Path) -> Iterator[Entry]:
    seen: set[str] = set()
    for number, line in _lines(path):
        entry = _entry(line)
        if entry is None:
            hint = (
                'each line is an object like {"_id": "a", "title": "A title", "text": "A text"}; a title may be missing'
            )
            raise UsageRefused(f"{path}, line {number}: not an entry", hint)
        if entry.id in seen:
            raise UsageRefused(f"{path}, line {number}: the _id {entry.id!r} is there twice")
        seen.add(entry.id)
        yield entry


def _entry(line: str) -> Entry | None:
    try:
        cells = json.loads(line)
        name, title, text = cells["_id"], cells.get("title"), cells["text"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    is_id = isinstance(name, str | int) and not isinstance(name, bool) and str(name).strip()
    if not is_id or not isinstance(title, str | None) or not isinstance(text, str):
        return None
    return Entry(str(name), _clean(title or ""), _clean(text))


def _clean(text: Any) -> str:
    """Without what no event may carry: control characters, and halves of characters."""
    return _CONTROL.sub(" ", text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        cells = [cell.strip() for cell in line.split("\t")]
        if number == 1 and len(cells) == _COLUMNS and not re.fullmatch(r"-?\d+", cells[2]):
            continue  # the header
        if len(cells) != _COLUMNS or not all(cells) or not re.fullmatch(r"-?\d{1,9}", cells[2]):
            hint = "each line is: query-id, tab, corpus-id, tab, a whole number"
            raise UsageRefused(f"{path}, line {number}: not a judgement", hint)
        found.setdefault(cells[0], {})[cells[1]] = int(cells[2])
    if not found:
        raise UsageRefused(f"{path} judges nothing", "each line is: query-id, tab, corpus-id, tab, a whole number")
    return found
