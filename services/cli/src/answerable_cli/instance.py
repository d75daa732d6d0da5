"""The running `answerable up` of a data folder: the file by which other commands find it.

`answerable.json` holds addresses and the writer's token, so only its owner may read it. Whether it is of a running
process is told by a lock that the kernel drops when its holder dies, not by the file.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from answerable_cli.errors import AlreadyRunning, CliError

FILE = "answerable.json"
_LOCK = "answerable.lock"
_TRIES, _PAUSE_S = 5, 0.05

Broker = Literal["tansu", "kafka"]


class ServerState(BaseModel):
    """A server process of the instance."""

    model_config = ConfigDict(frozen=True)

    name: str
    url: str
    pids: tuple[int, ...]
    log: Path


class Instance(BaseModel):
    """Where everything of one `answerable up` is."""

    model_config = ConfigDict(frozen=True)

    pid: int
    version: str
    started: datetime
    data: Path
    broker: Broker
    gateway_url: str
    kafka_brokers: str
    clickhouse_url: str
    redis_url: str
    metrics_url: str
    token: str
    """Password of the ClickHouse user `answerable`, who may write."""
    log: Path
    servers: tuple[ServerState, ...] = ()

    @property
    def writer_url(self) -> str:
        return self.clickhouse_url.replace("://", f"://answerable:{self.token}@", 1)

    @property
    def fetch_wait_s(self) -> float:
        """Tansu does not wake fetches that wait for data, so they must not wait long."""
        return 0.01 if self.broker == "tansu" else 0.5


def write(instance: Instance) -> None:
    """Replace the file of the instance's folder, readable by its owner only."""
    target = instance.data / FILE
    fresh = target.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(instance.model_dump_json(indent=2) + "\n")
    fresh.replace(target)


def read(data: Path) -> Instance | None:
    """What the file of this folder says, whether or not its process still runs.

    Raises:
        CliError: the file is there but cannot be read.
    """
    file = data / FILE
    try:
        return Instance.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise CliError(
            f"{file} cannot be read ({type(error).__name__})", "stop `answerable up` and remove it"
        ) from None


def find_running(data: Path) -> Instance | None:
    """The instance that runs on this folder now."""
    instance = read(data)
    return instance if instance is not None and is_locked(data) else None


def is_locked(data: Path) -> bool:
    """Whether a process holds the folder."""
    try:
        with (data / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


@contextmanager
def held(data: Path) -> Iterator[Instance | None]:
    """Hold the folder for the block; yields what a process that did not end cleanly left behind.

    Raises:
        AlreadyRunning: another process holds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / _LOCK).open("a") as lock:
        if not _locked(lock):
            raise _already_running(data)
        try:
            yield read(data)
        finally:
            (data / FILE).unlink(missing_ok=True)


def _locked(lock: IO[str]) -> bool:
    """Take the lock; another command that only looks holds it for an instant."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return True
    return False


def _already_running(data: Path) -> AlreadyRunning:
    other = read(data)
    where = f" (process {other.pid}, gateway {other.gateway_url})" if other else ""
    return AlreadyRunning(
        f"`answerable up` already runs on {data}{where}", "use it, stop it, or give this one another folder with --data"
    )
