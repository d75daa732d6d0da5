"""What can go wrong in the gateway beside what its libraries raise.

GatewayFault
├── Unauthenticated    the credentials are missing or cannot be believed
├── CallerUnusable     believed, but they do not say who asks, or for which tenant
├── KeysUnavailable    the issuer's keys cannot be had now
├── NoRoom             too many callers wait already
└── Refused            a request that is answered with this problem
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from answerable_gateway.problems import FieldError, Kind


class GatewayFault(Exception):
    """Base of the gateway's own exceptions. No text quotes a token, a question or a name."""


class Unauthenticated(GatewayFault):
    pass


class CallerUnusable(GatewayFault):
    pass


class KeysUnavailable(GatewayFault):
    pass


class NoRoom(GatewayFault):
    pass


@dataclass(eq=False)
class Refused(GatewayFault):
    """A problem, as the caller shall see it."""

    kind: Kind
    detail: str | None = None
    fields: Sequence[FieldError] = ()
    request_id: UUID | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
