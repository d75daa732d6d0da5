"""Blocking work beside the event loop: parsing, embedding, index look-ups."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import ParamSpec, TypeVar

ArgumentsT = ParamSpec("ArgumentsT")
ResultT = TypeVar("ResultT")


@asynccontextmanager
async def threads(count: int, name: str) -> AsyncIterator[Executor]:
    """Threads of one service; they end with the block, without holding up the other services of the process."""
    pool = ThreadPoolExecutor(count, name)
    try:
        yield pool
    finally:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)


async def run_on(
    pool: Executor, work: Callable[ArgumentsT, ResultT], *args: ArgumentsT.args, **kwargs: ArgumentsT.kwargs
) -> ResultT:
    """Run blocking `work` on a thread of `pool`. A cancelled caller does not wait; the work itself goes on."""
    return await asyncio.get_running_loop().run_in_executor(pool, partial(work, *args, **kwargs))
