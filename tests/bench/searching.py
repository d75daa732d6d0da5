"""python -m tests.bench.searching FOLDER: search an index and say what memory that took; in a process of its own."""

import json
import sys
from pathlib import Path

import psutil

from answerable_cli.results import BUILD
from answerable_knowledge.index import Index
from tests.bench import engines, texts

_MIB = 1024**2


def main(folder: Path) -> None:
    asked = texts.questions(25)
    vectors = engines.embedded(asked, BUILD)
    index = Index.open(folder, dimensions=engines.DIMENSIONS)
    before = psutil.Process().memory_info().rss / _MIB
    snapshot = index.snapshot(engines.TENANT)
    for text, vector in zip(asked, vectors, strict=True):
        index.search(engines.query(text, vector, snapshot))
    print(json.dumps({"before_mib": before, "after_mib": psutil.Process().memory_info().rss / _MIB}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
