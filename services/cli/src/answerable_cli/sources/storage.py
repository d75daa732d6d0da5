"""Object storage, or whatever else fsspec reaches by a URL."""

import sys
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.manifest import Manifest
from answerable_cli.sources.files import Found, documents, is_listed
from answerable_cli.sources.items import Item, Trouble

_TAGS = ("ETag", "e_tag", "etag", "md5Hash", "content_md5")
_TIMES = ("LastModified", "last_modified", "mtime", "modified", "updated")
"""What storages call a digest of the content, and when it changed last."""
_BY_OBSTORE = ("s3", "s3a", "gs", "az", "abfs", "abfss", "adl")
_INSTALL = "pip install 'answerable-cli[object-storage]'"


class StorageSource:
    """Every object whose name begins with that of the URL, taken as a path."""

    def __init__(self, url: str, prefix: str, manifest: Manifest) -> None:
        self.location = without_password(url)
        self._prefix = prefix
        self._manifest = manifest
        self._files, self._root = self._reach(url)

    def items(self) -> list[Item | Trouble]:
        try:
            entries = self._files.find(self._root, detail=True)
            if not entries and not self._files.exists(self._root):
                raise UsageRefused(
                    f"nothing is at {self.location}", "is the name right? bucket and path are case-sensitive"
                )
        except _failures() as error:
            raise CliError(f"{self.location} cannot be listed ({type(error).__name__})", self._hint) from None
        listing = [self._found(name, info) for name, info in entries.items() if self._is_listed(name)]
        return documents(listing, self._prefix, self._manifest)

    def every_id(self, seen: Collection[str]) -> Collection[str]:
        return seen

    def _reach(self, url: str) -> tuple[Any, str]:
        import fsspec  # type: ignore[import-untyped]  # noqa: PLC0415 - slow

        scheme = urlsplit(url).scheme
        try:
            return _opened(fsspec, url)
        except ImportError:
            raise CliError(f"nothing here can read {scheme}://", _INSTALL) from None
        except _failures(ValueError) as error:
            raise UsageRefused(f"{self.location} cannot be opened ({type(error).__name__})", self._hint) from None

    @property
    def _hint(self) -> str:
        return (
            "check the URL and the credentials, which come from the environment as with the provider's own tools "
            "(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL; GOOGLE_APPLICATION_CREDENTIALS; "
            "AZURE_*)"
        )

    def _relative(self, name: str) -> str:
        inside = name.removeprefix(self._root.rstrip("/")).lstrip("/")
        return inside or name.rpartition("/")[2]

    def _is_listed(self, name: str) -> bool:
        return not name.endswith("/") and all(map(is_listed, self._relative(name).split("/")))

    def _found(self, name: str, info: dict[str, Any]) -> Found:
        changed_at = next((_moment(info[key]) for key in (*_TIMES, "created") if info.get(key)), None)
        size = int(info.get("size") or 0)
        tag = next((str(info[key]) for key in (*_TAGS, *_TIMES) if info.get(key)), None)
        marker = f"{size} {tag}" if tag else None
        return Found(self._relative(name), size, changed_at, marker, lambda: self._content(name))

    def _content(self, name: str) -> bytes:
        """Raises OSError, whatever the storage raises."""
        try:
            content: bytes = self._files.cat_file(name)
        except OSError:
            raise
        except _failures() as error:
            raise OSError(type(error).__name__) from None
        return content


def without_password(url: str) -> str:
    """The URL without user, password and query, any of which may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _opened(fsspec: Any, url: str) -> tuple[Any, str]:
    """With the file system that fsspec has for the URL, else with obstore, which knows three kinds of storage."""
    try:
        files, root = fsspec.core.url_to_fs(url)
    except ImportError:
        scheme = urlsplit(url).scheme
        if scheme not in _BY_OBSTORE:
            raise
        from obstore.fsspec import register  # noqa: PLC0415 - an extra

        register(scheme)
        files, root = fsspec.core.url_to_fs(url)
    return files, root


def _failures(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """What storage raises when it refuses or cannot be reached, of those libraries that are loaded."""
    found: list[type[Exception]] = [OSError, *others]
    for module, names in (
        ("obstore.exceptions", ("BaseError",)),
        ("botocore.exceptions", ("BotoCoreError", "ClientError")),
        ("google.auth.exceptions", ("GoogleAuthError",)),
        ("azure.core.exceptions", ("AzureError",)),
    ):
        if module in sys.modules:
            found += [getattr(sys.modules[module], name) for name in names]
    return tuple(found)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None
