"""`answerable eval` in this process, on files of labelled rows."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

from typer.testing import CliRunner, Result

from answerable_cli.main import app


def rows_file(folder: Path, rows: Sequence[object], name: str = "rows.jsonl") -> Path:
    """A row a line, packed where the name ends in .gz; a string is written as it is, so that a line can be broken."""
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()
    path = folder / name
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


def evaluate(kind: str, file: Path, *options: str) -> Result:
    """Run it to its end. Raises what it raised, other than its exit."""
    done = CliRunner().invoke(app, ["eval", kind, str(file), *options])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done
