from uuid import UUID

import pytest

from answerable_events.identity import document_correlation, event_id, request_id_of_key

REQUEST = UUID("0192f0c4-5a00-7c11-8a01-3f6b1d2e9a01")
TYPE = "io.answerable.question.asked.v1"


def test_ids_never_change_because_they_stand_in_logs_and_proofs() -> None:
    assert event_id(REQUEST, "norvik", TYPE) == UUID("7eba79b5-9ced-5247-918d-372e1cbb1ffd")
    assert request_id_of_key("norvik", "tove.marklund", "k-1") == UUID("910be2ab-1eff-5d4e-8f30-992d9df7f2f9")
    assert document_correlation("norvik", "handbook/leave.md") == UUID("073585c2-46ca-53d4-9a70-8c7f8406ee3f")


@pytest.mark.parametrize(
    ("correlation_id", "tenant", "event_type", "ordinal"),
    [
        (UUID("0192f0c4-5a00-7c11-8a01-3f6b1d2e9a02"), "norvik", TYPE, 0),
        (REQUEST, "sillen", TYPE, 0),
        (REQUEST, "norvik", "io.answerable.answer.released.v1", 0),
        (REQUEST, "norvik", TYPE, 1),
    ],
    ids=["request", "tenant", "type", "ordinal"],
)
def test_each_part_of_an_event_id_tells_events_apart(
    correlation_id: UUID, tenant: str, event_type: str, ordinal: int
) -> None:
    assert event_id(correlation_id, tenant, event_type, ordinal) != event_id(REQUEST, "norvik", TYPE)


@pytest.mark.parametrize("other", [("sillen", "tove", "k-1"), ("norvik", "jory", "k-1"), ("norvik", "tove", "k-2")])
def test_the_same_key_is_another_request_for_another_person_tenant_or_key(other: tuple[str, str, str]) -> None:
    assert request_id_of_key(*other) != request_id_of_key("norvik", "tove", "k-1")


def test_a_request_key_and_a_document_of_the_same_words_do_not_collide() -> None:
    assert request_id_of_key("norvik", "a", "b") != document_correlation("norvik", "a\nb")
