"""Around every request: security headers, metrics, the access log.

Neither metrics nor the log carry a path, a query, a body or a name: routes are templates, and what matches none is one.
"""

from time import perf_counter
from uuid import UUID

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from answerable_runtime.metrics import Metrics

_log = structlog.get_logger(__name__)

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""Strict-Transport-Security is for whoever terminates TLS."""

UNMATCHED = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NOTED = "answerable.request_id"


def note_request_id(request: Request, request_id: UUID) -> None:
    """Have the access log name the request."""
    request.scope[_NOTED] = str(request_id)


class Observed:
    """Wraps the whole application, its error pages included."""

    def __init__(self, app: ASGIApp, metrics: Metrics, extra_headers: dict[str, str]) -> None:
        self._app = app
        self._metrics = metrics
        self._headers = SECURITY_HEADERS | extra_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            self._note(scope, status, perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        route = getattr(scope.get("route"), "path", UNMATCHED)
        self._metrics.http_requests.labels(method, route, str(status)).inc()
        self._metrics.http_seconds.labels(method, route).observe(seconds)
        noted = {"correlation_id": scope[_NOTED]} if _NOTED in scope else {}
        _log.info("request", method=method, route=route, status=status, seconds=round(seconds, 4), **noted)
