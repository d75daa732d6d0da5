"""The port to the broker: what the window, the batch loop and the tests need of it.

Implemented by `kafka.KafkaLog` (FastStream and aiokafka) and `memory.MemoryLog` (in process, for tests).
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from answerable_events.message import Message, Record

Partition = tuple[str, int]
"""Topic and partition number."""


class Member(Protocol):
    """A running member of a consumer group."""

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Next offset to read, by partition.

        Raises:
            BrokerUnavailable: not confirmed, or the partition is no longer ours.
        """

    def assignment(self) -> frozenset[Partition]: ...

    def end_offsets(self) -> Mapping[Partition, int]:
        """Last known end of each assigned partition, for the lag; partitions not fetched yet are absent."""


class Sink(Protocol):
    """What takes the records of a subscription."""

    async def assigned(self, partitions: Collection[Partition], member: Member) -> None: ...

    async def revoked(self, partitions: Collection[Partition], member: Member) -> None:
        """The partitions are about to belong to somebody else: finish, commit, forget."""

    async def receive(self, records: Sequence[Record], member: Member) -> None:
        """Records in offset order within each partition; the next ones are polled when it returns.

        An exception ends the service.
        """


@dataclass(frozen=True, slots=True)
class Subscription:
    """A consumer group's interest in topics."""

    topics: tuple[str, ...]
    group: str | None
    """None: no group, no commits, from the end of the log on, every instance sees everything."""
    sink: Sink
    max_records: int
    max_message_bytes: int


class Log(Protocol):
    """A broker."""

    async def start(self, subscriptions: Sequence[Subscription]) -> None: ...

    async def stop(self) -> None:
        """Leave the groups. Sinks have been drained before."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return once every message is acknowledged by all in-sync replicas.

        Raises:
            BrokerUnavailable: some were not acknowledged in time; they may or may not be in the log.
        """

    async def bounds(self, partitions: Collection[Partition]) -> Mapping[Partition, tuple[int, int]]:
        """First offset and next offset to be written, by partition."""

    def read(self, ranges: Mapping[Partition, tuple[int, int]]) -> AsyncIterator[Record]:
        """Records of the given offset ranges (end exclusive), outside any group."""

    async def committed(self, group: str, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        """Committed offsets of a group; partitions without one are absent."""

    async def check(self) -> None:
        """A round trip.

        Raises:
            BrokerUnavailable: no answer.
        """

    async def failed(self) -> BaseException:
        """Wait for an error that a sink raised."""
