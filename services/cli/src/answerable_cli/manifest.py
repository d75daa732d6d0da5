"""A file that says of other files what they are: rules by folder, and entries with version, title, successor."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field

from answerable_cli.errors import UsageRefused
from answerable_cli.rules import Details, Rules, apply, parse_toml, validated
from answerable_events.body import Name, Tenant


class Entry(Rules):
    """One file, by its path."""

    path: str
    version: int = Field(default=1, ge=1)
    title: str | None = None
    supersedes: Name | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: Tenant | None = None
    folders: dict[str, Rules] = {}
    document: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest file, or what the command line says for every file."""

    tenant: str | None = None
    default: Details = field(default_factory=Details)
    folders: Mapping[str, Rules] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def details(self, path: str, rules: tuple[Rules, ...] = (), changed_at: datetime | None = None) -> Details:
        """Of the file at this path: default, folders of the manifest, the rules beside the files, its own entry."""
        entry = self.entries.get(path)
        chain = (*self._folders_of(path), *rules, *(() if entry is None else (entry,)))
        details = apply(self.default, chain, changed_at)
        return details if entry is None else replace(details, title=entry.title, supersedes=entry.supersedes)

    def version(self, path: str) -> int:
        """What its owner calls it."""
        entry = self.entries.get(path)
        return 1 if entry is None else entry.version

    def _folders_of(self, path: str) -> Iterator[Rules]:
        for parent in reversed(PurePosixPath(path).parents):
            if str(parent) in self.folders:
                yield self.folders[str(parent)]


def read_manifest(file: Path, default: Details) -> Manifest:
    """A manifest; `default` fills in what it leaves open.

    Raises:
        UsageRefused: it cannot be read; says where it is wrong.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        raise UsageRefused(f"{file} cannot be read ({type(error).__name__})") from None
    told = validated(parse_toml(text, str(file)), _File, str(file))
    return Manifest(told.tenant, default, told.folders, {entry.path: entry for entry in told.document})
