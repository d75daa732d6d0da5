"""The description, and the page made of it."""

import base64
import hashlib
import re

import jsonschema_rs
import pytest

from answerable_gateway.documentation import documentation_page
from answerable_gateway.openapi import openapi
from tests.support.gateway import ADA, LEAVE, door, settings


def references(value: object):
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from references(part)


@pytest.mark.parametrize("scheme", ["Bearer", "Development"])
def test_every_reference_leads_somewhere(scheme):
    description = openapi(settings(), scheme=scheme)
    found = set(references(description))
    assert found
    for reference in found:
        assert reference.removeprefix("#/components/schemas/") in description["components"]["schemas"]


def test_every_operation_says_how_it_can_fail_and_has_a_name():
    operations = [op for methods in openapi(settings(), scheme="Bearer")["paths"].values() for op in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert "500" in operation["responses"]
        if operation.get("security") != []:
            assert {"401", "403", "503"} <= operation["responses"].keys()


async def test_what_is_answered_is_as_described():
    async with door() as opened:
        description = (await opened.client.get("/openapi.json")).json()
        found = [
            (202, "RequestStatus", await opened.client.post("/v1/questions", json=LEAVE, headers=ADA)),
            (422, "Problem", await opened.client.post("/v1/questions", json={"a": 1}, headers=ADA)),
        ]
    schemas = description["components"]["schemas"]
    for status, name, response in found:
        assert response.status_code == status
        schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        jsonschema_rs.validate(schema, response.json(), validate_formats=True)


async def test_every_described_path_is_served_and_no_other():
    async with door() as opened:
        description = (await opened.client.get("/openapi.json")).json()
        for path, methods in description["paths"].items():
            found = await opened.client.request("PATCH", path.replace("{request_id}", "x"))
            assert {name.upper() for name in methods} == set(found.headers["allow"].split(", ")) - {"HEAD"}


def test_the_limits_are_those_of_the_settings():
    description = openapi(settings(gateway_max_time_allowed=90), scheme="Bearer")
    question = description["components"]["schemas"]["QuestionBody"]
    assert question["properties"]["deadline_seconds"]["anyOf"][0] == {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 90,
    }
    assert question["additionalProperties"] is False


def test_the_page_needs_nothing_from_elsewhere_and_runs_no_script():
    page, policy = documentation_page(openapi(settings(), scheme="Bearer"))
    assert not re.findall(r"<script|<link|<img|<iframe|\son\w+=|src=|@import|url\(", page)
    assert re.findall(r'href="([^"]*)"', page) == ["/openapi.json"]
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_the_page_names_every_operation_and_escapes_what_it_shows():
    description = openapi(settings(), scheme="Development")
    description["info"]["summary"] = "<b>&"
    description["paths"]["/v1/questions"]["post"]["parameters"][0]["description"] = "<script>alert(1)</script>"
    page, _ = documentation_page(description)
    for path in description["paths"]:
        assert path in page
    assert "<b>" not in page
    assert "<script>" not in page
    assert "curl -sS http://127.0.0.1:8080/v1/questions?wait=20" in page
