"""Every refusal of the gateway, in the form of RFC 9457. None quotes what the caller sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, Field
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its code, its status, and what it means."""

    code: str
    status: int
    title: str

    @property
    def type(self) -> str:
        return f"urn:answerable:problem:{self.code}"


MALFORMED = Kind("malformed", 400, "The request cannot be read.")
UNAUTHENTICATED = Kind("unauthenticated", 401, "Credentials are missing or not valid.")
CALLER_UNUSABLE = Kind("caller_unusable", 403, "The credentials do not say who asks, or for which tenant.")
NOT_FOUND = Kind("not_found", 404, "There is nothing here that you may see.")
NOT_A_REVIEWER = Kind("not_a_reviewer", 403, "This is for reviewers.")
OWN_QUESTION = Kind("own_question", 403, "Nobody decides about their own question.")
METHOD_NOT_ALLOWED = Kind("method_not_allowed", 405, "This method is not offered here.")
TOO_SLOW = Kind("too_slow", 408, "The request did not arrive in time.")
CLAIMED = Kind("claimed", 409, "Somebody else has it before them.")
NOT_CLAIMED = Kind("not_claimed", 409, "Claim it first.")
TOO_MANY_CLAIMS = Kind("too_many_claims", 409, "Decide about what you have claimed first, or give it back.")
STALE = Kind("stale", 409, "This is not the draft, or not the answer, that counts. Look at it again.")
DECIDED = Kind("decided", 409, "It was decided already.")
TOO_LARGE = Kind("too_large", 413, "The request is too large.")
NOT_JSON = Kind("not_json", 415, "The body has to be application/json, without a content encoding.")
INVALID = Kind("invalid", 422, "A field is not valid.")
KEY_REUSED = Kind("idempotency_key_reused", 422, "This Idempotency-Key was used for another question.")
INTERNAL = Kind("internal", 500, "Something went wrong here.")
NOT_CONFIRMED = Kind("not_confirmed", 503, "The question may or may not have been accepted; the same key is safe.")
UNAVAILABLE = Kind("unavailable", 503, "Something that is needed cannot be reached now.")
BUSY = Kind("busy", 503, "Too many callers are waiting.")

KINDS = (
    MALFORMED,
    UNAUTHENTICATED,
    CALLER_UNUSABLE,
    NOT_A_REVIEWER,
    OWN_QUESTION,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    TOO_SLOW,
    CLAIMED,
    NOT_CLAIMED,
    TOO_MANY_CLAIMS,
    STALE,
    DECIDED,
    TOO_LARGE,
    NOT_JSON,
    INVALID,
    KEY_REUSED,
    INTERNAL,
    NOT_CONFIRMED,
    UNAVAILABLE,
    BUSY,
)


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="Name of the field, `*` where the name itself cannot be repeated.")
    detail: str


class Problem(BaseModel):
    """Problem details, RFC 9457."""

    type: str = Field(description="Stable code of the problem: urn:answerable:problem:<code>.")
    title: str
    status: int
    detail: str | None = None
    request_id: UUID | None = Field(default=None, description="The request that this is about, when there is one.")
    errors: list[FieldError] | None = None


def response(
    kind: Kind,
    *,
    detail: str | None = None,
    fields: Sequence[FieldError] = (),
    request_id: UUID | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem on its way out."""
    body = Problem(
        type=kind.type,
        title=kind.title,
        status=kind.status,
        detail=detail,
        request_id=request_id,
        errors=list(fields) or None,
    )
    return Response(body.model_dump_json(exclude_none=True), kind.status, dict(headers or {}), media_type=MEDIA_TYPE)
