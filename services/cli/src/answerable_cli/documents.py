"""Which files are submitted as which version. Pure but for reading the files."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from answerable_cli.errors import UsageRefused
from answerable_cli.manifest import Details, Manifest
from answerable_events.topics import MIB

LARGEST_FILE = 10 * MIB
"""What `document.submitted` may carry."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may be submitted."""

    document_id: str
    path: Path
    size_bytes: int
    sha256: str
    """Empty when the file is too large to be read."""
    details: Details
    version: int = 1
    """What its owner calls it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the trace says of a document: its highest version, and what that was."""

    version: int
    sha256: str
    details: Details
    withdrawn: bool = False
    rejected: bool = False

    def is_in_force(self, source: Source) -> bool:
        """Whether submitting the file again would change nothing. What was rejected is worth another try."""
        same = self.sha256 == source.sha256 and self.details == source.details
        return same and not self.withdrawn and not self.rejected


@dataclass(frozen=True, slots=True)
class Submission:
    source: Source
    version: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with the files of one `knowledge add`."""

    submissions: tuple[Submission, ...]
    unchanged: tuple[Source, ...]
    too_large: tuple[Source, ...]


def find_sources(paths: Sequence[Path], manifest: Manifest) -> list[Source]:
    """The files at and below the paths, in order of their ids; names that begin with a dot are passed over.

    Raises:
        UsageRefused: a path is not there, two files have one id, or the manifest names files that are not there.
    """
    found: dict[str, Path] = {}
    for path in paths:
        for name, file in _files(path):
            if name in found and found[name] != file:
                raise UsageRefused(f"two files have the name {name}", "add the folders one at a time")
            found[name] = file
    if not found:
        raise UsageRefused("no files there", "name files or folders that hold some")
    if missing := [name for name in manifest.paths if name not in found]:
        raise UsageRefused(f"the manifest names files that are not there: {', '.join(missing[:5])}")
    return [_source(name, found[name], manifest) for name in sorted(found)]


def plan(sources: Iterable[Source], known: Mapping[str, Known]) -> Plan:
    """New and changed files get a version above every one that was ever submitted, withdrawn ones included."""
    submissions: list[Submission] = []
    unchanged: list[Source] = []
    too_large: list[Source] = []
    for source in sources:
        before = known.get(source.document_id)
        if source.size_bytes > LARGEST_FILE:
            too_large.append(source)
        elif before is None:
            submissions.append(Submission(source, source.version))
        elif before.is_in_force(source):
            unchanged.append(source)
        else:
            submissions.append(Submission(source, max(source.version, before.version + 1)))
    return Plan(tuple(submissions), tuple(unchanged), tuple(too_large))


def as_readers(names: Iterable[str]) -> tuple[str, ...]:
    """Readers as events name them: a plain name is a group. Commas separate."""
    parts = [part.strip() for name in names for part in name.split(",") if part.strip()]
    return tuple(dict.fromkeys(part if part.startswith(("user:", "group:")) else f"group:{part}" for part in parts))


def _files(path: Path) -> Iterable[tuple[str, Path]]:
    if path.is_file():
        yield path.name, path
        return
    if not path.is_dir():
        raise UsageRefused(f"{path} is not there")
    for file in sorted(path.rglob("*")):
        relative = file.relative_to(path)
        if file.is_file() and not any(part.startswith(".") for part in relative.parts):
            yield relative.as_posix(), file


def _source(name: str, path: Path, manifest: Manifest) -> Source:
    size = path.stat().st_size
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest() if size <= LARGEST_FILE else ""
    told = manifest.told(name)
    return Source(name, path, size, sha256, told.details, told.version)
