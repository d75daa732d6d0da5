"""Server processes: start, wait until they serve, stop; they never outlive this process."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from answerable_cli.servers.errors import NotReadyError

STOP_GRACE = timedelta(seconds=15)
_PROBE_PAUSE_S = 0.05
_LOG_TAIL_LINES = 8

# Runs in the new process before the server replaces it. A preexec_fn would do the same, but it runs Python between fork
# and exec, which can deadlock in a parent with threads. 1 is PR_SET_PDEATHSIG, 9 is SIGKILL. Where the kernel has no
# such thing (macOS) the server is started without it.
_LAUNCH = """
import os, sys
parent, command = int(sys.argv[1]), sys.argv[2:]
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, 9)
    if os.getppid() != parent:
        os._exit(1)
os.execvp(command[0], command)
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that serves.

    `url` is what clients are given; `processes` are its operating system processes, none when it runs in a thread here.
    """

    url: str
    processes: tuple[asyncio.subprocess.Process, ...] = ()

    @property
    def process(self) -> asyncio.subprocess.Process | None:
        return self.processes[0] if self.processes else None


async def spawn(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start `command` in a session of its own, so that Ctrl-C reaches us and not it, with its output appended to `log`.

    It is killed when the calling *thread* ends: call this from a thread that lives as long as the server should.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-ISc",
            _LAUNCH,
            str(os.getpid()),
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )


async def stop(process: asyncio.subprocess.Process, grace: timedelta = STOP_GRACE) -> None:
    """SIGTERM, and SIGKILL after `grace`; returns when the process is gone."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), grace.total_seconds())
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


Probe = Callable[[], Awaitable[bool]]


async def wait_ready(name: str, process: asyncio.subprocess.Process, probe: Probe, log: Path, limit: timedelta) -> None:
    """Wait until `probe` says yes. Raises NotReadyError with the end of the log when the process ends or time is up."""
    try:
        async with asyncio.timeout(limit.total_seconds()):
            while process.returncode is None and not await _answers(probe):  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(_PROBE_PAUSE_S)
    except TimeoutError as error:
        raise NotReadyError(f"{name} did not serve within {limit.total_seconds():.0f} s: {_tail(log)}") from error
    if process.returncode is not None:  # whoever answered was another server
        raise NotReadyError(f"{name} ended with status {process.returncode}: {_tail(log)}")


@contextlib.asynccontextmanager
async def serving(
    name: str, command: Sequence[str], probe: Probe, log: Path, limit: timedelta
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that serves inside the block, and is stopped after it."""
    process = await spawn(command, log)
    try:
        await wait_ready(name, process, probe, log, limit)
        yield process
    finally:
        await stop(process)


async def _answers(probe: Probe) -> bool:
    try:
        return await probe()
    except (OSError, EOFError):  # refused, reset, or closed half-way: it is not there yet
        return False


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:] if log.exists() else []
    return "\n".join([f"see {log}", *lines])
