"""Tokens that are believed, and those that are not."""

import base64
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from answerable_gateway.callers import Caller
from answerable_gateway.errors import CallerUnusable, KeysUnavailable, Unauthenticated
from answerable_gateway.keys import KeyCache
from answerable_gateway.oidc import Expected, OidcAuthenticator, find_claim
from answerable_runtime.errors import StartUpRefused
from tests.support.gateway import LEAVE, Issuer, door

ISSUER = Issuer()


def _now() -> int:
    return int(time.time())  # when the test runs, which may be minutes after it was collected


async def _jwks() -> bytes:
    return ISSUER.jwks()


def authenticator(**expected: Any) -> OidcAuthenticator:
    keys = KeyCache(_jwks, keep=timedelta(minutes=10), now=time.monotonic)
    usual = {"issuer": ISSUER.url, "audience": ISSUER.audience, "leeway": timedelta(seconds=30)}
    return OidcAuthenticator(Expected(**{**usual, **expected}), keys, now=_now)


def _segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _unsigned() -> str:
    return f"{_segment({'alg': 'none', 'kid': 'rsa'})}.{_segment(ISSUER.claims())}."


def _confused() -> str:
    """Signed with the public key as if it were a shared secret."""
    signed = f"{_segment({'alg': 'HS256', 'kid': 'rsa'})}.{_segment(ISSUER.claims())}"
    mac = hmac.digest(ISSUER.rsa.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _altered() -> str:
    header, _, signature = ISSUER.token().split(".")
    return f"{header}.{_segment(ISSUER.claims(sub='bob'))}.{signature}"


GOOD = {
    "RS256": ISSUER.token,
    "ES256": lambda: ISSUER.token(ISSUER.ec, "ES256", "ec"),
    "EdDSA": lambda: ISSUER.token(ISSUER.okp, "EdDSA", "okp"),
    "Ed25519": lambda: ISSUER.token(ISSUER.okp, "Ed25519", "okp"),
    "one audience of several": lambda: ISSUER.token(aud=["other", ISSUER.audience]),
    "expired within the leeway": lambda: ISSUER.token(exp=_now() - 5),
}

REFUSED = {
    "no algorithm": (_unsigned, 401),
    "HS256 with the public key": (_confused, 401),
    "an algorithm that is not on the list": (lambda: ISSUER.token(algorithm="RS512"), 401),
    "an algorithm of another key type": (lambda: ISSUER.token(ISSUER.ec, "ES256", "rsa"), 401),
    "signed by somebody else": (lambda: ISSUER.token(RSAKey.generate_key(2048)), 401),
    "altered after signing": (_altered, 401),
    "an unknown key": (lambda: ISSUER.token(kid="other"), 401),
    "no key id, and several keys": (lambda: ISSUER.token(kid=None), 401),
    "expired": (lambda: ISSUER.token(exp=_now() - 60), 401),
    "never expires": (lambda: ISSUER.token(exp=None), 401),
    "expires at no number": (lambda: ISSUER.token(exp="tomorrow"), 401),
    "not valid yet": (lambda: ISSUER.token(nbf=_now() + 120), 401),
    "issued in the future": (lambda: ISSUER.token(iat=_now() + 120), 401),
    "another audience": (lambda: ISSUER.token(aud="other"), 401),
    "no audience": (lambda: ISSUER.token(aud=None), 401),
    "another issuer": (lambda: ISSUER.token(iss="https://evil.example"), 401),
    "no issuer": (lambda: ISSUER.token(iss=None), 401),
    "no token at all": (lambda: "", 401),
    "not a token": (lambda: "abc", 401),
    "a header that is no object": (lambda: f"{_segment('alg')}.e30.AA", 401),
    "a header nested without end": (lambda: base64.urlsafe_b64encode(b"[" * 9_000).decode() + ".e30.AA", 401),
    "a key id that is no text": (lambda: f"{_segment({'alg': 'RS256', 'kid': [1]})}.e30.AA", 401),
    "an algorithm that is no text": (lambda: f"{_segment({'alg': ['RS256']})}.e30.AA", 401),
    "too long": (lambda: ISSUER.token(padding="x" * 20_000), 401),
    "no tenant": (lambda: ISSUER.token(tenant=None), 403),
    "a tenant of another form": (lambda: ISSUER.token(tenant="../norvik"), 403),
    "a tenant that is no text": (lambda: ISSUER.token(tenant=["norvik"]), 403),
    "no subject": (lambda: ISSUER.token(sub=None), 403),
    "an empty subject": (lambda: ISSUER.token(sub=""), 403),
    "a subject with control characters": (lambda: ISSUER.token(sub="ada\u0000"), 403),
    "groups as one string": (lambda: ISSUER.token(groups="staff"), 403),
    "groups that are no names": (lambda: ISSUER.token(groups=["staff", 7]), 403),
    "groups as an object": (lambda: ISSUER.token(groups={"staff": True}), 403),
}


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("make", GOOD.values(), ids=GOOD)
async def test_a_good_token_says_who_asks(make):
    assert await authenticator().caller(f"Bearer {make()}") == Caller("norvik", "ada", ("staff",))


@pytest.mark.parametrize(("make", "status"), REFUSED.values(), ids=REFUSED)
async def test_a_bad_token_is_refused_and_nothing_is_published(make, status):
    async with door(authenticator=authenticator()) as opened:
        found = await opened.client.post("/v1/questions", json=LEAVE, headers={"Authorization": f"Bearer {make()}"})
        assert found.status_code == status, found.text
        assert opened.questions == []


async def test_a_refusal_challenges_and_does_not_repeat_the_token():
    token = ISSUER.token(aud="other")
    async with door(authenticator=authenticator()) as opened:
        found = await opened.client.get("/v1/requests/x", headers={"Authorization": f"Bearer {token}"})
        assert found.headers["www-authenticate"] == 'Bearer realm="answerable", error="invalid_token"'
        assert token[:20] not in found.text
        bare = await opened.client.get("/v1/requests/x")
        assert bare.headers["www-authenticate"] == 'Bearer realm="answerable"'


async def test_two_authorization_headers_are_no_identity():
    headers = [("Authorization", f"Bearer {ISSUER.token()}"), ("Authorization", f"Bearer {ISSUER.token(sub='bob')}")]
    async with door(authenticator=authenticator()) as opened:
        assert (await opened.client.post("/v1/questions", json=LEAVE, headers=headers)).status_code == 401


async def test_the_development_identity_is_not_believed_beside_oidc():
    async with door(authenticator=authenticator()) as opened:
        found = await opened.client.post(
            "/v1/questions", json=LEAVE, headers={"Authorization": "Development ada;groups=staff"}
        )
        assert found.status_code == 401
        assert "answerable-warning" not in found.headers


async def test_who_asks_comes_from_the_token():
    async with door(authenticator=authenticator()) as opened:
        token = ISSUER.token(sub="bob", groups=["sales", "staff", "sales"], tenant="acme")
        found = await opened.client.post("/v1/questions", json=LEAVE, headers={"Authorization": f"bearer {token}"})
        assert found.status_code == 202
        [asked] = opened.questions
    assert (asked.tenant, asked.asker.subject, asked.asker.groups) == ("acme", "bob", ("sales", "staff"))


async def test_without_groups_somebody_is_in_none():
    assert (await authenticator().caller(f"Bearer {ISSUER.token(groups=None)}")).groups == ()


async def test_claims_may_have_other_names_and_lie_inside_others():
    named: dict[str, Any] = {"https://norvik.example/tenant": "acme"}
    token = ISSUER.token(email="ada@norvik.example", realm_access={"roles": ["hr"]}, **named)
    chosen = authenticator(
        subject_claim="email", groups_claim="realm_access.roles", tenant_claim="https://norvik.example/tenant"
    )
    assert await chosen.caller(f"Bearer {token}") == Caller("acme", "ada@norvik.example", ("hr",))


def test_a_claim_that_is_nowhere_is_none():
    assert find_claim({"a": {"b": 1}}, "a.b.c") is None
    assert find_claim({"a": {"b": 1}}, "a.b") == 1
    assert find_claim({"a.b": 2, "a": {"b": 1}}, "a.b") == 2


async def test_a_provider_that_cannot_be_reached_refuses_the_start():
    async def fetch() -> bytes:
        raise KeysUnavailable("nobody there")

    keys = KeyCache(fetch, keep=timedelta(minutes=10), now=time.monotonic)
    lonely = OidcAuthenticator(Expected("i", "a", timedelta(0)), keys, now=_now)
    with pytest.raises(StartUpRefused):
        await lonely.verify()
    assert not await lonely.ready()


SECRETIVE = {
    Unauthenticated: lambda: ISSUER.token(sub="secret-name", exp=1),
    CallerUnusable: lambda: ISSUER.token(sub="secret-name", tenant="../secret-tenant"),
}


@pytest.mark.parametrize(("error", "make"), SECRETIVE.items())
async def test_refusals_quote_nothing_of_the_token(error, make):
    with pytest.raises(error) as refused:
        await authenticator().caller(f"Bearer {make()}")
    assert "secret" not in str(refused.value)
