"""Publishes what people say, and waits for what the services make of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from answerable_events.body import EventBody
from answerable_events.codec import encode
from answerable_events.message import Message
from answerable_events.topics import Topic
from answerable_gateway import problems
from answerable_gateway.errors import Refused
from answerable_runtime.errors import BrokerUnavailable
from answerable_runtime.log import Log
from answerable_runtime.numbering import Numbering

RETRY_AFTER = {"Retry-After": "2"}


@dataclass(frozen=True, slots=True)
class Publisher:
    """What the gateway writes goes through one of these."""

    log: Log
    numbering: Numbering
    now: Callable[[], datetime]

    def prepare(self, body: EventBody, topic: Topic, *, too_large: str | None = None) -> tuple[Message, UUID]:
        """The message, and the id of its event; whoever prepares one publishes it. Raises Refused: it is too large."""
        message = encode(body, topic=topic, producer=self.numbering.next(), now=self.now())
        if len(message.value) > topic.max_message_bytes:
            self.numbering.begin_again()
            raise Refused(problems.TOO_LARGE, too_large)
        return message, UUID(dict(message.headers)["ce_id"].decode())

    async def publish(self, message: Message, request_id: UUID | None = None) -> None:
        """Publish, and return once it is confirmed. Raises Refused: the broker did not confirm."""
        try:
            await self.log.publish([message])
        except BrokerUnavailable:
            self.numbering.begin_again()
            raise Refused(problems.NOT_CONFIRMED, request_id=request_id, headers=RETRY_AFTER) from None
        except asyncio.CancelledError:
            self.numbering.begin_again()
            raise

    @staticmethod
    async def first(*awaited: "asyncio.Future[Any]", within: timedelta) -> Any:
        """The result that is there first; None when none comes in time."""
        await asyncio.wait(awaited, timeout=within.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
        return next((future.result() for future in awaited if future.done()), None)
