"""The page /docs: the description for people, in one piece, without scripts and without anything from elsewhere."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
body { color: #1b1b1b; background: #fff }
h2 { margin-top: 2.5rem; border-top: 1px solid #ccc; padding-top: 1rem }
code, pre { font: 14px/1.45 ui-monospace, monospace }
pre { background: #f4f4f4; padding: .8rem; overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e5e5e5 }
@media (prefers-color-scheme: dark) {
  body { color: #e8e8e8; background: #181818 } pre { background: #262626 } a { color: #9cf }
}
"""

_EXAMPLES = {
    "ask": """\
curl -sS {origin}/v1/questions?wait=20 \\
  -H "Authorization: {credentials}" \\
  -H "Content-Type: application/json" \\
  -H "Idempotency-Key: leave-2026" \\
  -d '{{"question": "How many days of annual leave do I have?"}}'""",
    "request": """\
curl -sS {origin}/v1/requests/$REQUEST_ID -H "Authorization: {credentials}\"""",
    "events": """\
curl -sSN {origin}/v1/requests/$REQUEST_ID/events -H "Authorization: {credentials}\"""",
    "openapi": "curl -sS {origin}/openapi.json",
}


def documentation_page(description: Mapping[str, Any]) -> tuple[str, str]:
    """The page, and the Content-Security-Policy under which a browser may show it."""
    info = description["info"]
    security = description["components"]["securitySchemes"]["caller"]
    bearer = security.get("scheme") == "bearer"
    example = {
        "origin": "https://HOST" if bearer else "http://127.0.0.1:8080",
        "credentials": "Bearer $TOKEN" if bearer else "Development ada;groups=staff",
    }
    schemas = description["components"]["schemas"]
    operations = [
        _operation(method, path, operation, example, schemas)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(info["title"])} {escape(info["version"])}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(info["title"])} <small>{escape(info["version"])}</small></h1>
<p>{escape(info["summary"])} The same for programs: <a href="/openapi.json">openapi.json</a>.</p>
<p>{escape(security["description"])}</p>
{"".join(operations)}
</main>
</body>
</html>
"""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    return page, policy


def _operation(
    method: str, path: str, operation: Mapping[str, Any], example: Mapping[str, str], schemas: Mapping[str, Any]
) -> str:
    name = operation["operationId"]
    curl = f"<pre>{escape(_EXAMPLES[name].format(**example))}</pre>\n" if name in _EXAMPLES else ""
    parameters = [(p["name"], f"{p['description']} ({p['in']})") for p in operation.get("parameters", [])]
    parameters += [(name, text) for name, text in _body_fields(operation, schemas)]
    responses = [(status, answer["description"]) for status, answer in operation["responses"].items()]
    return f"""
<section>
<h2 id="{escape(name)}"><code>{method.upper()} {escape(path)}</code></h2>
<p>{escape(operation["summary"])} {escape(operation.get("description", ""))}</p>
{curl}{_table("Parameter", parameters)}{_table("Status", responses)}
</section>
"""


def _body_fields(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "requestBody" not in operation:
        return []
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = schemas[reference.rpartition("/")[2]]
    required = set(schema.get("required", ()))
    names = (f"{name} (required)" if name in required else name for name in schema["properties"])
    return [("body", f"JSON: {', '.join(names)}. Other fields are refused.")]


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(f"<tr><td><code>{escape(name)}</code></td><td>{escape(text)}</td></tr>\n" for name, text in rows)
    return f'<table>\n<tr><th scope="col">{title}</th><th scope="col">Meaning</th></tr>\n{cells}</table>\n'
