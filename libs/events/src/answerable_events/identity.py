"""Deterministic ids: a repeated step yields the same event, so a repetition is never a second fact.

An id is `uuid5(request_id, "<tenant>/<type>/<ordinal>")`: no attempt, host, clock or randomness. The tenant is part of
the name because askers choose request ids, and two tenants may choose the same one.
"""

from uuid import UUID, uuid5

_NAMESPACE = UUID("5f1a6d0e-4c1b-5a52-9b3e-9a4b9f2c7d10")


def event_id(correlation_id: UUID, tenant: str, event_type: str, ordinal: int = 0) -> UUID:
    """Id of the `ordinal`-th event of a type within one request."""
    return uuid5(correlation_id, f"{tenant}/{event_type}/{ordinal}")


def request_id_of_key(tenant: str, subject: str, idempotency_key: str) -> UUID:
    """Request id for an `Idempotency-Key`: the same key of the same person is the same request."""
    return uuid5(_NAMESPACE, f"request\n{tenant}\n{subject}\n{idempotency_key}")


def document_correlation(tenant: str, document_id: str) -> UUID:
    """What ties the events of one document together, as a request id ties those of a request."""
    return uuid5(_NAMESPACE, f"document\n{tenant}\n{document_id}")


def governance_correlation(tenant: str, about: str) -> UUID:
    """What ties the events about one part of the record together."""
    return uuid5(_NAMESPACE, f"governance\n{tenant}\n{about}")
