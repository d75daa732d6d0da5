"""/livez, /readyz and /metrics."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from answerable_runtime.errors import BrokerUnavailable, StartUpRefused
from answerable_runtime.runner import Runner

_LONGEST_STOP_S = 5
"""A client that never finishes reading must not hold up a stop."""

PATIENCE = timedelta(seconds=60)
"""Lag without progress for this long means stuck; restarting is then better than waiting."""


def health_routes(runners: Sequence[Runner], registry: CollectorRegistry) -> list[Route]:
    """The three endpoints, for the services that run in this process."""

    async def livez(_: Request) -> Response:
        alive = {r.service.name: r.vitals.alive(r.harness.clock.now(), PATIENCE) for r in runners}
        return JSONResponse(alive, 200 if all(alive.values()) else 503)

    async def readyz(_: Request) -> Response:
        found: dict[str, bool] = {}
        for runner in runners:
            found |= {f"{runner.service.name}.{name}": ok for name, ok in (await _dependencies(runner)).items()}
        return JSONResponse(found, 200 if all(found.values()) else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]


async def _dependencies(runner: Runner) -> dict[str, bool]:
    async def broker() -> bool:
        try:
            await runner.harness.log.check()
        except BrokerUnavailable:
            return False
        return True

    found = {"started": runner.started.is_set()}
    if runner.started.is_set():
        found["broker"] = await broker()
        found["effects"] = await runner.harness.effects.check()
        for name, check in runner.service.ready.items():
            found[name] = await check()
    return found


class _Server(uvicorn.Server):
    """Leaves signals to the process that it is a part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp, host: str, port: int) -> AsyncIterator[int]:
    """Serve an app in this event loop; yields the port (0 in: a free one).

    Raises:
        StartUpRefused: the address is taken or not ours.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_LONGEST_STOP_S,
    )
    config.load()
    server = _Server(config)
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise StartUpRefused(f"cannot listen on {host}:{port}: {error.strerror}") from None
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    try:
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        await task


def health_app(runners: Sequence[Runner], registry: CollectorRegistry) -> Starlette:
    return Starlette(routes=health_routes(runners, registry))
