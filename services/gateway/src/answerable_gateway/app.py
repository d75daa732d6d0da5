"""The application: routes, and what becomes of exceptions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from answerable_gateway import problems
from answerable_gateway.audits import Audits
from answerable_gateway.callers import Authenticator
from answerable_gateway.development import WARNING_HEADER, DevelopmentAuthenticator, OnlyThisMachine
from answerable_gateway.documentation import documentation_page
from answerable_gateway.endpoints import Endpoints
from answerable_gateway.errors import CallerUnusable, KeysUnavailable, NoRoom, Refused, Unauthenticated
from answerable_gateway.inquiries import Inquiries
from answerable_gateway.observed import Observed
from answerable_gateway.openapi import openapi
from answerable_gateway.publishing import RETRY_AFTER
from answerable_gateway.review_endpoints import ReviewEndpoints
from answerable_gateway.reviews import Reviews
from answerable_gateway.settings import GatewaySettings
from answerable_runtime.errors import LeasesUnavailable
from answerable_runtime.metrics import Metrics
from answerable_trail.errors import TrailError


@dataclass(frozen=True, slots=True)
class Business:
    """What the door leads to."""

    inquiries: Inquiries
    reviews: Reviews
    audits: Audits


def gateway_app(
    business: Business, authenticator: Authenticator, settings: GatewaySettings, metrics: Metrics
) -> ASGIApp:
    """The whole door as an ASGI application."""
    endpoints = Endpoints(business.inquiries, authenticator, settings)
    people = ReviewEndpoints(business.reviews, business.audits, authenticator, settings)
    description = openapi(settings, scheme=authenticator.scheme)
    development = isinstance(authenticator, DevelopmentAuthenticator)
    app = Starlette(
        routes=[
            Route("/v1/questions", endpoints.ask, methods=["POST"]),
            Route("/v1/requests/{request_id}", endpoints.request),
            Route("/v1/requests/{request_id}/events", endpoints.events),
            Route("/v1/requests/{request_id}/feedback", people.feedback, methods=["POST"]),
            Route("/v1/reviews", people.list_reviews),
            Route("/v1/reviews/{request_id}", people.show),
            Route("/v1/reviews/{request_id}/claim", people.claim, methods=["POST", "DELETE"]),
            Route("/v1/reviews/{request_id}/decision", people.decide, methods=["POST"]),
            Route("/v1/audits", people.list_audits),
            Route("/v1/audits/{request_id}", people.judge, methods=["POST"]),
            *_description_routes(description),
        ],
        middleware=[Middleware(OnlyThisMachine)] if development else [],
        exception_handlers=_exception_handlers(authenticator.scheme),
    )
    app.router.redirect_slashes = False
    return Observed(app, metrics, dict([WARNING_HEADER]) if development else {})


def _description_routes(description: Mapping[str, Any]) -> list[Route]:
    document = json.dumps(description, ensure_ascii=False)
    page, policy = documentation_page(description)

    async def show_document(_: Request) -> Response:
        return Response(document, media_type="application/json")

    async def show_page(_: Request) -> Response:
        return Response(page, media_type="text/html", headers={"content-security-policy": policy})

    return [Route("/openapi.json", show_document), Route("/docs", show_page)]


def _exception_handlers(scheme: str) -> dict[Any, Any]:
    """Handlers by type of exception."""

    async def refused(_: Request, error: Refused) -> Response:
        return problems.response(
            error.kind,
            detail=error.detail,
            fields=error.fields,
            request_id=error.request_id,
            headers=error.headers,
        )

    async def unauthenticated(request: Request, error: Unauthenticated) -> Response:
        given = request.headers.get("authorization", "").lower().startswith("bearer ")
        challenge = f'{scheme} realm="answerable"' + (', error="invalid_token"' if given else "")
        return problems.response(problems.UNAUTHENTICATED, detail=str(error), headers={"WWW-Authenticate": challenge})

    async def caller_unusable(_: Request, error: CallerUnusable) -> Response:
        return problems.response(problems.CALLER_UNUSABLE, detail=str(error))

    async def unavailable(_: Request, __: Exception) -> Response:
        return problems.response(problems.UNAVAILABLE, headers=RETRY_AFTER)

    async def busy(_: Request, __: NoRoom) -> Response:
        return problems.response(problems.BUSY, headers=RETRY_AFTER)

    async def internal(_: Request, __: Exception) -> Response:
        return problems.response(problems.INTERNAL)

    return {
        Refused: refused,
        Unauthenticated: unauthenticated,
        CallerUnusable: caller_unusable,
        KeysUnavailable: unavailable,
        TrailError: unavailable,
        LeasesUnavailable: unavailable,
        NoRoom: busy,
        HTTPException: _from_framework,
        Exception: internal,
    }


async def _from_framework(_: Request, error: HTTPException) -> Response:
    kinds = {404: problems.NOT_FOUND, 405: problems.METHOD_NOT_ALLOWED}
    return problems.response(kinds.get(error.status_code, problems.MALFORMED), headers=error.headers)
