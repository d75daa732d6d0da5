"""`audit check --deep`: every hash of the record computed again, while a bar shows how far that is."""

from collections.abc import Collection
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from answerable_cli.output import note, notes
from answerable_cli.stack import KEY_FILE
from answerable_trail.client import Trail
from answerable_trail.completeness import Problem
from answerable_trail.keys import VerifierKey, read_keys


async def recompute(trail: Trail, keys: Collection[VerifierKey]) -> list[Problem]:
    """What does not give the hashes that were sealed, or the roots that were signed. `keys`: none, no signatures."""
    if not keys:
        note("no key file here: roots are compared, signatures are not verified")
    problems: list[Problem] = []
    with Progress(
        TextColumn("hashes"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=notes(),
        transient=True,
        disable=not notes().is_terminal,
    ) as bar:
        task = bar.add_task("hashes", total=None)
        async for page in trail.recomputation.run(keys):
            bar.update(task, completed=page.done, total=page.of)
            problems += page.problems
    return problems


def log_keys(data: Path) -> tuple[VerifierKey, ...]:
    """Those of the key file of this data folder; none where audit runs elsewhere. Raises KeyRefused."""
    file = data / KEY_FILE
    return tuple(key.verifier for key in read_keys(file)) if file.exists() else ()
