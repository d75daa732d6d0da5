"""What an erasure is asked for, what files still hold, and until when the log may hold it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from answerable_cli.erasing import order_of
from answerable_cli.erasure import SEGMENT_AT_MOST, Order, retention
from answerable_cli.errors import UsageRefused
from answerable_cli.residues import search_files

WHO = {"tenant": "norvik", "reason": "Asked for it.", "by": "dpo", "with_answers": False}


def test_an_order_names_one_thing() -> None:
    assert order_of({"subject": "ada", "request": None, "document": None}, **WHO) == Order(
        "norvik", "subject", "ada", "Asked for it.", "dpo"
    )


@pytest.mark.parametrize("targets", [{"subject": None}, {"subject": ""}, {"subject": "ada", "document": "a.md"}])
def test_an_order_that_names_nothing_or_several_things_is_refused(targets: dict[str, str | None]) -> None:
    with pytest.raises(UsageRefused):
        order_of(targets, **WHO)


@pytest.mark.parametrize("change", [{"reason": " "}, {"by": ""}, {"reason": "x" * 1001}, {"reason": "a\x00b"}])
def test_an_order_that_no_certificate_could_hold_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(UsageRefused):
        order_of({"subject": "ada"}, **{**WHO, **change})


def test_a_request_is_the_same_in_capitals() -> None:
    request = "0199F3A2-7C1E-7B3A-9D52-3F6F0A1B2C3D"
    assert order_of({"request": request}, **WHO).target == request.lower()


def test_the_digest_tells_tenants_apart() -> None:
    orders = [Order(tenant, "subject", name, "r", "b") for tenant, name in (("a", "b"), ("b", "b"), ("a", "bb"))]
    assert len({order.digest for order in orders}) == 3


def test_the_log_may_hold_a_record_until_its_segment_has_outlived_the_retention() -> None:
    written = datetime(2026, 11, 3, tzinfo=UTC)
    [dead, question] = sorted(retention({"questions": written, "questions-dlq": written}), key=lambda one: -one.days)
    assert (question.topic, question.gone_by) == ("questions", written + timedelta(days=7) + SEGMENT_AT_MOST)
    assert (dead.topic, dead.gone_by) == ("questions-dlq", written + timedelta(days=30) + SEGMENT_AT_MOST)


def test_files_are_searched_at_any_depth_and_in_any_spelling(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "json").write_bytes(b'{"t": "she said \\"never again\\""}')
    (tmp_path / "other").write_bytes(b"nothing of it")
    (tmp_path / "empty").write_bytes(b"")
    found = search_files(tmp_path, ['she said "never again"'])
    assert found.found == (tmp_path / "a" / "b" / "json",)
    assert found.files == 2


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert search_files(tmp_path / "none", ["a text"]).files == 0
