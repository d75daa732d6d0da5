"""The consumer that FastStream's subscribers run on."""

import time
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as Place
from aiokafka.structs import ConsumerRecord

_POLL_MS = 1_000
_QUIET_AFTER_S = 2.0
_QUIET_FETCH_WAIT_MS = 100


class Consumer(AIOKafkaConsumer):  # type: ignore[misc]
    """Returns when there are records, and asks a quiet broker less often.

    FastStream follows an empty poll with a pause as long as the poll, in which records lie unseen: on a quiet topic
    that is 25 ms of delay on average, on every hop. And a broker that does not wake waiting fetches (Tansu) has to be
    asked every few milliseconds, which at rest costs half a core; after two quiet seconds ten times a second must do.
    """

    def __init__(self, *topics: str, fetch_max_wait_ms: int, **options: Any) -> None:
        super().__init__(*topics, fetch_max_wait_ms=fetch_max_wait_ms, **options)
        self._busy_wait_ms = fetch_max_wait_ms
        self._last_records = time.monotonic()

    async def getmany(
        self,
        *partitions: Place,
        timeout_ms: int = 0,  # noqa: ARG002 - FastStream's, see above
        max_records: int | None = None,
    ) -> dict[Place, list[ConsumerRecord]]:
        while True:
            found: dict[Place, list[ConsumerRecord]] = await super().getmany(
                *partitions, timeout_ms=_POLL_MS, max_records=max_records
            )
            now = time.monotonic()
            self._last_records = now if found else self._last_records
            quiet = now - self._last_records > _QUIET_AFTER_S
            # aiokafka reads this anew for each fetch, and has no public way to say it
            self._fetcher._fetch_max_wait_ms = max(self._busy_wait_ms, _QUIET_FETCH_WAIT_MS if quiet else 0)  # noqa: SLF001
            if found:
                return found
