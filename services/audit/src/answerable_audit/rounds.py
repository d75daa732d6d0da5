"""Work that is done again and again beside the gate, for as long as a block runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from answerable_runtime.clock import Clock


@asynccontextmanager
async def rounds(work: Callable[[], Awaitable[None]], clock: Clock, *, every: timedelta) -> AsyncIterator[None]:
    """Do `work` each time that `every` has passed; never, when that is nothing. Work handles its own errors."""

    async def for_ever() -> None:
        while True:
            await clock.sleep(every.total_seconds())
            await work()

    if not every:
        yield
        return
    task = asyncio.create_task(for_ever())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
