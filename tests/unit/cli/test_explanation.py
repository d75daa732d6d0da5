"""A request told from its rows in the trace, and how that looks."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from rich.console import Console

from answerable_cli.explaining import rendered
from answerable_cli.explanation import Explanation, explanations
from answerable_cli.explanation_json import as_json
from answerable_cli.wording import LEFT_OUT, why_left_out
from answerable_events.requests import ContextRetrieved, DraftGenerated
from answerable_events.topics import CONTEXTS, DRAFTS
from answerable_knowledge.ranking import Standing
from answerable_trail.rows import Position, TraceRow
from tests.support.tracerows import checkpoint, erased, sealed, trace_row
from tests.support.trail import ASKED_AT, Log, question, released_request, withheld_request

REQUEST = UUID("01a20dcd-1110-7ffc-b8b5-8c69f5a7bfb6")


def _log() -> Log:
    log = Log()
    released_request(log, REQUEST)
    return log


def _released() -> list[TraceRow]:
    return [trace_row(record) for record in _log().records]


def _told(explanation: Explanation) -> str:
    console = Console(width=160, record=True, file=None, quiet=True)
    with console.capture() as captured:
        console.quiet = False
        console.print(rendered(explanation))
    return captured.get()


def test_a_released_request_is_told_whole() -> None:
    (found,) = explanations(_released())
    assert found.status == "released"
    assert found.question is not None
    assert found.question.asker.subject == "ada"
    assert found.verdict is not None
    assert [(timing.stage, timing.seconds) for timing in found.timings] == [
        ("retrieval", 1), ("inference", 2), ("validation", 3), ("audit", 4), ("total", 10),
    ]  # fmt: skip
    assert [entry.topic for entry in found.log] == ["questions", "contexts", "drafts", "verdicts", "answers"]


@pytest.mark.parametrize(
    "part",
    [
        "How many days of leave?",
        "asked by ada",
        "snapshot v7",
        "[1] d1, page 3, version 1",
        "may read it: user:ada; scores: bm25 0.500",
        "model small (openai: tiny-1, revision r1)",
        "900 tokens in, 12 out, 1500.0 ms, 0.250000 USD",
        "supported v3          failed unsupported  0.250",
        "confidence 0.900, threshold 0.800: release",
        "released: Thirty days.",
        "validation 3000 ms, audit 4000 ms, total 10000 ms",
        "drafts/0/0, epoch 0",
    ],
)
def test_the_screen_shows(part: str) -> None:
    (found,) = explanations(_released())
    assert part in _told(found)


def test_of_two_copies_the_lowest_epoch_and_offset_counts() -> None:
    rows = _released()
    outcome = rows[-1]
    later = TraceRow(
        outcome.tenant, outcome.request_id, Position(1, "answers", 0, 0), outcome.log_time + timedelta(hours=1),
        outcome.event_id, outcome.type, outcome.body_sha256, outcome.body.replace(b"Thirty", b"Twenty"),
        outcome.headers, outcome.key, outcome.recorded_at,
    )  # fmt: skip
    (found,) = explanations([later, *rows])
    assert as_json(found)["outcome"]["text"] == "Thirty days."
    assert [entry.counts for entry in found.log] == [True, True, True, True, True, False]
    assert found.timings[-1].seconds == 10


def test_a_request_without_verdict_is_told_as_far_as_it_went() -> None:
    log = Log()
    withheld_request(log, REQUEST)
    (found,) = explanations([trace_row(record) for record in log.records])
    assert (found.status, found.context, found.verdict) == ("withheld", None, None)
    assert "withheld (not_known): No." in _told(found)


def test_an_illegible_body_is_left_out_not_an_error() -> None:
    rows = _released()
    broken = [row if row.position.topic != "drafts" else _with_body(row, b"\xff{") for row in rows]
    (found,) = explanations(broken)
    assert found.draft is None
    assert found.status == "released"
    assert "How many days" in _told(found)


def test_two_tenants_with_one_request_id_are_two_requests() -> None:
    log = Log()
    released_request(log, REQUEST)
    withheld_request(log, REQUEST, tenant="other")
    found = explanations([trace_row(record) for record in log.records])
    assert [(one.tenant, one.status) for one in found] == [("acme", "released"), ("other", "withheld")]


def test_json_repeats_nothing_and_has_positions() -> None:
    told = as_json(explanations(_released())[0])
    assert told["log"][0]["position"] == [0, "questions", 0, 0]
    assert "passages" not in told["draft"]
    assert "ancestors" not in told["verdict"]
    assert told["seconds"]["total"] == 10


def test_an_open_request_is_told_as_far_as_it_went() -> None:
    rows = _released()[:3]
    (found,) = explanations(rows)
    told = as_json(found)
    assert (found.status, told["outcome"], told["receipt"]) == ("open", None, None)
    assert [each["state"] for each in told["rests_on"]["events"]] == ["recorded", "recorded"]
    assert "nothing yet" in _told(found)
    assert [timing.stage for timing in found.timings] == ["retrieval", "inference"]


def test_a_request_of_which_only_the_outcome_is_recorded_misses_its_ancestors() -> None:
    (found,) = explanations(_released()[4:])
    assert {each["state"] for each in as_json(found)["rests_on"]["events"]} == {"missing"}
    assert "its question is not on record" in _told(found)
    assert "NOT RECORDED" in _told(found)


def test_an_erased_request_is_told_by_what_is_left() -> None:
    rows = [erased(row) for row in sealed(_log().records)]
    (found,) = explanations(rows, {("acme", 0): [checkpoint(rows)]})
    told = as_json(found)
    assert (found.status, told["question"], told["outcome"]) == ("released", None, None)
    assert (told["proof"]["state"], told["proof"]["sealed"], told["proof"]["erased"]) == ("erased", "signed", 5)
    assert [entry["body_sha256"] for entry in told["log"]] == [None] * 5
    assert told["log"][0]["erased_at"] == "2026-11-03T09:00:00+00:00"
    assert [entry["position"][1] for entry in told["log"]] == ["questions", "contexts", "drafts", "verdicts", "answers"]
    assert told["seconds"]["total"] == 10
    assert all(entry["erased_at"] for entry in told["log"])
    shown = _told(found)
    assert "its question is erased" in shown
    assert "released; the text is erased" in shown
    assert "erased: texts, keys and salts are gone" in shown
    assert "the leaves are signed" in shown
    assert "leave" not in shown.replace("leaves", "")


def test_of_a_request_that_is_erased_in_part_the_rest_is_told() -> None:
    first, *rest = sealed(_log().records)
    (found,) = explanations([erased(first), *rest])
    assert found.proof == "sealed"
    assert as_json(found)["rests_on"]["events"][0]["state"] == "erased"
    assert "1 of 5 rows are erased" in _told(found)
    assert "Thirty days." in _told(found)


def test_the_proof_of_each_row_is_shown() -> None:
    rows = sealed(_log().records)
    (found,) = explanations(rows, {("acme", 0): [checkpoint(rows[:3], cosignatures=2)]})
    seals = [entry["seal"] for entry in as_json(found)["log"]]
    assert [seal["state"] for seal in seals] == ["cosigned"] * 3 + ["sealed"] * 2
    assert seals[0]["cosigned"] == {"size": 3, "signed_at": "2026-11-03T09:00:20+00:00", "cosignatures": 2}
    assert seals[4]["leaf_index"] == 4
    assert "acme/0 leaf 2" in _told(found)
    assert "cosigned by 2, size 3, 2026-11-03 09:00:20" in _told(found)
    assert "not yet signed: every row is a leaf" in _told(found)


def test_what_models_took_is_summed_and_a_copy_costs_nothing() -> None:
    log, now = _log(), ASKED_AT + timedelta(seconds=30)
    draft = DraftGenerated.model_validate_json(log.of(DRAFTS)[0].value)
    log.write(draft, DRAFTS, at=now)
    written_again = draft.model.model_copy(update={"input_tokens": 100, "cost_usd": None})
    log.write(draft.model_copy(update={"model": written_again}), DRAFTS, at=now)
    told = as_json(explanations([trace_row(record) for record in log.records])[0])
    assert told["cost"] == {"calls": 2, "input_tokens": 1000, "output_tokens": 24, "usd": 0.25}


def test_what_was_left_out_is_told_in_words() -> None:
    log = Log()
    asked = question(REQUEST)
    log.write(
        ContextRetrieved(
            tenant="acme", request_id=REQUEST, question=asked.question, snapshot="v7", passages=(), embedder="minilm",
            left_out={"access": 3, "brand_new": 1},
        ),
        CONTEXTS,
        at=ASKED_AT,
    )  # fmt: skip
    (found,) = explanations([trace_row(record) for record in log.records])
    assert as_json(found)["left_out"][0] == {"reason": "access", "passages": 3, "meaning": LEFT_OUT["access"]}
    assert "3 access" in _told(found)
    assert "none of the readers" in _told(found)
    assert "no words for this code" in _told(found)


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"readers": ["user:ada"], "document_id": "old"},
        {"readers": ["user:ada"], "document_id": "d", "valid_until": ASKED_AT - timedelta(days=1)},
        {"readers": ["user:ada"], "document_id": "d", "valid_from": ASKED_AT + timedelta(days=1)},
    ],
)
def test_every_reason_of_the_index_has_words(row: dict[str, object]) -> None:
    standing = Standing(frozenset({"user:ada"}), ASKED_AT, frozenset({"old"}))
    absent: dict[str, object] = {"readers": (), "denied": (), "valid_until": None, "valid_from": None}
    objection = standing.objection(absent | row)
    assert objection is not None
    assert "no words" not in why_left_out(objection)


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    row = replace(_released()[0], type="io.\x1b[2Jtype")
    assert "\x1b[2J" not in _told(explanations([row])[0])


def test_json_is_json() -> None:
    rows = sealed(_log().records)
    assert json.loads(json.dumps(as_json(explanations(rows)[0])))["proof"]["records"] == 5


def _with_body(row: TraceRow, body: bytes) -> TraceRow:
    return TraceRow(
        row.tenant, row.request_id, row.position, row.log_time, row.event_id, row.type, row.body_sha256,
        body, row.headers, row.key, row.recorded_at,
    )  # fmt: skip
