"""The commit watermark of one partition: an offset is committed only when everything before it is finished too."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Progress:
    """Offsets taken, in order, and which of them are finished."""

    _taken: deque[int] = field(default_factory=deque)
    _finished: set[int] = field(default_factory=set)
    _watermark: int | None = None
    _committed: int | None = None

    def take(self, offset: int) -> bool:
        """Note that `offset` is being worked on; False when it was taken before (the broker sent it again)."""
        if self._taken and offset <= self._taken[-1]:
            return False
        if self._watermark is not None and offset < self._watermark:
            return False
        self._taken.append(offset)
        return True

    def finish(self, offset: int) -> None:
        self._finished.add(offset)
        while self._taken and self._taken[0] in self._finished:
            first = self._taken.popleft()
            self._finished.discard(first)
            self._watermark = first + 1

    @property
    def to_commit(self) -> int | None:
        """Next offset to read, if that is further than what was committed."""
        return self._watermark if self._watermark != self._committed else None

    def committed(self, offset: int) -> None:
        self._committed = offset

    @property
    def watermark(self) -> int | None:
        """Everything below it is finished; None before anything was."""
        return self._watermark
