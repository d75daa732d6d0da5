"""Numbers of the messages of one run of a service: by them the completeness check finds what never arrived."""

from answerable_events.codec import Producer


class Numbering:
    """Counts from 1. Whoever numbers a message publishes it, or begins again: a number that is missing within a run
    means that a message was lost.
    """

    def __init__(self, source: str, run: str) -> None:
        self._source = source
        self._run = run
        self._part = 0
        self._last = 0

    def next(self) -> Producer:
        """For the next message."""
        self._last += 1
        return Producer(self._source, f"{self._run}.{self._part}" if self._part else self._run, self._last)

    def begin_again(self) -> None:
        """A message that has a number will perhaps not be published: those that follow are of another run, from 1."""
        if self._last:
            self._part, self._last = self._part + 1, 0
