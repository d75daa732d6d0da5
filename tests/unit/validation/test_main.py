"""Validation as it is put together, on the in-memory broker."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from answerable_events.codec import decode
from answerable_events.message import Message
from answerable_events.requests import VerdictDecided
from answerable_events.topics import VERDICTS
from answerable_knowledge.errors import IndexCorrupt
from answerable_knowledge.index import Index
from answerable_runtime import testing
from answerable_runtime.metrics import Metrics
from answerable_runtime.service import require_declared
from answerable_validation.main import build
from answerable_validation.settings import ValidationSettings
from tests.support import passages as made
from tests.support.requests import PASSAGE, flow

DAY = timedelta(days=1)


@pytest.fixture
def index(tmp_path):
    """The index of the document that the draft rests on, readable by staff."""
    index = Index.open(tmp_path)
    put(index, 1)
    return index


def put(index: Index, version: int) -> None:
    document = made.document(PASSAGE.document_id, tenant="norvik", version=version)
    index.put(document, (), np.empty((0, 384), np.float32))


async def verdict_of(folder: Path, draft: Message | None = None, **settings: object) -> VerdictDecided:
    configured = ValidationSettings.model_validate(
        {"index_path": folder, "validation_development_threshold": 0.5, **settings}
    )
    async with build(configured, Metrics(CollectorRegistry())) as service:
        require_declared(service)
        broker = await testing.run([service], [draft or flow().draft])
    [record] = broker.records("verdicts")
    body = decode(record, VERDICTS).body
    assert isinstance(body, VerdictDecided)
    return body


async def test_a_draft_becomes_a_verdict_that_names_its_ancestors(index, tmp_path):
    verdict = await verdict_of(tmp_path)
    assert verdict.action == "release"
    assert [ancestor.type.split(".")[2] for ancestor in verdict.ancestors] == ["question", "context", "draft"]


async def test_a_threshold_set_by_hand_applies_where_nothing_is_proved(index, tmp_path):
    verdict = await verdict_of(tmp_path, validation_development_threshold=1.0)
    assert (verdict.action, verdict.reason, verdict.threshold) == ("withhold", "low_confidence", 1.0)


@pytest.mark.parametrize(
    "change",
    [
        lambda index: index.set_readers("norvik", PASSAGE.document_id, ["group:hr"], made.NOW),
        lambda index: index.set_readers("norvik", PASSAGE.document_id, ["group:staff"], made.NOW, ["user:ada"]),
        lambda index: index.set_readers("norvik", PASSAGE.document_id, [], made.NOW),
        lambda index: index.remove("norvik", PASSAGE.document_id, made.NOW),
        lambda index: index.erase("norvik", PASSAGE.document_id, made.NOW),
    ],
    ids=["other readers", "denied", "no readers", "withdrawn", "erased"],
)
async def test_what_was_taken_from_the_asker_since_the_search_is_not_answered_from(index, tmp_path, change):
    change(index)
    verdict = await verdict_of(tmp_path)
    assert (verdict.action, verdict.reason) == ("withhold", "access_changed")


async def test_a_group_that_was_put_on_the_denied_list_holds_through_the_groups_in_it(index, tmp_path):
    index.set_readers("norvik", PASSAGE.document_id, ["group:staff"], made.NOW, ["group:closed"])
    assert (await verdict_of(tmp_path)).action == "release"
    index.set_members("norvik", "closed", ["group:leavers"], made.NOW)
    index.set_members("norvik", "leavers", ["user:ada"], made.NOW)
    assert (await verdict_of(tmp_path)).reason == "access_changed"


async def test_an_answer_from_a_version_before_the_current_one_stands(index, tmp_path):
    put(index, 2)
    assert (await verdict_of(tmp_path)).action == "release"


async def test_a_document_that_the_index_does_not_know_is_not_answered_from(tmp_path):
    assert (await verdict_of(tmp_path)).reason == "access_changed"


async def test_a_question_about_the_past_rests_on_what_was_withdrawn_since_while_its_last_readers_permit_it(
    index, tmp_path
):
    index.remove("norvik", PASSAGE.document_id, made.NOW)
    past = flow(as_of=made.NOW - DAY).draft
    assert (await verdict_of(tmp_path, past)).action == "release"
    index.set_readers("norvik", PASSAGE.document_id, ["group:hr"], made.NOW)
    assert (await verdict_of(tmp_path, past)).reason == "access_changed"


async def test_an_index_that_cannot_be_read_is_no_permission(index, tmp_path, monkeypatch):
    tries: list[object] = []

    def failing_once(*arguments: object) -> object:
        tries.append(arguments)
        if len(tries) == 1:
            raise IndexCorrupt
        return looked_up(*arguments)  # type: ignore[arg-type]

    looked_up = Index.permissions
    monkeypatch.setattr(Index, "permissions", failing_once)
    assert (await verdict_of(tmp_path)).action == "release"
    assert len(tries) == 2
