"""How the gateway decides whom to believe."""

from typing import Any

import pytest
from pydantic import ValidationError

from answerable_gateway.development import DevelopmentAuthenticator
from answerable_gateway.main import make_authenticator
from answerable_gateway.oidc import OidcAuthenticator
from answerable_gateway.settings import GatewaySettings
from answerable_runtime.errors import StartUpRefused

OIDC: dict[str, Any] = {
    "oidc_issuer": "https://id.example",
    "oidc_audience": "answerable",
    "oidc_jwks": "https://id.example/jwks",
}

REFUSED: dict[str, dict[str, Any]] = {
    "nothing at all": {},
    "the development identity beyond this machine": {
        "gateway_development_identity": True,
        "gateway_host": "0.0.0.0",
    },
    "the development identity under a name": {
        "gateway_development_identity": True,
        "gateway_host": "gateway.internal",
    },
    "both": {**OIDC, "gateway_development_identity": True},
    "an issuer without an audience": {**OIDC, "oidc_audience": None},
    "an empty audience": {**OIDC, "oidc_audience": ""},
    "an issuer without keys": {**OIDC, "oidc_jwks": None},
    "keys in the clear": {**OIDC, "oidc_jwks": "http://id.example/jwks"},
}


@pytest.mark.parametrize("values", REFUSED.values(), ids=REFUSED)
def test_a_configuration_that_lets_anybody_be_anybody_is_refused(values):
    with pytest.raises(StartUpRefused):
        make_authenticator(GatewaySettings(**values))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_the_development_identity_is_for_this_machine(host):
    chosen = make_authenticator(GatewaySettings(gateway_development_identity=True, gateway_host=host))
    assert isinstance(chosen, DevelopmentAuthenticator)


def test_with_oidc_tokens_are_believed():
    assert isinstance(make_authenticator(GatewaySettings(**OIDC, gateway_host="0.0.0.0")), OidcAuthenticator)


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("ANSWERABLE_GATEWAY_PORT", "9090")
    monkeypatch.setenv("ANSWERABLE_OIDC_TENANT_CLAIM", "org")
    found = GatewaySettings()
    assert (found.gateway_port, found.oidc_tenant_claim) == (9090, "org")


def test_a_default_wait_beyond_the_longest_is_refused():
    with pytest.raises(ValidationError):
        GatewaySettings(gateway_default_wait=90)
