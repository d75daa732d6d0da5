"""The development identity: callers are whoever they say they are.

`Authorization: Development ada;groups=staff,hr;tenant=norvik`. Names that are not plain ASCII are percent-encoded.
"""

from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from answerable_gateway import problems
from answerable_gateway.callers import Caller, credentials, require_caller
from answerable_gateway.errors import CallerUnusable, Unauthenticated

SCHEME = "Development"
WARNING_HEADER = ("answerable-warning", "development identity: callers are not verified")
_PARAMETERS = ("groups", "tenant")


class DevelopmentAuthenticator:
    """Believes the header."""

    scheme = SCHEME

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    async def caller(self, authorization: str | None) -> Caller:
        text = credentials(authorization, SCHEME)
        if text is None:
            raise Unauthenticated("expected: Authorization: Development <subject>[;groups=a,b][;tenant=name]")
        return _parse(text, self._tenant)

    async def verify(self) -> None:
        return

    async def ready(self) -> bool:
        return True


class OnlyThisMachine:
    """Refuses requests under any name but this machine's own.

    A page of some web site can have its own name resolve to 127.0.0.1, and would then be talking to us.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not names_this_machine(Headers(scope=scope).get("host", "")):
            refusal = problems.response(problems.MALFORMED, detail="the development identity is for this machine only")
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def names_this_machine(address: str) -> bool:
    """Whether `host` or `host:port` is a loopback address, or localhost."""
    try:
        return is_loopback(urlsplit(f"//{address}").hostname or "")
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, and nothing but this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _parse(text: str, default_tenant: str) -> Caller:
    subject, *rest = text.split(";")
    parameters: dict[str, str] = {}
    for part in rest:
        name, _, value = part.partition("=")
        if name.strip() not in _PARAMETERS or name.strip() in parameters:
            raise CallerUnusable("only groups and tenant may follow the subject, once each")
        parameters[name.strip()] = value.strip()
    groups = [_decoded(group) for group in parameters.get("groups", "").split(",") if group.strip()]
    return require_caller(parameters.get("tenant", default_tenant), _decoded(subject), groups)


def _decoded(text: str) -> str:
    return unquote(text.strip())
