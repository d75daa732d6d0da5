"""Builders of what sources give and the record knows."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from answerable_cli.documents import Known
from answerable_cli.manifest import Manifest
from answerable_cli.rules import Details
from answerable_cli.sources.folder import FolderSource
from answerable_cli.sources.items import Item, Source, Trouble

STAFF = Details(readers=("group:staff",))


def item(document_id: str = "a.md", details: Details = STAFF, **changes: Any) -> Item:
    return Item(document_id, document_id.rpartition("/")[2], details, lambda: b"text", **changes)


def known(version: int = 3, sha256: str = "abc", details: Details = STAFF, **changes: Any) -> Known:
    return Known(version, sha256, details, **changes)


def folder(path: Path, prefix: str = "", default: Details = STAFF) -> list[Item | Trouble]:
    """What is in a folder."""
    return FolderSource(path, prefix, Manifest(default=default)).items()


def write_files(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Files by their paths below the root."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def items(entries: Iterable[Item | Trouble]) -> dict[str, Item]:
    return {entry.document_id: entry for entry in entries if isinstance(entry, Item)}


def troubles(entries: Iterable[Item | Trouble]) -> list[tuple[str, str]]:
    """Document and reason of each."""
    return [(entry.document_id, entry.reason) for entry in entries if isinstance(entry, Trouble)]


def texts(source: Source) -> dict[str, str]:
    """Content of each document."""
    return {name: entry.read().decode() for name, entry in items(source.items()).items()}
