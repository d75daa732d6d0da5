"""Who asks: what every way of identifying a caller results in."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from answerable_events.body import Name, Tenant
from answerable_events.requests import Asker
from answerable_gateway.errors import CallerUnusable

_TENANT: TypeAdapter[str] = TypeAdapter(Tenant)
_SUBJECT: TypeAdapter[str] = TypeAdapter(Name)
_GROUPS: TypeAdapter[tuple[str, ...]] = TypeAdapter(tuple[Name, ...])


@dataclass(frozen=True, slots=True)
class Caller:
    """A person of a tenant, and the groups that the identity provider says they are in."""

    tenant: str
    subject: str
    groups: tuple[str, ...] = ()

    @property
    def asker(self) -> Asker:
        return Asker(subject=self.subject, groups=self.groups)


class Authenticator(Protocol):
    """Turns the header `Authorization` into a caller."""

    @property
    def scheme(self) -> str:
        """The scheme of the header, for WWW-Authenticate."""

    async def caller(self, authorization: str | None) -> Caller:
        """Raises Unauthenticated, CallerUnusable, KeysUnavailable."""

    async def verify(self) -> None:
        """Before the first request: get what is needed. Raises StartUpRefused."""

    async def ready(self) -> bool: ...


def require_caller(tenant: object, subject: object, groups: object) -> Caller:
    """A caller out of what credentials say.

    Raises:
        CallerUnusable: names what is missing or not of the agreed form.
    """
    try:
        place = "tenant"
        known_tenant = _TENANT.validate_python(tenant, strict=True)
        place = "subject"
        known_subject = _SUBJECT.validate_python(subject, strict=True)
        place = "groups"
        if not isinstance(groups, list | tuple):
            raise CallerUnusable("groups has to be a list of names")
        known_groups = _GROUPS.validate_python(tuple(groups), strict=True)
    except ValidationError:
        raise CallerUnusable(f"{place} is missing or not of the agreed form") from None
    return Caller(known_tenant, known_subject, tuple(dict.fromkeys(known_groups)))


def credentials(authorization: str | None, scheme: str) -> str | None:
    """What follows the scheme in the header `Authorization`; None when it is another scheme, or nothing."""
    name, _, rest = (authorization or "").partition(" ")
    return rest.strip() or None if name.lower() == scheme.lower() else None


async def caller_of(request: Request, authenticator: Authenticator) -> Caller:
    """Who sent a request. Raises as `Authenticator.caller`; two headers are as none."""
    values = request.headers.getlist("authorization")
    return await authenticator.caller(values[0] if len(values) == 1 else None)
