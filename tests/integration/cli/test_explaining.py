"""A request explained out of a real ClickHouse engine: sealed, signed, cosigned, erased."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from answerable_audit.sealing import Rhythm, Sealer
from answerable_cli.explaining import read_explanations, rendered
from answerable_cli.explanation import Explanation
from answerable_cli.report.page import as_page
from answerable_cli.servers.process import Server
from answerable_trail.client import Trail
from answerable_trail.connection import open_connection
from answerable_trail.erasure import Blanked, Eraser, Selection
from answerable_trail.notes import LogSigner
from answerable_trail.rows import Table
from tests.support.keys import signing_key
from tests.support.trail import Log, fresh_trail, released_request, with_password

pytestmark = pytest.mark.integration

TENANT = "acme"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
async def trail(clickhouse: Server) -> AsyncIterator[Trail]:
    async with fresh_trail(clickhouse.url) as opened:
        yield opened


async def recorded(trail: Trail, *tenants: str) -> tuple[UUID, Sealer]:
    """A released request of each of these organisations, all with one id."""
    sealer = Sealer(trail.trees, LogSigner.from_file(signing_key()), "one", Rhythm(timedelta(seconds=10), 10_000))
    await sealer.load({}, {("questions", 0): 0})
    request_id, log = uuid4(), Log()
    for tenant in tenants:
        released_request(log, request_id, tenant)
    await trail.append(await sealer.rows(log.records, {}))
    sealer.stored()
    return request_id, sealer


async def explained(trail: Trail, request_id: UUID) -> Explanation:
    (found,) = await read_explanations(trail, TENANT, request_id)
    return found


async def test_a_request_is_sealed_then_signed_then_cosigned(trail: Trail) -> None:
    request_id, sealer = await recorded(trail, TENANT)
    assert (await explained(trail, request_id)).proof == "sealed"
    await sealer.checkpoints(NOW)
    signed = await explained(trail, request_id)
    assert (signed.proof, {entry.proof.holds for entry in signed.log}) == ("signed", {True})
    (newest,) = sealer.signed()
    await trail.trees.keep([replace(newest, cosignatures=2)])
    cosigned = await explained(trail, request_id)
    assert cosigned.proof == "cosigned"
    assert {entry.proof.cosigned_by and entry.proof.cosigned_by.cosignatures for entry in cosigned.log} == {2}


async def test_two_organisations_with_one_id_are_two_requests_in_two_trees(trail: Trail) -> None:
    request_id, sealer = await recorded(trail, TENANT, "other")
    await sealer.checkpoints(NOW)
    found = await read_explanations(trail, None, request_id)
    assert [(one.tenant, one.proof) for one in found] == [(TENANT, "signed"), ("other", "signed")]
    assert {entry.proof.tree for one in found for entry in one.log} == {(TENANT, 0), ("other", 0)}


async def test_of_an_erased_request_is_told_what_is_left(trail: Trail, clickhouse: Server) -> None:
    request_id, sealer = await recorded(trail, TENANT)
    await sealer.checkpoints(NOW)
    async with open_connection(with_password(clickhouse.url), statement_timeout=timedelta(seconds=30)) as connection:
        await Eraser(connection).blank(Selection(((TENANT, request_id),)), Blanked())
    found = await explained(trail, request_id)
    assert (found.proof, found.seal, found.status, found.erased) == ("erased", "signed", "released", 5)
    assert {entry.proof.holds for entry in found.log} == {True}
    assert "An erased request" in as_page(found, NOW)
    rendered(found)


async def test_the_record_is_asked_once_for_the_rows_and_twice_for_each_tree(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id, sealer = await recorded(trail, TENANT, "other")
    await sealer.checkpoints(NOW)
    pick, asked = trail._connection.pick, []

    async def counted(sql: str) -> Table:
        asked.append(sql)
        return await pick(sql)

    monkeypatch.setattr(trail._connection, "pick", counted)
    await read_explanations(trail, TENANT, request_id)
    assert len(asked) == 1 + 2
    await read_explanations(trail, None, request_id)
    assert len(asked) == 3 + 1 + 2 * 2


async def test_an_unknown_request_has_no_explanation(trail: Trail) -> None:
    assert await read_explanations(trail, None, uuid4()) == []
