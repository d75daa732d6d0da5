"""Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends the process at once."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interruption:
    """Set by the first signal. Until `settle` it cancels the task that made it, so that a start can be broken off."""

    def __init__(self, task: "asyncio.Task[object]") -> None:
        self._task = task
        self._asked = asyncio.Event()
        self._settled = False

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def settle(self) -> None:
        """From now on the task looks itself."""
        self._settled = True

    async def wait(self) -> None:
        await self._asked.wait()

    def receive(self, number: int) -> None:
        if self.asked:
            os._exit(128 + number)  # the kernel ends the servers with us
        self._asked.set()
        if not self._settled:
            self._task.cancel()


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Signals go to the yielded value while the block runs."""
    task = asyncio.current_task()
    assert task is not None
    interruption = Interruption(task)
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, interruption.receive, number)
    try:
        yield interruption
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
