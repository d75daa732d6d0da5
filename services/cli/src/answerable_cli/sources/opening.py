"""Which kind of source an argument names."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from answerable_cli.errors import UsageRefused
from answerable_cli.manifest import Manifest
from answerable_cli.sources.folder import FolderSource
from answerable_cli.sources.items import Source
from answerable_cli.sources.mailbox import MailboxSource, is_mailbox
from answerable_cli.sources.storage import StorageSource

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,62}")


def open_source(text: str, prefix: str, manifest: Manifest) -> Source:
    """A folder, a file, a mailbox, or what a URL names; ids of its documents begin with the prefix.

    Raises:
        UsageRefused, CliError: it is not there, or cannot be opened.
    """
    path = as_path(text)
    if path is None:
        return StorageSource(text, prefix, manifest)
    if is_mailbox(path):
        return MailboxSource(path, prefix or f"{name_of(text)}/", manifest.details(path.name))
    return FolderSource(path, prefix, manifest)


def as_path(text: str) -> Path | None:
    """A place on this machine; None for a URL of another."""
    if text.startswith("file://"):
        return Path(unquote(urlsplit(text).path))
    return None if "://" in text else Path(text)


def name_of(text: str) -> str:
    """What a source is called when nobody says it: the last part of its place."""
    path = as_path(text)
    if path is None:
        parts = urlsplit(text)
        name = parts.path.rstrip("/").rpartition("/")[2] or parts.netloc.rpartition("@")[2]
    else:
        name = path.resolve().stem if path.is_file() else path.resolve().name
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:63] or "documents"


def checked_name(name: str) -> str:
    """Raises UsageRefused unless it can stand in ids and in a folder name."""
    if not _NAME.fullmatch(name):
        raise UsageRefused(
            f"{name!r} cannot name a source", "letters, digits, dots, dashes, underscores, spaces; 63 at most"
        )
    return name
