"""What is taken from HTTP requests, and what is refused."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from starlette.requests import Request

from answerable_gateway.errors import Refused
from answerable_gateway.intake import idempotency_key, parse_question, request_id_in_path, wait_asked_for
from answerable_gateway.resources import QuestionBody
from tests.support.gateway import ADA, door

HOUR = timedelta(hours=1)
JSON = {"Content-Type": "application/json"}
FIELDS = set(QuestionBody.model_fields)

BROKEN = {
    "nothing": (b"", 400, None),
    "no JSON": (b"question=hello", 400, None),
    "cut off": (b'{"question": "hel', 400, None),
    "not UTF-8": (b'{"question": "\xff"}', 400, None),
    "a lone surrogate": (b'{"question": "\\ud800"}', 400, None),
    "nested without end": (b'{"question": ' + b"[" * 60_000, 400, None),
    "a list": (b"[]", 422, "body"),
    "null": (b"null", 422, "body"),
    "no question": (b"{}", 422, "question"),
    "an empty question": (b'{"question": ""}', 422, "question"),
    "a blank question": (b'{"question": "  \\n "}', 422, "question"),
    "a number as question": (b'{"question": 7}', 422, "question"),
    "NUL": (b'{"question": "a\\u0000b"}', 422, "question"),
    "a question beyond the limit": (json.dumps({"question": "x" * 8_001}).encode(), 422, "question"),
    "who asks in the body": (b'{"question": "a", "asker": {"subject": "bob"}}', 422, "asker"),
    "a tenant in the body": (b'{"question": "a", "tenant": "acme"}', 422, "tenant"),
    "an unknown field that is no name": (b'{"question": "a", "my salary is 3": 1}', 422, "*"),
    "a deadline in the past": (b'{"question": "a", "deadline_seconds": -1}', 422, "deadline_seconds"),
    "no time": (b'{"question": "a", "deadline_seconds": 0}', 422, "deadline_seconds"),
    "endless time": (b'{"question": "a", "deadline_seconds": 1e999}', 422, "deadline_seconds"),
    "no number": (b'{"question": "a", "deadline_seconds": NaN}', 422, "deadline_seconds"),
    "too much time": (b'{"question": "a", "deadline_seconds": 3601}', 422, "deadline_seconds"),
    "time as text": (b'{"question": "a", "deadline_seconds": "5"}', 422, "deadline_seconds"),
    "yes": (b'{"question": "a", "consequential": "yes"}', 422, "consequential"),
    "one": (b'{"question": "a", "consequential": 1}', 422, "consequential"),
    "a moment of no zone": (b'{"question": "a", "as_of": "2026-01-01T00:00:00"}', 422, "as_of"),
    "a moment as a number": (b'{"question": "a", "as_of": 1}', 422, "as_of"),
    "a moment before all records": (b'{"question": "a", "as_of": "0001-01-01T00:00:00Z"}', 422, "as_of"),
}


@pytest.mark.parametrize(("body", "status", "field"), BROKEN.values(), ids=BROKEN)
async def test_a_broken_body_is_refused_and_the_field_named(body, status, field):
    async with door() as opened:
        found = await opened.client.post("/v1/questions", content=body, headers=ADA | JSON)
        assert found.status_code == status, found.text
        assert found.headers["content-type"] == "application/problem+json"
        assert opened.questions == []
    assert [error["field"] for error in found.json().get("errors", [])] == ([] if field is None else [field])


def test_a_refusal_repeats_no_content():
    body = {"question": ["my salary"], "deadline_seconds": "my salary", "consequential": "my salary", "my salary": 1}
    body["as_of"] = body["risk_class"] = "my salary"
    with pytest.raises(Refused) as refused:
        parse_question(json.dumps(body).encode(), HOUR)
    assert {error.field for error in refused.value.fields} == {*FIELDS, "*"}
    assert "salary" not in repr(refused.value.fields)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from([*FIELDS, "asker", ""]) | st.text(max_size=8), values, max_size=4)
bodies = st.binary(max_size=200) | (objects | values).map(lambda value: json.dumps(value).encode())


@effort(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies)
def test_no_body_whatever_is_an_error_of_ours(body):
    with suppress(Refused):
        assert parse_question(body, HOUR).question.strip()


async def test_a_large_body_is_refused_whether_or_not_its_size_is_announced():
    async def chunks():
        for _ in range(200):
            yield b"x" * 1024

    async with door() as opened:
        for content in (b'{"question": "' + b"x" * 200_000 + b'"}', chunks()):
            found = await opened.client.post("/v1/questions", content=content, headers=ADA | JSON)
            assert found.status_code == 413


async def test_the_longest_question_fits_however_it_is_escaped():
    body = ('{"question": "' + "\\ud83d\\ude00" * 8_000 + '"}').encode()
    async with door() as opened:
        assert (await opened.client.post("/v1/questions", content=body, headers=ADA | JSON)).status_code == 202
        assert opened.questions[0].text == "😀" * 8_000


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {},
    ],
)
async def test_only_json_is_read(headers):
    async with door() as opened:
        found = await opened.client.post("/v1/questions", content=b'{"question": "a"}', headers=ADA | headers)
        assert found.status_code == 415


def request(headers: dict[str, str] | Sequence[tuple[str, str]] = (), query: str = "", request_id: str = "") -> Request:
    pairs = headers.items() if isinstance(headers, dict) else headers
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs]
    return Request(
        {
            "type": "http",
            "headers": raw,
            "query_string": query.encode(),
            "path_params": {"request_id": request_id},
        }
    )


WAITS = [
    ({}, "", 3),
    ({"Prefer": "wait=7"}, "", 7),
    ({"Prefer": 'wait="7"'}, "", 7),
    ({"Prefer": "handling=strict, Wait=7; x=1"}, "", 7),
    ({"Prefer": "respond-async"}, "", 0),
    ({"Prefer": "respond-async, wait=7"}, "", 7),
    ({"Prefer": "wait=soon"}, "", 3),
    ({"Prefer": "wait=-1"}, "", 3),
    ({"Prefer": "wait=600"}, "", 60),
    ({"Prefer": "wait=7"}, "wait=9", 9),
    ({}, "wait=0", 0),
    ({}, "wait=0.5", 0.5),
    ({}, "wait=1e300", 60),
]


@pytest.mark.parametrize(("headers", "query", "seconds"), WAITS)
def test_how_long_to_wait(headers, query, seconds):
    asked = wait_asked_for(request(headers, query), default=timedelta(seconds=3), longest=timedelta(seconds=60))
    assert asked == timedelta(seconds=seconds)


@pytest.mark.parametrize("query", ["wait=", "wait=soon", "wait=-1", "wait=nan", "wait=inf"])
def test_a_wait_that_is_no_number_is_refused(query):
    with pytest.raises(Refused):
        wait_asked_for(request(query=query), default=timedelta(0), longest=timedelta(0))


@pytest.mark.parametrize("key", ["", " ", "two words", "ä", "a\tb", "x" * 256])
def test_an_unusable_idempotency_key_is_refused(key):
    with pytest.raises(Refused):
        idempotency_key(request({"Idempotency-Key": key}))


def test_one_idempotency_key_is_enough():
    assert idempotency_key(request()) is None
    assert idempotency_key(request({"Idempotency-Key": '"8e03978e"'})) == '"8e03978e"'
    with pytest.raises(Refused):
        idempotency_key(request([("Idempotency-Key", "a"), ("Idempotency-Key", "a")]))


GIVEN = "01a20dc8-2794-7c72-9a60-13c3d64360eb"


@pytest.mark.parametrize("text", ["", "1", f"{{{GIVEN}}}", f"urn:uuid:{GIVEN}", GIVEN.replace("-", ""), "'; DROP"])
def test_what_is_no_request_id_is_not_found(text):
    with pytest.raises(Refused) as refused:
        request_id_in_path(request(request_id=text))
    assert refused.value.kind.status == 404


def test_a_request_id_may_be_in_capitals():
    assert str(request_id_in_path(request(request_id=GIVEN.upper()))) == GIVEN
