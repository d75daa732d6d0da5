"""A request as its asker sees it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from answerable_events.answers import AnswerFailed, AnswerReleased, AnswerWithheld
from answerable_events.requests import Asker, Citation, DraftSentence, Question
from answerable_gateway.resources import Outcome, request_status

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
QUESTION = Question(request_id=uuid4(), tenant="norvik", text="?", asker=Asker(subject="ada"), asked_at=NOW)
COMMON: dict[str, Any] = {"tenant": "norvik", "request_id": QUESTION.request_id, "asker": "ada", "decided_at": NOW}
CITATION = Citation(
    label=1, passage_id="p", document_id="d", document_version=2, title="Leave", source="leave.md", locator="page 3"
)


def shown(outcome: Outcome | None) -> dict[str, Any]:
    return request_status(QUESTION, outcome).model_dump(exclude_none=True, exclude={"request_id", "asked_at"})


def test_a_pending_request_says_by_when_its_outcome_comes():
    assert shown(None) == {"status": "pending", "answer_by": NOW + timedelta(seconds=60)}


def test_a_released_one_has_its_answer_and_citations():
    sentence = DraftSentence(text="27 days.", citations=(1,))
    outcome = AnswerReleased(**COMMON, text="27 days.", sentences=(sentence,), citations=(CITATION,), confidence=0.9)
    found = shown(outcome)
    assert found["status"] == "released"
    assert found["answer"]["text"] == "27 days."
    assert found["answer"]["citations"][0]["locator"] == "page 3"
    assert "reason" not in found


def test_a_withheld_and_a_failed_one_have_a_reason():
    for kind, status in ((AnswerWithheld, "withheld"), (AnswerFailed, "failed")):
        found = shown(kind(**COMMON, reason="not_known", explanation="No."))
        assert (found["status"], found["reason"], found["explanation"]) == (status, "not_known", "No.")
        assert "answer" not in found
