"""`answerable erase` against servers that the environment names."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from answerable_cli.erasing import How, erase_order
from answerable_cli.erasure import Order
from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.servers.process import Server
from answerable_events.codec import decode
from answerable_events.topics import GOVERNANCE
from answerable_runtime.client import connect
from answerable_runtime.kafka_topics import create_topics
from answerable_runtime.settings import RuntimeSettings
from answerable_trail.retention import Hold, hold
from tests.proof.erasing import TENANT, Installation, Person, installation, people
from tests.support.requests import flow
from tests.support.servers import TANSU, start_broker
from tests.support.trail import with_password

pytestmark = pytest.mark.integration

QUIETLY = How(dry_run=False, wait=False, yes=True, as_json=True)


@pytest.fixture
async def broker() -> AsyncIterator[Server]:
    async with start_broker(TANSU) as server:
        yield server


@pytest.fixture
async def site(broker: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Installation]:
    async with installation() as opened:
        monkeypatch.setenv("ANSWERABLE_KAFKA_BROKERS", broker.url)
        monkeypatch.setenv("ANSWERABLE_KAFKA_FETCH_WAIT", "0.01")
        monkeypatch.setenv("ANSWERABLE_CLICKHOUSE_URL", with_password(opened.clickhouse_url))
        monkeypatch.setenv("ANSWERABLE_REDIS_URL", opened.redis_url)
        monkeypatch.setenv("ANSWERABLE_INDEX_PATH", str(opened.folder / "index"))
        await create_topics(RuntimeSettings())
        yield opened


async def answered(site: Installation) -> Person:
    [ada] = people(1)
    async with site.audit():
        site.ask(ada)
        await site.settled([ada])
    return ada


def order(target: str, **changes: str) -> Order:
    return Order(**{"tenant": TENANT, "kind": "subject", "target": target, "reason": "r", "by": "dpo", **changes})  # type: ignore[arg-type]


async def test_it_erases_prints_the_certificate_and_publishes_it(
    site: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = await answered(site)
    assert await erase_order(order(ada.name), How(dry_run=True, wait=False, yes=False, as_json=True), tmp_path) == 0
    assert json.loads(capsys.readouterr().out)["records"] == 13
    assert await erase_order(order(ada.name), QUIETLY, tmp_path) == 0
    printed = json.loads(capsys.readouterr().out)["certificate"]
    assert (printed["positions"], printed["residues"]) == (13, 0)
    async with connect(RuntimeSettings()) as client:
        [record] = [record async for record in client.records(GOVERNANCE)]
    assert decode(record, GOVERNANCE).body.model_dump(mode="json") == printed


async def test_what_is_left_makes_it_exit_1(site: Installation, tmp_path: Path) -> None:
    ada = await answered(site)
    await site.sinks.eraser.trail.query(
        f"ALTER TABLE trace.events UPDATE body = concat(body, ' ') WHERE topic = 'drafts' "
        f"AND request_id = '{ada.requests[0]}' SETTINGS mutations_sync = 2"
    )
    assert await erase_order(order(ada.name), QUIETLY, tmp_path) == 1


async def test_without_yes_and_without_a_terminal_nothing_is_erased(site: Installation, tmp_path: Path) -> None:
    ada = await answered(site)
    with pytest.raises(UsageRefused):
        await erase_order(order(ada.name), How(dry_run=False, wait=False, yes=False, as_json=False), tmp_path)
    assert (await site.sinks.eraser.of_subject(TENANT, ada.name)).requests


async def test_what_is_open_or_held_or_not_there_is_refused(site: Installation, tmp_path: Path) -> None:
    ada = await answered(site)
    trail, request = site.sinks.eraser.trail, ada.requests[0]
    await hold(trail, Hold("", request, True, "court", "legal", datetime.now(UTC)))
    with pytest.raises(CliError, match="held"):
        await erase_order(order(ada.name), QUIETLY, tmp_path)
    with pytest.raises(CliError, match="nothing is recorded"):
        await erase_order(order("nobody"), QUIETLY, tmp_path)
    with pytest.raises(UsageRefused):
        await erase_order(order("no id", kind="request"), QUIETLY, tmp_path)
    async with site.audit():
        site.broker.append(flow(request_id=UUID(int=7), asker={"subject": "bob"}).question)
        while not (await site.sinks.eraser.of_subject(TENANT, "bob")).requests:
            await asyncio.sleep(0.05)
        with pytest.raises(CliError, match="1 of its requests"):
            await erase_order(order("bob"), QUIETLY, tmp_path)
