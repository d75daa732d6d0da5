"""One data folder, one process: a lock that the kernel drops when its holder dies, however it dies."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from answerable_cli.servers.errors import DataFolderInUseError


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` (made if absent) for the block. Raises DataFolderInUseError when another process holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "folder.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataFolderInUseError(folder) from error
        yield
