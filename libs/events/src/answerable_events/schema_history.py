"""The versions of the published schemas: those in the folder, and every one that git remembers."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from answerable_events.schema import JsonObject

_CHANGE = re.compile(r"^:\d+ \d+ [0-9a-f]+ (?P<blob>[0-9a-f]+) [A-Z]\d*\t(?P<path>.+)$")
_ABSENT = re.compile(r"^0+$")


@dataclass(frozen=True, slots=True)
class Revision:
    """One committed version of the schema of an event type."""

    event_type: str
    label: str
    schema: JsonObject


def committed_revisions(folder: Path) -> tuple[list[Revision], list[str]]:
    """Distinct versions of every schema of the folder, and notes on what could not be compared.

    Raises:
        ValueError: a file of the working tree is not JSON.
    """
    revisions = [
        Revision(path.stem, f"the file {path.name}", json.loads(path.read_text("utf-8")))
        for path in sorted(folder.glob("*.json"))
    ]
    if not revisions:
        return [], [f"{folder} holds no schema: nothing to compare with"]
    try:
        if _git(folder, "rev-parse", "--is-shallow-repository").strip() == "true":
            return revisions, ["this clone is shallow: compared with the files of the working tree only"]
        changes = list(_changes(folder))
    except (OSError, subprocess.CalledProcessError):
        return revisions, ["no git history here: compared with the files of the working tree only"]
    notes: list[str] = []
    for commit, blob, event_type in changes:
        try:
            schema = json.loads(_git(folder, "cat-file", "blob", blob))
            revisions.append(Revision(event_type, f"commit {commit}", schema))
        except ValueError:
            notes.append(f"{event_type} was not JSON in commit {commit}: left out")
    return revisions, notes


def _changes(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Commit, blob and event type of each distinct content that a schema file had, newest first."""
    log = _git(folder, "log", "-m", "--full-history", "--no-renames", "--raw", "--no-abbrev", "--relative",
               "--format=commit %h", "--", ".")  # fmt: skip
    commit, seen = "", set[tuple[str, str]]()
    for line in log.splitlines():
        if line.startswith("commit "):
            commit = line.removeprefix("commit ")
        elif match := _CHANGE.match(line):
            blob, path = match["blob"], Path(match["path"])
            if path.suffix == ".json" and not _ABSENT.match(blob) and (path.stem, blob) not in seen:
                seen.add((path.stem, blob))
                yield commit, blob, path.stem


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "core.quotePath=false", *arguments]
    return subprocess.run(  # noqa: S603 - fixed arguments, no shell
        command, cwd=folder, check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout
