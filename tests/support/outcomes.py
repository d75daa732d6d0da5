"""Outcomes from the `answers` topic, as upstream reads them."""

import asyncio
from collections.abc import Collection
from uuid import UUID

from answerable_events.answers import AnswerFailed, AnswerReleased, AnswerWithheld
from answerable_events.codec import decode
from answerable_events.topics import ANSWERS, PARTITIONS
from answerable_runtime.log import Log

Outcome = AnswerReleased | AnswerWithheld | AnswerFailed


async def outcomes_of(log: Log, requests: Collection[UUID], *, seconds: float) -> dict[UUID, list[Outcome]]:
    """Outcomes by request, as soon as each has one.

    Raises:
        TimeoutError: some had none in time.
    """
    places = [(ANSWERS.name, number) for number in range(PARTITIONS)]
    async with asyncio.timeout(seconds):
        while True:
            found: dict[UUID, list[Outcome]] = {}
            async for record in log.read(await log.bounds(places)):
                body = decode(record, ANSWERS).body
                assert isinstance(body, AnswerReleased | AnswerWithheld | AnswerFailed)
                found.setdefault(body.request_id, []).append(body)
            if found.keys() >= set(requests):
                return found
            await asyncio.sleep(0.5)
