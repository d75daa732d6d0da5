"""OpenID Connect: bearer tokens of one issuer, for one audience.

The algorithm comes from our list, the key from the issuer's set by the token's `kid`, and the claims registry runs on
every token: joserfc checks no claim unless it does.
"""

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from answerable_gateway.callers import Caller, credentials, require_caller
from answerable_gateway.errors import KeysUnavailable, Unauthenticated
from answerable_gateway.keys import KeyCache
from answerable_runtime.errors import StartUpRefused

ALGORITHMS = {"RS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP"}
"""What tokens may be signed with, and the type of key that belongs to it. Never `none`, never a shared secret."""

_LONGEST_TOKEN = 16 * 1024


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token has to say, and under which names it says who the caller is."""

    issuer: str
    audience: str
    leeway: timedelta
    subject_claim: str = "sub"
    groups_claim: str = "groups"
    tenant_claim: str = "tenant"


class OidcAuthenticator:
    """Believes tokens that the issuer signed. `now` is Unix time in seconds."""

    scheme = "Bearer"

    def __init__(self, expected: Expected, keys: KeyCache, now: Callable[[], int]) -> None:
        self._expected = expected
        self._keys = keys
        self._registry = JWTClaimsRegistry(
            now=now,
            leeway=int(expected.leeway.total_seconds()),
            iss={"essential": True, "value": expected.issuer},
            aud={"essential": True, "value": expected.audience},
            exp={"essential": True},
        )

    async def caller(self, authorization: str | None) -> Caller:
        token = credentials(authorization, self.scheme)
        if token is None:
            raise Unauthenticated("a bearer token is needed")
        return caller_of(await self._claims(token), self._expected)

    async def verify(self) -> None:
        try:
            await self._keys.load()
        except KeysUnavailable as error:
            raise StartUpRefused(f"identity provider: {error}") from None

    async def ready(self) -> bool:
        return self._keys.known

    async def _claims(self, token: str) -> Mapping[str, Any]:
        header = _header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS or not isinstance(kid, str | None):
            raise Unauthenticated("the token is not signed in a way that is accepted here")
        key = await self._keys.key(kid)
        if key is None or key.key_type != ALGORITHMS[algorithm] or key.get("alg", algorithm) != algorithm:
            raise Unauthenticated("the token names no key of the issuer")
        try:
            verified = jwt.decode(token, key, algorithms=[algorithm])
            self._registry.validate(verified.claims)
        except (JoseError, ValueError, TypeError, RecursionError):
            raise Unauthenticated("the token is not valid here, or not any more") from None
        return verified.claims


def caller_of(claims: Mapping[str, Any], expected: Expected) -> Caller:
    """Who a verified token speaks for; without the groups claim, somebody in no group.

    Raises:
        CallerUnusable: no tenant, no subject, or groups in another form than a list of names.
    """
    groups = find_claim(claims, expected.groups_claim)
    return require_caller(
        find_claim(claims, expected.tenant_claim),
        find_claim(claims, expected.subject_claim),
        () if groups is None else groups,
    )


def find_claim(claims: Mapping[str, Any], name: str) -> object:
    """A claim by its name, which may be a URL; where there is none, `realm_access.roles` looks inside an object."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _header(token: str) -> Mapping[str, Any]:
    """The header, unverified: only to choose a key by."""
    encoded = token.partition(".")[0]
    if len(token) > _LONGEST_TOKEN:
        raise Unauthenticated("the token is too long")
    try:
        header = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise Unauthenticated("the token cannot be read") from None
    if not isinstance(header, dict):
        raise Unauthenticated("the token cannot be read")
    return header
