"""Plain English for distillation: permissively licensed texts, cut into pieces from a phrase to a passage.

Collections under share-alike licences, which are those made of Wikipedia, are left out; a few hundred passages that
MTRAG publishes under Apache-2.0 quote it all the same. Left out too is what retrieval is measured on.
"""

import ast
import gzip
import json
import sysconfig
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

SOURCES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("calibration/halueval_general", ("question", "answer"), "MIT"),
    ("calibration/qa_eval_nq", ("question", "answer"), "Apache-2.0"),
    ("conflicts/conflictqa_strategyqa", ("question", "parametric_memory", "counter_memory"), "Apache-2.0"),
    ("groundedness/summac_parts", ("context",), "Apache-2.0"),
    ("calibration/mtrag_human_ratings", ("contexts", "reference"), "Apache-2.0"),
    ("abstention/multihop_rag_facts", ("title", "text"), "ODC-BY"),
    ("support/creak_explanations", ("claim", "evidence"), "MIT"),
    ("support/strategyqa_facts", ("evidence",), "MIT"),
    ("support/evidence_inference", ("evidence",), "MIT"),
    ("tables/tatqa_dev", ("paragraphs",), "MIT"),
    ("pii/presidio_synth", ("text",), "MIT"),
)
"""(file of the evaluation data, fields, licence)."""

REPORTS = "tables/tatqa_dev"
"""Notes of annual reports with their tables: the only ones in which most words are numbers."""

LONGEST_WORDS = 150
SHORTEST_WORDS = 6
_GENERAL_PIECES = 44_000
_PYTHON_FILES = 400


def texts(data: Path) -> list[str]:
    """Pieces without repetitions, in an order that is random but always the same: general ones, then tables."""
    general = {piece for text in _whole(data) for piece in cut(text)}
    tables = {piece for row in _rows(data, REPORTS) for piece in _pieces_of_report(row)}
    return _shuffled(general)[:_GENERAL_PIECES] + _shuffled(tables)


def cut(text: str) -> Iterator[str]:
    """Consecutive pieces of 6 to 150 words, short ones more often; where each ends depends on its first words."""
    words = text.split()
    while words:
        share = zlib.crc32(" ".join(words[:8]).encode()) / 2**32
        length = round(SHORTEST_WORDS * (LONGEST_WORDS / SHORTEST_WORDS) ** share)
        if len(words) - length < SHORTEST_WORDS:
            length = min(len(words), LONGEST_WORDS)
        yield " ".join(words[:length])
        words = words[length:]


def _shuffled(pieces: Iterable[str]) -> list[str]:
    return sorted(pieces, key=lambda piece: (zlib.crc32(piece.encode()), piece))


def _whole(data: Path) -> Iterator[str]:
    for name, fields, _ in SOURCES:
        for row in _rows(data, name):
            yield from (text for field in fields for text in _strings(row.get(field)))
    yield from _docstrings()


def _pieces_of_report(row: Mapping[str, Any]) -> Iterator[str]:
    table = "\n".join(" ".join(cell for cell in line if cell) for line in row["table"])
    yield from cut(table)
    yield from cut(f"{' '.join(row['paragraphs'])} {table}")
    yield from (asked["question"] for asked in row["questions"])


def _rows(data: Path, name: str) -> Iterator[Mapping[str, Any]]:
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings(value.get("text"))
    elif isinstance(value, Iterable):
        for each in value:
            yield from _strings(each)


def _docstrings() -> Iterator[str]:
    """Documentation inside the standard library (PSF-2.0): the language of software."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[:_PYTHON_FILES]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8", errors="replace"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield ast.get_docstring(node) or ""
