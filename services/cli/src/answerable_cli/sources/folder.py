"""A folder, or a single file, of this machine."""

import os
import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG

from answerable_cli.errors import UsageRefused
from answerable_cli.manifest import Manifest
from answerable_cli.output import note
from answerable_cli.rules import RULES_FILE
from answerable_cli.sources.files import Found, documents, folder_id, is_listed
from answerable_cli.sources.items import Item, Trouble

_SETTLED_NS = 2_000_000_000
"""A file that changed this short ago may change again and its time not show it: clocks of file systems are coarse."""


class FolderSource:
    """Everything below a folder. Links are not followed: what they lead to may have other rules, or lead back."""

    def __init__(self, path: Path, prefix: str, manifest: Manifest) -> None:
        if not path.exists():
            raise UsageRefused(f"{path} is not there")
        self.location = str(path.resolve())
        self._path = path
        self._prefix = prefix
        self._manifest = manifest
        self._troubles: list[Trouble] = []
        self._links = 0

    def items(self) -> list[Item | Trouble]:
        self._troubles, self._links = [], 0
        listing = list(self._below() if self._path.is_dir() else self._alone())
        if self._links:
            note(f"{self._links} links below {self._path} are not followed")
        return [*self._troubles, *documents(listing, self._prefix, self._manifest)]

    def every_id(self, seen: Collection[str]) -> Collection[str]:
        return seen

    def _alone(self) -> Iterator[Found]:
        """The file, and the rules beside it."""
        for path in (self._path, self._path.parent / RULES_FILE):
            if path.is_file():
                yield _found(path, path.name, path.stat())

    def _below(self) -> Iterator[Found]:
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                entries = list(os.scandir(self._path / folder))
            except OSError as error:
                self._refuse(folder, error)
                continue
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if not is_listed(entry.name):
                    continue
                if entry.is_symlink():
                    self._links += 1
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                elif (state := _state(entry)) is not None and S_ISREG(state.st_mode):
                    yield _found(Path(entry.path), path, state)

    def _refuse(self, folder: str, error: OSError) -> None:
        if not folder:
            raise UsageRefused(f"{self._path} cannot be listed ({type(error).__name__})") from None
        hint = f"it cannot be listed ({type(error).__name__}): give this user the right to"
        self._troubles.append(Trouble(folder_id(self._prefix, folder), "unreadable", hint))


def _state(entry: "os.DirEntry[str]") -> os.stat_result | None:
    """None for a file that went away meanwhile."""
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:
        return None


def _found(path: Path, relative: str, state: os.stat_result) -> Found:
    settled = time.time_ns() - max(state.st_mtime_ns, state.st_ctime_ns) > _SETTLED_NS
    marker = f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}" if settled else None
    changed_at = datetime.fromtimestamp(state.st_mtime, UTC)
    return Found(relative, state.st_size, changed_at, marker, path.read_bytes)
