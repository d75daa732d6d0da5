"""`answerable replay` on what a real ClickHouse engine holds, with the embedder that services use."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from prometheus_client import CollectorRegistry

from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.replaying import replay_request
from answerable_events.message import Message, Record
from answerable_events.topics import CONTEXTS, QUESTIONS
from answerable_ingestion import main as ingestion
from answerable_ingestion.settings import IngestionSettings
from answerable_knowledge.index import Index
from answerable_retrieval import main as retrieval
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime.metrics import Metrics
from answerable_runtime.testing import run
from answerable_trail.client import Trail
from tests.support.documents import submitted, withdrawn
from tests.support.questions import asked
from tests.support.trail import fresh_trail, rows, with_password

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

REQUEST = UUID(int=77)
DOCUMENTS = [submitted(f"{name}.md", f"Annual leave for {name} is 25 days.") for name in ("staff", "guests", "pilots")]


@dataclass
class Place:
    """An index and a record of one question about it."""

    folder: Path
    trail: Trail

    async def ingest(self, *messages: Message) -> None:
        settings = IngestionSettings(index_path=self.folder)
        async with ingestion.build(settings, Metrics(CollectorRegistry())) as service:
            await run([service], messages, patience=120)

    async def ask(self, as_of: datetime | None = None) -> tuple[Record, ...]:
        """Ask, and return question and context."""
        settings = RetrievalSettings(index_path=self.folder)
        async with retrieval.build(settings, Metrics(CollectorRegistry())) as service:
            broker = await run([service], [asked(request_id=REQUEST, as_of=as_of)], patience=120)
        return (*broker.records(QUESTIONS.name), *broker.records(CONTEXTS.name))

    async def replayed(self, capsys: pytest.CaptureFixture[str], data: Path) -> tuple[int, dict[str, object]]:
        capsys.readouterr()
        code = await replay_request(str(REQUEST), None, data, as_json=True)
        told: dict[str, object] = json.loads(capsys.readouterr().out)
        return code, told


@pytest.fixture
async def place(clickhouse, monkeypatch, tmp_path) -> AsyncIterator[Place]:
    async with fresh_trail(clickhouse.url) as trail:
        monkeypatch.setenv("ANSWERABLE_CLICKHOUSE_URL", with_password(clickhouse.url))
        monkeypatch.setenv("ANSWERABLE_INDEX_PATH", str(tmp_path / "index"))
        opened = Place(tmp_path / "index", trail)
        await opened.ingest(*DOCUMENTS)
        yield opened


async def test_a_context_comes_out_the_same_after_changes_and_not_at_all_after_an_erasure(place, tmp_path, capsys):
    await place.trail.append(rows(*await place.ask()))
    await place.ingest(submitted("staff.md", "Annual leave is 30 days.", version=2), withdrawn("pilots.md"))
    code, told = await place.replayed(capsys, tmp_path)
    assert (code, told["grade"], told["same_bytes"], told["differences"]) == (0, "R1", True, [])
    assert told["passages"] == 3
    Index.open(place.folder).erase("norvik", "guests.md", datetime.now(UTC))
    code, told = await place.replayed(capsys, tmp_path)
    assert (code, told["grade"], told["reason"]) == (3, "R0", "snapshot_gone")
    assert str(told["oldest_kept"]).startswith("norvik@")


async def test_a_question_about_the_past_is_replayed_by_the_rules_of_its_own_time(place, tmp_path, capsys):
    as_of = datetime.now(UTC)
    await place.ingest(submitted("staff.md", "Annual leave is 30 days.", version=2))
    await place.trail.append(rows(*await place.ask(as_of=as_of)))
    await place.ingest(submitted("guests.md", "Nothing.", version=2, readers=()))
    code, told = await place.replayed(capsys, tmp_path)
    assert (code, told["grade"], told["passages"]) == (0, "R1", 3)
    assert told["judged_at"] == as_of.isoformat()


async def test_a_record_that_says_otherwise_is_told_apart(place, tmp_path, capsys):
    question, context = await place.ask()
    body = json.loads(context.value)
    body["passages"][0]["scores"]["fused"] += 0.000001
    await place.trail.append(rows(question, replace(context, value=json.dumps(body).encode())))
    code, told = await place.replayed(capsys, tmp_path)
    assert (code, told["grade"]) == (4, "differs")
    assert [each["what"] for each in told["differences"]] == [f"scores of {body['passages'][0]['passage_id']}"]
    assert await replay_request(str(REQUEST), None, tmp_path, as_json=False) == 4
    assert "scores of" in capsys.readouterr().out


async def test_what_never_got_to_retrieval_or_is_not_there_at_all_is_said(place, tmp_path, capsys):
    question, _ = await place.ask()
    await place.trail.append(rows(question))
    code, told = await place.replayed(capsys, tmp_path)
    assert (code, told["grade"], told["reason"]) == (3, "R0", "no_context")
    with pytest.raises(CliError, match="nothing is recorded"):
        await replay_request(str(uuid4()), None, tmp_path, as_json=True)
    with pytest.raises(UsageRefused):
        await replay_request("no id", None, tmp_path, as_json=True)
