"""python -m tests.eval: how well documents are read and found; a table, and build/eval-knowledge.json."""

import argparse
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.progress import Progress, TextColumn

from answerable_cli.output import console, notes, print_table
from answerable_cli.results import Figure, write
from answerable_runtime.logs import configure
from tests.eval import documents, retrieval

NAME = "eval-knowledge"
_SMALL_SHARE_LOST = 4
"""Files with snippets that need not be complete."""


def main() -> int:
    argparse.ArgumentParser(prog="python -m tests.eval", description=__doc__).parse_args()
    configure("critical")
    if missing := retrieval.absent():
        console().print(f"eval-knowledge skipped: ../shared/data has no {', '.join(missing)}", highlight=False)
        return 0
    started, begun = datetime.now(UTC), time.monotonic()
    read = documents.measure()
    with Progress(TextColumn("{task.description}"), TextColumn("{task.completed}"), console=notes()) as bars:
        tasks = {name: bars.add_task(name, total=None) for name in ("documents", "queries")}
        found = retrieval.measure(lambda work, count: bars.advance(tasks[work], count))
    figures = _of_documents(read) | found
    print_table(
        ("figure", "value", "unit", "aim", ""),
        [(name, one.value, one.unit, one.aim or "", "" if one.met else "MISSED") for name, one in figures.items()],
    )
    passed = write(NAME, started, time.monotonic() - begun, figures)
    console().print(f"eval-knowledge: {'passed' if passed else 'FAILED'} - build/{NAME}.json", highlight=False)
    return 0 if passed else 1


def _of_documents(read: Mapping[str, Any]) -> dict[str, Figure]:
    if "skipped" in read:
        console().print(f"documents skipped: {read['skipped']}", highlight=False)
        return {}
    enough = read["documents_with_snippets"] - _SMALL_SHARE_LOST
    return {
        "documents_complete": Figure(read["documents_complete"], "files", f">= {enough}"),
        "document_crashes": Figure(read["document_crashes"], "files", "== 0"),
        "document_seconds_p50": Figure(read["document_seconds_p50"], "s"),
        "document_seconds_p99": Figure(read["document_seconds_p99"], "s"),
        "mojibake_repaired": Figure(read["mojibake_repaired"], "rows", f"== {read['mojibake_rows']}"),
        "mojibake_damaged": Figure(read["mojibake_damaged"], "rows", "== 0"),
    }


if __name__ == "__main__":
    sys.exit(main())
