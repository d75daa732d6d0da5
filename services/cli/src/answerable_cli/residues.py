"""Looks for erased texts in files: what stands in one as it is, whatever the file is."""

import mmap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from answerable_trail.texts import spellings

MOST_TEXTS = 64
"""Looked for in files: each is a pass over every file. The longest ones say most."""


@dataclass(frozen=True, slots=True)
class FilesSearched:
    files: int
    found: tuple[Path, ...]


def search_files(folder: Path, texts: Iterable[str]) -> FilesSearched:
    """Every file at and below the folder that holds one of the texts, in any spelling. Compressed text is not seen.

    A file that goes while it is looked at is passed over: servers write and delete them all the time.
    """
    longest = sorted(set(texts), key=lambda one: (-len(one), one))[:MOST_TEXTS]
    wanted = [spelling for one in longest for spelling in sorted(spellings(one))]
    files = 0
    found: list[Path] = []
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        try:
            if not file.is_file() or file.stat().st_size == 0:
                continue
            files += 1
            if _holds(file, wanted):
                found.append(file)
        except FileNotFoundError:
            continue
    return FilesSearched(files, tuple(found))


def _holds(file: Path, wanted: Sequence[bytes]) -> bool:
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(each) >= 0 for each in wanted)
