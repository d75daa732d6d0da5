"""What `answerable up` costs when nobody asks: memory, processor, and the time until it serves."""

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from answerable_cli.results import Figure
from answerable_cli.servers.process import spawn, stop
from tests.bench.figures import Measured, Scale, rounded
from tests.bench.stack import ready

_MIB = 1024 * 1024
_GATEWAY_WITHIN_S = 30


async def measure(scale: Scale) -> Measured:
    """All of one start."""
    idle_s = scale.of(10, 2)
    with TemporaryDirectory(prefix="answerable-bench-") as folder:
        data = Path(folder) / "data"
        begun = time.perf_counter()
        program = Path(sys.executable).parent / "answerable"
        process = await spawn([str(program), "up", "--data", str(data)], Path(folder) / "stack.log")
        try:
            instance = await ready(process, data)
            await _accepts(instance.gateway_url)
            start_up_s = time.perf_counter() - begun
            used = _tree(process.pid)
            before = _seconds(used)
            await asyncio.sleep(idle_s)
            busy = 100 * (_seconds(used) - before) / idle_s
            sizes = [round(each.memory_info().rss / _MIB) for each in _tree(process.pid)]
        finally:
            await stop(process, timedelta(seconds=30))
    figures = {
        "memory_at_rest": Figure(sum(sizes), "MiB"),
        "cpu_at_rest": Figure(rounded(busy), "% of a core"),
        "start_up_s": Figure(rounded(start_up_s), "s"),
    }
    note = f"resident memory of all processes and processor time over {idle_s} s at rest; start on an empty folder"
    return Measured(figures, note, {"mib": sizes})


async def _accepts(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    async with asyncio.timeout(_GATEWAY_WITHIN_S):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, int(port))
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return


def _tree(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def _seconds(processes: Sequence[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)
