"""The OpenAPI 3.1 description, made of the models that the endpoints use."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from pydantic.json_schema import models_json_schema

from answerable_gateway import problems, review_openapi
from answerable_gateway.problems import Kind, Problem
from answerable_gateway.resources import QuestionBody, RequestStatus
from answerable_gateway.review_openapi import Parts
from answerable_gateway.settings import GatewaySettings

_REF = "#/components/schemas/{model}"
_ALWAYS = (problems.UNAUTHENTICATED, problems.CALLER_UNUSABLE, problems.INTERNAL, problems.UNAVAILABLE)

_EVENTS = """\
Server-sent events named `status`, data as in GET /v1/requests/{request_id}: where the request stands now, then its
outcome, then the end. Comments keep the connection open. A stream that ends without an outcome is opened again."""


def openapi(settings: GatewaySettings, *, scheme: str) -> dict[str, Any]:
    """The description of this gateway as it is configured."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Answerable",
            "version": version("answerable-gateway"),
            "summary": "Questions in, outcomes out: each one recorded before it is given.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"caller": []}],
        "paths": {
            "/v1/questions": {"post": _ask(settings)},
            "/v1/requests/{request_id}": {"get": _request()},
            "/v1/requests/{request_id}/events": {"get": _events()},
            **review_openapi.paths(Parts(_problems, _request_id(), _ALWAYS, _ref)),
            "/openapi.json": {"get": _open("openapi", "This description.", "application/json")},
            "/docs": {"get": _open("docs", "This description as a page.", "text/html")},
        },
        "components": {"schemas": _schemas(settings), "securitySchemes": {"caller": _security(scheme)}},
    }


def _ask(settings: GatewaySettings) -> dict[str, Any]:
    longest = settings.gateway_max_wait.total_seconds()
    default = settings.gateway_default_wait.total_seconds()
    return {
        "operationId": "ask",
        "summary": "Ask a question.",
        "description": "Waits for the outcome and returns it, or 202 and where to find it later.",
        "parameters": [
            _parameter(
                "Idempotency-Key",
                "header",
                "The same key of the same person is the same request, however often it is sent.",
                {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            ),
            _parameter(
                "wait",
                "query",
                f"Seconds to wait for the outcome, at most {longest:g}; {default:g} when absent.",
                {"type": "number", "minimum": 0},
            ),
            _parameter(
                "Prefer",
                "header",
                "`wait=SECONDS` or `respond-async` (RFC 7240), when the query does not say `wait`.",
                {"type": "string"},
            ),
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("QuestionBody")}}},
        "responses": {
            "200": _answer("The outcome.", _location()),
            "202": _answer("Accepted; the outcome is not there yet.", _location() | _retry_after()),
            **_problems(
                problems.MALFORMED,
                problems.TOO_SLOW,
                problems.TOO_LARGE,
                problems.NOT_JSON,
                problems.INVALID,
                problems.KEY_REUSED,
                problems.NOT_CONFIRMED,
                *_ALWAYS,
            ),
        },
    }


def _request() -> dict[str, Any]:
    return {
        "operationId": "request",
        "summary": "Where a request of one's own stands.",
        "parameters": [_request_id()],
        "responses": {"200": _answer("The request.", {}), **_problems(problems.NOT_FOUND, *_ALWAYS)},
    }


def _events() -> dict[str, Any]:
    content = {"text/event-stream": {"example": 'id: pending\nevent: status\ndata: {"status": "pending", ...}\n\n'}}
    return {
        "operationId": "events",
        "summary": "Follow a request of one's own until its outcome.",
        "description": _EVENTS,
        "parameters": [_request_id()],
        "responses": {
            "200": {"description": "The events.", "content": content},
            **_problems(problems.NOT_FOUND, problems.BUSY, *_ALWAYS),
        },
    }


def _open(operation: str, summary: str, media_type: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"type": "object" if "json" in media_type else "string"}}}
    return {
        "operationId": operation,
        "summary": summary,
        "security": [],
        "responses": {"200": {"description": summary, "content": content}, **_problems(problems.INTERNAL)},
    }


def _schemas(settings: GatewaySettings) -> dict[str, Any]:
    models = [(QuestionBody, "validation"), (RequestStatus, "serialization"), (Problem, "serialization")]
    models += review_openapi.MODELS
    _, document = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    schemas: dict[str, Any] = document["$defs"]
    deadline = schemas["QuestionBody"]["properties"]["deadline_seconds"]
    deadline["anyOf"][0]["maximum"] = settings.gateway_max_time_allowed.total_seconds()
    return schemas


def _security(scheme: str) -> dict[str, Any]:
    if scheme == "Bearer":
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Token of the configured OpenID Connect issuer; subject, groups and tenant are its claims.",
        }
    return {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": f"Development identity, not verified: `{scheme} <subject>[;groups=a,b][;tenant=name]`.",
    }


def _problems(*kinds: Kind) -> dict[str, Any]:
    """Responses by status; kinds that share one are told apart by `type`."""
    by_status: dict[int, list[Kind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    return {
        str(status): {
            "description": " ".join(f"`{kind.type}`: {kind.title}" for kind in some),
            "headers": _headers_of(status),
            "content": {problems.MEDIA_TYPE: {"schema": _ref("Problem")}},
        }
        for status, some in sorted(by_status.items())
    }


def _headers_of(status: int) -> dict[str, Any]:
    unauthenticated, unavailable = problems.UNAUTHENTICATED.status, problems.UNAVAILABLE.status
    if status == unauthenticated:
        return {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "How to identify oneself."}}
    return _retry_after() if status == unavailable else {}


def _answer(description: str, headers: Mapping[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": _ref("RequestStatus")}}
    return {"description": description, "headers": dict(headers), "content": content}


def _location() -> dict[str, Any]:
    return {"Location": {"schema": {"type": "string"}, "description": "Where the request stands: GET it."}}


def _retry_after() -> dict[str, Any]:
    return {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}


def _request_id() -> dict[str, Any]:
    return {
        **_parameter("request_id", "path", "As POST /v1/questions returned it.", {"type": "string", "format": "uuid"}),
        "required": True,
    }


def _parameter(name: str, place: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "description": description, "schema": dict(schema)}


def _ref(model: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=model)}
