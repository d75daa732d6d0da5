"""Reads HTTP requests: bounded, strict, and without repeating what was sent."""

import asyncio
import math
import re
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import ClientDisconnect, Request

from answerable_gateway import problems
from answerable_gateway.errors import Refused
from answerable_gateway.problems import FieldError
from answerable_gateway.resources import QuestionBody

BodyT = TypeVar("BodyT", bound=BaseModel)

PATIENCE = timedelta(seconds=10)
"""A body takes no longer than this to arrive."""

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_TEXTS = {
    "missing": "is required",
    "extra_forbidden": "is not known",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
    "string_pattern_mismatch": "must not hold control characters",
    "string_type": "has to be a string",
    "bool_type": "has to be true or false",
    "float_type": "has to be a number",
    "greater_than": "has to be greater than zero",
    "finite_number": "has to be finite",
    "model_type": "has to be an object",
    "timezone_aware": "has to name its time zone",
}


async def read_question(request: Request, *, max_bytes: int, max_time_allowed: timedelta) -> QuestionBody:
    """The question in the body.

    Raises:
        Refused: with the reason.
    """
    return parse_question(await _json_body(request, max_bytes), max_time_allowed)


async def read_body(request: Request, kind: type[BodyT], *, max_bytes: int) -> BodyT:
    """What a reviewer, an auditor or an asker sends.

    Raises:
        Refused: with the reason.
    """
    return _parse(await _json_body(request, max_bytes), kind)


async def _json_body(request: Request, max_bytes: int) -> bytes:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type != "application/json" or encoding != "identity":
        raise Refused(problems.NOT_JSON)
    return await _body(request, max_bytes)


def _parse(body: bytes, kind: type[BodyT]) -> BodyT:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        if any(problem["type"] == "json_invalid" for problem in found):
            raise Refused(problems.MALFORMED, "the body is not JSON in UTF-8") from None
        raise Refused(problems.INVALID, fields=[_field_error(problem) for problem in found[:20]]) from None


def parse_question(body: bytes, max_time_allowed: timedelta) -> QuestionBody:
    """Raises Refused."""
    question = _parse(body, QuestionBody)
    if question.deadline_seconds is not None and question.deadline_seconds > max_time_allowed.total_seconds():
        text = f"must not exceed {max_time_allowed.total_seconds():g}"
        raise Refused(problems.INVALID, fields=[FieldError(field="deadline_seconds", detail=text)])
    return question


def idempotency_key(request: Request) -> str | None:
    """The header Idempotency-Key, compared byte by byte.

    Raises:
        Refused: several, or not 1 to 255 visible ASCII characters.
    """
    values = request.headers.getlist("idempotency-key")
    if not values:
        return None
    if len(values) > 1 or not _IDEMPOTENCY_KEY.fullmatch(values[0]):
        raise Refused(problems.MALFORMED, "Idempotency-Key has to be 1 to 255 visible ASCII characters")
    return values[0]


def wait_asked_for(request: Request, *, default: timedelta, longest: timedelta) -> timedelta:
    """How long to wait: `?wait=SECONDS`, else `Prefer: wait=SECONDS` or `respond-async`, else the default.

    Raises:
        Refused: `?wait` is not a number. Preferences that cannot be read are ignored (RFC 7240, section 2).
    """
    text = request.query_params.get("wait")
    if text is not None:
        seconds = _seconds(text)
        if seconds is None:
            raise Refused(problems.MALFORMED, "wait has to be a number of seconds")
        return min(timedelta(seconds=min(seconds, 1e6)), longest)
    preferred = _preferred_wait(request.headers.getlist("prefer"))
    return default if preferred is None else min(preferred, longest)


def request_id_in_path(request: Request) -> UUID:
    """Raises Refused: what is no id is not found, like an id that is not known."""
    text = str(request.path_params["request_id"]).lower()
    try:
        found = UUID(text)
    except ValueError:
        raise Refused(problems.NOT_FOUND) from None
    if str(found) != text:
        raise Refused(problems.NOT_FOUND)
    return found


async def _body(request: Request, max_bytes: int) -> bytes:
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length[:20]) > max_bytes:
        raise Refused(problems.TOO_LARGE, f"at most {max_bytes} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise Refused(problems.TOO_LARGE, f"at most {max_bytes} bytes")
    except TimeoutError:
        raise Refused(problems.TOO_SLOW) from None
    except ClientDisconnect:
        raise Refused(problems.MALFORMED) from None
    return bytes(body)


def _field_error(problem: ErrorDetails) -> FieldError:
    """The name of an unknown field is the caller's own text: repeated only when it looks like a name."""
    name = str(problem["loc"][0]) if problem["loc"] else "body"
    return FieldError(
        field=name if _FIELD_NAME.fullmatch(name) else "*", detail=_TEXTS.get(problem["type"], "is not valid")
    )


def _preferred_wait(headers: list[str]) -> timedelta | None:
    preferences: dict[str, str] = {}
    for part in ",".join(headers).split(","):
        name, _, value = part.partition(";")[0].partition("=")
        preferences.setdefault(name.strip().lower(), value.strip().strip('"'))
    if "wait" in preferences and (seconds := _seconds(preferences["wait"])) is not None:
        return timedelta(seconds=min(seconds, 1e6))
    return timedelta(0) if "respond-async" in preferences else None


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
