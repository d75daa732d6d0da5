"""Writes the published contracts: `python -m answerable_events.generate schemas [--check]`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from answerable_events.asyncapi import document
from answerable_events.schema import reader_schema, render
from answerable_events.topics import event_types


def contracts() -> dict[Path, str]:
    """Contents of every generated file by its path within `schemas`."""
    schemas = {Path("events", f"{name}.json"): render(reader_schema(event)) for name, event in event_types().items()}
    return {**schemas, Path("asyncapi.yaml"): document()}


def outdated(folder: Path) -> list[str]:
    """What differs between the folder and the models, one line per file; files of unknown types included."""
    expected = contracts()
    problems = [
        f"{folder / path}: {'differs from the models' if (folder / path).exists() else 'is missing'}"
        for path, text in sorted(expected.items())
        if not (folder / path).exists() or (folder / path).read_text("utf-8") != text
    ]
    known = {folder / path for path in expected}
    strangers = [path for path in sorted((folder / "events").glob("*")) if path not in known]
    return problems + [f"{path}: no event has this type" for path in strangers]


def write(folder: Path) -> None:
    """Bring the folder up to date. Deletes nothing: a published type stays."""
    for path, text in contracts().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m answerable_events.generate", description=__doc__)
    parser.add_argument("schemas", type=Path, help="the folder to write to")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not up to date")
    options = parser.parse_args(arguments)
    if not options.check:
        write(options.schemas)
    problems = outdated(options.schemas)
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201 - a command
    if problems and options.check:
        print("run `make schemas` and commit the result", file=sys.stderr)  # noqa: T201 - a command
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
