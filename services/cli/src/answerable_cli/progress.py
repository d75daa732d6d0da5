"""The progress bars of commands that bring documents in."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from answerable_cli.output import notes


class Progress:
    """Told about each step."""

    def __init__(self, bars: Bars, looked: TaskID, settled: TaskID) -> None:
        self._bars = bars
        self._looked = looked
        self._settled = settled
        self._sent = 0

    def looked_at(self, count: int) -> None:
        self._bars.update(self._looked, advance=count)

    def sent(self, name: str) -> None:
        self._sent += 1
        self._bars.update(self._looked, what=name)
        self._bars.update(self._settled, total=self._sent)

    def settled(self, name: str) -> None:
        self._bars.update(self._settled, advance=1, what=name)


@contextmanager
def progress_bars(total: int | None) -> Iterator[Progress]:
    """Bars on stderr; `total`: how many documents there are, where that is known beforehand."""
    columns = (
        TextColumn("{task.description:>9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}", markup=False),
    )
    with Bars(*columns, console=notes()) as bars:
        yield Progress(
            bars, bars.add_task("looked at", total=total, what=""), bars.add_task("settled", total=0, what="")
        )
