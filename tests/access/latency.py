"""How soon a revocation holds: from publishing the event to the first context without the document."""

import asyncio
import math
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from prometheus_client import CollectorRegistry

from answerable_events.body import EventBody
from answerable_events.codec import decode
from answerable_events.documents import AccessChanged, DocumentWithdrawn, GroupChanged
from answerable_events.requests import ContextRetrieved
from answerable_events.topics import CONTEXTS
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime import testing
from answerable_runtime.memory import MemoryBroker
from answerable_runtime.metrics import Metrics
from tests.access.organisation import Person, Submitted, question_about
from tests.access.stage import published, question_of, running, services, submission

TENANT = "norvik"
ANN = Person(TENANT, "ann", ("staff",))
_AT_ONCE = 4
PROMISED_S = 60.0
_PAUSE_S = 0.02
_BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Revocations:
    """Seconds that each took; `late` are those that did not hold within the minute that is promised."""

    took: list[float] = field(default_factory=list)
    late: int = 0

    def quantile(self, share: float) -> float:
        """The smallest that at least this share does not exceed. Those that came too late count as a minute."""
        seconds = sorted([*self.took, *[PROMISED_S] * self.late])
        return seconds[max(0, math.ceil(share * len(seconds)) - 1)]


async def measure_revocations(folder: Path, count: int) -> Revocations:
    """Services at their usual cadence, four revocations under way at a time."""
    every = RetrievalSettings().retrieval_snapshot_every
    broker = MemoryBroker()
    async with services(folder, Metrics(CollectorRegistry()), snapshot_every=every) as parts:
        documents = [_document(number) for number in range(count)]
        groups = [_members(number, ("user:ann",)) for number in range(count)]
        founding = [*(submission(one, _BEGIN) for one in documents), *groups]
        messages = [published(body) for body in founding]
        await testing.run([parts.ingestion], messages, broker=broker, patience=10 * PROMISED_S)
        waiting = iter(enumerate(documents))
        found = Revocations()

        async def take() -> None:
            for number, document in waiting:
                try:
                    found.took.append(await _revoke(number, document, mailbox))
                except TimeoutError:
                    found.late += 1

        async with running([parts.ingestion, parts.retrieval], broker):
            mailbox = _Mailbox(broker)
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(take())
    return found


async def _revoke(number: int, document: Submitted, mailbox: "_Mailbox") -> float:
    """Seconds until the document is gone. Raises TimeoutError when it stays."""
    if not await mailbox.sees(document):
        raise AssertionError("ann may read it, and is not given it: there is nothing to revoke")
    started = time.monotonic()
    mailbox.broker.append(published(_revocation(number, document)))
    async with asyncio.timeout(PROMISED_S):
        while await mailbox.sees(document):
            await asyncio.sleep(_PAUSE_S)
    return time.monotonic() - started


def _revocation(number: int, document: Submitted) -> EventBody:
    """One of the ways in which ann loses it."""
    now = datetime.now(UTC)
    ways: tuple[EventBody, ...] = (
        AccessChanged(tenant=TENANT, document_id=document.document, readers=("group:hr",), changed_at=now),
        AccessChanged(
            tenant=TENANT,
            document_id=document.document,
            readers=tuple(document.readers),
            denied=("group:staff",),
            changed_at=now,
        ),
        _members(number, ()),
        DocumentWithdrawn(tenant=TENANT, document_id=document.document, withdrawn_at=now),
    )
    return ways[number % len(ways)]


def _members(number: int, members: tuple[str, ...]) -> GroupChanged:
    return GroupChanged(tenant=TENANT, group=f"circle {number}", members=members, changed_at=datetime.now(UTC))


def _document(number: int) -> Submitted:
    word = f"zq{number:08d}"
    text = f"The yearly report on leave and pay tells of {word} and {uuid4().hex} and {uuid4().hex}."
    readers = frozenset({f"group:circle {number}"})
    return Submitted(number, TENANT, f"d{number}.md", 1, readers, frozenset(), f"Report {number}", word, (text,))


class _Mailbox:
    """Asks as ann, and waits for the context."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.broker = broker
        self._read: dict[tuple[str, int], int] = defaultdict(int)
        self._contexts: dict[UUID, ContextRetrieved] = {}

    async def sees(self, document: Submitted) -> bool:
        """Whether a question that is put now gets a passage of the document."""
        request = uuid4()
        self.broker.append(question_of(ANN, question_about(document.codeword), request))
        async with asyncio.timeout(PROMISED_S):
            while request not in self._contexts:
                self._look()
                await asyncio.sleep(0.005)
        return document.document in {passage.document_id for passage in self._contexts.pop(request).passages}

    def _look(self) -> None:
        for place, log in self.broker.logs.items():
            if place[0] == CONTEXTS.name:
                for record in log[self._read[place] :]:
                    body = decode(record, CONTEXTS).body
                    if isinstance(body, ContextRetrieved):
                        self._contexts[body.request_id] = body
                self._read[place] = len(log)
