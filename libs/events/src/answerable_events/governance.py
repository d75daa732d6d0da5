"""Events about the record itself: what was signed, what was checked."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from answerable_events.body import EventBody, Instant, Name, Sha256, Text, Value
from answerable_events.identity import governance_correlation

OPERATOR = "answerable"
"""The tenant of events about the whole deployment; no upstream may use it."""


class GovernanceBody(EventBody):
    """An event about the record; keyed by what it is about."""

    @property
    def about(self) -> str:
        raise NotImplementedError

    @property
    def correlation_id(self) -> UUID:
        return governance_correlation(self.tenant, self.about)

    @property
    def subject(self) -> str:
        return f"{self.tenant}/{self.about}"


class CheckpointSigned(GovernanceBody):
    """The state of a tree, signed: from now on nothing in it can change without being seen by whoever holds this."""

    TYPE: ClassVar[str] = "io.answerable.checkpoint.signed.v1"

    shard: int = Field(ge=0, description="Which of the tenant's trees: the partition number of the records in it.")
    size: int = Field(ge=0, description="Leaves in the tree.")
    root: Sha256 = Field(description="RFC 6962 root hash, hexadecimal.")
    note: Text = Field(description="C2SP signed note of the checkpoint.")
    signed_at: Instant

    @property
    def about(self) -> str:
        return f"tree/{self.shard}"


class TraceProblem(Value):
    """Something that the record lacks, or that nobody can have put there."""

    kind: Name = Field(description="offsets, conflict, sequence, manifest, leaf, row.")
    place: Name = Field(description="Topic, partition and offset, or producer and number, or request.")
    count: int = Field(ge=1, description="How many of the same kind in a row begin there.")


class TraceChecked(GovernanceBody):
    """The record was compared with itself and with the log."""

    TYPE: ClassVar[str] = "io.answerable.trace.checked.v1"

    complete: bool
    records: int = Field(ge=0)
    problems: tuple[TraceProblem, ...] = Field(default=(), description="The first hundred.")
    checked_at: Instant

    @property
    def about(self) -> str:
        return "completeness"
