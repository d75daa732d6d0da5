"""What is said about the files of a folder: who may read them, who owns them, how long they hold."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as PydanticField

from answerable_cli.errors import UsageRefused
from answerable_events.body import Name, Tenant
from answerable_events.documents import Reader


@dataclass(frozen=True, slots=True)
class Details:
    """What is submitted with a file; a change of any of it is a new version."""

    readers: tuple[str, ...] = ()
    owner: str | None = None
    title: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    supersedes: str | None = None
    encoding_hint: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Details of one file, and the version that its owner calls it."""

    details: Details
    version: int = 1


class _Folder(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    readers: tuple[Reader, ...] | None = None
    owner: Name | None = None


class _Entry(_Folder):
    path: str
    version: int = PydanticField(default=1, ge=1)
    title: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    supersedes: str | None = None
    encoding: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: Tenant | None = None
    folders: dict[str, _Folder] = {}
    document: tuple[_Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest file, or what the command line says for every file."""

    tenant: str | None = None
    default: Details = field(default_factory=Details)
    folders: Mapping[str, Details] = field(default_factory=dict)
    entries: Mapping[str, Told] = field(default_factory=dict)

    def told(self, path: str) -> Told:
        """About the file at this relative path: its own entry, else its nearest folder's, else the default."""
        if path in self.entries:
            return self.entries[path]
        return Told(_nearest(self.folders, path) or self.default)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self.entries)


def read_manifest(file: Path, default: Details) -> Manifest:
    """A manifest; `default` fills in what it leaves open.

    Raises:
        UsageRefused: it cannot be read; says where it is wrong.
    """
    try:
        told = _File.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageRefused(f"{file} cannot be read ({type(error).__name__})") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageRefused(f"{file} is not TOML: {error}") from None
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]
        raise UsageRefused(f"{file}: {'; '.join(problems[:5])}") from None
    folders = {
        name: Details(
            readers=default.readers if folder.readers is None else folder.readers,
            owner=folder.owner or default.owner,
            valid_until=default.valid_until,
        )
        for name, folder in told.folders.items()
    }
    entries = {entry.path: _told(entry, _nearest(folders, entry.path) or default) for entry in told.document}
    return Manifest(told.tenant, default, folders, entries)


def _told(entry: _Entry, folder: Details) -> Told:
    return Told(
        Details(
            readers=folder.readers if entry.readers is None else entry.readers,
            owner=entry.owner or folder.owner,
            title=entry.title,
            valid_from=None if entry.valid_from is None else _start(entry.valid_from),
            valid_until=folder.valid_until if entry.valid_until is None else end_of_day(entry.valid_until),
            supersedes=entry.supersedes,
            encoding_hint=entry.encoding,
        ),
        entry.version,
    )


def _nearest(folders: Mapping[str, Details], path: str) -> Details | None:
    for parent in PurePosixPath(path).parents:
        if str(parent) in folders:
            return folders[str(parent)]
    return None


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def end_of_day(day: date) -> datetime:
    """The last microsecond of a day, UTC: a document holds through the day that is named."""
    return _start(day) + timedelta(days=1) - timedelta(microseconds=1)
