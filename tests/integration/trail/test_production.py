"""Roles, policies and quotas for production. The embedded engine has none of them, but its parser and its tables."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from answerable_trail.client import Trail
from answerable_trail.errors import QueryInvalid
from tests.support.servers import start_clickhouse
from tests.support.trail import Log, fresh_trail, released_request, rows

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

FOLDER = Path(__file__).parents[3] / "schemas" / "clickhouse" / "production"
FILES = sorted(FOLDER.glob("*.sql"))
BEYOND = re.compile(r"\b(FILE|URL|S3|REMOTE|SOURCES|READ|WRITE|ALL|TEMPORARY TABLE|FUNCTION|TRUNCATE|EXECUTABLE)\b")
"""Rights that reach beyond the trace, or empty it."""


def statements(file: Path) -> list[str]:
    text = re.sub(r"^--.*$", "", file.read_text(), flags=re.MULTILINE)
    return [piece.strip() for piece in re.split(r";\s*\n", text) if piece.strip()]


STATEMENTS = [statement for file in FILES for statement in statements(file)]
GRANTS = [statement for statement in STATEMENTS if statement.startswith("GRANT")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trail() -> AsyncIterator[Trail]:
    async with start_clickhouse() as server, fresh_trail(server.url) as opened:
        log = Log()
        released_request(log, UUID(int=1))
        released_request(log, UUID(int=1), tenant="other")
        await opened.append(rows(*log.records))
        yield opened


async def test_files_are_numbered_and_can_be_applied_again() -> None:
    assert [int(file.name[:4]) for file in FILES] == list(range(1, len(FILES) + 1))
    repeatable = re.compile(r"CREATE (ROLE|USER|QUOTA|ROW POLICY|SETTINGS PROFILE) IF NOT EXISTS |GRANT ")
    assert [statement for statement in STATEMENTS if not repeatable.match(statement)] == []


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda one: " ".join(one.split()[:6]))
async def test_the_engine_can_parse_it(trail: Trail, statement: str) -> None:
    assert (await trail.query(f"EXPLAIN AST {statement}")).rows


async def test_the_engine_would_refuse_a_misspelt_one(trail: Trail) -> None:
    with pytest.raises(QueryInvalid):
        await trail.query(f"EXPLAIN AST {STATEMENTS[-1].replace('GRANT', 'GRNAT')}")
    with pytest.raises(QueryInvalid):
        await trail.query("EXPLAIN AST GRANT SELEKT ON trace.* TO answerable_analyst")


async def test_every_table_that_is_named_exists(trail: Trail) -> None:
    named = {name for statement in STATEMENTS for name in re.findall(r"trace\.(\w+)\b(?!\*)", statement)}
    table = await trail.query("SELECT name FROM system.tables WHERE database = 'trace'")
    assert named - {row[0] for row in table.rows} == set()


async def test_every_setting_that_is_named_exists(trail: Trail) -> None:
    named = {name for statement in STATEMENTS if "SETTINGS PROFILE IF" in statement
             for name in re.findall(r"^\s+(\w+) = ", statement, flags=re.MULTILINE)}  # fmt: skip
    table = await trail.query("SELECT name FROM system.settings")
    assert len(named) >= 9
    assert named - {row[0] for row in table.rows} == set()


async def test_every_role_and_profile_that_is_named_is_made() -> None:
    made = set(re.findall(r"CREATE (?:ROLE|USER|SETTINGS PROFILE) IF NOT EXISTS (\w+)", "\n".join(STATEMENTS)))
    named = r"\bTO ([\w, ]+)$|SETTINGS PROFILE '(\w+)'|^GRANT (\w+) TO"
    used = set(re.findall(named, "\n".join(STATEMENTS), flags=re.MULTILINE))
    assert {name for found in used for names in found for name in names.split(", ") if name} - made == set()


@pytest.mark.parametrize("role", ["answerable_analyst", "answerable_auditor"])
async def test_readers_may_only_read_and_nobody_gets_a_source(role: str) -> None:
    theirs = [grant for grant in GRANTS if grant.endswith(f"TO {role}")]
    assert theirs
    assert all(
        re.match(r"GRANT (SELECT ON (trace\.\*|system\.query_log)|SHOW ACCESS ON \*\.\*) TO", one) for one in theirs
    )
    assert [grant for grant in GRANTS if BEYOND.search(grant.upper().split(" TO ")[0])] == []


async def test_every_table_with_tenants_has_both_policies(trail: Trail) -> None:
    table = await trail.query(
        "SELECT DISTINCT table FROM system.columns WHERE database = 'trace' AND name = 'tenant' AND table IN "
        "(SELECT name FROM system.tables WHERE database = 'trace' AND engine LIKE '%MergeTree')"
    )
    policies = [statement for statement in STATEMENTS if statement.startswith("CREATE ROW POLICY")]
    assert len(policies) == 2
    for policy in policies:
        assert set(re.findall(r"trace\.(\w+)", policy)) == {row[0] for row in table.rows}


async def test_the_policy_lets_through_the_tenants_of_the_readers_roles(trail: Trail) -> None:
    (policy,) = [statement for statement in STATEMENTS if "answerable_own_tenants" in statement]
    condition = policy.partition("USING ")[2].partition("\nTO")[0]
    assert (await trail.query(f"SELECT count() FROM trace.events WHERE {condition}")).rows == ((0,),)
    as_reader = condition.replace("enabledRoles()", "['answerable_analyst', 'tenant_acme']")
    assert (await trail.query(f"SELECT DISTINCT tenant FROM trace.events WHERE {as_reader}")).rows == (("acme",),)
