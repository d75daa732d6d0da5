"""What every event body shares."""

from base64 import b64decode
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import AwareDatetime, Base64Encoder, BaseModel, ConfigDict, EncodedBytes, Field, StringConstraints
from pydantic_core import PydanticCustomError


class _StrictBase64(Base64Encoder):
    """pydantic's own skips characters that are not base64, and so takes the URL-safe alphabet for other bytes."""

    @classmethod
    def decode(cls, data: bytes) -> bytes:
        try:
            return b64decode(data, validate=True)
        except ValueError:
            raise PydanticCustomError("base64_decode", "not base64") from None


Tenant = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]
"""No control characters but tab and line ends. A pattern, so that the published schema says it too."""
Name = Annotated[Text, StringConstraints(min_length=1, max_length=256)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Base64 = Annotated[bytes, EncodedBytes(encoder=_StrictBase64)]
"""Bytes; base64 in JSON **and** as the argument of the constructor: standard alphabet, padded, on one line."""
Instant = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]
"""Within what ClickHouse's DateTime64 holds, so that no sum of times overflows anywhere."""


class Value(BaseModel):
    """A part of an event. Readers skip unknown fields; writers cannot pass any (the type checker refuses)."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, ser_json_timedelta="float")


def field_names(model: type[Value]) -> frozenset[str]:
    """Names of the fields of a model and of all models derived from it."""
    return frozenset(model.model_fields).union(*map(field_names, model.__subclasses__()))


class Ancestor(Value):
    """An earlier event of the same request and the SHA-256 of its body bytes."""

    event_id: UUID
    type: str
    sha256: Sha256


class EventBody(Value):
    """Base of all events; `TYPE` is the CloudEvents type `io.answerable.<subject>.<action>.v<N>`."""

    TYPE: ClassVar[str]
    KEY: ClassVar[str]
    """What the message key is: the field or property that `subject` gives."""

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
        """The message key: request id, document id, or what else the event is about."""
        raise NotImplementedError

    def resting_on(self, ancestors: tuple[Ancestor, ...]) -> Self:
        return self.model_copy(update={"ancestors": ancestors})


class RequestBody(EventBody):
    """An event about one request."""

    KEY: ClassVar[str] = "request_id"
    ONCE: ClassVar[bool] = True
    """A request has one event of this type: two are copies of it. False: as many as differ in what they say."""

    request_id: UUID

    @property
    def correlation_id(self) -> UUID:
        return self.request_id

    @property
    def subject(self) -> str:
        return str(self.request_id)
