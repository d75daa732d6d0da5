"""Asking over HTTP, against a transport that is a function."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest

from answerable_cli.errors import CliError, NotReachable, UsageRefused
from answerable_cli.gateway import Gateway, Identity, Outcome

REQUEST = UUID(int=7)
WITHHELD = {"request_id": str(REQUEST), "status": "withheld", "reason": "not_known", "explanation": "No."}
PENDING = {"request_id": str(REQUEST), "status": "pending", "new_field": 1}


async def _ask(answer: Callable[[httpx2.Request], httpx2.Response], identity: Identity | None = None) -> Outcome:
    async with httpx2.AsyncClient(base_url="http://door", transport=httpx2.MockTransport(answer)) as client:
        return await Gateway(client).ask("Why?", identity or Identity("ada"), within=timedelta(seconds=20))


async def test_a_question_goes_out_with_who_asks_and_comes_back_with_its_outcome() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=WITHHELD)

    outcome = await _ask(answer, Identity("ada", ("staff", "a,b"), "acme"))
    assert outcome.reason == "not_known"
    assert seen[0].headers["authorization"] == "Development ada;groups=staff,a%2Cb;tenant=acme"
    assert json.loads(seen[0].content) == {"question": "Why?", "deadline_seconds": 20}


async def test_a_question_about_the_past_names_its_moment() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=WITHHELD)

    async with httpx2.AsyncClient(base_url="http://door", transport=httpx2.MockTransport(answer)) as client:
        await Gateway(client).ask("Why?", Identity("ada"), as_of=datetime(2026, 1, 2, 3, tzinfo=UTC))
    assert json.loads(seen[0].content)["as_of"] == "2026-01-02T03:00:00+00:00"


async def test_a_pending_request_is_asked_for_again() -> None:
    paths: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        paths.append(f"{request.method} {request.url.path}")
        return httpx2.Response(202, json=PENDING) if len(paths) == 1 else httpx2.Response(200, json=WITHHELD)

    assert (await _ask(answer)).status == "withheld"
    assert paths == ["POST /v1/questions", f"GET /v1/requests/{REQUEST}"]


@pytest.mark.parametrize(
    ("response", "kind", "says"),
    [
        (httpx2.Response(401, json={"title": "Credentials are missing."}), UsageRefused, "Credentials"),
        (
            httpx2.Response(422, json={"title": "Not valid.", "errors": [{"field": "question", "detail": "too long"}]}),
            UsageRefused,
            "question: too long",
        ),
        (httpx2.Response(503, json={"title": "Busy."}), CliError, "Busy"),
        (httpx2.Response(502, text="<html>"), CliError, "502"),
        (httpx2.Response(200, text="<html>"), CliError, "does not speak"),
    ],
)
async def test_a_refusal_is_one_line(response: httpx2.Response, kind: type[CliError], says: str) -> None:
    with pytest.raises(kind, match=says) as caught:
        await _ask(lambda _: response)
    assert type(caught.value) is kind


async def test_a_door_that_is_not_there_says_how_to_start_it() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    with pytest.raises(NotReachable) as caught:
        await _ask(answer)
    assert caught.value.hint is not None
    assert "answerable up" in caught.value.hint


def test_a_token_replaces_the_development_identity() -> None:
    assert Identity("ada", token="t").header == "Bearer t"
