"""The `answerable` command as a user runs it: a process, its exit status, its output."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("answerable")
_UP_WITHIN_S = 120
_STOPPED_WITHIN_S = 60


@dataclass
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(*arguments: str | Path, data: Path | None = None, within_s: float = 180, **environment: str) -> Done:
    """Run a command to its end; `data` becomes --data. No ANSWERABLE_ variable of this process reaches it."""
    command = [str(COMMAND), *map(str, arguments), *(["--data", str(data)] if data else [])]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=without_ours(environment), timeout=within_s
    )
    return Done(done.returncode, done.stdout, done.stderr)


@dataclass
class Up:
    """A running `answerable up`."""

    process: subprocess.Popen[str]
    data: Path

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.data / "answerable.json").read_text())
        return state

    def server_pids(self, name: str = "") -> list[int]:
        return [pid for server in self.state["servers"] if name in server["name"] for pid in server["pids"]]

    def end(self, number: int = signal.SIGTERM) -> Done:
        """Send a signal, wait, and return how it ended."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> Done:
        out, err = self.process.communicate(timeout=_STOPPED_WITHIN_S)
        return Done(self.process.returncode, out, err)


@contextmanager
def up(data: Path, *arguments: str, wait: bool = True) -> Iterator[Up]:
    """`answerable up` on a folder, serving; killed at the end of the block if it still runs."""
    command = [str(COMMAND), "up", "--data", str(data), *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=without_ours({})
    ) as process:
        running = Up(process, data)
        try:
            if wait:
                _await_start(running)
            yield running
        finally:
            if process.poll() is None:
                process.kill()


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def await_end(pids: list[int], within_s: float = 10) -> None:
    end = time.monotonic() + within_s
    while (still := [pid for pid in pids if alive(pid)]) and time.monotonic() < end:
        time.sleep(0.05)
    assert not still, f"still running: {still}"


def _await_start(running: Up) -> None:
    end = time.monotonic() + _UP_WITHIN_S
    while True:
        if running.process.poll() is not None:
            raise AssertionError(f"`answerable up` ended: {running.wait()}")
        try:
            if running.state["pid"] == running.process.pid:
                return
        except (FileNotFoundError, ValueError):
            pass
        assert time.monotonic() < end, "`answerable up` did not come up"
        time.sleep(0.1)


def without_ours(extra: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ANSWERABLE_")} | extra
