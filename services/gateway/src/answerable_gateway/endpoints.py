"""The endpoints: HTTP in, `Inquiries`, HTTP out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response

from answerable_gateway import problems
from answerable_gateway.board import Known
from answerable_gateway.callers import Authenticator, caller_of
from answerable_gateway.errors import NoRoom, Refused
from answerable_gateway.inquiries import Inquiries
from answerable_gateway.intake import idempotency_key, read_question, request_id_in_path, wait_asked_for
from answerable_gateway.observed import note_request_id
from answerable_gateway.publishing import RETRY_AFTER
from answerable_gateway.resources import request_status
from answerable_gateway.settings import GatewaySettings

T = TypeVar("T")

_RECONNECT_MS = 3_000
_SEND_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the routes call."""

    inquiries: Inquiries
    authenticator: Authenticator
    settings: GatewaySettings

    async def ask(self, request: Request) -> Response:
        """POST /v1/questions."""
        caller = await caller_of(request, self.authenticator)
        settings = self.settings
        wait = wait_asked_for(request, default=settings.gateway_default_wait, longest=settings.gateway_max_wait)
        key = idempotency_key(request)
        body = await read_question(
            request, max_bytes=settings.gateway_max_body_bytes, max_time_allowed=settings.gateway_max_time_allowed
        )
        known = await self.inquiries.ask(caller, body, key)
        note_request_id(request, known.question.request_id)
        location = f"/v1/requests/{known.question.request_id}"
        if known.review_by is None:  # else it may take a person's time
            known = await _unless_gone(request, self._waited(known, wait)) or known
        headers = {"Location": location, "Preference-Applied": f"wait={wait.total_seconds():g}"}
        if known.outcome is None:
            return _status(known, 202, headers | {"Retry-After": "1"})
        return _status(known, 200, headers)

    async def request(self, request: Request) -> Response:
        """GET /v1/requests/{request_id}."""
        return _status(await self._known(request), 200, {})

    async def events(self, request: Request) -> Response:
        """GET /v1/requests/{request_id}/events."""
        known = await self._known(request)
        if known.outcome is None and self.inquiries.board.full:
            raise Refused(problems.BUSY, headers=RETRY_AFTER)
        return EventSourceResponse(
            self._changes(known),
            ping=self.settings.gateway_heartbeat.total_seconds(),
            ping_message_factory=lambda: ServerSentEvent(comment="still here"),
            send_timeout=_SEND_WITHIN_S,
            sep="\n",
        )

    async def _changes(self, known: Known) -> AsyncIterator[ServerSentEvent]:
        """Where the request stands now, and then its outcome. Without one in time the caller connects again."""
        yield _event(known)
        if known.outcome is None:
            in_review, known = known.review_by is not None, await self._waited(known, self.settings.gateway_max_stream)
            if known.outcome is None and known.review_by is not None and not in_review:
                yield _event(known)  # and now it may take a person's time
                known = await self._waited(known, self.settings.gateway_max_stream)
            if known.outcome is not None:
                yield _event(known)

    async def _waited(self, known: Known, within: timedelta) -> Known:
        """With no place left to wait in, the question is as accepted as it was: the caller asks again later."""
        try:
            return await self.inquiries.wait(known, within)
        except NoRoom:
            return known

    async def _known(self, request: Request) -> Known:
        """The caller's own request. Raises Refused: not found, whether it is another's or nobody's."""
        caller = await caller_of(request, self.authenticator)
        request_id = request_id_in_path(request)
        known = await self.inquiries.find(caller, request_id)
        if known is None:
            raise Refused(problems.NOT_FOUND)
        note_request_id(request, request_id)
        return known


async def _unless_gone(request: Request, work: Awaitable[T]) -> T | None:
    """The result of waiting, or None when the client has hung up meanwhile."""
    waiting = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
        return waiting.result() if waiting.done() else None
    finally:
        for task in (waiting, gone):
            task.cancel()
        await asyncio.gather(waiting, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue


def _status(known: Known, code: int, headers: dict[str, str]) -> Response:
    status = request_status(known.question, known.outcome, known.review_by)
    return Response(status.model_dump_json(exclude_none=True), code, headers, media_type="application/json")


def _event(known: Known) -> ServerSentEvent:
    status = request_status(known.question, known.outcome, known.review_by)
    data = status.model_dump_json(exclude_none=True)
    return ServerSentEvent(data, event="status", id=status.status, retry=_RECONNECT_MS, sep="\n")
