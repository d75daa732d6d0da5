"""A message that could not be processed: its bytes and headers untouched, with what is known about why."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from answerable_events.body import Base64, Code, EventBody, Instant, Name, Value
from answerable_events.identity import document_correlation


class OriginalHeader(Value):
    name: str
    value: Base64


class DeadLettered(EventBody):
    """A message was set aside. Free of exception texts, which may quote personal data."""

    TYPE: ClassVar[str] = "io.answerable.dead.lettered.v1"
    KEY: ClassVar[str] = "correlation_id"

    stage: Name = Field(description="The service that gave up.")
    reason: Code
    exception_type: Name | None = None
    attempts: int = Field(ge=0)
    request_id: UUID | None = Field(default=None, description="Absent when the message does not say it legibly.")
    topic: Name
    partition: int
    offset: int
    key: Base64 | None = None
    value: Base64
    headers: tuple[OriginalHeader, ...]
    dead_at: Instant

    @property
    def correlation_id(self) -> UUID:
        return self.request_id or document_correlation(self.tenant, f"{self.topic}/{self.partition}/{self.offset}")

    @property
    def subject(self) -> str:
        return str(self.correlation_id)
