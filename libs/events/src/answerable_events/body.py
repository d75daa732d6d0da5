"""What every event body shares."""

from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


def _printable(text: str) -> str:
    if any(character < " " and character not in "\t\n\r" for character in text):
        raise ValueError("control characters are not allowed")
    return text


Tenant = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256), AfterValidator(_printable)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, AfterValidator(_printable)]
Instant = AwareDatetime


class Value(BaseModel):
    """A part of an event. Readers skip unknown fields; writers cannot pass any (the type checker refuses)."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, ser_json_timedelta="float")


class Ancestor(Value):
    """An earlier event of the same request and the SHA-256 of its body bytes."""

    event_id: UUID
    type: str
    sha256: Sha256


class EventBody(Value):
    """Base of all events; `TYPE` is the CloudEvents type `io.answerable.<subject>.<action>.v<N>`."""

    TYPE: ClassVar[str]

    tenant: Tenant
    ancestors: tuple[Ancestor, ...] = Field(
        default=(), description="Every earlier event that this one rests on, oldest first; stamped by the runtime."
    )

    @property
    def correlation_id(self) -> UUID:
        """The request id, or the document's correlation id."""
        raise NotImplementedError

    @property
    def subject(self) -> str:
        """The id that keys the topic: request id or document id."""
        raise NotImplementedError

    def resting_on(self, ancestors: tuple[Ancestor, ...]) -> Self:
        return self.model_copy(update={"ancestors": ancestors})


class RequestBody(EventBody):
    """An event about one request."""

    request_id: UUID

    @property
    def correlation_id(self) -> UUID:
        return self.request_id

    @property
    def subject(self) -> str:
        return str(self.request_id)
