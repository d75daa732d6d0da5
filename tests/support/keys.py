"""A key for audit to sign with, made once for the tests of this process."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

from answerable_trail.keys import create_key


@functools.cache
def signing_key() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="answerable-key-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    create_key(folder / "checkpoints.key", "answerable/test")
    return folder / "checkpoints.key"
