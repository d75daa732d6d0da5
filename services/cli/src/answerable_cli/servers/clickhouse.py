"""ClickHouse on loopback: the real engine (chDB) behind ClickHouse's HTTP interface, in a thread or as its own process.

python -m answerable_cli.servers.clickhouse --data DIR --port N     (token in ANSWERABLE_CLICKHOUSE_TOKEN)
"""

import argparse
import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import uvicorn

from answerable_cli.servers.clickhouse_engine import VERSION, opened
from answerable_cli.servers.clickhouse_http import WRITER, endpoint
from answerable_cli.servers.errors import NotReadyError, ServerError
from answerable_cli.servers.ports import LOOPBACK, claim_port
from answerable_cli.servers.probes import http_ok
from answerable_cli.servers.process import Server, spawn, stop, wait_ready

__all__ = ["TOKEN_VARIABLE", "VERSION", "WRITER", "clickhouse_endpoint"]

TOKEN_VARIABLE = "ANSWERABLE_CLICKHOUSE_TOKEN"  # noqa: S105 - the name of a variable
_READY_WITHIN = timedelta(seconds=60)
_STOP_WITHIN = timedelta(seconds=10)
_PAUSE_S = 0.02
_GRACE_S = 2  # for statements that run when it is told to stop; then they are killed


@contextlib.asynccontextmanager
async def clickhouse_endpoint(data: Path, port: int | None, *, token: str, in_thread: bool) -> AsyncIterator[Server]:
    """A ClickHouse endpoint on loopback over the folder `data`; url is `http://127.0.0.1:PORT`.

    User `answerable` with `token` as password writes; `analyst`, `default` or nobody, without password, reads.
    A process holds one engine, so only one endpoint at a time can run `in_thread`. Raises PortInUseError, and
    DataFolderInUseError and NotReadyError when it does not come up.
    """
    bound = claim_port(port)
    url = f"http://{LOOPBACK}:{bound}"
    if in_thread:
        async with _thread(data, bound, token):
            yield Server(url)
        return
    command = [sys.executable, "-m", "answerable_cli.servers.clickhouse", "--data", str(data), "--port", str(bound)]
    log = data / "clickhouse.log"
    process = await spawn(command, log, {TOKEN_VARIABLE: token})

    async def probe() -> bool:
        return await http_ok(bound, "/?query=SELECT%201")

    try:
        await wait_ready("ClickHouse", process, probe, log, _READY_WITHIN)
        yield Server(url, (process,))
    finally:
        await stop(process)


def serve(data: Path, port: int, token: str) -> None:
    """Serve until SIGTERM or SIGINT."""
    with opened(data) as engine:
        uvicorn.Server(_config(endpoint(engine, token), port)).run()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m answerable_cli.servers.clickhouse", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data folder, made if absent")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    options = parser.parse_args(arguments)
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        parser.error(f"{TOKEN_VARIABLE} is not set: it is the password of the user {WRITER!r}")
    try:
        serve(options.data, options.port, token)
    except ServerError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the reason belongs on stderr
        return 1
    return 0


@contextlib.asynccontextmanager
async def _thread(data: Path, port: int, token: str) -> AsyncIterator[None]:
    """The endpoint in a thread with an event loop of its own."""
    servers: list[uvicorn.Server] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with opened(data) as engine:
                servers.append(uvicorn.Server(_config(endpoint(engine, token), port)))
                servers[0].run()
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits for this thread
            failures.append(error)

    thread = threading.Thread(target=work, name="clickhouse", daemon=True)
    thread.start()
    try:
        async with asyncio.timeout(_READY_WITHIN.total_seconds()):
            while not (servers and servers[0].started):
                if not thread.is_alive():
                    raise failures[0] if failures else NotReadyError("the ClickHouse endpoint ended while it started")
                await asyncio.sleep(_PAUSE_S)
        yield
    finally:
        if servers:
            servers[0].should_exit = True
        await asyncio.to_thread(thread.join, _STOP_WITHIN.total_seconds())


def _config(app: object, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=LOOPBACK,
        port=port,
        log_level="critical",
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=60,
    )


if __name__ == "__main__":
    sys.exit(main())
