"""Rates of something that counts."""

import asyncio
import time
from collections.abc import Callable

_POLL_S = 0.005
_LIMIT_S = 180


async def sustained_rate(total: int, done: Callable[[], float]) -> float:
    """Units per second over the last nine tenths of `total`: what comes before is start-up, not throughput.

    Raises TimeoutError after three minutes.
    """
    begun: tuple[float, float] | None = None
    async with asyncio.timeout(_LIMIT_S):
        while (count := done()) < total:
            if begun is None and count >= total / 10:
                begun = (time.perf_counter(), count)
            await asyncio.sleep(_POLL_S)
    assert begun is not None, "it was over before it could be measured: the backlog is too small"
    return (total - begun[1]) / (time.perf_counter() - begun[0])
