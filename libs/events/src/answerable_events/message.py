"""What travels: bytes with headers, and where they stand in the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Headers = tuple[tuple[str, bytes], ...]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Message:
    """A Kafka message before it has a place in a log."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Headers
    partition: int | None = None
    """Outputs go to the partition number of their input: every topic has the same count, so a request stays on one."""


@dataclass(frozen=True, slots=True)
class Record:
    """A message at its place in the log; `(topic, partition, offset)` is unique within one epoch of the partition."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes
    headers: Headers

    @property
    def position(self) -> tuple[str, int, int]:
        return self.topic, self.partition, self.offset

    @property
    def time(self) -> datetime:
        """When the record was written; a producer may have set any number, and one beyond all calendars is EPOCH."""
        try:
            return EPOCH + timedelta(milliseconds=self.timestamp_ms)
        except OverflowError:
            return EPOCH

    def header_text(self, name: str) -> str:
        """One header as `header_texts` has it, empty when absent; `name` in lower case. For those who need few."""
        size = len(name)
        for other, value in reversed(self.headers):
            if other == name or (len(other) == size and other.lower() == name):
                return value.decode("utf-8", "replace")
        return ""

    def header_texts(self) -> Mapping[str, str]:
        """Headers as text; bytes that are not UTF-8 become replacement characters, the last of equal names wins."""
        return {name.lower(): value.decode("utf-8", "replace") for name, value in self.headers}
