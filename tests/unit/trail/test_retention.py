from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from answerable_events.topics import DOCUMENTS, KNOWLEDGE, REQUEST_TOPICS
from answerable_trail.identity import NIL
from answerable_trail.retention import (
    DEFAULT_DAYS,
    LEAST_DAYS,
    Decision,
    Expiry,
    Hold,
    expiries,
    in_force,
    removal_statements,
    standing,
)

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)


def decided(tenant: str, days: int, *, days_ago: int = 0) -> Decision:
    return Decision(tenant, days, "", "ada", NOW - timedelta(days=days_ago))


def held(tenant: str = "", request_id: UUID = NIL, *, held: bool = True, days_ago: int = 0) -> Hold:
    return Hold(tenant, request_id, held, "lawsuit", "ada", NOW - timedelta(days=days_ago))


def test_a_tenant_nobody_decided_about_keeps_four_hundred_days() -> None:
    assert expiries(["acme"], [], [], NOW) == [Expiry("acme", NOW - timedelta(days=DEFAULT_DAYS), frozenset())]
    assert DEFAULT_DAYS == 400
    assert LEAST_DAYS == 183


def test_the_newest_decision_of_a_tenant_counts() -> None:
    made = [decided("acme", 200, days_ago=1), decided("acme", 300, days_ago=9), decided("other", 500)]
    assert [(one.tenant, one.days) for one in in_force(made)] == [("acme", 200), ("other", 500)]
    assert [one.before for one in expiries(["other", "acme"], made, [], NOW)] == [
        NOW - timedelta(days=200),
        NOW - timedelta(days=500),
    ]


def test_nothing_of_a_tenant_on_hold_may_go() -> None:
    assert [one.tenant for one in expiries(["acme", "other"], [], [held("acme")], NOW)] == ["other"]


def test_a_request_on_hold_is_spared_whosever_it_is() -> None:
    found = expiries(["acme", "other"], [], [held(request_id=ONE), held(request_id=TWO)], NOW)
    assert [one.spared for one in found] == [frozenset({ONE, TWO})] * 2


def test_a_release_ends_a_hold_and_a_later_hold_begins_another() -> None:
    made = [held("acme", days_ago=5), held("acme", held=False, days_ago=3)]
    assert standing(made) == []
    assert expiries(["acme"], [], made, NOW)
    again = [*made, held("acme", days_ago=1)]
    assert standing(again) == [again[-1]]
    assert expiries(["acme"], [], again, NOW) == []


def test_the_events_go_last_because_the_rest_is_found_by_them() -> None:
    statements = removal_statements(Expiry("acme", NOW, frozenset({ONE})))
    assert [one.split()[2] for one in statements] == ["trace.requests", "trace.events"]
    assert all(str(ONE) in one for one in statements)


def test_a_tenant_named_like_a_statement_stays_a_name() -> None:
    assert all(r"tenant = 'it\'s' AND" in one for one in removal_statements(Expiry("it's", NOW, frozenset())))


@pytest.mark.parametrize("topic", [DOCUMENTS, KNOWLEDGE])
def test_records_of_documents_do_not_go(topic) -> None:
    assert topic.name not in REQUEST_TOPICS


def test_companions_go_with_the_topics_of_requests() -> None:
    assert {"questions", "questions-retry", "questions-dlq", "contexts-dlq", "verdicts-dlq"} <= set(REQUEST_TOPICS)
