"""The development identity."""

import pytest

from answerable_gateway.callers import Caller
from answerable_gateway.development import DevelopmentAuthenticator, names_this_machine
from answerable_gateway.errors import CallerUnusable, Unauthenticated
from tests.support.gateway import ADA, LEAVE, door

UNDERSTOOD = {
    "Development ada": Caller("norvik", "ada"),
    "development ada": Caller("norvik", "ada"),
    "Development ada;groups=staff,hr": Caller("norvik", "ada", ("staff", "hr")),
    "Development ada; groups = staff, hr ; tenant = acme": Caller("acme", "ada", ("staff", "hr")),
    "Development ada;groups=": Caller("norvik", "ada"),
    "Development S%C3%B8ren;groups=r%26d%2Cnorth": Caller("norvik", "Søren", ("r&d,north",)),
    "Development ada@norvik.example;tenant=acme": Caller("acme", "ada@norvik.example"),
}

REFUSED = {
    None: Unauthenticated,
    "": Unauthenticated,
    "Development": Unauthenticated,
    "Development   ": Unauthenticated,
    "Bearer ada": Unauthenticated,
    "Basic YWRhOg==": Unauthenticated,
    "Development ;groups=staff": CallerUnusable,
    "Development ada;role=admin": CallerUnusable,
    "Development ada;tenant=a;tenant=b": CallerUnusable,
    "Development ada;tenant=": CallerUnusable,
    "Development ada;tenant=../norvik": CallerUnusable,
    "Development ada%00": CallerUnusable,
    f"Development {'a' * 257}": CallerUnusable,
}


@pytest.mark.parametrize(("header", "caller"), UNDERSTOOD.items())
async def test_callers_are_whoever_they_say_they_are(header, caller):
    assert await DevelopmentAuthenticator("norvik").caller(header) == caller


@pytest.mark.parametrize(("header", "error"), REFUSED.items())
async def test_a_header_of_another_form_is_refused(header, error):
    with pytest.raises(error):
        await DevelopmentAuthenticator("norvik").caller(header)


async def test_every_response_warns():
    async with door() as opened:
        found = [
            await opened.client.post("/v1/questions", json=LEAVE, headers=ADA),
            await opened.client.get("/docs"),
            await opened.client.get("/nowhere"),
        ]
    assert {one.headers["answerable-warning"] for one in found} == {"development identity: callers are not verified"}


@pytest.mark.parametrize("host", ["answers.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "[", "", "0"])
async def test_a_web_page_that_gives_us_its_own_name_is_refused(host):
    async with door() as opened:
        found = await opened.client.post("/v1/questions", json=LEAVE, headers={**ADA, "Host": host})
        assert found.status_code == 400
        assert found.headers["x-content-type-options"] == "nosniff"
        assert opened.questions == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8080", "localhost:1", "[::1]:8080", "LOCALHOST"])
def test_this_machine_has_several_names(host):
    assert names_this_machine(host)
