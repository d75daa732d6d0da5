"""Recalling a document: which answers rest on it, and the notice that each of their askers gets."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from answerable_events.answers import AnswerRecalled
from answerable_events.identity import document_correlation, event_id
from answerable_trail.client import Trail
from answerable_trail.reading import listed

_EVENTS_PER_QUERY = 1_000
_ASKER = 3  # its column in the named query; empty where the question was erased


@dataclass(frozen=True, slots=True)
class Recall:
    """Which document, why, and on whose word. Without a version: all of them."""

    tenant: str
    document_id: str
    version: int | None
    reason: str
    by: str

    @property
    def recall_id(self) -> UUID:
        """The same for the same recall, whoever repeats it: a notice is never sent twice."""
        version = "every version" if self.version is None else f"version {self.version}"
        return uuid5(document_correlation(self.tenant, self.document_id), f"recall\n{version}\n{self.reason}")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who got a released answer whose context held the document."""

    request_id: UUID
    asker: str
    version: int
    cited: bool
    asked_at: datetime | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notice:
    """What a recipient is told, and the ordinal by which its event differs from those of other recalls."""

    body: AnswerRecalled
    ordinal: int

    @property
    def event_id(self) -> UUID:
        return event_id(self.body.request_id, self.body.tenant, self.body.TYPE, self.ordinal)


async def recipients(trail: Trail, recall: Recall) -> list[Recipient]:
    """Everybody who got an answer that rests on the document, by the time of asking.

    A request that was erased names nobody any more and is not among them.
    """
    parameters = {"document": _like(recall.document_id), "tenant": _like(recall.tenant), "version": recall.version or 0}
    table = await trail.named_query("answers_resting_on_document", parameters=parameters)
    return [_recipient(*row) for row in table.rows if row[_ASKER]]


def _recipient(*row: Any) -> Recipient:
    """A row of the named query."""
    _, _, version, asker, request_id, cited, asked_at, decided_at = row
    return Recipient(request_id, asker, version, bool(cited), asked_at, decided_at)


def notice(recall: Recall, recipient: Recipient, now: datetime) -> Notice:
    """The notice to one recipient."""
    body = AnswerRecalled(
        tenant=recall.tenant,
        request_id=recipient.request_id,
        recall_id=recall.recall_id,
        asker=recipient.asker,
        document_id=recall.document_id,
        document_version=recipient.version,
        cited=recipient.cited,
        reason=recall.reason,
        by=recall.by,
        recalled_at=now,
    )
    return Notice(body, recall.recall_id.int)


async def recorded(trail: Trail, notices: Sequence[Notice]) -> Collection[UUID]:
    """Event ids of those notices that the record holds already."""
    found: set[Any] = set()
    for start in range(0, len(notices), _EVENTS_PER_QUERY):
        some = notices[start : start + _EVENTS_PER_QUERY]
        keys = ", ".join(listed([each.body.tenant, each.body.request_id, each.event_id]) for each in some)
        where = f"topic = 'governance' AND (tenant, request_id, event_id) IN ({keys})"
        table = await trail.query(f"SELECT DISTINCT event_id FROM trace.events WHERE {where}")  # noqa: S608 - quoted
        found |= {event for (event,) in table.rows}
    return found


def _like(text: str) -> str:
    """A pattern that only this text is like."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
