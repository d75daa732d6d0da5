"""`answerable recall` on a real broker and a real ClickHouse engine."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.explaining import read_explanations, rendered
from answerable_cli.explanation_json import as_json
from answerable_cli.output import console
from answerable_cli.recalling import How, recall_document, recall_of
from answerable_cli.report.page import as_page
from answerable_events.answers import AnswerRecalled
from answerable_events.codec import decode
from answerable_events.message import Record
from answerable_events.topics import GOVERNANCE
from answerable_runtime.client import connect
from answerable_runtime.kafka_topics import create_topics
from answerable_runtime.settings import RuntimeSettings
from answerable_trail.client import Trail
from answerable_trail.connection import open_connection
from answerable_trail.erasure import Eraser
from tests.support.servers import TANSU, start_broker
from tests.support.stories import Story, tell
from tests.support.trail import ASKED_AT, Log, fresh_trail, rows, with_password

pytestmark = pytest.mark.integration

STORIES = (
    Story(1, ASKED_AT),  # cites d1, has d2 in its context
    Story(2, ASKED_AT + timedelta(hours=1), asker="bob", documents=("d2", "d1")),
    Story(3, ASKED_AT, asker="cy", documents=("d3",)),
    Story(4, ASKED_AT, asker="dee", documents=("d1",), ended="withheld:unsupported"),
    Story(5, ASKED_AT, asker="eve", tenant="other", documents=("d1",)),
)


@pytest.fixture
async def trail(clickhouse, monkeypatch) -> AsyncIterator[Trail]:
    """The stories on record, and an empty broker."""
    async with start_broker(TANSU) as broker, fresh_trail(clickhouse.url) as opened:
        monkeypatch.setenv("ANSWERABLE_KAFKA_BROKERS", broker.url)
        monkeypatch.setenv("ANSWERABLE_KAFKA_FETCH_WAIT", "0.01")
        monkeypatch.setenv("ANSWERABLE_CLICKHOUSE_URL", with_password(clickhouse.url))
        await create_topics(RuntimeSettings())
        log = Log()
        for story in STORIES:
            tell(log, story)
        await opened.append(rows(*log.records))
        yield opened


async def published() -> list[tuple[Record, AnswerRecalled]]:
    async with connect(RuntimeSettings()) as client:
        records = [record async for record in client.records(GOVERNANCE)]
    bodies = [decode(record, GOVERNANCE).body for record in records]
    return [(record, body) for record, body in zip(records, bodies, strict=True) if isinstance(body, AnswerRecalled)]


def order(document="d1", version=None, reason="The table on page 2 is wrong.", tenant="acme"):
    return recall_of(tenant, document, version, reason=reason, by="ada")


async def test_every_asker_of_a_released_answer_gets_one_notice_and_nobody_else(trail, tmp_path):
    assert await recall_document(order(), How(), tmp_path) == 0
    told = [body for _, body in await published()]
    found = {(body.asker, body.request_id.int, body.document_version, body.cited) for body in told}
    assert found == {("ada", 1, 1, True), ("bob", 2, 1, False)}
    assert {(body.tenant, body.reason, body.by) for body in told} == {("acme", order().reason, "ada")}
    assert {body.recall_id for body in told} == {order().recall_id}


async def test_the_same_recall_sends_nothing_twice_and_another_one_does(trail, tmp_path):
    await recall_document(order(), How(), tmp_path)
    first = await published()
    await trail.append(rows(*(record for record, _ in first)))
    await recall_document(order(), How(), tmp_path)
    assert len(await published()) == len(first) == 2
    await recall_document(order(reason="Page 3, too."), How(), tmp_path)
    ids = [decode(record, GOVERNANCE).id for record, _ in await published()]
    assert len(set(ids)) == len(ids) == 4


async def test_before_the_record_knows_a_notice_a_repetition_is_the_same_event(trail, tmp_path):
    await recall_document(order(), How(), tmp_path)
    await recall_document(order(), How(), tmp_path)
    ids = [decode(record, GOVERNANCE).id for record, _ in await published()]
    assert (len(ids), len(set(ids))) == (4, 2)


@pytest.mark.parametrize(("document", "version", "count"), [("d1", 1, 2), ("d3", None, 1)])
async def test_a_dry_run_lists_and_sends_nothing(trail, tmp_path, capsys, document, version, count):
    assert await recall_document(order(document, version), How(dry_run=True, as_json=True), tmp_path) == 0
    assert len(json.loads(capsys.readouterr().out)["answers"]) == count
    assert await published() == []


async def test_what_nothing_rests_on_and_nobody_submitted_is_not_known_and_names_are_no_patterns(trail, tmp_path):
    for document, version, tenant in (("d1", 2, "acme"), ("d%", None, "acme"), ("d_", None, "acme"), ("d1", 1, "ac_e")):
        with pytest.raises(CliError, match="nothing is recorded"):
            await recall_document(order(document, version, tenant=tenant), How(), tmp_path)
    assert await published() == []


async def test_a_recall_needs_a_reason_and_somebody_who_orders_it():
    for reason, by in ((" ", "ada"), ("wrong", ""), ("x" * 1001, "ada")):
        with pytest.raises(UsageRefused):
            recall_of("acme", "d1", None, reason=reason, by=by)


async def test_the_explanation_of_the_answer_shows_the_notice(trail, tmp_path):
    await recall_document(order(), How(), tmp_path)
    await trail.append(rows(*(record for record, _ in await published())))
    (found,) = await read_explanations(trail, "acme", UUID(int=1))
    assert as_json(found)["recalls"][0]["reason"] == order().reason
    with console().capture() as shown:
        console().print(rendered(found))
    assert f"by ada: d1, version 1: {order().reason}" in " ".join(shown.get().split())
    assert order().reason in as_page(found, made_at=ASKED_AT)
    (other,) = await read_explanations(trail, "acme", UUID(int=3))
    assert other.recalls == ()


async def test_an_erasure_of_the_asker_is_about_the_notice_too(trail, tmp_path, clickhouse):
    await recall_document(order(), How(), tmp_path)
    await trail.append(rows(*(record for record, _ in await published())))
    async with open_connection(with_password(clickhouse.url), statement_timeout=timedelta(seconds=30)) as connection:
        eraser = Eraser(connection)
        survey = await eraser.survey(await eraser.of_subject("acme", "bob"))
    # These rows were never sealed, so an erasure would refuse them: they are what it is about all the same.
    assert [place.topic for place in survey.refused].count(GOVERNANCE.name) == 1
